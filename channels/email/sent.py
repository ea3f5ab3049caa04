"""Looks for a mail of ours in the Sent folder of our own account, where many providers keep what goes out."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from channels.email.imap import CommandRefused, ImapConnection
from channels.email.imap_fetch import Lines, read_numbers
from channels.email.imap_names import quoted
from channels.email.mailbox import MailboxError
from channels.errors import TemporaryFailure

Connect = Callable[[], AbstractAsyncContextManager[ImapConnection]]
_LISTED = re.compile(rb'\((?P<attributes>[^)]*)\) (?:"[^"]*"|NIL) (?P<name>"(?:[^"\\]|\\.)*"|\S+)$')


class SentFolder:
    """The folder that the server marks as `\\Sent` (RFC 6154). A server without one keeps no copies that we know of."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect

    async def has(self, message_id: str) -> bool:
        """Whether a copy is there. Raises `TemporaryFailure` while the server cannot be asked."""
        try:
            async with self._connect() as connection:
                name = _sent_name(await connection.list_mailboxes())
                if not name:
                    return False
                await connection.select_listed(name)
                found = await connection.search("HEADER", "Message-ID", quoted(f"<{message_id}>"))
                return bool(read_numbers(found))
        except (MailboxError, CommandRefused) as error:
            raise TemporaryFailure("the Sent folder cannot be looked at", code="imap") from error

    async def check(self) -> None:
        """Whether the server lets us in. Raises `TemporaryFailure`."""
        try:
            async with self._connect():
                pass
        except MailboxError as error:
            raise TemporaryFailure(f"IMAP: {error}", code="imap") from error


def _sent_name(lines: Lines) -> str:
    """The name as the server wrote it, to be sent back as it is."""
    listed = filter(None, map(_LISTED.search, lines))
    names = [found["name"].decode("utf-8", "replace") for found in listed if b"\\sent" in found["attributes"].lower()]
    return names[0] if names else ""

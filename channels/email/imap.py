"""One IMAP connection, behind guards for what aioimaplib 2.0 does in bad weather.

It does not tell waiters that the connection is gone, it cannot be used on after a timeout, it waits for a
continuation or a greeting without end, and it logs credentials. So here every question is raced against the loss of
the connection and against a clock, and a connection on which anything went wrong is aborted: `MailboxLost` says to
open another one. No module but this and `imap_line` touches aioimaplib, which is under the GPL.
"""

from __future__ import annotations

import asyncio
import logging
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from aioimaplib import aioimaplib

from channels.email.imap_fetch import Lines
from channels.email.imap_line import ImapLine
from channels.email.imap_names import mailbox_name, quoted
from channels.email.mailbox import LoginRefused, MailboxLost
from channels.email.oauth import TokenUnavailable
from channels.email.servers import ImapServer, tls_context

TokenSource = Callable[[], Awaitable[str]]
MAX_IDLE_S = 29 * 60.0  # RFC 2177: a server may hang up after 30 minutes of IDLE


@dataclass(frozen=True, slots=True)
class ImapTiming:
    """How long a server may take. `command_s` is how long it may be silent, `fetch_s` how long one mail may take."""

    connect_s: float = 30.0
    command_s: float = 30.0
    fetch_s: float = 900.0
    goodbye_s: float = 2.0


class CommandRefused(Exception):
    """The server answered NO or BAD. The connection is as good as before."""


class ImapConnection:
    """A connection after login. After any `MailboxLost` it is dead."""

    def __init__(self, client: Any, line: ImapLine, timing: ImapTiming) -> None:
        self._client = client
        self._line = line
        self._timing = timing

    @property
    def capabilities(self) -> frozenset[str]:
        """What the server can do, in upper case."""
        return frozenset(name.upper() for name in self._client.protocol.capabilities)

    async def ask(self, question: Coroutine[Any, Any, Any], *, timeout_s: float | None = None) -> Lines:
        """The lines of an answer. Raises `CommandRefused` or `MailboxLost`."""
        answer = await self._race(question, timeout_s or self._timing.command_s)
        if answer.result != "OK":
            raise CommandRefused(answer.result)
        return list(answer.lines)

    async def select(self, mailbox: str) -> Lines:
        """Open a mailbox."""
        return await self.ask(self._client.select(mailbox_name(mailbox)))

    async def select_listed(self, name: str) -> None:
        """Open a mailbox by the name that the server itself gave, quoted and encoded as it is."""
        await self.ask(self._client.select(name))

    async def search(self, *criteria: str) -> Lines:
        """UIDs. Without a charset first: some servers refuse any, others none."""
        self._line.announced.clear()
        try:
            return await self.ask(self._client.uid_search(*criteria, charset=None))
        except CommandRefused:
            return await self.ask(self._client.uid_search(*criteria, charset="UTF-8"))

    async def fetch(self, uids: str, items: str) -> Lines:
        """A few mails' headlines, or one mail."""
        return await self.ask(self._client.uid("FETCH", uids, items), timeout_s=self._timing.fetch_s)

    async def add_flags(self, uid: int, flags: str) -> None:
        """Set flags on a mail."""
        await self.ask(self._client.uid("STORE", str(uid), "+FLAGS.SILENT", f"({flags})"))

    async def move(self, uid: int, mailbox: str) -> None:
        """Move a mail. Where the server cannot, it is copied, and only this one expunged: never all deleted mails."""
        if "MOVE" in self.capabilities:
            await self.ask(self._client.uid("MOVE", str(uid), mailbox_name(mailbox)))
            return
        if "UIDPLUS" not in self.capabilities:
            raise CommandRefused("neither MOVE nor UIDPLUS")
        await self.ask(self._client.uid("COPY", str(uid), mailbox_name(mailbox)))
        await self.add_flags(uid, "\\Deleted")
        await self.ask(self._client.uid("EXPUNGE", str(uid)))

    async def list_mailboxes(self) -> Lines:
        """Every mailbox with its attributes."""
        return await self.ask(self._client.list('""', quoted("*")))

    async def idle(self, limit_s: float) -> bool:
        """Listen until mail is announced (True), or `limit_s` is over.

        An announcement since the last search began counts too: the server will not repeat it.
        """
        if self._line.announced.is_set():
            return True
        idling = await self._race(self._client.idle_start(timeout=2 * MAX_IDLE_S), self._timing.command_s)
        with suppress(TimeoutError):
            async with asyncio.timeout(min(limit_s, MAX_IDLE_S)):
                await self._race(self._line.announced.wait(), None)
        self._client.idle_done()
        # A connection that is half open shows here: nobody answers DONE.
        await self._race(idling, self._timing.command_s)
        _drain(self._client.protocol.idle_queue)
        return self._line.announced.is_set()

    async def close(self) -> None:
        """Say goodbye, and do not insist on an answer."""
        with suppress(MailboxLost):
            await self._race(self._client.logout(), self._timing.goodbye_s)
        self.abort()

    def abort(self) -> None:
        """Cut the connection, and let go of everything that aioimaplib left waiting."""
        _abort(self._client)

    async def _race(self, question: Awaitable[Any], timeout_s: float | None) -> Any:
        """Whatever comes first: the answer, the loss of the connection, or the end of our patience."""
        task = asyncio.ensure_future(question)
        try:
            await asyncio.wait({task, self._line.lost}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise MailboxLost("connection lost" if self._line.lost.done() else "no answer in time")
            return task.result()
        except (aioimaplib.AioImapException, OSError, TimeoutError, ValueError) as error:
            self.abort()
            raise MailboxLost(type(error).__name__) from error
        except MailboxLost:
            self.abort()
            raise
        except asyncio.CancelledError:
            if not task.done() and timeout_s is not None:
                self.abort()  # its slot in aioimaplib stays taken for ever
            raise
        finally:
            await _cancelled(task)


@asynccontextmanager
async def connect(
    server: ImapServer, *, timing: ImapTiming | None = None, oauth_token: TokenSource | None = None
) -> AsyncIterator[ImapConnection]:
    """Connect and log in. Raises `MailboxLost` or `LoginRefused`; leaving the context logs out."""
    timing = timing or ImapTiming()
    # Below WARNING it logs passwords, tokens and mails.
    logging.getLogger("aioimaplib").setLevel(logging.WARNING)
    line = ImapLine()
    client = aioimaplib.IMAP4(
        server.host,
        server.port,
        timeout=timing.command_s,
        conn_lost_cb=line.note_loss,
        ssl_context=tls_context(server.host) if server.tls else None,
    )
    line.listen_in(client.protocol)
    connection = ImapConnection(client, line, timing)
    try:
        await connection._race(client.wait_hello_from_server(), timing.connect_s)
        if client.get_state() != aioimaplib.AUTH:  # PREAUTH: the greeting has logged us in
            await _log_in(connection, client, server, oauth_token)
        # The list that came with the greeting or the login may be another one, and aioimaplib reads it wrongly.
        await connection._race(client.protocol.capability(), timing.command_s)
        yield connection
    finally:
        await connection.close() if not line.lost.done() else connection.abort()


async def _log_in(connection: ImapConnection, client: Any, server: ImapServer, oauth_token: TokenSource | None) -> None:
    try:
        if oauth_token is not None:
            token = await _token(oauth_token)
            await connection.ask(_authenticate(client.protocol, server.user, token))
        else:
            await connection.ask(client.login(quoted(server.user), server.password))
    except CommandRefused as error:
        raise LoginRefused(f"the server refuses the login ({error})") from None


async def _token(oauth_token: TokenSource) -> str:
    try:
        return await oauth_token()
    except TokenUnavailable as error:
        raise LoginRefused(str(error)) from error


async def _authenticate(protocol: Any, user: str, token: str) -> Any:
    """XOAUTH2. A refusal comes as a challenge, to be answered with an empty line."""
    command = _XOAuth2(protocol, user, token)
    answer = await protocol.execute(command)
    if answer.result == "OK":
        protocol.state = aioimaplib.AUTH
    return answer


class _XOAuth2(aioimaplib.Command):  # type: ignore[misc]  # the library ships no types
    def __init__(self, protocol: Any, user: str, token: str) -> None:
        initial = b64encode(f"user={user}\1auth=Bearer {token}\1\1".encode()).decode()
        super().__init__("AUTHENTICATE", protocol.new_tag(), "XOAUTH2", initial, loop=protocol.loop)
        self._protocol = protocol

    def append_to_resp(self, line: bytes, result: str = "Pending") -> None:
        super().append_to_resp(line, result)
        if line.startswith(b"+"):
            self._protocol.transport.write(b"\r\n")


def _abort(client: Any) -> None:
    if client.protocol.transport is not None:
        client.protocol.transport.abort()
    if client._idle_waiter is not None:
        client._idle_waiter.cancel()
    for task in (client._client_task, *client.tasks, *client.protocol.tasks):
        task.cancel()
        task.add_done_callback(_forget_result)


def _forget_result(task: asyncio.Future[Any]) -> None:
    """What aioimaplib's own tasks raise is known by now; unread it would be logged."""
    if not task.cancelled():
        task.exception()


async def _cancelled(task: asyncio.Future[Any]) -> None:
    if not task.done():
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task
    elif not task.cancelled():
        task.exception()


def _drain(queue: asyncio.Queue[Any]) -> None:
    while not queue.empty():
        queue.get_nowait()

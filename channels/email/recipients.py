"""The last look before a mail goes out: it goes to the people that its target names, and to nobody else."""

from __future__ import annotations

import re
from email.utils import getaddresses

from channels.email.reading.addresses import canonical
from channels.email.thread import Thread
from channels.errors import PermanentFailure
from channels.message import OutboundPart

MAX_ADDRESS_CHARS = 254  # RFC 5321, 4.5.3.1.3
_ADDRESS_HEADERS = ("to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc")
_FOLD = re.compile(r"\r\n[ \t]+")


def proven_recipients(part: OutboundPart) -> tuple[str, ...]:
    """Whom to name to the server: the addressee, then those who get a copy.

    Read from the bytes that will be sent, and held against the frozen target. Raises `PermanentFailure` if they name
    anybody else, or not the addressee.
    """
    allowed = {canonical(address) for address in (part.target.address, *Thread.read(part.target.details).copies)}
    named = _named(part.payload)
    if not set(named) <= allowed or canonical(part.target.address) not in named:
        raise PermanentFailure("the mail is addressed to others than its target", code="recipients")
    return named


def is_writable(address: str) -> bool:
    """Whether an address can stand in a header so that it reads as itself, and as nothing else."""
    local, _, domain = address.rpartition("@")
    is_plain = bool(local and domain) and address.isprintable() and len(address) <= MAX_ADDRESS_CHARS
    return is_plain and getaddresses([address]) == [("", address)]


def _named(raw: bytes) -> tuple[str, ...]:
    # Our own mails have UTF-8 in their headers where an address does.
    head = raw.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    fields = (line.partition(":") for line in _FOLD.sub(" ", head).split("\r\n"))
    written = [value for name, _, value in fields if name.strip().lower() in _ADDRESS_HEADERS]
    return tuple(dict.fromkeys(canonical(address) for _, address in getaddresses(written)))

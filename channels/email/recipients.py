"""The last look before a mail goes out: it goes to the people that its target names, and to nobody else."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import compat32
from email.utils import getaddresses

from channels.email.reading.addresses import canonical
from channels.email.thread import Thread
from channels.errors import PermanentFailure
from channels.message import OutboundPart

_ADDRESS_HEADERS = ("To", "Cc", "Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc")


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


def _named(raw: bytes) -> tuple[str, ...]:
    head = message_from_bytes(raw.partition(b"\r\n\r\n")[0], policy=compat32)
    written = [str(value) for name in _ADDRESS_HEADERS for value in head.get_all(name, [])]
    return tuple(dict.fromkeys(canonical(address) for _, address in getaddresses(written)))

"""A mail as the simulated customer's mail program shows it. Our own channel reads mail with its own, careful parser."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A mail in a mailbox. Ids are without their brackets."""

    raw: bytes
    arrived_at: datetime
    message_id: str
    from_address: str
    reply_address: str  # where an answer goes
    subject: str
    references: tuple[str, ...]
    text: str
    html: str
    files: tuple[str, ...]

    @classmethod
    def read(cls, raw: bytes, arrived_at: datetime) -> ReceivedMail:
        """From the raw bytes."""
        message = message_from_bytes(raw, policy=default)
        from_address = parseaddr(str(message["From"] or ""))[1]
        return cls(
            raw=raw,
            arrived_at=arrived_at,
            message_id=str(message["Message-ID"] or "").strip().strip("<>"),
            from_address=from_address,
            reply_address=parseaddr(str(message["Reply-To"] or ""))[1] or from_address,
            subject=str(message["Subject"] or ""),
            references=tuple(each.strip("<>") for each in str(message["References"] or "").split()),
            text=_body(message, "plain"),
            html=_body(message, "html"),
            files=tuple(part.get_filename() or "" for part in message.iter_attachments()),
        )

    def header(self, name: str) -> str:
        """A header's first value; empty where it is missing."""
        return str(message_from_bytes(self.raw, policy=default)[name] or "")


def _body(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""

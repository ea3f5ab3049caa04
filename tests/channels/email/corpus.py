"""Our own raw mails, one for each oddity, and what the parser makes of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from channels.email.mail import Mail
from channels.email.parse import parse

FOLDER = Path(__file__).parents[2] / "corpus" / "email"
RECEIVED_AT = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


def raw_mail(name: str) -> bytes:
    return (FOLDER / f"{name}.eml").read_bytes()


def parsed(name: str, *, trusted_authserv: str = "") -> Mail:
    return parse(raw_mail(name), received_at=RECEIVED_AT, trusted_authserv=trusted_authserv)


def parsed_text(text: str, *, trusted_authserv: str = "") -> Mail:
    """A mail given where the test can show it; line ends become those of mail."""
    raw = text.replace("\n", "\r\n").encode()
    return parse(raw, received_at=RECEIVED_AT, trusted_authserv=trusted_authserv)

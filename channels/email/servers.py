"""The addresses of mail servers, as `imaps://USER:PASSWORD@HOST:PORT/MAILBOX` and `smtp://USER:PASSWORD@HOST:PORT`."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class ImapServer:
    """Where mail comes from, and the mailbox to watch there."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    mailbox: str = "INBOX"
    tls: bool = True

    @classmethod
    def parse(cls, url: str) -> ImapServer:
        """Raises `ValueError` with one line that says what is wrong, and never shows the password."""
        parts = _split(url, "IMAP_URL", "imap", "imaps")
        tls = parts.scheme == "imaps"
        host = parts.hostname or ""
        if not tls and not is_loopback(host):
            raise ValueError(
                "IMAP_URL: imap:// sends the password in the clear; use imaps:// for anything but loopback"
            )
        if not parts.username:
            raise ValueError("IMAP_URL has no user name")
        return cls(
            host=host,
            port=parts.port or (993 if tls else 143),
            user=unquote(parts.username),
            password=unquote(parts.password or ""),
            mailbox=unquote(parts.path.removeprefix("/")) or "INBOX",
            tls=tls,
        )

    @property
    def name(self) -> str:
        """The mailbox's name for the ledger: user, host and mailbox. The port and the password may change."""
        return f"{self.user}@{self.host}/{self.mailbox}"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail goes out. Without `tls` from the start, STARTTLS is required everywhere but on loopback."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False

    @classmethod
    def parse(cls, url: str) -> SmtpServer:
        """Raises `ValueError` with one line that says what is wrong, and never shows the password."""
        parts = _split(url, "SMTP_URL", "smtp", "smtps")
        tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname or "",
            port=parts.port or (465 if tls else 587),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            tls=tls,
        )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, so that nobody stands between."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def tls_context(host: str) -> ssl.SSLContext:
    """Certificates are verified; only on loopback, where none could be, they are not."""
    context = ssl.create_default_context()
    if is_loopback(host):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _split(url: str, variable: str, *schemes: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        raise ValueError(f"{variable} cannot be read") from None
    if parts.scheme not in schemes:
        raise ValueError(f"{variable} must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    if not parts.hostname or not port_is_valid:
        raise ValueError(f"{variable} names no host or no valid port")
    return parts

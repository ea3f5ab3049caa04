"""Hands mails to the SMTP server, over a few connections that are kept open and trusted only as far as is wise.

A connection is asked (NOOP) before it is used again, given up when it is idle too long, has carried many mails, or
anything timed out or was cancelled on it: aiosmtplib cannot be used on after that. What is sent is bytes, never an
`EmailMessage`, which aiosmtplib would write anew. Whether a failure came before or after the server had the whole
mail decides between "certainly not sent" and "unknown".
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import structlog
from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectResponseError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPStatus,
)

from channels.email.outcomes import Stage, refusal
from channels.email.servers import SmtpServer, is_loopback, tls_context
from channels.errors import ChannelDown, PermanentFailure, SendError, TemporaryFailure, UnknownOutcome

log = structlog.get_logger(__name__)

TokenSource = Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the server is told besides the mail. The first recipient must be taken; others may be refused."""

    sender: str
    recipients: tuple[str, ...]
    envelope_id: str = ""  # comes back in delivery reports (RFC 3461)


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a server may take, and how long a connection is used."""

    connect_s: float = 30.0
    command_s: float = 60.0
    data_s: float = 600.0  # RFC 5321, 4.5.3.2.6
    idle_s: float = 60.0
    mails_per_connection: int = 100


@dataclass(slots=True)
class _Connection:
    smtp: SMTP
    used_at: float
    mails: int = 0


class SmtpSender:
    """Sends mails, several at once. Use it as an async context; leaving it says goodbye to the server."""

    def __init__(
        self,
        server: SmtpServer,
        *,
        timing: Timing | None = None,
        max_connections: int = 4,
        oauth_token: TokenSource | None = None,
        hostname: str = "localhost",
    ) -> None:
        self._server = server
        self._timing = timing or Timing()
        self._slots = asyncio.Semaphore(max_connections)
        self._idle: list[_Connection] = []
        self._oauth_token = oauth_token
        self._hostname = hostname

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        while self._idle:
            await self._say_goodbye(self._idle.pop())

    async def send(self, envelope: Envelope, raw: bytes) -> tuple[str, ...]:
        """Send one mail, once. Returns the refusals of further recipients, as "code address"; raises a `SendError`."""
        async with self._connection() as connection:
            with _translated():
                return await self._transact(connection.smtp, envelope, raw)

    async def check(self) -> None:
        """Connect and log in, for whoever wants to know whether sending would work. Raises a `SendError`."""
        async with self._connection():
            pass

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[_Connection]:
        """A connection that works. It goes back only after a transaction that ended in order."""
        async with self._slots:
            connection = await self._reuse() or await self._connect()
            try:
                yield connection
            except (PermanentFailure, TemporaryFailure, ChannelDown):
                # What a refusal leaves behind on the connection differs from server to server.
                await self._say_goodbye(connection)
                raise
            except BaseException:
                connection.smtp.close()
                raise
            await self._give_back(connection)

    async def _transact(self, smtp: SMTP, envelope: Envelope, raw: bytes) -> tuple[str, ...]:
        encoding = _encoding(smtp, envelope)
        options = _mail_options(smtp, envelope, raw, encoding)
        await smtp.mail(envelope.sender, options=options, encoding=encoding, timeout=self._timing.command_s)
        refused = await self._name_recipients(smtp, envelope, encoding)
        try:
            await smtp.data(raw, timeout=self._timing.data_s)
        except SMTPDataError as error:
            if error.code < 400:
                raise UnknownOutcome("the mail server's answer makes no sense", code=str(error.code)) from error
            raise
        except (SMTPException, OSError) as error:
            # The whole mail may be with the server: only its answer is missing.
            raise UnknownOutcome("the mail server fell silent after the mail", code="no_answer") from error
        return refused

    async def _name_recipients(self, smtp: SMTP, envelope: Envelope, encoding: str) -> tuple[str, ...]:
        addressee, *copies = envelope.recipients
        options = ["NOTIFY=FAILURE,DELAY"] if smtp.supports_extension("dsn") else []
        await smtp.rcpt(addressee, options=options, encoding=encoding, timeout=self._timing.command_s)
        refused = []
        for copy in copies:
            try:
                await smtp.rcpt(copy, options=options, encoding=encoding, timeout=self._timing.command_s)
            except SMTPRecipientRefused as error:
                if error.code == SMTPStatus.domain_unavailable:  # 421: the server hangs up
                    raise
                refused.append(f"{error.code} {copy}")
        return tuple(refused)

    async def _reuse(self) -> _Connection | None:
        """An idle connection that is young enough and still answers."""
        while self._idle:
            connection = self._idle.pop()
            if time.monotonic() - connection.used_at > self._timing.idle_s:
                await self._say_goodbye(connection)
                continue
            try:
                await connection.smtp.noop(timeout=self._timing.connect_s)
            except (SMTPException, OSError):
                connection.smtp.close()
                continue
            except BaseException:
                connection.smtp.close()
                raise
            return connection
        return None

    async def _connect(self) -> _Connection:
        smtp = self._client()
        with _translated():
            try:
                await smtp.connect()
            except BaseException:
                smtp.close()
                raise
        return _Connection(smtp, time.monotonic())

    def _client(self) -> SMTP:
        server = self._server
        return SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=(server.password if server.user and self._oauth_token is None else None),
            oauth_token_generator=self._oauth_token,
            local_hostname=self._hostname,
            timeout=self._timing.connect_s,
            use_tls=server.tls,
            # Required off loopback: a server that does not offer it gets no password and no mail.
            start_tls=False if server.tls else (None if is_loopback(server.host) else True),
            tls_context=tls_context(server.host),
        )

    async def _give_back(self, connection: _Connection) -> None:
        connection.mails += 1
        connection.used_at = time.monotonic()
        if connection.mails >= self._timing.mails_per_connection:
            await self._say_goodbye(connection)
        elif connection.smtp.is_connected:
            self._idle.append(connection)

    async def _say_goodbye(self, connection: _Connection) -> None:
        with suppress(SMTPException, OSError):
            await connection.smtp.quit(timeout=2.0)
        connection.smtp.close()


def _encoding(smtp: SMTP, envelope: Envelope) -> str:
    """ASCII where possible; UTF-8 only with a server that takes it (RFC 6531)."""
    if all(address.isascii() for address in (envelope.sender, *envelope.recipients)):
        return "ascii"
    if smtp.supports_extension("smtputf8"):
        return "utf-8"
    raise PermanentFailure("the mail server takes no address with letters beyond ASCII", code="no_smtputf8")


def _mail_options(smtp: SMTP, envelope: Envelope, raw: bytes, encoding: str) -> list[str]:
    options = []
    if smtp.supports_extension("size"):
        options.append(f"SIZE={_size_within_limit(smtp, raw)}")
    if encoding != "ascii":
        options += ["SMTPUTF8", "BODY=8BITMIME"]
    if smtp.supports_extension("dsn"):
        options += ["RET=HDRS", f"ENVID={envelope.envelope_id}"] if envelope.envelope_id else ["RET=HDRS"]
    return options


def _size_within_limit(smtp: SMTP, raw: bytes) -> int:
    limit = smtp.esmtp_extensions.get("size", "")
    if limit.isdigit() and 0 < int(limit) < len(raw):
        raise PermanentFailure("the mail is too large for the server", code="too_large")
    return len(raw)


@contextmanager
def _translated() -> Iterator[None]:
    """Turns what aiosmtplib raises into our errors, keeping the cause."""
    try:
        yield
    except (SMTPException, OSError) as error:
        raise _translate(error) from error


def _translate(error: Exception) -> SendError:
    match error:
        case SMTPAuthenticationError():
            return refusal(Stage.LOGIN, error.code, error.message)
        case SMTPConnectResponseError():
            return refusal(Stage.CONNECT, error.code, error.message)
        case SMTPSenderRefused():
            return refusal(Stage.SENDER, error.code, error.message)
        case SMTPRecipientRefused():
            return refusal(Stage.RECIPIENT, error.code, error.message)
        case SMTPDataError():
            return refusal(Stage.CONTENT, error.code, error.message)
        case SMTPResponseException():
            return refusal(Stage.CONNECT, error.code, error.message)
        case _ if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
            return ChannelDown(
                "the mail server cannot be trusted: its certificate or encryption is not valid", code="certificate"
            )
        case SMTPException() if "AUTH" in str(error).upper():
            return ChannelDown("the mail server offers no way to log in", code="no_auth")
        case SMTPException() if "STARTTLS" in str(error).upper():
            return ChannelDown("the mail server offers no encryption (STARTTLS)", code="no_starttls")
        case _:
            return TemporaryFailure("the mail server cannot be reached", code=type(error).__name__)

"""The SMTP side of the simulated provider: takes mail from anybody, and files it where it belongs.

Faults are taken as `smtp.connect`, `smtp.mail`, `smtp.rcpt` and `smtp.data`; `REJECT` answers with its code, such as
`550 5.1.1 no such user`. They strike the software under test: what the player sends as a customer goes through.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from channels.sandbox.faults import FaultKind, Faults

MAX_MAIL_BYTES = 30_000_000
Deliver = Callable[[str, tuple[str, ...], bytes], None]


class SmtpServer:
    """Listens on loopback for as long as the context lasts. `deliver` gets sender, recipients and the raw mail.

    A mail that begins with `of_player` is the player's own.
    """

    def __init__(self, deliver: Deliver, faults: Faults, *, of_player: bytes, port: int = 0) -> None:
        self._handler = _Handler(deliver, faults, of_player)
        self._wanted_port = port
        self._open: set[_Connection] = set()

    async def __aenter__(self) -> Self:
        logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd's, which tells of every line
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, "127.0.0.1", self._wanted_port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._server.close()
        await self.drop_connections()
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.sockets[0].getsockname()[1])

    async def drop_connections(self) -> None:
        """Cut every connection, as a server does that restarts, and wait until all are gone."""
        open_now = tuple(self._open)
        for connection in open_now:
            connection.cut()
        await asyncio.gather(*(connection.gone.wait() for connection in open_now))

    def _accept(self) -> _Connection:
        return _Connection(self._handler, self._open)


class _Connection(SMTP):
    """One client. It can be cut from outside."""

    def __init__(self, handler: _Handler, open_connections: set[_Connection]) -> None:
        super().__init__(
            handler,
            hostname="sandbox",
            data_size_limit=MAX_MAIL_BYTES,
            enable_SMTPUTF8=True,
            auth_require_tls=False,
            authenticator=_let_in,
            loop=asyncio.get_running_loop(),
        )
        self._open_connections = open_connections
        self.gone = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._open_connections.add(self)
        super().connection_made(transport)
        if self.event_handler.faults.take("smtp.connect"):
            self.cut()

    def connection_lost(self, error: Exception | None) -> None:
        self._open_connections.discard(self)
        self.gone.set()
        super().connection_lost(error)

    def cut(self) -> None:
        """Reset the connection, without a word."""
        if self.transport is not None:
            self.transport.abort()  # type: ignore[attr-defined]  # annotated as a base transport


class _Handler:
    """aiosmtpd's hooks. What they return is the answer on the wire."""

    def __init__(self, deliver: Deliver, faults: Faults, of_player: bytes) -> None:
        self._deliver = deliver
        self.faults = faults
        self._of_player = of_player

    async def handle_MAIL(  # noqa: N802  # aiosmtpd's name
        self, server: _Connection, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refused = await self._stumble(server, "smtp.mail")
        if refused:
            return refused
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 sender ok"

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: _Connection, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refused = await self._stumble(server, "smtp.rcpt")
        if refused:
            return refused
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 recipient ok"

    async def handle_DATA(self, server: _Connection, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        is_players = (envelope.original_content or b"").startswith(self._of_player)
        fault = None if is_players else self.faults.take("smtp.data")
        if fault and fault.kind is FaultKind.SLOW:
            await asyncio.sleep(fault.seconds)
        elif fault and fault.kind is FaultKind.DROP_AFTER:
            self._take(envelope)
            await _cut_and_wait(server)
        elif fault and fault.kind is FaultKind.DROP_BEFORE:
            await _cut_and_wait(server)
        elif fault:
            return fault.code or "451 4.3.0 planned fault"
        self._take(envelope)
        return "250 2.0.0 accepted"

    def _take(self, envelope: Envelope) -> None:
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        self._deliver(envelope.mail_from or "", tuple(envelope.rcpt_tos), raw)

    async def _stumble(self, server: _Connection, operation: str) -> str:
        fault = self.faults.take(operation)
        if fault is None:
            return ""
        if fault.kind is FaultKind.SLOW:
            await asyncio.sleep(fault.seconds)
            return ""
        if fault.kind in (FaultKind.DROP_BEFORE, FaultKind.DROP_AFTER):
            await _cut_and_wait(server)
        return fault.code or "451 4.3.0 planned fault"


async def _cut_and_wait(server: _Connection) -> None:
    """The connection's end cancels this handler, so that nothing is answered."""
    server.cut()
    await asyncio.Event().wait()


def _let_in(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, credentials: LoginPassword | Any
) -> AuthResult:
    """Any password but an empty one is right."""
    is_right = isinstance(credentials, LoginPassword) and bool(credentials.password)
    return AuthResult(success=is_right, handled=False)

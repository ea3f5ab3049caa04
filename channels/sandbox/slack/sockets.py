"""Socket Mode from Slack's side: envelopes to one of the connected apps, acknowledged by their id.

See https://docs.slack.dev/apis/events-api/using-socket-mode/
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from aiohttp import WSMsgType, web

from channels.sandbox.slack.delivery import PATIENCE, Heard, Kind, Retry
from channels.sandbox.slack.workspace import APP, Json, numbered

MOST_SOCKETS = 10


@dataclass(frozen=True, slots=True)
class _Connection:
    socket: web.WebSocketResponse
    request: web.Request


@dataclass(slots=True)
class SocketWire:
    """The sockets that the app has open. Envelopes go to any of them."""

    patience: timedelta = PATIENCE
    _sockets: list[_Connection] = field(default_factory=list)
    _waiting: dict[str, asyncio.Future[Json | None]] = field(default_factory=dict)
    _tickets: set[str] = field(default_factory=set)
    _connected: asyncio.Event = field(default_factory=asyncio.Event)
    _next_envelope: Callable[[], str] = field(default_factory=lambda: numbered("env-"))
    _next_ticket: Callable[[], str] = field(default_factory=lambda: numbered("ticket-"))

    def issue_ticket(self) -> str:
        """What `apps.connections.open` puts into the address, good for one connection."""
        ticket = self._next_ticket()
        self._tickets.add(ticket)
        return ticket

    async def connected(self) -> None:
        """Wait until an app is there."""
        await self._connected.wait()

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """One connection of an app, until it ends."""
        if request.query.get("ticket", "") not in self._tickets:
            raise web.HTTPNotFound
        self._tickets.discard(request.query["ticket"])
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json(
            {"type": "hello", "num_connections": len(self._sockets) + 1, "connection_info": {"app_id": APP}}
        )
        connection = _Connection(socket, request)
        self._sockets.append(connection)
        self._connected.set()
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    self._acknowledge(json.loads(frame.data))
        finally:
            self._leave(connection)
        return socket

    async def send(self, kind: Kind, payload: Json, retry: Retry | None) -> Heard:
        """Send an envelope, and wait for its acknowledgement."""
        if not self._sockets:
            return Heard(0, reason="connection_failed")
        envelope_id = self._next_envelope()
        answer = self._waiting[envelope_id] = asyncio.get_running_loop().create_future()
        try:
            await self._sockets[-1].socket.send_json(_envelope(envelope_id, kind, payload, retry))
            return Heard(200, await asyncio.wait_for(answer, self.patience.total_seconds()))
        except TimeoutError:
            return Heard(0, reason="timeout")
        except ConnectionError:
            return Heard(0, reason="connection_failed")
        finally:
            self._waiting.pop(envelope_id, None)

    async def ask_to_reconnect(self, reason: str = "refresh_requested") -> None:
        """Tell every app to open a new connection, as Slack does every few hours."""
        self._connected.clear()
        for connection in tuple(self._sockets):
            await connection.socket.send_json(
                {"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}}
            )

    async def cut(self) -> None:
        """Break every connection without a word."""
        self._connected.clear()
        for connection in tuple(self._sockets):
            self._leave(connection)
            if connection.request.transport is not None:
                connection.request.transport.abort()

    async def close(self) -> None:
        """End every connection properly."""
        for connection in tuple(self._sockets):
            await connection.socket.close()

    def _acknowledge(self, frame: Json) -> None:
        waiting = self._waiting.get(frame.get("envelope_id", ""))
        if waiting is not None and not waiting.done():
            waiting.set_result(frame.get("payload"))

    def _leave(self, connection: _Connection) -> None:
        if connection in self._sockets:
            self._sockets.remove(connection)


def _envelope(envelope_id: str, kind: Kind, payload: Json, retry: Retry | None) -> Json:
    envelope: Json = {
        "envelope_id": envelope_id,
        "type": kind,
        "payload": payload,
        "accepts_response_payload": kind != "events_api",
    }
    if kind == "events_api":
        envelope |= {"retry_attempt": retry.number if retry else 0, "retry_reason": retry.reason if retry else ""}
    return envelope

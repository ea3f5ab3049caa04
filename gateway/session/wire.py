"""One WebSocket, as the session needs it: JSON objects out and in, kept alive, closed, and never silently dead.

It knows nothing of sessions. Whoever opens a wire gives it a callback for every object that comes in, and one for
the end; both are called from the wire's only task, which also pings, so that an idle wire costs one task and no timer.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
from collections.abc import Callable
from typing import Any

import orjson
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from gateway.session.address import is_loopback
from gateway.session.errors import SessionDisconnectedError, SessionError

JsonObject = dict[str, Any]

MAX_INCOMING_BYTES = 16 * 1024 * 1024
OPEN_TIMEOUT_S = 20.0
SEND_TIMEOUT_S = 60.0
CLOSE_TIMEOUT_S = 2.0
TICKS_PER_S = 4

log = structlog.get_logger(__name__)


class Wire:
    """An open WebSocket and the task that reads it."""

    __slots__ = (
        "_closing",
        "_deaf_after_s",
        "_on_end",
        "_on_object",
        "_ping_frame",
        "_ping_interval_s",
        "_reader",
        "_ws",
    )

    def __init__(
        self,
        ws: ClientConnection,
        *,
        on_object: Callable[[JsonObject], None],
        on_end: Callable[[SessionDisconnectedError | None], None],
        ping_frame: Callable[[], JsonObject | None],
        ping_interval_s: float,
        deaf_after_s: float,
    ) -> None:
        self._ws = ws
        self._on_object = on_object
        self._on_end = on_end
        self._ping_frame = ping_frame
        self._ping_interval_s = ping_interval_s
        self._deaf_after_s = deaf_after_s
        self._closing = False
        self._reader = asyncio.create_task(self._read(), name="session-wire")

    async def send(self, frame: JsonObject) -> None:
        """Hand a frame to the connection. Raises SessionDisconnectedError when it is gone or does not take it."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self._ws.send(_encoded(frame), text=True)
        except ConnectionClosed as error:
            raise SessionDisconnectedError(f"the connection is closed: {_why(error)}") from error
        except TimeoutError as error:
            raise SessionDisconnectedError("the connection does not take what is sent") from error

    async def close(self, farewell: JsonObject | None = None) -> None:
        """Say goodbye, shake hands for at most CLOSE_TIMEOUT_S, and wait until the reading task is done."""
        self._closing = True
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                if farewell is not None:
                    await self._ws.send(_encoded(farewell), text=True)
                await self._ws.close()
        except (ConnectionClosed, TimeoutError):
            pass  # it is closed already, or will not be polite
        finally:
            self._ws.transport.abort()
            self._reader.cancel()
            await asyncio.wait([self._reader])

    async def _read(self) -> None:
        end: SessionDisconnectedError | None = SessionDisconnectedError("the session was closed")
        try:
            await self._read_and_ping()
        except ConnectionClosed as error:
            end = SessionDisconnectedError(f"the connection was lost: {_why(error)}")
            end.__cause__ = error
        except _Deaf:
            end = SessionDisconnectedError(f"the connection was lost: nothing came for {self._deaf_after_s:g} s")
        finally:
            if not self._closing:
                self._ws.transport.abort()  # whatever ended the reading: a socket that nobody reads must not stay
            self._on_end(None if self._closing else end)

    async def _read_and_ping(self) -> None:
        """One time limit around many reads, not one per read, keeps reading cheap; a ping goes out at each limit."""
        loop = asyncio.get_running_loop()
        waiting_since = None
        while True:
            try:
                async with asyncio.timeout_at(_on_a_tick(loop.time() + self._ping_interval_s)):
                    while True:
                        self._take(await self._ws.recv(decode=False))
                        waiting_since = None
            except TimeoutError:
                if waiting_since is not None and loop.time() - waiting_since >= self._deaf_after_s:
                    raise _Deaf from None
                if (frame := self._ping_frame()) is not None:
                    waiting_since = waiting_since or loop.time()
                    await self._ping(frame)

    async def _ping(self, frame: JsonObject) -> None:
        try:
            async with asyncio.timeout(self._deaf_after_s):
                await self._ws.send(_encoded(frame), text=True)
        except TimeoutError:
            raise _Deaf from None

    def _take(self, message: bytes) -> None:
        try:
            value = orjson.loads(message)
        except orjson.JSONDecodeError:
            value = None
        if not isinstance(value, dict):
            log.warning("session_frame_unreadable", size=len(message))
            return
        self._on_object(value)


class _Deaf(Exception):
    """The other side has been silent for too long."""


async def open_socket(url: str, headers: dict[str, str]) -> ClientConnection:
    """Shake hands. No deflate: pieces of a reply are small, and it doubles the work of each."""
    try:
        return await connect(
            url,
            additional_headers=headers,
            compression=None,
            open_timeout=OPEN_TIMEOUT_S,
            close_timeout=CLOSE_TIMEOUT_S,
            ping_interval=None,
            max_size=MAX_INCOMING_BYTES,
            proxy=None if is_loopback(url) else True,
            logger=_SILENT,
        )
    except InvalidStatus as error:
        status = error.response.status_code
        raise SessionError(
            f"the platform refused the session WebSocket: HTTP {status}", code=f"http_{status}"
        ) from error
    except (OSError, TimeoutError, InvalidHandshake, InvalidURI, ValueError) as error:
        reason = str(error) or type(error).__name__
        raise SessionError(f"cannot open the session WebSocket: {reason}", code="unreachable") from error


# The library logs whole frames at DEBUG; what customers wrote must not get into a log by a change of level.
_SILENT = logging.Logger("gateway.session.wire", level=logging.CRITICAL)


def _encoded(frame: JsonObject) -> bytes:
    try:
        return orjson.dumps(frame)
    except TypeError:  # whole numbers beyond 64 bits, which JSON allows
        return json.dumps(frame).encode()


def _on_a_tick(at: float) -> float:
    """Rounded, so that the pings of many idle wires share the event loop's wake-ups."""
    return math.ceil(at * TICKS_PER_S) / TICKS_PER_S


def _why(error: ConnectionClosed) -> str:
    received = error.rcvd
    if received is None:
        return "no close frame"
    return f"code {received.code}{f' ({received.reason})' if received.reason else ''}"

"""What is still to be sent on a WebSocket. Whoever queues never waits; a client that does not read is closed."""

from __future__ import annotations

import asyncio

from starlette.websockets import WebSocket, WebSocketDisconnect

CALM_BYTES = 1024 * 1024  # below this the client keeps up
MAX_QUEUED_BYTES = 32 * 1024 * 1024
TRY_AGAIN_LATER = 1013


class Outbox:
    """Frames in the order of queueing. A task sends them while there are any: idle sockets cost little."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._frames: list[str] = []
        self._queued_bytes = 0
        self._close_code: int | None = None
        self._sender: asyncio.Task[None] | None = None

    def put(self, frame: str) -> None:
        if self._close_code is not None:
            return
        self._frames.append(frame)
        self._queued_bytes += len(frame)
        if self._queued_bytes > MAX_QUEUED_BYTES:
            self._frames.clear()
            self._queued_bytes = 0
            self.shut(TRY_AGAIN_LATER)
        self._wake()

    def shut(self, code: int) -> None:
        """Close the socket once what is queued has gone out."""
        if self._close_code is None:
            self._close_code = code
            self._wake()

    async def settle(self) -> None:
        """Wait until the client has taken most of what is queued."""
        while self._queued_bytes > CALM_BYTES and self._sender is not None:
            await asyncio.wait([self._sender], timeout=0.1)

    async def close(self) -> None:
        """The socket is gone: forget what is queued."""
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.wait([self._sender])

    def _wake(self) -> None:
        if self._sender is None:
            self._sender = asyncio.create_task(self._send_all())

    async def _send_all(self) -> None:
        try:
            while self._frames:
                frames, self._frames = self._frames, []
                for frame in frames:
                    await self._websocket.send_text(frame)
                    self._queued_bytes -= len(frame)
            if self._close_code is not None:
                await self._websocket.close(self._close_code)
        except (WebSocketDisconnect, RuntimeError):  # it went away; the reading side hears of it too
            self._frames.clear()
            self._queued_bytes = 0
        finally:
            self._sender = None

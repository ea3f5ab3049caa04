"""A listener's own queue: everything that came for it and was not read yet, and how the session ended."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from types import TracebackType
from typing import Self

from gateway.events import SessionEvent, SessionEventType
from gateway.session.errors import SessionError


class Subscription:
    """The events of a session from the moment of its creation: `with session.subscribe() as events: async for …`.

    What has arrived is always read before the end. A deliberate `disconnect` ends the loop; a lost connection raises
    SessionDisconnectedError. With a `maxsize`, a reader that falls behind by more gets a SessionError instead of a gap.
    """

    __slots__ = ("_ended", "_error", "_events", "_leave", "_maxsize", "_types", "_waiter")

    def __init__(
        self,
        leave: Callable[[Subscription], None],
        *,
        event_types: Collection[SessionEventType] | None = None,
        maxsize: int = 0,
    ) -> None:
        self._leave = leave
        self._types = frozenset(event_types) if event_types else None
        self._maxsize = maxsize
        self._events: deque[SessionEvent] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._ended = False
        self._error: SessionError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionEvent:
        while not self._events:
            if self._error is not None:
                raise self._error
            if self._ended:
                raise StopAsyncIteration
            await self._something()
        return self._events.popleft()

    def close(self) -> None:
        """Stop receiving; a reader that waits elsewhere ends."""
        self._leave(self)
        self.end(None)

    def put(self, event: SessionEvent) -> None:
        """Called by the session for each event."""
        if self._ended or (self._types is not None and event.type not in self._types):
            return
        if self._maxsize and len(self._events) >= self._maxsize:
            self.end(SessionError(f"the listener fell behind by more than {self._maxsize} events", code="overflow"))
            return
        self._events.append(event)
        self._wake()

    def end(self, error: SessionError | None) -> None:
        """Called by the session when nothing more will come. The first end counts."""
        if not self._ended:
            self._ended = True
            self._error = error
            self._wake()

    async def _something(self) -> None:
        if self._waiter is not None:
            raise RuntimeError("a subscription has one reader; make another subscription for another")
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

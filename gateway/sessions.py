"""Keeps the sockets of sessions open between turns, so that a busy conversation does not pay for a new one each time.

One socket carries one session, as in the reference client. A socket that was idle for a while is closed; one on which
anything went wrong is never used again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from gateway.session import Session, SessionError

log = structlog.get_logger(__name__)

IDLE_S = 60.0


@dataclass(slots=True)
class _Idle:
    session: Session
    since: float


class Sessions:
    """Open sessions of one platform. `connect` opens one: resumed by its id, or new without."""

    def __init__(self, connect: Callable[[str | None], Awaitable[Session]], *, max_idle: int = 1000) -> None:
        self._connect = connect
        self._max_idle = max_idle
        self._idle: dict[str, _Idle] = {}

    @asynccontextmanager
    async def use(self, session_id: str | None) -> AsyncIterator[Session]:
        """A connected session, ours alone until the block ends. Raises SessionError."""
        session = self._take(session_id) or await self._connect(session_id)
        try:
            yield session
        except BaseException:
            await _close(session)
            raise
        await self._put_back(session)

    async def close_idle(self) -> None:
        """Close what has not been used for a while. Called every now and then by whoever runs the process."""
        limit = time.monotonic() - IDLE_S
        for session_id in [key for key, idle in self._idle.items() if idle.since < limit]:
            await _close(self._idle.pop(session_id).session)

    async def close(self) -> None:
        """Close all of them."""
        idle, self._idle = self._idle, {}
        await asyncio.gather(*(_close(kept.session) for kept in idle.values()))

    def _take(self, session_id: str | None) -> Session | None:
        idle = self._idle.pop(session_id, None) if session_id else None
        return idle.session if idle and idle.session.is_connected else None

    async def _put_back(self, session: Session) -> None:
        if session.session_id is None or not session.is_connected or len(self._idle) >= self._max_idle:
            await _close(session)
            return
        self._idle[session.session_id] = _Idle(session, time.monotonic())


async def _close(session: Session) -> None:
    try:
        await session.disconnect()
    except (SessionError, OSError) as error:
        log.debug("session.close_failed", error=type(error).__name__)

"""Work that follows an answer to Slack: begun after the acknowledgement, held, and finished before the app closes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import structlog

log = structlog.get_logger(__name__)

GRACE = timedelta(seconds=5)


class Later:
    """Holds tasks whose failure concerns nobody but the log. Nothing that must not be lost belongs here."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    @asynccontextmanager
    async def open(cls, grace: timedelta = GRACE) -> AsyncIterator[Later]:
        """At the end, what still runs gets `grace` to finish, and is then cancelled."""
        later = cls()
        try:
            yield later
        finally:
            await later._finish(grace)

    def __call__(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin; return at once."""
        task = asyncio.create_task(_guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _finish(self, grace: timedelta) -> None:
        if not self._tasks:
            return
        _, running = await asyncio.wait(self._tasks, timeout=grace.total_seconds())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _guarded(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception as error:  # noqa: BLE001 (the boundary of this work; Slack has its answer already)
        code = getattr(error, "code", "")
        log.warning("slack.later_failed", work=getattr(work, "__qualname__", ""), error=type(error).__name__, code=code)

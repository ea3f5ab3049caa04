"""Serves an application while a block runs. The process keeps its signals, and closes what it opened itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.applications import Starlette

STOP_WITHIN_S = 5


@asynccontextmanager
async def serving(app: Starlette, host: str, port: int) -> AsyncIterator[asyncio.Task[None]]:
    """Answer on this port. The task ends early where the server fails; at the end what is under way is finished."""
    server = _QuietServer(
        uvicorn.Config(
            app,
            host,
            port,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=STOP_WITHIN_S,
        )
    )
    task = asyncio.create_task(server.serve())
    try:
        yield task
    finally:
        _tell(app)
        server.should_exit = True
        await task


def _tell(app: Starlette) -> None:
    """Answers without an end (a page's news) stop by themselves, so that nobody waits for them."""
    stopping: asyncio.Event | None = getattr(app.state, "stopping", None)
    if stopping is not None:
        stopping.set()


class _QuietServer(uvicorn.Server):
    """Leaves signals to the process, which has its own way of stopping."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

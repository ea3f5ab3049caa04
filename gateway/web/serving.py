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
        server.should_exit = True
        await task


class _QuietServer(uvicorn.Server):
    """Leaves signals to the process, which has its own way of stopping."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

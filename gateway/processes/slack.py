"""`slack`: takes in over Socket Mode what Slack would otherwise post to `web`; customers' messages and clicks alike.

Where PORT is set, `/readyz` tells there whether Slack still answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette

from gateway.app import Gateway, open_gateway
from gateway.processes.start import start
from gateway.settings import ProcessType, Settings
from gateway.stopping import stop_signal
from gateway.web.health import listener_routes
from gateway.web.serving import serving


async def listen(settings: Settings) -> None:
    """Listen until SIGTERM or SIGINT."""
    stop = stop_signal()
    async with (
        open_gateway(settings) as gateway,
        _health(gateway, settings),
        gateway.presence.shown("slack"),
    ):
        assert gateway.slack is not None  # noqa: S101  # the settings have been checked
        listening = asyncio.create_task(gateway.slack.listen_socket())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait((listening, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening


@asynccontextmanager
async def _health(gateway: Gateway, settings: Settings) -> AsyncIterator[None]:
    """Answer on PORT while the block runs; this process needs none, so it has one only where it is given."""
    if settings.port is None:
        yield
        return
    app = Starlette(routes=listener_routes)
    app.state.gateway = gateway
    async with serving(app, settings.host, settings.port):
        yield


if __name__ == "__main__":
    start(ProcessType.SLACK, listen)

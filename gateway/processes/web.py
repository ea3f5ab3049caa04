"""`web`: webhooks, console, health, metrics."""

from __future__ import annotations

import asyncio

from gateway.app import open_gateway
from gateway.processes.start import start
from gateway.settings import ProcessType, Settings
from gateway.stopping import stop_signal
from gateway.web.server import build_app
from gateway.web.serving import serving


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = stop_signal()
    async with (
        open_gateway(settings) as gateway,
        gateway.presence.shown("web"),
        serving(build_app(gateway), settings.host, settings.web_port) as server,
    ):
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait((server, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()


if __name__ == "__main__":
    start(ProcessType.WEB, serve)

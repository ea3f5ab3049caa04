"""`web`: webhooks, health, metrics."""

from __future__ import annotations

import uvicorn

from gateway.processes.start import start
from gateway.settings import ProcessType, Settings
from gateway.web.server import build_app

STOP_WITHIN_S = 5


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    config = uvicorn.Config(
        build_app(settings),
        host=settings.host,
        port=settings.web_port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_WITHIN_S,
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    start(ProcessType.WEB, serve)

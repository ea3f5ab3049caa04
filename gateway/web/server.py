"""The `web` process: webhooks in front; console, health, metrics beside. It calls no agent and sends nothing."""

from __future__ import annotations

import asyncio

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.app import Gateway
from gateway.store.database import DatabaseUnavailable
from gateway.web import health, installing, webhooks
from gateway.web.console import site

log = structlog.get_logger(__name__)


def build_app(gateway: Gateway) -> Starlette:
    """The application over an open gateway."""
    app = Starlette(
        routes=[*webhooks.routes, *installing.routes, *health.routes, *site.routes()],
        exception_handlers={DatabaseUnavailable: _store_is_away, Exception: _our_fault},
    )
    app.state.gateway = gateway
    app.state.stopping = asyncio.Event()
    site.furnish(app, gateway)
    return app


async def _store_is_away(request: Request, error: Exception) -> Response:
    """The provider tries again: nothing was stored."""
    log.error("web.store_unavailable", path=request.url.path)
    return JSONResponse({"status": "failed", "error": "the store is away"}, status_code=503)


async def _our_fault(request: Request, error: Exception) -> Response:
    log.error("web.failed", path=request.url.path, error=type(error).__name__)
    return JSONResponse({"status": "failed", "error": "internal error"}, status_code=500)

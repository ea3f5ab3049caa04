"""Whether the process lives, whether what it needs answers, and the numbers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.app import Gateway
from gateway.metrics import set_gauges
from gateway.store.database import DatabaseUnavailable

CHECK_TIMEOUT_S = 5.0


async def healthz(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """503 with the names of what does not answer, and how."""
    gateway: Gateway = request.app.state.gateway
    return _report(await look(gateway))


async def look(gateway: Gateway) -> Sequence[tuple[str, str]]:
    """What this process needs, each with what is wrong with it, or ""."""
    return await asyncio.gather(_database(gateway), _redis(gateway), _platform(gateway))


async def listening(request: Request) -> Response:
    """The same of a process that listens to Slack over Socket Mode: red as soon as Slack leaves pings unanswered."""
    gateway: Gateway = request.app.state.gateway
    return _report(await asyncio.gather(_database(gateway), _redis(gateway), _socket(gateway)))


async def metrics(request: Request) -> Response:
    gateway: Gateway = request.app.state.gateway
    await set_gauges(gateway.db)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


routes = [
    Route("/healthz", healthz),
    Route("/readyz", readyz),
    Route("/metrics", metrics),
]
listener_routes = [
    Route("/healthz", healthz),
    Route("/readyz", listening),
]


def _report(found: Sequence[tuple[str, str]]) -> Response:
    problems = {name: problem for name, problem in found if problem}
    return JSONResponse({"status": "failed" if problems else "ok", "problems": problems}, 503 if problems else 200)


async def _database(gateway: Gateway) -> tuple[str, str]:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            await gateway.db.fetch_one("SELECT 1 AS one FROM conversations LIMIT 1")
    except (DatabaseUnavailable, TimeoutError, OSError) as error:
        return "database", str(error) or "no answer"
    return "database", ""


async def _redis(gateway: Gateway) -> tuple[str, str]:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            return "redis", await gateway.wakeups.check()
    except TimeoutError:
        return "redis", "no answer"


async def _platform(gateway: Gateway) -> tuple[str, str]:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            return "agent", await gateway.platform.check()
    except TimeoutError:
        return "agent", "no answer"


async def _socket(gateway: Gateway) -> tuple[str, str]:
    is_listening = gateway.slack is not None and await gateway.slack.is_listening()
    return "slack", "" if is_listening else "the socket is not connected, or Slack does not answer its pings"

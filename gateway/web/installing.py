"""The two pages by which a workspace installs the Slack app. They are there where SLACK_CLIENT_ID is set."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from channels.base import WebhookReply, WebhookRequest
from channels.errors import SendError
from gateway.app import Gateway

log = structlog.get_logger(__name__)


async def begin(request: Request) -> Response:
    install = _gateway(request).slack_install
    return await _page(request, install.begin) if install else _OFF


async def come_back(request: Request) -> Response:
    install = _gateway(request).slack_install
    return await _page(request, install.come_back) if install else _OFF


routes = [
    Route("/slack/install", begin, methods=["GET"]),
    Route("/slack/oauth_redirect", come_back, methods=["GET"]),
]

_OFF = PlainTextResponse("Slack is installed by hand here: SLACK_CLIENT_ID is not set", 404)


async def _page(request: Request, show: Callable[[WebhookRequest], Awaitable[WebhookReply]]) -> Response:
    try:
        reply = await show(_visit(request))
    except SendError as error:
        log.error("slack.install_failed", code=error.code)
        return PlainTextResponse("This does not work at the moment. Please try again.", 503)
    log.info("slack.install_page", path=request.url.path, status=reply.status)
    # The way back has a code in its address, which is nobody else's business.
    headers = {**reply.headers, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
    return Response(reply.body, reply.status, headers, reply.content_type)


def _visit(request: Request) -> WebhookRequest:
    return WebhookRequest(
        method="GET",
        path=request.url.path,
        query=request.scope["query_string"].decode("latin-1"),
        headers={"cookie": request.headers.get("cookie", "")},
        body=b"",
    )


def _gateway(request: Request) -> Gateway:
    gateway: Gateway = request.app.state.gateway
    return gateway

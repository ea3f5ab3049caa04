"""What providers call. A request is stored before it is answered with 2xx; nothing that is refused is stored."""

from __future__ import annotations

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from channels.base import WebhookReply, WebhookRequest
from channels.errors import BadSignature, MalformedPayload
from gateway.app import Gateway
from gateway.metrics import WEBHOOKS

log = structlog.get_logger(__name__)

MAX_BODY_BYTES = 1_000_000  # providers send references to files, not files


async def slack_events(request: Request) -> Response:
    slack = _gateway(request).slack
    if slack is None:
        return PlainTextResponse("Slack is not configured", 404)
    webhook = await _read(request)
    return _answer("slack", await slack.receive(webhook) if webhook else _TOO_LARGE)


async def twilio(request: Request) -> Response:
    gateway = _gateway(request)
    if gateway.sms is None:
        return PlainTextResponse("SMS is not configured", 404)
    webhook = await _read(request)
    if webhook is None:
        return _answer("twilio", _TOO_LARGE)
    try:
        reply = await gateway.sms.receive(webhook, gateway.inbound)
    except BadSignature as error:
        log.warning("twilio.bad_signature", reason=str(error))
        reply = WebhookReply(403, b"bad signature")
    except MalformedPayload as error:
        log.warning("twilio.malformed", reason=str(error))
        reply = WebhookReply(400, b"malformed")
    return _answer("twilio", reply)


routes = [
    Route("/slack/events", slack_events, methods=["POST"]),
    Route("/twilio/messages", twilio, methods=["POST"]),
    Route("/twilio/status", twilio, methods=["POST"]),
]

_TOO_LARGE = WebhookReply(413, b"too large")


async def _read(request: Request) -> WebhookRequest | None:
    """The request as it came; None where it is larger than anything genuine."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return WebhookRequest(
        method=request.method,
        path=request.scope["raw_path"].decode("latin-1").partition("?")[0],
        query=request.scope["query_string"].decode("latin-1"),
        headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in request.headers.raw},
        body=bytes(body),
    )


def _answer(provider: str, reply: WebhookReply) -> Response:
    WEBHOOKS.labels(provider, str(reply.status)).inc()
    return Response(reply.body, reply.status, dict(reply.headers), reply.content_type)


def _gateway(request: Request) -> Gateway:
    gateway: Gateway = request.app.state.gateway
    return gateway

"""The Slack app as a whole: opens what it needs, takes in what Slack sends, offers the desk.

HTTP and Socket Mode meet in one bolt app, so that both behave alike. Over HTTP the signature is checked in front of
bolt, which would read the body first. Nothing genuine is answered with an error unless we could not keep it: unknown
events, buttons and dialogs are logged and acknowledged, or Slack would send them again and show people a failure.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse

from channels.base import DecisionInbox, WebhookReply, WebhookRequest
from channels.errors import BadSignature, MalformedPayload
from channels.slack.api import Json, OneToken, SlackApi, Tokens
from channels.slack.config import SlackConfig
from channels.slack.desk.desk import SlackDesk
from channels.slack.desk.listeners import DeskListeners
from channels.slack.later import Later
from channels.slack.socket import SocketListener, listening
from channels.slack.verify import verify

log = structlog.get_logger(__name__)

MAX_BODY = 1_000_000  # bytes; Slack's own payloads stay far below

_ANY = re.compile(".*", re.DOTALL)
_INTERACTIVE = frozenset({"block_actions", "view_submission", "view_closed"})


class SlackApp:
    """One Slack app: `desk` sends, `receive` and `listen_socket` take in."""

    def __init__(self, config: SlackConfig, api: SlackApi, bolt: AsyncApp, desk: SlackDesk, later: Later) -> None:
        self.desk = desk
        self._config = config
        self._api = api
        self._bolt = bolt
        self._later = later
        self._socket: SocketListener | None = None

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        config: SlackConfig,
        *,
        decisions: DecisionInbox | None = None,
        tokens: Tokens | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> AsyncIterator[SlackApp]:
        """The app with its connections; they close at the end. Without `decisions` it sends and takes nothing in."""
        async with (
            SlackApi.open(config, tokens or OneToken(config.bot_token), now=now) as api,
            Later.open() as later,
        ):
            desk = SlackDesk(api, approvers_channel=config.approvers_channel, now=now)
            bolt = _bolt(api)
            if decisions is not None:
                DeskListeners(api, desk, decisions, later).register(bolt)
            _catch_all(bolt)
            yield cls(config, api, bolt, desk, later)

    async def receive(self, request: WebhookRequest, *, now: datetime | None = None) -> WebhookReply:
        """Take in one request of `POST /slack/events`. Everything is answered; nothing is raised."""
        if len(request.body) > MAX_BODY:
            return WebhookReply(413, b"too large")
        try:
            body = verify(request, self._config.signing_secrets, now=now or datetime.now(UTC))
            bolt_request = _bolt_request(body, request)
        except BadSignature as error:
            log.warning("slack.bad_signature", reason=str(error))
            return WebhookReply(401, b"bad signature")
        except MalformedPayload as error:
            log.warning("slack.malformed", reason=str(error))
            return WebhookReply(400, b"malformed")
        return _webhook_reply(await self._bolt.async_dispatch(bolt_request))

    async def listen_socket(self) -> None:
        """Take in over Socket Mode until cancelled. Raises `ChannelDown` where Slack refuses the app token."""
        async with listening(self._bolt, self._config, self._api) as self._socket:
            await asyncio.Event().wait()

    async def is_listening(self) -> bool:
        """The socket is connected, and Slack answers its pings."""
        return self._socket is not None and await self._socket.is_alive()

    async def settle(self) -> None:
        """Wait until what follows past answers (whispers, dialogs) is done."""
        await self._later.idle()


def _bolt(api: SlackApi) -> AsyncApp:
    app = AsyncApp(
        name="frontdesk",
        client=api.client(),
        authorize=_authorize,
        signing_secret="",  # checked before bolt sees a request
        request_verification_enabled=False,
        ssl_check_enabled=False,
        ignoring_self_events_enabled=False,  # needs a call to Slack per event; the event itself says who wrote it
        attaching_conversation_kwargs_enabled=False,
        process_before_response=True,  # nothing is acknowledged before its listener has kept it
    )
    app.error(_on_error)
    app.middleware(_take)
    return app


async def _authorize(team_id: str | None, enterprise_id: str | None) -> AuthorizeResult:
    # Tokens are looked up where a call is made, so nothing incoming waits for Slack.
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id)


async def _take(body: Json, ack: AsyncAck, next: Callable[[], Awaitable[BoltResponse]]) -> BoltResponse | None:  # noqa: A002 (bolt injects by name)
    """Interactions go on to their listeners; everything else is answered here, since bolt says 404 to the unknown."""
    if body.get("type") in _INTERACTIVE:
        return await next()
    log.info("slack.unhandled", type=_word(body.get("type")), event_type=_word((body.get("event") or {}).get("type")))
    return await ack()


def _catch_all(app: AsyncApp) -> None:
    """Buttons and dialogs that nobody listens for."""

    async def unknown(ack: AsyncAck, body: dict[str, Any]) -> None:
        log.info("slack.unknown_interaction", type=_word(body.get("type")))
        await ack()

    app.action(_ANY)(unknown)
    app.view(_ANY)(unknown)
    app.view_closed(_ANY)(unknown)


async def _on_error(error: Exception, body: Json) -> BoltResponse:
    """Not kept, so not acknowledged: Slack shows it to who clicked, and sends an event again."""
    if isinstance(error, MalformedPayload):
        log.warning("slack.malformed", type=_word(body.get("type")), reason=str(error))
        return BoltResponse(status=400, body="malformed")
    log.error("slack.not_taken", type=_word(body.get("type")), error=type(error).__name__, exc_info=error)
    return BoltResponse(status=500, body="")


def _bolt_request(body: str, request: WebhookRequest) -> AsyncBoltRequest:
    """Raises `MalformedPayload` for a body that is no object."""
    try:
        bolt_request = AsyncBoltRequest(body=body, query=request.query, headers=dict(request.headers))
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise MalformedPayload("the body is not what Slack sends") from error
    if not isinstance(bolt_request.body, dict) or not bolt_request.body:
        raise MalformedPayload("the body is not an object")
    return bolt_request


def _webhook_reply(response: BoltResponse) -> WebhookReply:
    # 404: a shape of a known interaction that no listener matches. Genuine, so not an error.
    status = 200 if response.status == 404 else response.status
    body = "" if response.status == 404 else response.body
    content_type = response.first_headers().get("content-type", "text/plain; charset=utf-8")
    return WebhookReply(status, body.encode(), content_type)


def _word(value: Any) -> str:
    return str(value)[:64]

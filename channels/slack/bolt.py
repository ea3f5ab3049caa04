"""Our bolt app: what it is built of, and what becomes of requests that nobody listens for.

Nothing genuine is answered with an error unless we could not keep it: unknown events, buttons and dialogs are logged
and acknowledged, or Slack would send them again and show people a failure.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from channels.errors import MalformedPayload
from channels.slack.quiet import quiet_logger
from channels.slack.web import Json

log = structlog.get_logger(__name__)

_ANY = re.compile(".*", re.DOTALL)


class FrontdeskBolt(AsyncApp):
    """An `AsyncApp` that listens before it acknowledges, and acknowledges what it does not know."""

    def __init__(self, client: AsyncWebClient) -> None:
        super().__init__(
            name="frontdesk",
            logger=quiet_logger(),
            client=client,
            authorize=_authorize,
            signing_secret="",
            request_verification_enabled=False,
            ssl_check_enabled=False,
            ignoring_self_events_enabled=False,  # needs a call to Slack per event; the event says who wrote it
            attaching_conversation_kwargs_enabled=False,
            process_before_response=True,  # nothing is acknowledged before its listener has kept it
        )
        self.error(_on_error)

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        """Take one request, of HTTP or of Socket Mode."""
        if not _is_readable(req.body):
            _note_unreadable(req.body)
            return BoltResponse(status=200)
        response = await super().async_dispatch(req)
        # 404: a known kind of request that no listener matches. It is genuine, so it is no error.
        return BoltResponse(status=200) if response.status == 404 else response

    def take_events(self, take: Callable[[Json], Awaitable[bool]]) -> None:
        """Hand every event to `take`, and acknowledge what it took; bolt's own listeners run after the answer."""
        self.middleware(_Events(take))

    def catch_the_rest(self) -> None:
        """Listen, after all others, for what nobody listens for."""
        self.event(_ANY)(_unknown)
        self.action(_ANY)(_unknown)
        self.view(_ANY)(_unknown)
        self.view_closed(_ANY)(_unknown)
        self.command(_ANY)(_unknown)


class _Events(AsyncMiddleware):
    def __init__(self, take: Callable[[Json], Awaitable[bool]]) -> None:
        self._take = take

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 (bolt passes it by this name)
    ) -> BoltResponse | None:
        if req.body.get("type") == "event_callback" and await self._take(req.body):
            return BoltResponse(status=200)
        return await next()


def _is_readable(body: Json) -> bool:
    """A kind of request that we take, with the parts by which bolt routes it; it stumbles over one without them."""
    match body:
        case {"type": "url_verification", "challenge": str()}:
            return True
        case {"type": "event_callback", "event": {"type": str()}}:
            return True
        case {"type": "block_actions", "actions": [{"action_id": str()}, *_]}:
            return True
        case {"type": "view_submission" | "view_closed", "view": {"callback_id": str()}}:
            return True
        case {"command": str(), "user_id": str(), "channel_id": str()}:
            return True
        case _:
            return False


def _note_unreadable(body: Json) -> None:
    if body.get("type") == "app_rate_limited":
        log.error("slack.events_withheld", team_id=_word(body.get("team_id")), reason="more events than Slack delivers")
    else:
        log.info("slack.unhandled", type=_word(body.get("type")))


async def _authorize(team_id: str | None, enterprise_id: str | None) -> AuthorizeResult:
    # Tokens are looked up where a call is made, so nothing incoming waits for Slack.
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id)


async def _unknown(ack: AsyncAck, body: dict[str, Any]) -> None:
    log.info("slack.unhandled", type=_word(body.get("type")), event_type=_word((body.get("event") or {}).get("type")))
    await ack()


async def _on_error(error: Exception, body: dict[str, Any]) -> BoltResponse:
    """Not kept, so not acknowledged: Slack shows it to who clicked, and sends an event again."""
    if isinstance(error, MalformedPayload):
        log.warning("slack.malformed", type=_word(body.get("type")), reason=str(error))
        return BoltResponse(status=400, body="malformed", headers={"x-slack-no-retry": "1"})
    log.error("slack.not_taken", type=_word(body.get("type")), error=type(error).__name__, exc_info=error)
    return BoltResponse(status=500)


def _word(value: object) -> str:
    return str(value or "")[:64]

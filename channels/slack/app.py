"""The Slack app as a whole: opens what it needs, takes in what Slack sends, offers the desk.

HTTP and Socket Mode meet in one bolt app, so that both behave alike. Over HTTP the signature is checked in front of
bolt, which would read the body first.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import structlog
from slack_bolt.async_app import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from channels.base import DecisionInbox, Inbox, StaffInbox, WebhookReply, WebhookRequest
from channels.errors import BadSignature, MalformedPayload, PermanentFailure
from channels.slack.adapter import SlackAdapter
from channels.slack.api import SlackApi
from channels.slack.bolt import FrontdeskBolt
from channels.slack.config import SlackConfig
from channels.slack.desk.desk import SlackDesk
from channels.slack.desk.handoff_listeners import HandoffListeners
from channels.slack.desk.listeners import DeskListeners
from channels.slack.files import SlackFiles
from channels.slack.intake import Intake, TakesPart, nowhere
from channels.slack.later import Later
from channels.slack.people import PeopleDirectory
from channels.slack.progress import Pace
from channels.slack.prompts import Prompts
from channels.slack.socket import SocketListener, listening
from channels.slack.staff_channels import StaffChannels
from channels.slack.tokens import OneToken, Tokens
from channels.slack.verify import verify
from channels.slack.web import Json
from channels.staff import CardRef

log = structlog.get_logger(__name__)

MAX_BODY = 1_000_000  # bytes; Slack's own payloads stay far below


async def _note_uninstalled(body: Json) -> None:
    # With one workspace there is nobody left to tell but the operator.
    log.error("slack.uninstalled", team_id=str(body.get("team_id", "")), event_type=body["event"]["type"])


class SlackApp:
    """One Slack app: `channel` speaks to customers and `desk` to staff, `receive` and `listen_socket` take in."""

    def __init__(
        self,
        config: SlackConfig,
        api: SlackApi,
        bolt: FrontdeskBolt,
        later: Later,
        *,
        channel: SlackAdapter,
        desk: SlackDesk,
    ) -> None:
        self.channel = channel
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
        inbox: Inbox | None = None,
        staff: StaffInbox | None = None,
        takes_part: TakesPart = nowhere,
        tokens: Tokens | None = None,
        uninstalled: Callable[[Json], Awaitable[None]] | None = None,
        pace: Pace = Pace(),  # noqa: B008 (frozen)
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> AsyncIterator[SlackApp]:
        """The app with its connections; they close at the end. What has no inbox is not taken in.

        `takes_part` answers whether a thread key is that of a conversation of ours.
        """
        tokens = tokens or OneToken(config.bot_token)
        staff_channels = StaffChannels(config.all_staff_channels, tokens.home_team)
        async with SlackApi.open(config, tokens, now=now) as api, Later.open() as later:
            files = SlackFiles(api, hosts=config.file_hosts)
            desk = SlackDesk(api, files, approvers_channel=config.approvers_channel, now=now)
            channel = SlackAdapter(api, files, staff_channels=staff_channels, now=now, pace=pace)
            intake = Intake(
                people=PeopleDirectory(api, now),
                inbox=inbox,
                staff=staff,
                takes_part=takes_part,
                staff_channels=staff_channels,
                membership_changed=desk.forget_membership,
                uninstalled=uninstalled or _note_uninstalled,
                opened=Prompts(api, later, config.prompts).opened,
            )
            bolt = FrontdeskBolt(api.client())
            bolt.take_events(intake.take)
            if decisions is not None:
                DeskListeners(api, desk, decisions, later).register(bolt)
            if staff is not None:
                HandoffListeners(api, desk, staff, later, staff_channels=staff_channels).register(bolt)
            bolt.catch_the_rest()
            yield cls(config, api, bolt, later, channel=channel, desk=desk)

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

    async def retract(self, ref: CardRef) -> None:
        """Take away a message that we posted for staff; one that is gone already is no failure."""
        try:
            await self._api.delete(channel=ref.slack_channel_id, ts=ref.ts)
        except PermanentFailure as failure:
            if failure.code != "message_not_found":
                raise

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
    headers = response.first_headers()
    content_type = headers.pop("content-type", "text/plain; charset=utf-8")
    return WebhookReply(response.status, response.body.encode(), content_type, headers)

"""The real app and the simulated Slack, talking over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.base import WebhookReply, WebhookRequest
from channels.sandbox.slack import SlackSimulator
from channels.slack.app import SlackApp
from channels.slack.config import Prompt, SlackConfig
from channels.slack.progress import Pace
from channels.staff import ApprovalCard, CardRef
from tests.channels.slack.deciding import Deciding
from tests.channels.slack.receiving import Receiving

TOKEN = "xoxb-test"
APP_TOKEN = "xapp-test"
SECRET = "signing-secret"
APPROVERS = "C0APPROVERS"


@dataclass
class Deployment:
    """One running pair."""

    slack: SlackSimulator
    app: SlackApp
    gateway: Deciding
    inbox: Receiving
    replies: list[WebhookReply]

    async def says(self, user: str, channel: str, text: str, thread_ts: str | None = None, **more: Any) -> str:
        """Somebody writes, and it arrives. Returns the message's timestamp."""
        message = self.slack.write(user, channel, text, thread_ts, **more)
        await self.slack.idle()
        return str(message["ts"])

    async def ask(self, card: ApprovalCard) -> CardRef:
        """Post a card that the gateway knows."""
        self.gateway.cards[card.approval_id] = card
        return await self.app.desk.post_card(card, key=card.approval_id)

    async def press(self, user: str, action: str, ref: CardRef) -> int:
        """Press a button of a card, and let everything settle. Returns the status that the app answered."""
        heard = await self.slack.click(user, action, self.slack.workspace.message(ref.slack_channel_id, ref.ts))
        await self.app.settle()
        return heard.status


@asynccontextmanager
async def deploy(*, socket_mode: bool = False, **changes: Any) -> AsyncIterator[Deployment]:
    """Both sides up. `changes` are the simulator's arguments that differ."""
    replies: list[WebhookReply] = []
    taker: list[Callable[[WebhookRequest], Awaitable[WebhookReply]]] = []

    async def events(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.read()
        reply = await taker[0](WebhookRequest("POST", request.path, request.query_string, headers, body))
        replies.append(reply)
        headers = {"Content-Type": reply.content_type, **reply.headers}
        return web.Response(status=reply.status, body=reply.body, headers=headers)

    ours = web.Application()
    ours.add_routes([web.post("/slack/events", events)])
    async with TestServer(ours) as front:
        slack = SlackSimulator(
            **{
                "bot_token": TOKEN,
                "app_token": APP_TOKEN,
                "signing_secret": SECRET,
                "app_url": "" if socket_mode else str(front.make_url("/slack/events")),
                "retries": (timedelta(), timedelta(milliseconds=20), timedelta(milliseconds=20)),
                "patience": timedelta(seconds=20),
                "trigger_lifetime": timedelta(minutes=1),  # the machine may be slow
                **changes,
            }
        )
        theirs = web.Application()
        theirs.add_routes(slack.routes())
        async with TestServer(theirs) as provider, slack:
            config = SlackConfig(
                bot_token=TOKEN,
                signing_secrets=(SECRET, "the-next-secret"),
                app_token=APP_TOKEN,
                api_url=str(provider.make_url("/api/")),
                approvers_channel=APPROVERS,
                prompts=(Prompt("Where is my order?", "Where is my order A-1001?"),),
            )
            slack.public_url = str(provider.make_url("")).rstrip("/")
            gateway, inbox = Deciding(), Receiving()
            async with SlackApp.open(
                config,
                decisions=gateway,
                inbox=inbox,
                staff=inbox,
                takes_part=inbox.takes_part,
                pace=Pace(heartbeat=timedelta(milliseconds=200), pause=timedelta(milliseconds=5)),
                now=lambda: datetime.now(UTC),
            ) as app:
                taker.append(app.receive)
                yield Deployment(slack, app, gateway, inbox, replies)
                await slack.idle()

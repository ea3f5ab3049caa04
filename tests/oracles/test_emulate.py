"""The happy paths of both providers against an emulator that nobody here wrote, with our real clients."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.base import WebhookRequest
from channels.message import Answer, ChannelName, DeliveryUpdate, InboundMessage, ReplyTarget
from channels.slack.api import SlackApi
from channels.slack.config import SlackConfig
from channels.slack.tokens import OneToken
from channels.sms.adapter import SmsAdapter, SmsConfig
from tests.channels.sms.harness import MemoryInbox
from tests.oracles.conftest import ACCOUNT_SID, AUTH_TOKEN, OURS, TOKEN, Emulated

pytestmark = pytest.mark.xdist_group("oracles")

CUSTOMER = "+15550001111"
AUTH = aiohttp.encode_basic_auth(ACCOUNT_SID, AUTH_TOKEN)


@pytest.fixture
async def slack(emulated: Emulated) -> AsyncIterator[SlackApi]:
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession(trust_env=False))
        front = await stack.enter_async_context(TestServer(_posting(emulated.slack_url, session)))
        config = SlackConfig(bot_token=TOKEN, api_url=str(front.make_url("/api/")))
        yield await stack.enter_async_context(SlackApi.open(config, OneToken(TOKEN), now=lambda: datetime.now(UTC)))


@dataclass(frozen=True, slots=True)
class Texting:
    """Our adapter, and what it took in from the emulator's webhooks."""

    adapter: SmsAdapter
    inbox: MemoryInbox
    url: str
    session: aiohttp.ClientSession

    async def simulate(self, what: str, **form: str) -> None:
        """Let the emulator send one of Twilio's webhooks."""
        url = f"{self.url}/_twilio/simulate/{what}"
        async with self.session.post(url, data=form, headers={"Authorization": AUTH}) as answer:
            assert answer.status < 300, await answer.text()


@pytest.fixture
async def texting(emulated: Emulated) -> AsyncIterator[Texting]:
    inbox, adapters = MemoryInbox(), list[SmsAdapter]()

    async def take(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        path, query = request.rel_url.raw_path, request.rel_url.raw_query_string
        webhook = WebhookRequest(request.method, path, query, headers, await request.read())
        reply = await adapters[0].receive(webhook, inbox)
        return web.Response(status=reply.status, body=reply.body, headers={"Content-Type": reply.content_type})

    ours = web.Application()
    ours.add_routes([web.post("/twilio/{kind}", take)])
    async with TestServer(ours) as front, aiohttp.ClientSession(trust_env=False) as session:
        address = str(front.make_url("")).rstrip("/")
        config = SmsConfig(
            account_sid=ACCOUNT_SID,
            auth_token=AUTH_TOKEN,
            public_url=address,
            from_number=OURS,
            api_url=emulated.twilio_url,
            settle=timedelta(),
        )
        async with SmsAdapter.open(config) as adapter:
            adapters.append(adapter)
            await _point_at(session, emulated.twilio_url, f"{address}/twilio/messages")
            yield Texting(adapter, inbox, emulated.twilio_url, session)


async def test_slack_takes_an_answer_in_a_thread_and_shows_it(slack: SlackApi) -> None:
    asked_at = datetime.now(UTC) - timedelta(minutes=1)
    us = await slack.who_am_i()
    channel = await _channel(slack)

    root = await slack.post(channel=channel, text="A question", key="root")
    answer = await slack.post(channel=channel, thread_ts=root["ts"], text="An answer", key="out_1")
    await slack.update(channel=channel, ts=answer["ts"], text="A better answer")
    await slack.react(channel=channel, ts=answer["ts"], name="white_check_mark")
    await slack.react(channel=channel, ts=answer["ts"], name="white_check_mark")
    person = await slack.user(us["user_id"])

    found = await slack.find(channel=channel, key="out_1", oldest=asked_at, thread_ts=root["ts"])
    assert found is not None
    assert (found["ts"], found["text"]) == (answer["ts"], "A better answer")
    assert await slack.find(channel=channel, key="other", oldest=asked_at, thread_ts=root["ts"]) is None
    assert person["id"] == us["user_id"]


async def test_twilio_takes_a_text_and_finds_it_again(texting: Texting) -> None:
    target = ReplyTarget(ChannelName.SMS, CUSTOMER, f"{OURS}:{CUSTOMER}", {"our_address": OURS})
    (part,) = texting.adapter.compose(Answer("Your order is on its way."), target, key="out_1")
    attempted_at = datetime.now(UTC)

    sent = await texting.adapter.send(part)
    found = await texting.adapter.find(part, attempted_at=attempted_at)

    assert found is not None
    assert found.provider_id == sent.provider_id


async def test_webhooks_that_twilio_signs_are_believed(texting: Texting) -> None:
    target = ReplyTarget(ChannelName.SMS, CUSTOMER, f"{OURS}:{CUSTOMER}", {"our_address": OURS})
    (part,) = texting.adapter.compose(Answer("Hello & goodbye"), target, key="out_2")
    sent = await texting.adapter.send(part)

    await texting.simulate("inbound-message", To=OURS, From=CUSTOMER, Body="Where is my order? + é & so on")
    await texting.simulate("message-status", MessageSid=sent.provider_id, MessageStatus="delivered", Status="delivered")

    async with asyncio.timeout(30):
        events = await texting.inbox.until(2)
    (message,) = [event for event in events if isinstance(event, InboundMessage)]
    assert (message.text, message.sender.address) == ("Where is my order? + é & so on", CUSTOMER)
    assert sent.provider_id in {event.provider_id for event in events if isinstance(event, DeliveryUpdate)}


def _posting(slack_url: str, session: aiohttp.ClientSession) -> web.Application:
    """In front of the emulator, which reads forms alone, where Slack also takes arguments in the address."""

    async def forward(request: web.Request) -> web.Response:
        sent = {name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers}
        body = await request.read()
        if request.query_string:
            sent["Content-Type"], body = "application/x-www-form-urlencoded", request.query_string.encode()
        async with session.post(f"{slack_url}{request.path}", data=body, headers=sent) as answer:
            return web.Response(status=answer.status, body=await answer.read(), content_type="application/json")

    app = web.Application()
    app.add_routes([web.route("*", "/api/{method}", forward)])
    return app


async def _channel(slack: SlackApi) -> str:
    answer = await slack.client(TOKEN).conversations_list()
    return next(str(channel["id"]) for channel in answer["channels"] if channel["name"] == "support")


async def _point_at(session: aiohttp.ClientSession, url: str, webhook: str) -> None:
    """Tell the emulator where our number's messages go."""
    numbers = f"{url}/2010-04-01/Accounts/{ACCOUNT_SID}/IncomingPhoneNumbers"
    headers = {"Authorization": AUTH}
    async with session.get(f"{numbers}.json", headers=headers) as answer:
        sid = (await answer.json())["incoming_phone_numbers"][0]["sid"]
    async with session.post(f"{numbers}/{sid}.json", data={"SmsUrl": webhook}, headers=headers) as answer:
        assert answer.status < 300

"""A small deployment of the SMS channel: the simulated Twilio on one side, an inbox that remembers on the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.base import WebhookReply, WebhookRequest
from channels.errors import BadSignature, Refused
from channels.message import InboundEvent
from channels.sandbox.faults import Faults
from channels.sandbox.journal import Journal
from channels.sandbox.twilio import Retries, TwilioSimulator
from channels.sandbox.twilio.webhooks import signature
from channels.sms.adapter import MESSAGES_PATH, STATUS_PATH, SmsAdapter, SmsConfig

ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "an-auth-token-of-the-tests"
OURS = "+15550009999"
CUSTOMER = "+15550001111"
PUBLIC_URL = "https://desk.example.com"


@dataclass(slots=True)
class MemoryInbox:
    """Keeps what it accepts, in order. Fails as often as it is told, as a database that is down."""

    events: list[InboundEvent] = field(default_factory=list)
    failures: int = 0
    _grown: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def accept(self, event: InboundEvent) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the database is down")
        async with self._grown:
            self.events.append(event)
            self._grown.notify_all()

    async def until(self, count: int) -> list[InboundEvent]:
        """The events, once there are this many."""
        async with asyncio.timeout(30), self._grown:
            await self._grown.wait_for(lambda: len(self.events) >= count)
            return list(self.events)


@dataclass(frozen=True, slots=True)
class Deployment:
    """Everything a test needs to see both ends."""

    twilio: TwilioSimulator
    adapter: SmsAdapter
    inbox: MemoryInbox
    faults: Faults
    api_url: str


@asynccontextmanager
async def deploy(*, journal: Journal | None = None, **settings: Any) -> AsyncIterator[Deployment]:
    """The simulator, our webhook routes and an adapter, each on a socket of its own.

    `settings` go to the `SmsConfig`, but `retries` and `advanced_opt_out` to the simulator.
    """
    faults, inbox = Faults(), MemoryInbox()
    twilio = TwilioSimulator(
        ACCOUNT_SID,
        AUTH_TOKEN,
        [OURS],
        journal or Journal(),
        faults,
        messaging_service_sid=settings.get("messaging_service_sid", ""),
        advanced_opt_out=settings.pop("advanced_opt_out", False),
        retries=settings.pop("retries", Retries(pause_s=0.01)),
        status_delay_s=0.01,
    )
    adapters: list[SmsAdapter] = []
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(_serving(twilio.routes()))
        desk = await stack.enter_async_context(_serving(_desk_routes(adapters, inbox)))
        twilio.public_url, twilio.webhook_url = api, desk + MESSAGES_PATH
        await stack.enter_async_context(twilio)
        config = sms_config(**{"public_url": desk, "api_url": api, **settings})
        adapter = await stack.enter_async_context(SmsAdapter.open(config))
        adapters.append(adapter)
        yield Deployment(twilio, adapter, inbox, faults, api)


def sms_config(**settings: Any) -> SmsConfig:
    """A configuration with short waits."""
    defaults: dict[str, Any] = {
        "account_sid": ACCOUNT_SID,
        "auth_token": AUTH_TOKEN,
        "public_url": PUBLIC_URL,
        "from_number": "" if "messaging_service_sid" in settings else OURS,
        "settle": timedelta(),
    }
    return SmsConfig(**{**defaults, **settings})


def signed_form(
    fields: dict[str, str], *, path: str = MESSAGES_PATH, query: str = "", auth_token: str = AUTH_TOKEN
) -> WebhookRequest:
    """A form as Twilio posts it to `PUBLIC_URL`, signed by the simulator's code."""
    url = PUBLIC_URL + path + (f"?{query}" if query else "")
    return WebhookRequest(
        method="POST",
        path=path,
        query=query,
        headers={
            "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
            "x-twilio-signature": signature(auth_token, url, fields),
        },
        body=urlencode(fields).encode(),
    )


def inbound_fields(**changed: str) -> dict[str, str]:
    """The form of an ordinary text message."""
    fields = {
        "MessageSid": "SM" + "a" * 32,
        "SmsSid": "SM" + "a" * 32,
        "SmsMessageSid": "SM" + "a" * 32,
        "SmsStatus": "received",
        "AccountSid": ACCOUNT_SID,
        "From": CUSTOMER,
        "To": OURS,
        "Body": "Where is my order?",
        "NumMedia": "0",
        "NumSegments": "1",
        "FromCity": "",
        "FromCountry": "US",
        "ApiVersion": "2010-04-01",
    }
    return {**fields, **changed}


@asynccontextmanager
async def _serving(routes: list[web.RouteDef]) -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes(routes)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


def _desk_routes(adapters: list[SmsAdapter], inbox: MemoryInbox) -> list[web.RouteDef]:
    async def handle(request: web.Request) -> web.Response:
        received = WebhookRequest(
            request.method,
            request.rel_url.raw_path,
            request.rel_url.raw_query_string,
            {name.lower(): value for name, value in request.headers.items()},
            await request.read(),
        )
        try:
            reply = await adapters[0].receive(received, inbox)
        except Refused as refused:
            reply = WebhookReply(403 if isinstance(refused, BadSignature) else 400)
        except ConnectionError:
            reply = WebhookReply(503)
        return web.Response(status=reply.status, body=reply.body, headers={"Content-Type": reply.content_type})

    return [web.post(MESSAGES_PATH, handle), web.post(STATUS_PATH, handle)]

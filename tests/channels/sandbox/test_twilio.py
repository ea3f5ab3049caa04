"""The simulated Twilio behaves as Twilio does, judged by the official SDK's own parts and by its error codes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from multidict import MultiDict
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # ships no types

from channels.sandbox.faults import Fault, FaultKind, Faults
from channels.sandbox.journal import Journal
from channels.sandbox.twilio import Retries, TwilioSimulator

SID, TOKEN = "AC" + "1" * 32, "token"
OURS, CUSTOMER = "+15550009999", "+15550001111"
MESSAGES = f"/2010-04-01/Accounts/{SID}/Messages.json"


@dataclass(slots=True)
class Desk:
    """The web server of somebody who uses Twilio: notes what is posted, and answers as told."""

    posts: list[tuple[str, MultiDict[str]]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    signed: list[bool] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    posted: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    async def handle(self, request: web.Request) -> web.Response:
        form = MultiDict((name, str(value)) for name, value in (await request.post()).items())
        signature = request.headers["X-Twilio-Signature"]
        self.signed.append(RequestValidator(TOKEN).validate(self.url + request.path, form, signature))
        self.tokens.append(request.headers["I-Twilio-Idempotency-Token"])
        self.posts.append((request.path, form))
        self.posted.set()
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    def values(self, name: str) -> list[str]:
        return [form[name] for _, form in self.posts]


@dataclass(frozen=True, slots=True)
class World:
    """The simulator, a client of its REST API, and the desk that its webhooks go to."""

    twilio: TwilioSimulator
    rest: aiohttp.ClientSession
    desk: Desk
    faults: Faults

    async def send(self, **form: str) -> dict[str, Any]:
        whole = {"To": CUSTOMER, "From": OURS, "Body": "Hi", "StatusCallback": f"{self.desk.url}/status"} | form
        async with self.rest.post(MESSAGES, data={k: v for k, v in whole.items() if v}) as response:
            return dict(await response.json())

    async def list(self, **query: str) -> dict[str, Any]:
        async with self.rest.get(MESSAGES, params=query) as response:
            return dict(await response.json())


@asynccontextmanager
async def world(journal: Journal | None = None, **options: Any) -> AsyncIterator[World]:
    faults, desk = Faults(), Desk()
    options = {"retries": Retries(pause_s=0.01), "status_delay_s": 0.01, **options}
    twilio = TwilioSimulator(SID, TOKEN, [OURS], journal or Journal(), faults, **options)
    app, desk_app = web.Application(), web.Application()
    app.add_routes(twilio.routes())
    desk_app.router.add_post("/{path}", desk.handle)
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(TestServer(app))
        desk.url = str((await stack.enter_async_context(TestServer(desk_app))).make_url("")).rstrip("/")
        twilio.public_url, twilio.webhook_url = str(api.make_url("")), f"{desk.url}/messages"
        await stack.enter_async_context(twilio)
        auth = aiohttp.encode_basic_auth(SID, TOKEN)
        rest = aiohttp.ClientSession(api.make_url(""), headers={"Authorization": auth})
        yield World(twilio, await stack.enter_async_context(rest), desk, faults)


@pytest.fixture
async def opened() -> AsyncIterator[World]:
    """A fresh world."""
    async with world() as fresh:
        yield fresh


async def test_webhooks_carry_a_signature_that_the_official_validator_accepts(opened: World) -> None:
    await opened.twilio.receive_sms(CUSTOMER, OURS, "Grüße & mehr 😀 ", fields={"FromCity": "", "New": "+"})
    await opened.send()
    await opened.twilio.idle()

    assert opened.desk.signed == [True, True, True]


async def test_a_received_message_is_posted_with_twilios_field_names(opened: World) -> None:
    sid = await opened.twilio.receive_sms(CUSTOMER, OURS, "x" * 161, [(b"png", "image/png")])
    await opened.twilio.idle()

    [(path, form)] = opened.desk.posts
    assert path == "/messages"
    assert form["MessageSid"] == form["SmsSid"] == form["SmsMessageSid"] == sid
    assert (form["From"], form["To"], form["AccountSid"], form["SmsStatus"]) == (CUSTOMER, OURS, SID, "received")
    assert (form["NumSegments"], form["NumMedia"], form["MediaContentType0"]) == ("2", "1", "image/png")


async def test_a_sent_message_reports_each_status_but_the_first(opened: World) -> None:
    created = await opened.send()
    await opened.twilio.idle()

    assert created["status"] == "queued"
    assert opened.desk.values("MessageStatus") == ["sent", "delivered"]


async def test_a_messaging_service_chooses_a_sender_later() -> None:
    async with world(messaging_service_sid="MG1") as opened:
        created = await opened.send(From="", MessagingServiceSid="MG1")
        await opened.twilio.idle()

        assert (created["status"], created["from"], created["num_segments"]) == ("accepted", None, "0")
        assert opened.desk.values("MessageStatus") == ["queued", "sent", "delivered"]
        assert opened.twilio.messages(CUSTOMER)[0].sender == OURS


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"To": ""}, 21604),
        ({"From": ""}, 21603),
        ({"Body": ""}, 21602),
        ({"To": "12"}, 21211),
        ({"From": "+15550007777"}, 21606),
        ({"To": OURS}, 21266),
        ({"Body": "x" * 1601}, 21617),
        ({"To": "+15005550002"}, 21612),
        ({"MessagingServiceSid": "MGx"}, 21705),
    ],
)
async def test_a_message_that_breaks_a_rule_is_refused_with_twilios_code(
    opened: World, form: dict[str, str], code: int
) -> None:
    answer = await opened.send(**form)

    assert (answer["code"], answer["status"]) == (code, 400)
    assert answer["more_info"] == f"https://www.twilio.com/docs/errors/{code}"
    assert opened.twilio.messages(CUSTOMER) == ()


async def test_without_the_right_token_nothing_is_told(opened: World) -> None:
    wrong = {"Authorization": aiohttp.encode_basic_auth(SID, "guessed")}

    async with opened.rest.get(MESSAGES, headers=wrong) as response:
        answer = await response.json()

    assert (response.status, answer["code"]) == (401, 20003)


async def test_stop_blocks_the_number_and_start_lifts_it_each_with_an_answer_of_twilios(opened: World) -> None:
    await opened.twilio.receive_sms(CUSTOMER, OURS, " stop ")
    blocked = await opened.send()
    await opened.twilio.receive_sms(CUSTOMER, OURS, "START")
    lifted = await opened.send()

    assert blocked["code"] == 21610
    assert lifted["status"] == "queued"
    answers = [message for message in opened.twilio.messages(CUSTOMER) if message.direction == "outbound-reply"]
    assert len(answers) == 2


async def test_stop_on_whatsapp_is_left_to_the_software_behind(opened: World) -> None:
    await opened.twilio.receive_sms(f"whatsapp:{CUSTOMER}", f"whatsapp:{OURS}", "STOP")

    assert (await opened.send(To=f"whatsapp:{CUSTOMER}", From=f"whatsapp:{OURS}"))["status"] == "queued"


async def test_help_is_answered_and_a_yes_without_a_stop_is_not(opened: World) -> None:
    await opened.twilio.receive_sms(CUSTOMER, OURS, "help")
    await opened.twilio.receive_sms(CUSTOMER, OURS, "yes")

    directions = [message.direction for message in opened.twilio.messages(CUSTOMER)]
    assert directions == ["inbound", "outbound-reply", "inbound"]


async def test_messages_are_listed_newest_first_in_pages(opened: World) -> None:
    sids = [(await opened.send(Body=str(number)))["sid"] for number in range(5)]

    first = await opened.list(To=CUSTOMER, PageSize="2")
    async with opened.rest.get(first["next_page_uri"]) as response:
        second = await response.json()

    assert [message["sid"] for message in first["messages"]] == [sids[4], sids[3]]
    assert [message["sid"] for message in second["messages"]] == [sids[2], sids[1]]


async def test_a_list_is_filtered_by_numbers_and_by_when_a_message_was_sent(opened: World) -> None:
    await opened.send()
    await opened.twilio.idle()

    assert len((await opened.list(To=CUSTOMER, From=OURS))["messages"]) == 1
    assert (await opened.list(To=OURS))["messages"] == []
    assert len((await opened.list(**{"DateSent>": "2020-01-01"}))["messages"]) == 1
    assert (await opened.list(**{"DateSent<": "2020-01-01T00:00:00Z"}))["messages"] == []
    assert (await opened.list(DateSent="yesterday"))["code"] == 20001


async def test_a_message_that_is_not_sent_yet_has_no_date_to_be_found_by() -> None:
    async with world(status_delay_s=3600) as opened:
        await opened.send()

        assert (await opened.list(**{"DateSent>": "2020-01-01"}))["messages"] == []


async def test_one_message_can_be_fetched(opened: World) -> None:
    sid = (await opened.send())["sid"]
    path = f"/2010-04-01/Accounts/{SID}/Messages"

    async with opened.rest.get(f"{path}/{sid}.json") as found, opened.rest.get(f"{path}/SM0.json") as missing:
        assert (await found.json())["body"] == "Hi"
        assert missing.status == 404


async def test_media_need_the_credentials_and_their_storage_refuses_them(opened: World) -> None:
    await opened.twilio.receive_sms(CUSTOMER, OURS, "", [(b"png", "image/png")])
    await opened.twilio.idle()
    [url] = opened.desk.values("MediaUrl0")

    async with aiohttp.ClientSession() as anyone:
        async with anyone.get(url) as unknown, opened.rest.get(url, allow_redirects=False) as known:
            storage = known.headers["Location"]
        async with opened.rest.get(storage) as with_credentials:
            pass
    async with aiohttp.ClientSession(opened.twilio.public_url) as anyone, anyone.get(storage) as plain:
        content = await plain.read()

    assert (unknown.status, known.status, with_credentials.status) == (401, 307, 400)
    assert (content, plain.content_type) == (b"png", "image/png")


async def test_a_webhook_that_failed_to_connect_is_tried_once_more_with_the_same_token(opened: World) -> None:
    opened.faults.plan(Fault(FaultKind.DROP_AFTER, "webhook"))

    await opened.twilio.receive_sms(CUSTOMER, OURS, "Hi")
    await opened.twilio.idle()

    assert len(opened.desk.posts) == 2
    assert len(set(opened.desk.tokens)) == 1


async def test_a_webhook_is_given_up_after_that(opened: World) -> None:
    opened.faults.plan(Fault(FaultKind.DROP_BEFORE, "webhook"))
    opened.twilio.webhook_url = "http://127.0.0.1:1/messages"

    await opened.twilio.receive_sms(CUSTOMER, OURS, "Hi")
    await opened.twilio.idle()

    assert opened.desk.posts == []


@pytest.mark.parametrize(("retries", "posts"), [(0, 1), (2, 3)])
async def test_a_webhook_that_was_answered_with_an_error_is_repeated_only_where_told(retries: int, posts: int) -> None:
    async with world(retries=Retries(on_server_error=retries, pause_s=0.01)) as opened:
        opened.desk.statuses = [500, 503]

        await opened.twilio.receive_sms(CUSTOMER, OURS, "Hi")
        await opened.twilio.idle()

        assert len(opened.desk.posts) == posts


async def test_a_webhook_can_come_twice_or_too_late(opened: World) -> None:
    opened.faults.plan(Fault(FaultKind.REORDER, "webhook"))
    opened.faults.plan(Fault(FaultKind.DUPLICATE, "webhook"))

    await opened.twilio.receive_sms(CUSTOMER, OURS, "first")
    await opened.twilio.idle()
    await opened.twilio.receive_sms(CUSTOMER, OURS, "second")
    await opened.twilio.idle()

    assert opened.desk.values("Body") == ["second", "second", "first"]


async def test_a_dropped_call_was_carried_out_or_not_as_planned(opened: World) -> None:
    opened.faults.plan(Fault(FaultKind.DROP_BEFORE, "messages.create"))
    opened.faults.plan(Fault(FaultKind.DROP_AFTER, "messages.create"))

    with pytest.raises(aiohttp.ClientError):
        await opened.send(Body="before")
    with pytest.raises(aiohttp.ClientError):
        await opened.send(Body="after")

    assert [message.body for message in opened.twilio.messages(CUSTOMER)] == ["after"]


async def test_a_planned_error_is_answered_as_twilio_would(opened: World) -> None:
    opened.faults.plan(Fault(FaultKind.RATE_LIMIT, "messages.create", seconds=12))
    opened.faults.plan(Fault(FaultKind.REJECT, "messages.create", code="21408"))

    async with opened.rest.post(MESSAGES, data={"To": CUSTOMER}) as limited:
        pass
    rejected = await opened.send()

    assert (limited.status, limited.headers["Retry-After"]) == (429, "12")
    assert rejected["code"] == 21408


async def test_a_carrier_can_refuse_a_message_that_twilio_took(opened: World) -> None:
    opened.faults.plan(Fault(FaultKind.REJECT, "status", code="30003"))

    await opened.send()
    await opened.twilio.idle()

    assert (opened.desk.values("MessageStatus"), opened.desk.values("ErrorCode")) == (["undelivered"], ["30003"])


async def test_a_restart_forgets_nothing_and_goes_on_with_what_was_under_way(tmp_path: Path) -> None:
    path = tmp_path / "twilio.jsonl"
    async with world(Journal(path), status_delay_s=3600) as first:
        sent = await first.send()
        await first.twilio.receive_sms("+15550002222", OURS, "STOP", [(b"png", "image/png")])
        before = first.twilio.messages("+15550002222")
        await first.desk.posted.wait()

    async with world(Journal(path)) as second:
        await second.twilio.idle()

        assert second.twilio.messages("+15550002222") == before
        assert (await second.send(To="+15550002222"))["code"] == 21610
        [message] = second.twilio.messages(CUSTOMER)
        assert (message.sid, message.status) == (sent["sid"], "delivered")


async def test_a_received_message_that_was_not_handed_over_is_posted_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "twilio.jsonl"
    async with world(Journal(path)) as first:
        first.faults.plan(Fault(FaultKind.SLOW, "webhook", seconds=3600))
        await first.twilio.receive_sms(CUSTOMER, OURS, "Hi")

    async with world(Journal(path)) as second:
        await second.twilio.idle()

        assert second.desk.values("Body") == ["Hi"]

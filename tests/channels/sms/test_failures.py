"""Sends that fail: what is certain is told apart from what is not, and nothing is ever sent twice by itself."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.errors import ChannelDown, PermanentFailure, TemporaryFailure, UnknownOutcome
from channels.message import ChannelName, DeliveryStatus, OutboundPart, ReplyTarget
from channels.sandbox.faults import Fault, FaultKind
from channels.sms.adapter import SmsAdapter
from channels.sms.api import refusal
from channels.sms.codes import CODES, Verdict, reason_for
from channels.sms.transport import TwilioRefusal
from tests.channels.sms.harness import CUSTOMER, OURS, Deployment, deploy, sms_config

CREATE = "messages.create"


def part(text: str = "Your refund is on its way.", to: str = CUSTOMER) -> OutboundPart:
    return OutboundPart("answer:1", ReplyTarget(ChannelName.SMS, to, f"{to}|{OURS}", {"our_address": OURS}), text)


@asynccontextmanager
async def answering(status: int, body: str, asked: list[dict[str, str]] | None = None) -> AsyncIterator[SmsAdapter]:
    """An adapter whose Twilio gives one answer to everything, and notes what it was asked."""

    async def answer(request: web.Request) -> web.Response:
        if asked is not None:
            asked.append({name: str(value) for name, value in (await request.post()).items()})
        return web.Response(status=status, text=body, content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/2010-04-01/{path:.*}", answer)
    async with TestServer(app) as server, SmsAdapter.open(sms_config(api_url=str(server.make_url("")))) as adapter:
        yield adapter


def listing(messages: dict[str, tuple[str, datetime]]) -> AbstractAsyncContextManager[SmsAdapter]:
    """An adapter whose Twilio has sent these texts at these times, by sid."""
    resources = [
        {"sid": sid, "body": body, "from": OURS, "date_created": format_datetime(created_at), "status": "sent"}
        for sid, (body, created_at) in messages.items()
    ]
    return answering(200, json.dumps({"messages": resources}))


def bodies(deployment: Deployment) -> list[str]:
    return [message.body for message in deployment.twilio.messages(CUSTOMER)]


async def test_an_answer_without_sense_is_an_unknown_outcome_and_sent_only_once(deployment: Deployment) -> None:
    deployment.faults.plan(Fault(FaultKind.SERVER_ERROR, CREATE))

    with pytest.raises(UnknownOutcome):
        await deployment.adapter.send(part())

    # A retry inside would have passed the one planned fault.
    assert bodies(deployment) == []


async def test_a_cut_connection_is_an_unknown_outcome_and_sent_only_once(deployment: Deployment) -> None:
    deployment.faults.plan(Fault(FaultKind.DROP_AFTER, CREATE))

    with pytest.raises(UnknownOutcome):
        await deployment.adapter.send(part())

    assert bodies(deployment) == ["Your refund is on its way."]


async def test_a_slow_answer_is_not_awaited_for_ever() -> None:
    async with deploy(timeout=timedelta(seconds=2)) as desk:
        desk.faults.plan(Fault(FaultKind.SLOW, CREATE, seconds=60))

        # Without a limit of ours this would outlast the test's own.
        with pytest.raises(UnknownOutcome):
            await desk.adapter.send(part())


async def test_a_connection_that_was_never_made_is_certain(free_port: int) -> None:
    config = sms_config(api_url=f"http://127.0.0.1:{free_port}")

    async with SmsAdapter.open(config) as adapter:
        with pytest.raises(TemporaryFailure, match="cannot be reached"):
            await adapter.send(part())


async def test_too_many_requests_wait_as_long_as_twilio_asks_and_so_does_their_sender(deployment: Deployment) -> None:
    deployment.faults.plan(Fault(FaultKind.RATE_LIMIT, CREATE, seconds=30))

    with pytest.raises(TemporaryFailure) as caught:
        await deployment.adapter.send(part())

    assert (caught.value.retry_after, caught.value.lane, caught.value.code) == (timedelta(seconds=30), OURS, "20429")
    assert bodies(deployment) == []


async def test_an_edge_or_region_in_the_environment_does_not_bend_the_address(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_EDGE", "dublin")
    monkeypatch.setenv("TWILIO_REGION", "ie1")

    async with SmsAdapter.open(sms_config(api_url=deployment.api_url)) as adapter:
        await adapter.send(part())

    assert len(bodies(deployment)) == 1


async def test_a_proxy_in_the_environment_is_not_used(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port}")
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free_port}")

    async with SmsAdapter.open(sms_config(api_url=deployment.api_url)) as adapter:
        await adapter.send(part())

    assert len(bodies(deployment)) == 1


async def test_wrong_credentials_take_the_channel_down(deployment: Deployment) -> None:
    async with SmsAdapter.open(sms_config(api_url=deployment.api_url, auth_token="wrong")) as adapter:
        with pytest.raises(ChannelDown) as caught:
            await adapter.send(part())
        with pytest.raises(ChannelDown):
            await adapter.check()

    assert caught.value.code == "20003"


@pytest.mark.parametrize(
    ("to", "code"),
    [("+15005550001", "21211"), ("+15005550003", "21408"), ("+15005550009", "21614"), ("12", "21211")],
)
async def test_a_number_that_cannot_be_texted_is_a_permanent_failure(
    deployment: Deployment, to: str, code: str
) -> None:
    with pytest.raises(PermanentFailure) as caught:
        await deployment.adapter.send(part(to=to))

    assert (caught.value.code, caught.value.suppress) == (code, False)
    assert caught.value.reason == CODES[code].reason


async def test_a_customer_who_said_stop_is_suppressed(deployment: Deployment) -> None:
    await deployment.twilio.receive_sms(CUSTOMER, OURS, "STOP")

    with pytest.raises(PermanentFailure) as caught:
        await deployment.adapter.send(part())

    assert (caught.value.code, caught.value.suppress) == ("21610", True)


async def test_a_text_that_is_too_long_is_refused_by_twilio_for_good(deployment: Deployment) -> None:
    with pytest.raises(PermanentFailure) as caught:
        await deployment.adapter.send(part("x" * 1601))

    assert caught.value.code == "21617"


@pytest.mark.parametrize("code", sorted(CODES))
def test_each_known_code_says_in_words_what_to_do(code: str) -> None:
    expected = {
        Verdict.PERMANENT: PermanentFailure,
        Verdict.TEMPORARY: TemporaryFailure,
        Verdict.DOWN: ChannelDown,
    }[CODES[code].verdict]

    failure = refusal(TwilioRefusal(400, code), lane=OURS)

    assert type(failure) is expected
    assert failure.reason == CODES[code].reason
    assert failure.code == code


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TwilioRefusal(429), TemporaryFailure),
        (TwilioRefusal(401), ChannelDown),
        (TwilioRefusal(403), ChannelDown),
        (TwilioRefusal(400, "99999"), PermanentFailure),
        (TwilioRefusal(400), UnknownOutcome),
        (TwilioRefusal(302), UnknownOutcome),
        (TwilioRefusal(502), UnknownOutcome),
        (TwilioRefusal(500, "20500"), UnknownOutcome),
    ],
)
def test_an_unknown_refusal_is_certain_only_where_twilio_gave_a_code(
    error: TwilioRefusal, expected: type[Exception]
) -> None:
    assert type(refusal(error)) is expected


def test_an_unknown_code_is_named_so_that_it_can_be_looked_up() -> None:
    assert reason_for("98765") == "Twilio error 98765"
    assert reason_for("") == "Twilio gave no reason"


@pytest.mark.parametrize("body", ["", "[]", "{}", "<html>", '{"sid": null}', '{"sid": "SM1", "date_sent": 1}'])
async def test_an_unreadable_success_is_an_unknown_outcome(body: str) -> None:
    async with answering(201, body) as adapter:
        with pytest.raises(UnknownOutcome):
            await adapter.send(part())


async def test_a_message_that_was_born_failed_is_a_failure_though_no_callback_will_say_so() -> None:
    async with answering(201, '{"sid": "SM1", "status": "failed", "error_code": 30034}') as adapter:
        with pytest.raises(PermanentFailure) as caught:
            await adapter.send(part())

    assert caught.value.code == "30034"


async def test_every_message_asks_for_news_and_dies_when_it_is_stale() -> None:
    asked: list[dict[str, str]] = []

    async with answering(201, '{"sid": "SM1", "status": "queued"}', asked) as adapter:
        await adapter.send(part("Süß & “gut” +1"))

    assert asked == [
        {
            "To": CUSTOMER,
            "From": OURS,
            "Body": "Süß & “gut” +1",
            "StatusCallback": "https://desk.example.com/twilio/status",
            "ValidityPeriod": "14400",
            "SmartEncoded": "false",
        }
    ]


class TestFinding:
    """A part of unknown outcome is looked up before anything is sent again."""

    async def test_a_part_that_twilio_took_is_found(self, deployment: Deployment) -> None:
        attempted_at = datetime.now(UTC)
        deployment.faults.plan(Fault(FaultKind.DROP_AFTER, CREATE))
        with pytest.raises(UnknownOutcome):
            await deployment.adapter.send(part())

        receipt = await deployment.adapter.find(part(), attempted_at=attempted_at)

        assert receipt is not None
        assert receipt.provider_id == deployment.twilio.messages(CUSTOMER)[0].sid

    async def test_a_part_that_twilio_never_had_is_certainly_absent_once_settled(self, deployment: Deployment) -> None:
        deployment.faults.plan(Fault(FaultKind.DROP_BEFORE, CREATE))
        with pytest.raises(UnknownOutcome):
            await deployment.adapter.send(part())

        long_ago = datetime.now(UTC) - timedelta(minutes=5)

        assert await deployment.adapter.find(part(), attempted_at=long_ago) is None

    async def test_before_that_it_is_too_early_to_be_certain(self, deployment: Deployment) -> None:
        with pytest.raises(TemporaryFailure, match="too early"):
            await deployment.adapter.find(part(), attempted_at=datetime.now(UTC))

    async def test_an_earlier_message_with_the_same_words_is_another_one(self, deployment: Deployment) -> None:
        await deployment.adapter.send(part("Done."))
        later = datetime.now(UTC) + timedelta(minutes=3)

        async with SmsAdapter.open(
            sms_config(api_url=deployment.api_url), now=lambda: later + timedelta(minutes=1)
        ) as adapter:
            assert await adapter.find(part("Done."), attempted_at=later) is None

    async def test_of_two_with_the_same_words_the_later_one_is_ours(self) -> None:
        noon = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
        async with listing({"SM2": ("Done.", noon + timedelta(seconds=1)), "SM1": ("Done.", noon)}) as adapter:
            receipt = await adapter.find(part("Done."), attempted_at=noon + timedelta(seconds=1))

        assert receipt is not None
        assert receipt.provider_id == "SM2"

    async def test_other_words_or_another_sender_are_not_ours(self, deployment: Deployment) -> None:
        attempted_at = datetime.now(UTC)
        await deployment.adapter.send(part("Something else."))

        with pytest.raises(TemporaryFailure):
            await deployment.adapter.find(part("Something"), attempted_at=attempted_at)
        with pytest.raises(TemporaryFailure):
            other = ReplyTarget(ChannelName.SMS, CUSTOMER, "t", {"our_address": "+15550008888"})
            await deployment.adapter.find(OutboundPart("k", other, "Something else."), attempted_at=attempted_at)

    async def test_a_queued_message_without_a_sender_yet_is_found(self) -> None:
        async with deploy(messaging_service_sid="MG" + "1" * 32) as desk:
            attempted_at = datetime.now(UTC)
            new = ReplyTarget(ChannelName.SMS, CUSTOMER, f"{CUSTOMER}|")
            sent = await desk.adapter.send(OutboundPart("k", new, "Hello"))

            assert await desk.adapter.find(OutboundPart("k", new, "Hello"), attempted_at=attempted_at) == sent

    async def test_a_clock_of_ours_that_is_wrong_does_not_hide_a_message(self, deployment: Deployment) -> None:
        def slow_clock() -> datetime:
            return datetime.now(UTC) - timedelta(hours=1)

        async with SmsAdapter.open(sms_config(api_url=deployment.api_url), now=slow_clock) as adapter:
            attempted_at = slow_clock()
            await adapter.send(part())
            receipt = await adapter.find(part(), attempted_at=attempted_at)

        assert receipt is not None

    async def test_what_a_trial_account_puts_before_the_text_does_not_hide_it(self) -> None:
        noon = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
        async with listing({"SM1": ("Sent from your Twilio trial account - Done.", noon)}) as adapter:
            assert await adapter.find(part("Done."), attempted_at=noon) is not None

    async def test_a_message_that_failed_meanwhile_is_found_as_failed(self, deployment: Deployment) -> None:
        attempted_at = datetime.now(UTC)
        deployment.faults.plan(Fault(FaultKind.REJECT, "status", code="30003"))
        await deployment.adapter.send(part())
        await deployment.twilio.idle()

        receipt = await deployment.adapter.find(part(), attempted_at=attempted_at)

        assert receipt is not None
        assert receipt.status is DeliveryStatus.FAILED

    @pytest.mark.parametrize("kind", [FaultKind.SERVER_ERROR, FaultKind.RATE_LIMIT, FaultKind.DROP_BEFORE])
    async def test_while_twilio_cannot_be_asked_nothing_is_certain(
        self, deployment: Deployment, kind: FaultKind
    ) -> None:
        # An aiohttp client may repeat a GET on a connection that was cut.
        deployment.faults.plan(Fault(kind, "messages.list", times=5, seconds=7))

        with pytest.raises(TemporaryFailure):
            await deployment.adapter.find(part(), attempted_at=datetime.now(UTC) - timedelta(hours=1))

"""The whole channel over real sockets, with the simulated Twilio at the other end."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import aiohttp
import pytest
import structlog

from channels.base import WebhookRequest
from channels.errors import BadSignature, MalformedPayload
from channels.message import (
    Answer,
    Attachment,
    ChannelName,
    Consent,
    ConsentChange,
    DeliveryStatus,
    DeliveryUpdate,
    Ignored,
    InboundMessage,
    OutboundPart,
    ReplyTarget,
)
from channels.sandbox.faults import Fault, FaultKind
from channels.sandbox.twilio import Retries
from channels.sms.adapter import SmsAdapter, SmsConfig
from tests.channels.sms.harness import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    CUSTOMER,
    OURS,
    Deployment,
    MemoryInbox,
    deploy,
    inbound_fields,
    signed_form,
    sms_config,
)

TARGET = ReplyTarget(ChannelName.SMS, CUSTOMER, f"{CUSTOMER}|{OURS}", {"our_address": OURS})
WHATSAPP_CUSTOMER, WHATSAPP_OURS = f"whatsapp:{CUSTOMER}", f"whatsapp:{OURS}"


def part(text: str = "Your refund is on its way.", target: ReplyTarget = TARGET) -> OutboundPart:
    return OutboundPart("answer:1", target, text)


async def take_in(request: WebhookRequest, inbox: MemoryInbox) -> bytes:
    async with SmsAdapter.open(sms_config()) as adapter:
        return (await adapter.receive_message(request, inbox)).body


async def test_a_text_message_reaches_the_inbox_signed_and_whole(deployment: Deployment) -> None:
    sid = await deployment.twilio.receive_sms(CUSTOMER, OURS, "Wo ist mein Paket? 📦 + & =")

    [event] = await deployment.inbox.until(1)

    assert isinstance(event, InboundMessage)
    assert event.provider_id == sid
    assert event.text == "Wo ist mein Paket? 📦 + & ="
    assert event.thread_key == f"{CUSTOMER}|{OURS}"
    assert event.reply_to == TARGET


async def test_twilio_is_answered_with_empty_twiml_so_that_the_customer_hears_nothing_twice() -> None:
    async with SmsAdapter.open(sms_config()) as adapter:
        reply = await adapter.receive_message(signed_form(inbound_fields()), MemoryInbox())

    assert (reply.status, reply.content_type) == (200, "text/xml; charset=utf-8")
    assert reply.body == b'<?xml version="1.0" encoding="UTF-8"?><Response />'


async def test_a_message_is_accepted_before_twilio_is_answered() -> None:
    inbox = MemoryInbox(failures=1)

    with pytest.raises(ConnectionError):
        await take_in(signed_form(inbound_fields()), inbox)

    assert inbox.events == []


async def test_a_forged_or_unreadable_request_stores_nothing() -> None:
    inbox = MemoryInbox()

    with pytest.raises(BadSignature):
        await take_in(signed_form(inbound_fields(), auth_token="guessed"), inbox)
    with pytest.raises(MalformedPayload):
        await take_in(signed_form(inbound_fields(From="")), inbox)

    assert inbox.events == []


async def test_after_a_failure_of_ours_twilios_second_try_has_the_same_names() -> None:
    async with deploy(retries=Retries(on_server_error=1, pause_s=0.01)) as desk:
        desk.inbox.failures = 1

        await desk.twilio.receive_sms(CUSTOMER, OURS, "Hello")
        [event] = await desk.inbox.until(1)

        assert isinstance(event, InboundMessage)
        assert event.also_known_as[0].startswith("twilio-delivery:")


async def test_a_webhook_that_comes_twice_has_the_same_names_both_times(deployment: Deployment) -> None:
    deployment.faults.plan(Fault(FaultKind.DUPLICATE, "webhook"))

    await deployment.twilio.receive_sms(CUSTOMER, OURS, "Hello")
    first, second = await deployment.inbox.until(2)

    assert isinstance(first, InboundMessage)
    assert isinstance(second, InboundMessage)
    assert (first.provider_id, first.also_known_as) == (second.provider_id, second.also_known_as)


async def test_webhooks_with_a_get_are_not_for_us(deployment: Deployment) -> None:
    async with aiohttp.ClientSession() as browser, browser.get(deployment.twilio.webhook_url) as answer:
        assert answer.status == 405


async def test_a_stop_is_a_consent_change_and_twilio_alone_confirms_it(deployment: Deployment) -> None:
    await deployment.twilio.receive_sms(CUSTOMER, OURS, "Stop")

    [event] = await deployment.inbox.until(1)

    assert isinstance(event, ConsentChange)
    assert event.consent is Consent.STOP
    _, confirmation = deployment.twilio.messages(CUSTOMER)
    assert confirmation.direction == "outbound-reply"


async def test_what_advanced_opt_out_says_reaches_us() -> None:
    async with deploy(messaging_service_sid="MG" + "1" * 32, advanced_opt_out=True) as desk:
        await desk.twilio.receive_sms(CUSTOMER, OURS, "UNSTOP")

        [event] = await desk.inbox.until(1)

        assert isinstance(event, ConsentChange)
        assert event.consent is Consent.START


async def test_a_short_code_is_ignored_with_its_reason(deployment: Deployment) -> None:
    await deployment.twilio.receive_sms("40404", OURS, "You won")

    [event] = await deployment.inbox.until(1)

    assert isinstance(event, Ignored)
    assert event.reason == "short_code"


async def test_a_sent_part_arrives_on_the_phone_and_reports_its_way(deployment: Deployment) -> None:
    receipt = await deployment.adapter.send(part())

    events = await deployment.inbox.until(2)

    [shown] = deployment.twilio.messages(CUSTOMER)
    assert (shown.body, shown.sender, shown.status) == ("Your refund is on its way.", OURS, "delivered")
    assert [(event.provider_id, event.status) for event in events if isinstance(event, DeliveryUpdate)] == [
        (receipt.provider_id, DeliveryStatus.SENT),
        (receipt.provider_id, DeliveryStatus.DELIVERED),
    ]


async def test_a_carriers_refusal_comes_back_as_a_reason_in_words(deployment: Deployment) -> None:
    deployment.faults.plan(Fault(FaultKind.REJECT, "status", code="30006"))

    await deployment.adapter.send(part())
    [event] = await deployment.inbox.until(1)

    assert isinstance(event, DeliveryUpdate)
    assert (event.status, event.code) == (DeliveryStatus.FAILED, "30006")
    assert event.reason == "this is a landline or its carrier takes no text messages"


async def test_statuses_that_overtake_each_other_are_told_apart(deployment: Deployment) -> None:
    deployment.faults.plan(Fault(FaultKind.REORDER, "status"))

    await deployment.adapter.send(part())
    events = await deployment.inbox.until(2)

    statuses = [event.status for event in events if isinstance(event, DeliveryUpdate)]
    assert statuses == [DeliveryStatus.DELIVERED, DeliveryStatus.SENT]


async def test_parts_of_an_answer_are_sent_from_the_number_that_the_customer_knows(deployment: Deployment) -> None:
    parts = deployment.adapter.compose(Answer("This is a sentence. " * 60), TARGET, key="answer")

    receipts = [await deployment.adapter.send(each) for each in parts]

    shown = deployment.twilio.messages(CUSTOMER)
    assert [message.sid for message in shown] == [receipt.provider_id for receipt in receipts]
    assert [message.body for message in shown] == [each.text for each in parts]
    assert {message.sender for message in shown} == {OURS}


async def test_a_messaging_service_chooses_the_sender_only_where_nobody_wrote_first() -> None:
    async with deploy(messaging_service_sid="MG" + "1" * 32) as desk:
        new = ReplyTarget(ChannelName.SMS, "+15550002222", "+15550002222|")

        await desk.adapter.send(part())
        await desk.adapter.send(part(target=new))
        await desk.twilio.idle()

        [known], [unknown] = desk.twilio.messages(CUSTOMER), desk.twilio.messages("+15550002222")
        assert (known.sender, unknown.sender) == (OURS, OURS)
        assert known.service_sid == unknown.service_sid == "MG" + "1" * 32


async def test_whatsapp_is_answered_on_whatsapp(deployment: Deployment) -> None:
    await deployment.twilio.receive_sms(WHATSAPP_CUSTOMER, WHATSAPP_OURS, "Hi")
    [event] = await deployment.inbox.until(1)
    assert isinstance(event, InboundMessage)

    await deployment.adapter.send(part(target=event.reply_to))
    updates = (await deployment.inbox.until(4))[1:]

    assert [message.sender for message in deployment.twilio.messages(WHATSAPP_CUSTOMER)][1] == WHATSAPP_OURS
    assert [update.status for update in updates if isinstance(update, DeliveryUpdate)][-1] is DeliveryStatus.READ
    assert deployment.twilio.messages(CUSTOMER) == ()


async def test_a_picture_is_fetched_and_then_removed_from_twilio(deployment: Deployment) -> None:
    picture = b"\x89PNG and so on"
    await deployment.twilio.receive_sms(CUSTOMER, OURS, "", [(picture, "image/png")])
    [event] = await deployment.inbox.until(1)
    assert isinstance(event, InboundMessage)
    [attachment] = event.attachments

    fetched = await deployment.adapter.fetch(attachment)
    await deployment.adapter.discard(attachment)

    assert (fetched.content, fetched.size, fetched.mime_type) == (picture, len(picture), "image/png")
    [message] = deployment.twilio.messages(CUSTOMER)
    assert deployment.twilio.account.media(message.media[0]) is None


async def test_an_attachment_that_is_there_already_is_not_fetched(deployment: Deployment) -> None:
    attachment = Attachment("a.txt", "text/plain", content=b"a", source="https://elsewhere.example.com/a")

    assert await deployment.adapter.fetch(attachment) is attachment


async def test_many_sends_at_once_share_connections_and_keep_apart(deployment: Deployment) -> None:
    parts = [part(f"Message {number}") for number in range(20)]

    receipts = await asyncio.gather(*map(deployment.adapter.send, parts))

    by_sid = {message.sid: message.body for message in deployment.twilio.messages(CUSTOMER)}
    assert [by_sid[receipt.provider_id] for receipt in receipts] == [each.text for each in parts]


async def test_the_account_can_be_checked(deployment: Deployment) -> None:
    assert await deployment.adapter.check() == "active"


async def test_no_log_line_holds_a_number_a_text_or_a_token(
    deployment: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    with structlog.testing.capture_logs() as lines:
        await deployment.adapter.send(part("Your code word is heron."))
        await deployment.twilio.receive_sms("40404", OURS, "My code word is heron.")
        await deployment.inbox.until(3)

    written = caplog.text + repr(lines)
    assert "sms_ignored" in written
    assert not [secret for secret in (CUSTOMER, "heron", AUTH_TOKEN, quote(CUSTOMER)) if secret in written]


def test_a_configuration_shows_no_secret() -> None:
    config = sms_config(previous_auth_token="older-secret", shared_keys={"key": "third-secret"})

    assert AUTH_TOKEN not in repr(config)
    assert "secret" not in repr(config)


def test_our_numbers_are_known_without_their_medium_and_unknown_with_a_service() -> None:
    plain = SmsConfig(
        ACCOUNT_SID, AUTH_TOKEN, "https://x", f"whatsapp:{OURS}", more_numbers=frozenset({"+15550003333"})
    )

    assert plain.our_numbers == {OURS, "+15550003333"}
    assert sms_config(messaging_service_sid="MG1").our_numbers == frozenset()


def test_a_burst_of_texts_lasts_as_long_as_configured() -> None:
    config = sms_config(debounce=timedelta(seconds=3))

    adapter = SmsAdapter(config, api=None, media=None, now=lambda: datetime.now(UTC))  # type: ignore[arg-type]  # unused

    assert (adapter.limits.max_chars, adapter.limits.markdown, adapter.limits.debounce_s) == (1600, False, 3.0)

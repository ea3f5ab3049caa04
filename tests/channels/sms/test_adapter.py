"""The whole channel over real sockets, with the simulated Twilio at the other end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from channels.errors import ChannelDown, PermanentFailure, TemporaryFailure, UnknownOutcome
from channels.message import (
    Answer,
    ChannelName,
    Consent,
    ConsentChange,
    DeliveryStatus,
    DeliveryUpdate,
    InboundMessage,
    OutboundPart,
    ReplyTarget,
)
from channels.sandbox.faults import Fault, FaultKind
from tests.channels.sms.harness import CUSTOMER, OURS, Deployment, deploy

TARGET = ReplyTarget(ChannelName.SMS, CUSTOMER, f"{CUSTOMER}|{OURS}", {"our_address": OURS})


def part(text: str = "Your refund is on its way.", key: str = "answer:1") -> OutboundPart:
    return OutboundPart(key, TARGET, text)


async def test_a_text_message_reaches_the_inbox_signed_and_whole(deployment: Deployment) -> None:
    sid = await deployment.twilio.receive_sms(CUSTOMER, OURS, "Wo ist mein Paket? 📦 + & =")

    [event] = await deployment.inbox.until(1)

    assert isinstance(event, InboundMessage)
    assert event.provider_id == sid
    assert event.text == "Wo ist mein Paket? 📦 + & ="
    assert event.thread_key == f"{CUSTOMER}|{OURS}"
    assert event.reply_to == TARGET


async def test_a_sent_part_arrives_on_the_phone_and_reports_its_way(deployment: Deployment) -> None:
    receipt = await deployment.adapter.send(part())

    events = await deployment.inbox.until(2)

    [shown] = deployment.twilio.messages(CUSTOMER)
    assert (shown.body, shown.sender, shown.status) == ("Your refund is on its way.", OURS, "delivered")
    assert [(event.provider_id, event.status) for event in events if isinstance(event, DeliveryUpdate)] == [
        (receipt.provider_id, DeliveryStatus.SENT),
        (receipt.provider_id, DeliveryStatus.DELIVERED),
    ]


async def test_a_part_that_twilio_took_before_the_line_was_cut_is_found_and_not_lost(deployment: Deployment) -> None:
    attempted_at = datetime.now(UTC)
    deployment.faults.plan(Fault(FaultKind.DROP_AFTER, "messages.create"))

    with pytest.raises(UnknownOutcome):
        await deployment.adapter.send(part())

    receipt = await deployment.adapter.find(part(), attempted_at=attempted_at)
    [shown] = deployment.twilio.messages(CUSTOMER)
    assert receipt is not None
    assert receipt.provider_id == shown.sid

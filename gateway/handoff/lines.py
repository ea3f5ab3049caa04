"""The thread of a handoff as rows of the outbox, in a lane of its own: what Slack misses, it gets later, in order."""

from __future__ import annotations

from datetime import datetime

from channels.message import Attachment, ChannelName, ReplyTarget
from channels.staff import Speaker, ThreadLine
from gateway.domain import (
    ConversationId,
    Delivery,
    DeliveryId,
    DeliveryKind,
    HandoffId,
    Message,
    new_id,
)
from gateway.store.deliveries import NewDelivery
from gateway.store.values import micros, moment


def handoff_lane(conversation_id: ConversationId) -> str:
    """All that is told in the threads of one conversation goes out one after another."""
    return f"handoff:{conversation_id}"


def brief_delivery(conversation_id: ConversationId, handoff_id: HandoffId, slack_channel_id: str) -> NewDelivery:
    """Open the thread, or bring its head up to date."""
    return NewDelivery(
        id=DeliveryId(new_id("dlv")),
        lane=handoff_lane(conversation_id),
        kind=DeliveryKind.BRIEF,
        target=ReplyTarget(ChannelName.SLACK, "desk", slack_channel_id),
        conversation_id=conversation_id,
        subject_id=handoff_id,
    )


def line_delivery(
    conversation_id: ConversationId,
    handoff_id: HandoffId,
    text: str,
    *,
    key: str,
    at: datetime,
    speaker: Speaker = Speaker.NOTICE,
    name: str = "",
    is_warning: bool = False,
    asks: str = "",
    position: int = 0,
) -> NewDelivery:
    """A line in the thread. `position` is of the customer's message that it shows, whose files it brings along."""
    details = {
        "speaker": str(speaker),
        "name": name,
        "at": str(micros(at)),
        "warning": "1" if is_warning else "",
        "asks": asks,
        "position": str(position),
    }
    return NewDelivery(
        id=DeliveryId(f"{handoff_id}:{key}"),
        lane=handoff_lane(conversation_id),
        kind=DeliveryKind.LINE,
        target=ReplyTarget(ChannelName.SLACK, "desk", "", details),
        text=text,
        conversation_id=conversation_id,
        subject_id=handoff_id,
    )


def customer_line(handoff_id: HandoffId, message: Message) -> NewDelivery:
    """What a customer wrote, for the thread."""
    return line_delivery(
        message.conversation_id,
        handoff_id,
        message.text,
        key=f"message:{message.position}",
        at=message.received_at,
        speaker=Speaker.CUSTOMER,
        name=message.sender.name,
        position=message.position if message.has_files else 0,
    )


def line_of(delivery: Delivery, files: tuple[Attachment, ...] = ()) -> ThreadLine:
    """The line that a row stands for."""
    details = delivery.target.details
    return ThreadLine(
        speaker=Speaker(details["speaker"]),
        text=delivery.text,
        at=moment(int(details["at"])),
        name=details["name"],
        attachments=files,
        is_warning=bool(details["warning"]),
        asks=details["asks"],
    )


def position_of(delivery: Delivery) -> int:
    """Of the message whose files belong to a line; 0 where it has none."""
    return int(delivery.target.details["position"])

"""Tells staff, and the agent at its next turn, that words of ours have not reached their customer.

A turn's words, or those of one staff message, are told of once, however many parts and attempts they had. Alerts
themselves are not told of: where staff cannot be reached, nobody can be told.
"""

from __future__ import annotations

from datetime import datetime

from channels.message import ChannelName, ReplyTarget
from gateway import audit, wording
from gateway.cards import mask
from gateway.domain import TO_CUSTOMERS, Delivery, DeliveryId, DeliveryKind
from gateway.errors import NotFound
from gateway.holding import alert_lane
from gateway.store import conversations, deliveries, notes, opt_outs
from gateway.store.database import Database, Statements
from gateway.store.deliveries import NewDelivery


async def tell(tx: Statements, delivery: Delivery, because: str, *, alert_channel: str, now: datetime) -> str:
    """Queue the alert and leave the note. Returns the alert's lane, "" where there is nobody to tell or nothing new."""
    if delivery.conversation_id is None or delivery.kind not in TO_CUSTOMERS:
        return ""
    key = f"{delivery.turn_id or delivery.subject_id or delivery.id}:undelivered"
    alert = NewDelivery(
        id=DeliveryId(key),
        lane=alert_lane(delivery.conversation_id),
        kind=DeliveryKind.ALERT,
        target=ReplyTarget(ChannelName.SLACK, "desk", alert_channel),
        text=wording.not_delivered(mask(delivery.target.address), delivery.conversation_id, because),
        conversation_id=delivery.conversation_id,
    )
    if not await deliveries.add(tx, alert, now=now):
        return ""
    await notes.add(
        tx, delivery.conversation_id, wording.told_agent_not_delivered(delivery.created_at, because), key=key, now=now
    )
    return alert.lane


def because(reason: str, code: str) -> str:
    """A provider's reason and code, as people read them."""
    words = reason or "the provider could not deliver it"
    return f"{words} ({code})" if code and code not in words else words


async def lift(db: Database, address: str, *, actor: str, now: datetime) -> None:
    """Write to a mail address again, because a person knows that it lives. Raises `NotFound`.

    Only mail: whoever said STOP to a text is written to again when they say START, and nobody else decides that.
    """
    async with db.transaction() as tx:
        if not await opt_outs.remove(tx, ChannelName.EMAIL, address):
            raise NotFound("no mail is kept from this address")
        await audit.record(tx, "consent.started", now=now, actor=actor, data={"channel": "email", "source": actor})
        await conversations.make_address_due(tx, ChannelName.EMAIL, address, now)


async def tell_complaint(tx: Statements, delivery: Delivery, *, alert_channel: str, now: datetime) -> str:
    """The customer called a mail of ours spam: nothing more goes out to them before a person has looked."""
    if delivery.conversation_id is None:
        return ""
    alert = NewDelivery(
        id=DeliveryId(f"{delivery.id}:complaint"),
        lane=alert_lane(delivery.conversation_id),
        kind=DeliveryKind.ALERT,
        target=ReplyTarget(ChannelName.SLACK, "desk", alert_channel),
        text=wording.complained(mask(delivery.target.address), delivery.conversation_id),
        conversation_id=delivery.conversation_id,
    )
    if not await deliveries.add(tx, alert, now=now):
        return ""
    await notes.add(tx, delivery.conversation_id, wording.TOLD_AGENT_COMPLAINED, key=alert.id, now=now)
    return alert.lane

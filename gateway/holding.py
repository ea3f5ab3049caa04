"""Conversations that a person has to look at first: held with a reason, told to staff, released by a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from channels.message import ChannelName, ReplyTarget
from gateway import audit, wording
from gateway.domain import ConversationId, DeliveryId, DeliveryKind, new_id, utcnow
from gateway.errors import NotFound
from gateway.queue import Wakeups
from gateway.store import conversations, deliveries
from gateway.store.database import Database, Statements
from gateway.store.deliveries import NewDelivery


def alert_lane(conversation_id: ConversationId) -> str:
    """Alerts about one conversation go out one after another."""
    return f"alert:{conversation_id}"


async def hold(
    tx: Statements,
    conversation_id: ConversationId,
    *,
    because: str,
    customer: str,
    alert_channel: str,
    now: datetime,
) -> NewDelivery:
    """No turn starts any more, and staff are told why. Returns the alert that is to be sent."""
    await conversations.hold_for_person(tx, conversation_id, because)
    alert = NewDelivery(
        id=DeliveryId(new_id("alt")),
        lane=alert_lane(conversation_id),
        kind=DeliveryKind.ALERT,
        target=ReplyTarget(ChannelName.SLACK, "desk", alert_channel),
        text=wording.held(customer, conversation_id, because),
        conversation_id=conversation_id,
    )
    await deliveries.add(tx, alert, now=now)
    await audit.record(tx, "conversation.held", now=now, conversation_id=conversation_id, data={"because": because})
    return alert


class Holding:
    """What a person does with a conversation that is held."""

    def __init__(self, db: Database, wakeups: Wakeups, *, clock: Callable[[], datetime] = utcnow) -> None:
        self._db = db
        self._wakeups = wakeups
        self._clock = clock

    async def release(self, conversation_id: ConversationId, *, actor: str) -> None:
        """Let the agent go on with what waits. Raises `NotFound` where nothing is held."""
        now = self._clock()
        async with self._db.transaction() as tx:
            if not await conversations.release_to_agent(tx, conversation_id, now=now):
                raise NotFound(f"no conversation {conversation_id} is held")
            await audit.record(tx, "conversation.released", now=now, actor=actor, conversation_id=conversation_id)
        await self._wakeups.advance(conversation_id)

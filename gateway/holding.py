"""Conversations that a person has to look at first: a handoff that waits, and that no time ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from channels.message import ChannelName, ReplyTarget
from channels.staff import HandoffState
from gateway import audit
from gateway.domain import ConversationId, DeliveryId, DeliveryKind, HandoffCause, new_id, utcnow
from gateway.errors import NotFound
from gateway.handoff.lines import brief_delivery, handoff_lane
from gateway.handoff.opening import open_handoff
from gateway.handoff.returning import return_to_agent
from gateway.queue import Wakeups
from gateway.store import conversations, deliveries, handoffs
from gateway.store.database import Database, Statements
from gateway.store.deliveries import NewDelivery


def alert_lane(conversation_id: ConversationId) -> str:
    """What staff are told about one conversation goes out one after another."""
    return handoff_lane(conversation_id)


async def hold(
    tx: Statements,
    conversation_id: ConversationId,
    *,
    because: str,
    customer: str,
    alert_channel: str,
    now: datetime,
) -> NewDelivery:
    """No turn starts any more, and staff get a thread that says why. Returns what is to be sent to them."""
    conversation = await conversations.get(tx, conversation_id)
    assert conversation is not None  # noqa: S101  # whoever holds a conversation has just written to it
    opened = await open_handoff(
        tx,
        conversation_id,
        cause=HandoffCause.HELD,
        reason=because,
        slack_channel_id=alert_channel,
        since=conversation.taken,
        upto=conversation.arrived,
        now=now,
    )
    if opened is None:
        return await _repeated(tx, conversation_id, because, customer, alert_channel, now=now)
    return brief_delivery(conversation_id, opened, alert_channel)


async def _repeated(
    tx: Statements, conversation_id: ConversationId, because: str, customer: str, alert_channel: str, *, now: datetime
) -> NewDelivery:
    """A person has it already: they are told that there is one reason more."""
    alert = NewDelivery(
        id=DeliveryId(new_id("alt")),
        lane=alert_lane(conversation_id),
        kind=DeliveryKind.ALERT,
        target=ReplyTarget(ChannelName.SLACK, "desk", alert_channel),
        text=f"{customer}: {because}",
        conversation_id=conversation_id,
    )
    await deliveries.add(tx, alert, now=now)
    await audit.record(tx, "conversation.held", now=now, conversation_id=conversation_id, data={"because": because})
    return alert


class Holding:
    """What an operator does with a conversation that is held."""

    def __init__(self, db: Database, wakeups: Wakeups, *, clock: Callable[[], datetime] = utcnow) -> None:
        self._db = db
        self._wakeups = wakeups
        self._clock = clock

    async def release(self, conversation_id: ConversationId, *, actor: str) -> None:
        """Let the agent go on with what waits, without a word to the customer. Raises `NotFound` where nothing is."""
        now = self._clock()
        async with self._db.transaction() as tx:
            found = await handoffs.open_of(tx, conversation_id)
            handoff = await handoffs.lock(tx, found.id) if found else None
            conversation = await conversations.get(tx, conversation_id)
            if handoff is None or conversation is None or not handoff.is_open:
                raise NotFound(f"no conversation {conversation_id} is held")
            await return_to_agent(
                tx,
                handoff,
                conversation,
                state=HandoffState.RETURNED,
                actor=actor,
                by=actor,
                words="",
                voice=None,
                slack_channel_id="",
                now=now,
            )
        await self._wakeups.advance(conversation_id)
        await self._wakeups.deliver(alert_lane(conversation_id))

"""Takes in what channels hand over: one transaction stores it, and only then somebody is woken.

A redelivery is recognised by the message's keys and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog

from channels.message import (
    Assurance,
    ChannelName,
    Consent,
    ConsentChange,
    DeliveryStatus,
    DeliveryUpdate,
    Ignored,
    InboundEvent,
    InboundMessage,
    MessageDeleted,
    MessageEdited,
)
from gateway import audit, undelivered
from gateway.brakes import Brakes
from gateway.cards import mask
from gateway.domain import ConversationId, Holder, MessageId, new_id, utcnow
from gateway.holding import alert_lane, hold
from gateway.placement import Place, is_named_by_ids, place, remember_thread
from gateway.queue import Wakeups
from gateway.store import conversations, deliveries, messages, opt_outs
from gateway.store.conversations import Arrival
from gateway.store.database import Database, Statements

log = structlog.get_logger(__name__)

# A steady stream of messages is answered after this many times the debounce at the latest.
BURST_CAP = 10
COMPLAINT = "complaint"
REMOVED = "(message deleted by its author)"


class Redelivered(Exception):
    """The message is here already; raised to roll the transaction back."""


class Inbound:
    """The gateway's side of `channels.base.Inbox`."""

    def __init__(
        self,
        db: Database,
        wakeups: Wakeups,
        *,
        debounce: Mapping[ChannelName, timedelta],
        alert_channel: str = "",
        brakes: Brakes | None = None,
        clock: Callable[[], datetime] = utcnow,
    ) -> None:
        self._db = db
        self._wakeups = wakeups
        self._debounce = debounce
        self._alert_channel = alert_channel
        self._brakes = brakes or Brakes()
        self._clock = clock

    async def accept(self, event: InboundEvent) -> None:
        """Make an event durable, then wake whoever it concerns. A repeat changes nothing."""
        try:
            await self._take(event)
        except Redelivered:
            log.info("message.redelivered", channel=event.channel)

    async def _take(self, event: InboundEvent) -> None:
        match event:
            case InboundMessage():
                await self._take_message(event)
            case ConsentChange():
                await self._change_consent(event)
            case DeliveryUpdate():
                await self._note_delivery(event)
            case MessageEdited():
                await self._replace_text(event.channel, event.provider_id, event.text)
            case MessageDeleted():
                await self._replace_text(event.channel, event.provider_id, REMOVED)
            case Ignored():
                log.info("message.ignored", channel=event.channel, reason=event.reason)

    async def takes_part_in_slack_thread(self, thread_key: str) -> bool:
        """Whether a thread is a conversation of ours, in which every message is meant for us."""
        return await conversations.exists(self._db, ChannelName.SLACK, thread_key)

    async def _take_message(self, message: InboundMessage) -> None:
        now = self._clock()
        debounce = self._debounce.get(message.channel, timedelta())
        message_id = MessageId(new_id("msg"))
        async with self._db.transaction() as tx:
            await _claim_keys(tx, message, message_id)
            placed = await place(tx, message) if is_named_by_ids(message) else Place(message)
            message = placed.message
            arrival = await conversations.count_arrival(
                tx,
                new_id=new_id("cnv"),
                channel=message.channel,
                thread_key=message.thread_key,
                address=message.sender.address,
                name=message.sender.name,
                subject=message.subject,
                now=now,
                due_at=now + debounce,
                latest_due_at=now + BURST_CAP * debounce,
            )
            await messages.add(
                tx,
                message,
                message_id=message_id,
                conversation_id=arrival.conversation_id,
                position=arrival.position,
                now=now,
            )
            for attachment in message.attachments:
                await messages.add_attachment(tx, attachment, attachment_id=new_id("att"), message_id=message_id)
            is_held = is_named_by_ids(message) and await self._note_thread(tx, placed, arrival, now=now)
        log.info("message.stored", conversation_id=arrival.conversation_id, message_id=message_id)
        if is_held:
            await self._wakeups.deliver(alert_lane(arrival.conversation_id))
        elif arrival.is_first_waiting:
            await self._wakeups.advance(arrival.conversation_id, at=arrival.due_at if debounce else None)

    async def _note_thread(self, tx: Statements, placed: Place, arrival: Arrival, *, now: datetime) -> bool:
        """Remember who and what the message makes known. True where a person has to look first."""
        conversation_id = arrival.conversation_id
        await remember_thread(tx, placed.message, conversation_id)
        if placed.related_id is not None and arrival.is_new_conversation:
            await conversations.relate(tx, conversation_id, placed.related_id)
        if not placed.held_because:
            await self._note_living(tx, placed.message, arrival, now=now)
        because = placed.held_because or await self._brakes.pulled_by(
            tx, placed.message, conversation_id, is_reply=not arrival.is_new_conversation, now=now
        )
        if not because or await self._is_with_a_person(tx, conversation_id):
            return False
        await hold(
            tx,
            conversation_id,
            because=because,
            customer=mask(placed.message.sender.address),
            alert_channel=self._alert_channel,
            now=now,
        )
        log.warning("conversation.held", conversation_id=conversation_id)
        return True

    async def _note_living(self, tx: Statements, message: InboundMessage, arrival: Arrival, *, now: datetime) -> None:
        """Who demonstrably writes from an address may be answered there again, whatever bounced before."""
        sender = message.sender
        if sender.assurance is not Assurance.PROVEN and arrival.is_new_conversation:
            return
        if await opt_outs.remove(tx, message.channel, sender.address):
            await audit.record(
                tx,
                "consent.started",
                now=now,
                actor="customer",
                conversation_id=arrival.conversation_id,
                data={"channel": message.channel, "source": "a message"},
            )

    async def _is_with_a_person(self, tx: Statements, conversation_id: ConversationId) -> bool:
        conversation = await conversations.get(tx, conversation_id)
        return conversation is not None and conversation.holder is Holder.HUMAN

    async def _change_consent(self, change: ConsentChange) -> None:
        match change.consent:
            case Consent.STOP:
                await self._stop(change)
            case Consent.START:
                await self._start(change)
            case Consent.HELP:
                log.info("consent.help", channel=change.channel)  # the provider answers it

    async def _stop(self, change: ConsentChange) -> None:
        now = self._clock()
        async with self._db.transaction() as tx:
            await _claim_keys(tx, change.message, MessageId(new_id("msg")))
            if not await opt_outs.add(tx, change.channel, change.address, source=change.provider_id, now=now):
                return
            cancelled = await deliveries.cancel_for_address(
                tx, change.channel, change.address, now=now, reason="the customer opted out"
            )
            await audit.record(
                tx,
                "consent.stopped",
                now=now,
                actor="customer",
                data={"channel": change.channel, "source": change.provider_id, "cancelled": cancelled},
            )
        log.info("consent.stopped", channel=change.channel, cancelled=cancelled)

    async def _start(self, change: ConsentChange) -> None:
        now = self._clock()
        async with self._db.transaction() as tx:
            lifted = await opt_outs.remove(tx, change.channel, change.address)
            if lifted:
                await _claim_keys(tx, change.message, MessageId(new_id("msg")))
                await audit.record(
                    tx,
                    "consent.started",
                    now=now,
                    actor="customer",
                    data={"channel": change.channel, "source": change.provider_id},
                )
                waiting = await conversations.make_address_due(tx, change.channel, change.address, now)
        if not lifted:
            # "Yes" is an answer like any other to somebody who never opted out.
            await self._take_message(change.message)
            return
        log.info("consent.started", channel=change.channel)
        for conversation_id in waiting:
            await self._wakeups.advance(ConversationId(conversation_id))

    async def _note_delivery(self, update: DeliveryUpdate) -> None:
        async with self._db.transaction() as tx:
            is_known = await deliveries.is_known(tx, update.channel, update.provider_id)
            if not await deliveries.add_receipt(tx, update, applied=is_known):
                return
            lane = await self._apply(tx, update) if is_known else ""
        if lane:
            await self._wakeups.deliver(lane)

    async def apply_early_news(self) -> None:
        """Apply what a provider said about sends before we had recorded them."""
        now = self._clock()
        for update in await deliveries.unapplied_receipts(self._db, limit=200):
            async with self._db.transaction() as tx:
                await self._apply(tx, update)
                await deliveries.mark_applied(tx, update)
        await deliveries.drop_stale_receipts(self._db, before=now - timedelta(days=1))

    async def _apply(self, tx: Statements, update: DeliveryUpdate) -> str:
        """Move the delivery that a provider's news is about. Returns the lane of an alert, "" where there is none."""
        now = self._clock()
        moved = await deliveries.apply_update(tx, update, now=now)
        if moved is not None:
            log.info("delivery.moved", delivery_id=moved.id, state=moved.state, code=update.code)
        # A customer may complain of what had been delivered already: then nothing moves.
        about = moved or await deliveries.by_provider_id(tx, update.channel, update.provider_id)
        if about is None:
            return ""
        if update.suppress:
            await opt_outs.add(tx, update.channel, about.target.address, source=update.event_id, now=now)
        if update.code == COMPLAINT:
            return await undelivered.tell_complaint(tx, about, alert_channel=self._alert_channel, now=now)
        if moved is None or update.status is not DeliveryStatus.FAILED:
            return ""
        await audit.record(
            tx,
            "delivery.failed",
            now=now,
            actor="provider",
            conversation_id=moved.conversation_id or "",
            subject_id=moved.id,
            data={"code": update.code},
        )
        words = undelivered.because(update.reason, update.code)
        return await undelivered.tell(tx, moved, words, alert_channel=self._alert_channel, now=now)

    async def _replace_text(self, channel: ChannelName, provider_id: str, text: str) -> None:
        async with self._db.transaction() as tx:
            in_time = await messages.edit_waiting(tx, channel, provider_id, text, self._clock())
        log.info("message.edited", channel=channel, in_time=in_time)


async def _claim_keys(tx: Statements, message: InboundMessage, message_id: MessageId) -> None:
    keys = list(dict.fromkeys((message.provider_id, *message.also_known_as)))
    if not await messages.claim_keys(tx, message.channel, keys, message_id):
        raise Redelivered

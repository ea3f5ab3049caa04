"""How the thread of a handoff gets to Slack, and what staff write in it to the customer.

The head, drafts and marks are read from the store when they go out: a late one still tells the truth. What is posted
is found again by its key, so that a send of unknown outcome is not repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from channels.base import Channel, Desk
from channels.errors import PermanentFailure, TemporaryFailure
from channels.message import ChannelName, Receipt
from channels.staff import CardRef, DraftCard
from gateway import wording
from gateway.attachments import Attachments
from gateway.carriers import Carrier, part_of, receipt, required
from gateway.domain import Delivery, DeliveryKind, StoredStaffMessage, utcnow
from gateway.handoff.briefs import Briefs
from gateway.handoff.drafting import Drafting
from gateway.handoff.heads import GONE, Heads
from gateway.handoff.lines import handoff_lane, line_delivery, line_of, position_of
from gateway.handoff.marks import FAILED, mark_delivery, mark_lane, reason_of, verdict
from gateway.queue import Wakeups
from gateway.store import deliveries, handoffs, staff_messages
from gateway.store.database import Database

# What a provider answered is recorded a moment after it came.
SOON = timedelta(milliseconds=300)
LOOK_AGAIN = timedelta(seconds=2)


class BriefCarrier:
    """The head of a thread: posted once, then brought up to date. A thread that somebody deleted gets a successor."""

    def __init__(self, db: Database, desk: Desk | None, heads: Heads) -> None:
        self._db = db
        self._desk = desk
        self._heads = heads

    async def send(self, delivery: Delivery) -> Receipt:
        brief = await self._heads.brief(delivery.subject_id)
        if brief.ref is None:
            return await self._placed(delivery, await self._heads.post(brief, delivery.target.thread_key))
        try:
            await required(self._desk).update_brief(brief)
        except PermanentFailure as failure:
            if failure.code != GONE:
                raise
            return receipt(await self._heads.succeed(delivery.subject_id))
        return receipt(brief.ref)

    async def find(self, delivery: Delivery, *, attempted_at: datetime) -> Receipt | None:
        brief = await self._heads.brief(delivery.subject_id)
        if brief.ref is not None:
            return None  # an update may be made as often as one likes
        found = await required(self._desk).find_card(
            key=await self._heads.key(delivery.subject_id),
            attempted_at=attempted_at,
            slack_channel_id=delivery.target.thread_key,
        )
        return None if found is None else await self._placed(delivery, found)

    async def _placed(self, delivery: Delivery, ref: CardRef) -> Receipt:
        await handoffs.place(self._db, delivery.subject_id, ref)
        return receipt(ref)


class LineCarrier:
    """Lines in a thread, with the files that the customer sent."""

    def __init__(self, desk: Desk | None, heads: Heads, attachments: Attachments) -> None:
        self._desk = desk
        self._heads = heads
        self._attachments = attachments

    async def send(self, delivery: Delivery) -> Receipt:
        desk = required(self._desk)
        position = position_of(delivery)
        files = (
            tuple(await self._attachments.at(delivery.conversation_id, position))
            if position and delivery.conversation_id
            else ()
        )
        line = line_of(delivery, files)
        posted = await self._heads.in_thread(
            delivery.subject_id, lambda thread: desk.post_line(line, thread=thread, key=delivery.id)
        )
        return receipt(posted)

    async def find(self, delivery: Delivery, *, attempted_at: datetime) -> Receipt | None:
        thread = await self._heads.thread(delivery.subject_id)
        found = await required(self._desk).find_card(
            key=delivery.id, attempted_at=attempted_at, slack_channel_id=thread.slack_channel_id, thread_ts=thread.ts
        )
        return None if found is None else receipt(found)


class DraftCarrier:
    """An answer that the agent proposes: it is asked for it once, and then it is shown as it stands."""

    def __init__(self, db: Database, desk: Desk | None, heads: Heads, drafting: Drafting | None) -> None:
        self._db = db
        self._desk = desk
        self._heads = heads
        self._drafting = drafting

    async def send(self, delivery: Delivery) -> Receipt:
        desk = required(self._desk)
        draft = await staff_messages.get_draft(self._db, delivery.subject_id)
        if draft is None:
            raise PermanentFailure("the draft is gone", code="draft_gone")
        text = draft.text
        if not text:
            if self._drafting is None:
                raise TemporaryFailure("this process does not ask the agent", retry_after=LOOK_AGAIN)
            text = await self._drafting.propose(draft) or wording.DRAFT_FAILED
            await staff_messages.write_draft(self._db, draft.id, text)
        card = DraftCard(draft.id, text, draft.state, draft.decided_by, draft.card)
        if card.ref is not None:
            await desk.update_draft(card)
            return receipt(card.ref)
        posted = await self._heads.in_thread(
            draft.handoff_id, lambda thread: desk.post_draft(card, thread=thread, key=draft.id)
        )
        return await self._placed(delivery, posted)

    async def find(self, delivery: Delivery, *, attempted_at: datetime) -> Receipt | None:
        draft = await staff_messages.get_draft(self._db, delivery.subject_id)
        if draft is None or draft.card is not None or not draft.text:
            return None
        thread = await self._heads.thread(draft.handoff_id)
        found = await required(self._desk).find_card(
            key=draft.id, attempted_at=attempted_at, slack_channel_id=thread.slack_channel_id, thread_ts=thread.ts
        )
        return None if found is None else await self._placed(delivery, found)

    async def _placed(self, delivery: Delivery, ref: CardRef) -> Receipt:
        draft = await staff_messages.get_draft(self._db, delivery.subject_id)
        if draft is not None:
            await staff_messages.place_draft(self._db, draft.id, ref)
        return receipt(ref)


class RelayCarrier:
    """A person's words on their way to the customer, with their files; and the news of it, for the person."""

    def __init__(
        self,
        db: Database,
        channels: Mapping[ChannelName, Channel],
        wakeups: Wakeups,
        *,
        clock: Callable[[], datetime] = utcnow,
    ) -> None:
        self._db = db
        self._channels = channels
        self._wakeups = wakeups
        self._clock = clock

    async def send(self, delivery: Delivery) -> Receipt:
        channel = self._channel(delivery)
        files = tuple(await staff_messages.files_of(self._db, delivery.subject_id))
        part = replace(part_of(delivery), attachments=files if delivery.part == delivery.parts else ())
        try:
            sent = await channel.send(part)
        except PermanentFailure:
            await self._tell(delivery)
            raise
        if delivery.part == delivery.parts:
            await self._tell(delivery)
        return sent

    async def find(self, delivery: Delivery, *, attempted_at: datetime) -> Receipt | None:
        return await self._channel(delivery).find(part_of(delivery), attempted_at=attempted_at)

    async def _tell(self, delivery: Delivery) -> None:
        """The emoji can be set as soon as what the provider said is recorded. A sweep finds those that got lost."""
        await deliveries.add(self._db, mark_delivery(delivery.subject_id), now=self._clock() + SOON)
        await self._wakeups.deliver(mark_lane(delivery.subject_id), at=self._clock() + SOON)

    def _channel(self, delivery: Delivery) -> Channel:
        channel = self._channels.get(delivery.target.channel)
        if channel is None:
            raise PermanentFailure(f"the {delivery.target.channel} channel is not configured", code="channel_off")
        return channel


class MarkCarrier:
    """The emoji that says what became of a staff message, and the reason in the thread where it failed."""

    def __init__(
        self, db: Database, desk: Desk | None, wakeups: Wakeups, *, clock: Callable[[], datetime] = utcnow
    ) -> None:
        self._db = db
        self._desk = desk
        self._wakeups = wakeups
        self._clock = clock

    async def send(self, delivery: Delivery) -> Receipt:
        desk = required(self._desk)
        message = await staff_messages.get(self._db, delivery.subject_id)
        if message is None:
            raise PermanentFailure("the staff message is gone", code="message_gone")
        parts = await deliveries.relays_of(self._db, message.id)
        mark = verdict(parts)
        if not mark:
            raise TemporaryFailure("it is still on its way", retry_after=LOOK_AGAIN)
        if mark != message.mark:
            if mark == FAILED:
                await self._explain(message, reason_of(parts))
            if message.mark:
                await desk.unmark(message.ref, message.mark)
            await desk.mark(message.ref, mark)
            await staff_messages.note_mark(self._db, message.id, mark)
        return receipt(message.ref)

    async def find(self, delivery: Delivery, *, attempted_at: datetime) -> Receipt | None:
        return None  # a mark may be set as often as one likes

    async def _explain(self, message: StoredStaffMessage, reason: str) -> None:
        """Once, by its key."""
        line = line_delivery(
            message.conversation_id,
            message.handoff_id,
            wording.failed_to_reach(reason),
            key=f"failed:{message.id}",
            at=self._clock(),
            is_warning=True,
        )
        await deliveries.add(self._db, line, now=self._clock())
        await self._wakeups.deliver(handoff_lane(message.conversation_id))


def thread_carriers(
    db: Database,
    channels: Mapping[ChannelName, Channel],
    desk: Desk | None,
    wakeups: Wakeups,
    *,
    briefs: Briefs,
    attachments: Attachments,
    drafting: Drafting | None = None,
    clock: Callable[[], datetime] = utcnow,
) -> Mapping[DeliveryKind, Carrier]:
    """Who carries what of a handoff."""
    heads = Heads(db, desk, briefs)
    return {
        DeliveryKind.RELAY: RelayCarrier(db, channels, wakeups, clock=clock),
        DeliveryKind.BRIEF: BriefCarrier(db, desk, heads),
        DeliveryKind.LINE: LineCarrier(desk, heads, attachments),
        DeliveryKind.DRAFT: DraftCarrier(db, desk, heads, drafting),
        DeliveryKind.MARK: MarkCarrier(db, desk, wakeups, clock=clock),
    }

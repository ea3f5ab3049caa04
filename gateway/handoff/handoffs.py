"""What a person does with a conversation: take it over, release it, hand it back, close and reopen it, assign it.

Each is one transaction, and each answers with "" or with words that say why not. Who may do so is for the caller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from channels.staff import ApprovalState, HandoffState, Speaker
from gateway import audit, wording
from gateway.domain import (
    Conversation,
    ConversationId,
    DeliveryKind,
    Handoff,
    HandoffCause,
    HandoffId,
    Turn,
    TurnId,
    TurnState,
    utcnow,
)
from gateway.handoff.hours import Hours
from gateway.handoff.lines import brief_delivery, handoff_lane, line_delivery
from gateway.handoff.opening import open_handoff
from gateway.handoff.returning import return_to_agent
from gateway.handoff.voice import Voice
from gateway.queue import Wakeups
from gateway.settling import card_lane, settle
from gateway.store import approvals, conversations, deliveries, handoffs, messages, notes, turns
from gateway.store.database import Database, Statements

log = structlog.get_logger(__name__)


class _Raced(Exception):
    """Somebody opened a handoff at the same moment; raised to roll the transaction back, and look again."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of an attempt to take a conversation: `refusal` says why it failed."""

    handoff_id: HandoffId | None = None
    refusal: str = ""
    lanes: tuple[str, ...] = ()


class Handoffs:
    """The moves of a handoff, for the desk, the console and the command line."""

    def __init__(
        self,
        db: Database,
        voice: Voice,
        wakeups: Wakeups,
        *,
        slack_channel_id: str,
        hours: Hours | None = None,
        clock: Callable[[], datetime] = utcnow,
    ) -> None:
        self._db = db
        self._voice = voice
        self._wakeups = wakeups
        self._slack_channel_id = slack_channel_id
        self._hours = hours
        self._clock = clock

    async def take_over(self, conversation_id: ConversationId, *, actor: str) -> str:
        """Claim a conversation: the first wins. What the agent is doing is stopped; the customer is told once."""
        while True:
            try:
                async with self._db.transaction() as tx:
                    taken = await self._take(tx, conversation_id, actor)
                break
            except _Raced:
                continue
        if taken.handoff_id is not None:
            log.info("handoff.taken", conversation_id=conversation_id, handoff_id=taken.handoff_id)
            await self._wake(conversation_id, *taken.lanes)
        return taken.refusal

    async def release(self, handoff_id: str, *, actor: str) -> str:
        """Its owner steps back: it waits for somebody else."""
        return await self._move(handoff_id, HandoffState.WAITING, actor, "handoff.released", wording.released(actor))

    async def release_of(self, handoff_id: str, *, line: str) -> str:
        """The same, because its owner is not there any more."""
        return await self._move(handoff_id, HandoffState.WAITING, audit.SYSTEM, "handoff.released", line)

    async def reopen(self, handoff_id: str, *, actor: str) -> str:
        """A closed one goes on, with whoever reopens it."""
        now = self._clock()
        async with self._db.transaction() as tx:
            handoff = await handoffs.lock(tx, handoff_id)
            if handoff is None or handoff.state is not HandoffState.CLOSED:
                return wording.cannot(handoff, "reopened")
            if await handoffs.open_of(tx, handoff.conversation_id) is not None:
                return wording.ALREADY_HANDED_OVER
            seized = await conversations.seize(tx, handoff.conversation_id, now=now)
            assert seized is not None  # noqa: S101  # conversations are never removed under their handoffs
            await handoffs.move(tx, handoff, HandoffState.OWNED, owner=actor, now=now)
            turn = await _stop(tx, seized.open_turn_id, actor, now=now)
            answered = turn.first_position - 1 if turn else seized.conversation.taken
            await conversations.hold_for_person(
                tx, handoff.conversation_id, handoff.reason, upto=seized.conversation.taken
            )
            await handoffs.touch(tx, handoff.id, now=now, answered=answered, shown=seized.conversation.taken)
            await deliveries.cancel_answers(tx, handoff.conversation_id, now=now, reason="a person has it")
            await self._note(tx, handoff, "handoff.reopened", actor, wording.reopened(actor), now=now)
        await self._wake(handoff.conversation_id)
        return ""

    async def hand_back(self, handoff_id: str, *, actor: str, note: str = "", by: str = "") -> str:
        """The agent goes on, knows what was said, and answers what staff did not."""
        return await self._end(handoff_id, HandoffState.RETURNED, actor, note, by or actor)

    async def close(self, handoff_id: str, *, actor: str, note: str = "") -> str:
        """It is done: nothing waits any more, and the agent answers whatever the customer writes next."""
        return await self._end(handoff_id, HandoffState.CLOSED, actor, note, actor)

    async def assign(self, handoff_id: str, assigned_to: str, *, actor: str) -> str:
        """Give it to a person or a group: they are named at the head of the thread, and called."""
        now = self._clock()
        async with self._db.transaction() as tx:
            handoff = await handoffs.lock(tx, handoff_id)
            if handoff is None or not handoff.is_open:
                return wording.cannot(handoff, "assigned")
            await handoffs.assign(tx, handoff.id, assigned_to)
            await self._note(tx, handoff, "handoff.assigned", actor, wording.assigned(assigned_to, actor), now=now)
        await self._wake(handoff.conversation_id)
        return ""

    async def _take(self, tx: Statements, conversation_id: ConversationId, actor: str) -> Taken:
        found = await handoffs.open_of(tx, conversation_id)
        if found is not None:
            return await self._claim(tx, found.id, actor)
        now = self._clock()
        seized = await conversations.seize(tx, conversation_id, now=now)
        if seized is None:
            return Taken(refusal=wording.NO_CONVERSATION)
        conversation = seized.conversation
        lanes = await _withdraw(tx, seized.open_turn_id, actor, now=now)
        turn = await _stop(tx, seized.open_turn_id, actor, now=now)
        opened = await open_handoff(
            tx,
            conversation_id,
            cause=HandoffCause.STAFF,
            reason=wording.TAKEN_BY_STAFF,
            slack_channel_id=self._slack_channel_id,
            since=turn.first_position - 1 if turn else conversation.taken,
            upto=conversation.arrived,
            now=now,
            actor=actor,
            owner=actor,
            told=True,
            stopping=turn.id if turn else "",
        )
        if opened is None:
            raise _Raced
        await self.tell_customer(tx, conversation, opened, turn, now=now)
        return Taken(opened, lanes=lanes)

    async def _claim(self, tx: Statements, handoff_id: str, actor: str) -> Taken:
        """One that waits becomes somebody's."""
        now = self._clock()
        handoff = await handoffs.lock(tx, handoff_id)
        if handoff is None or not handoff.is_open:
            raise _Raced
        if handoff.owner == actor and handoff.state is HandoffState.OWNED:
            return Taken(refusal=wording.YOURS_ALREADY)
        if not await self.claim_locked(tx, handoff, actor, now=now):
            return Taken(refusal=wording.taken_already(handoff.owner))
        return Taken(handoff.id)

    async def claim_locked(self, tx: Statements, handoff: Handoff, actor: str, *, now: datetime) -> bool:
        """A locked one that waits becomes somebody's. False: it is somebody else's."""
        if not await handoffs.move(tx, handoff, HandoffState.OWNED, owner=actor, now=now):
            return False
        await self._note(tx, handoff, "handoff.taken", actor, wording.taken(actor), now=now)
        return True

    async def owned_by(self, tx: Statements, handoff: Handoff, member_id: str, *, now: datetime) -> Handoff:
        """Who speaks first in a locked handoff that waits has it by that."""
        if handoff.state is not HandoffState.WAITING:
            return handoff
        await self.claim_locked(tx, handoff, member_id, now=now)
        return replace(handoff, state=HandoffState.OWNED, owner=member_id)

    async def tell_customer(
        self, tx: Statements, conversation: Conversation, handoff_id: HandoffId, turn: Turn | None, *, now: datetime
    ) -> None:
        """Once for each handoff, in plain words, and where their words have begun to be answered."""
        if not conversation.arrived:
            return
        newest = await messages.at(tx, conversation.id, conversation.arrived)
        await self._voice.say(
            tx,
            DeliveryKind.NOTICE,
            wording.handed_over(self._hours, now),
            newest.reply_to,
            key=f"{handoff_id}:notice",
            conversation_id=conversation.id,
            now=now,
            begun=turn.begun if turn else None,
        )

    async def _move(self, handoff_id: str, state: HandoffState, actor: str, event: str, line: str) -> str:
        now = self._clock()
        async with self._db.transaction() as tx:
            handoff = await handoffs.lock(tx, handoff_id)
            if handoff is None or not await handoffs.move(tx, handoff, state, now=now):
                return wording.cannot(handoff, "released")
            await self._note(tx, handoff, event, actor, line, now=now)
        await self._wake(handoff.conversation_id)
        return ""

    async def _end(self, handoff_id: str, state: HandoffState, actor: str, note: str, by: str) -> str:
        now = self._clock()
        async with self._db.transaction() as tx:
            handoff = await handoffs.lock(tx, handoff_id)
            conversation = await conversations.get(tx, handoff.conversation_id) if handoff else None
            ended = (
                handoff
                and conversation
                and await return_to_agent(
                    tx,
                    handoff,
                    conversation,
                    state=state,
                    actor=actor,
                    by=by,
                    words=note,
                    voice=self._voice,
                    slack_channel_id=self._slack_channel_id,
                    now=now,
                )
            )
            if not ended or handoff is None:
                return wording.cannot(handoff, state)
        await self._wake(handoff.conversation_id)
        return ""

    async def _note(
        self, tx: Statements, handoff: Handoff, event: str, actor: str, line: str, *, now: datetime
    ) -> None:
        """The head of the thread as it is now, a line in it, and the fact."""
        conversation_id = handoff.conversation_id
        await deliveries.add(tx, brief_delivery(conversation_id, handoff.id, self._slack_channel_id), now=now)
        told = line_delivery(
            conversation_id, handoff.id, line, key=f"{event}:{handoff.revision}", at=now, speaker=Speaker.NOTICE
        )
        await deliveries.add(tx, told, now=now)
        await audit.record(tx, event, now=now, actor=actor, conversation_id=conversation_id, subject_id=handoff.id)

    async def _wake(self, conversation_id: ConversationId, *lanes: str) -> None:
        await self._wakeups.advance(conversation_id)
        for lane in (conversation_id, handoff_lane(conversation_id), *lanes):
            await self._wakeups.deliver(lane)


async def _withdraw(tx: Statements, turn_id: TurnId | None, actor: str, *, now: datetime) -> tuple[str, ...]:
    """Nothing runs any more of what the turn asks for; returns the lanes of the cards that say so."""
    if turn_id is None:
        return ()
    return tuple(
        [
            card_lane(approval.id)
            for approval in await approvals.of_turn(tx, turn_id)
            if await settle(
                tx, approval, ApprovalState.WITHDRAWN, actor=actor, by=actor, reason=wording.TAKEN_BY_STAFF, now=now
            )
        ]
    )


async def _stop(tx: Statements, turn_id: TurnId | None, actor: str, *, now: datetime) -> Turn | None:
    """The turn is over as far as rows go; what the platform does of it is stopped by whoever looks next."""
    turn = await turns.get(tx, turn_id) if turn_id else None
    if turn is None:
        return None
    await turns.end(tx, turn.id, TurnState.STOPPED, now=now, failure=f"{actor} took over")
    await notes.give_back(tx, turn.conversation_id, turn.id)
    return turn

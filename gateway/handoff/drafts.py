"""What people do with a draft: ask the agent for one, send it as it is or as they would rather say it, drop it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from channels.errors import SendError
from channels.message import ChannelName, ReplyTarget
from channels.staff import CardRef, DraftCard, DraftState
from gateway import wording
from gateway.domain import (
    DeliveryId,
    DeliveryKind,
    Draft,
    DraftId,
    Handoff,
    StaffMessageState,
    StoredStaffMessage,
    new_id,
    utcnow,
)
from gateway.handoff import relaying
from gateway.handoff.access import StaffAccess
from gateway.handoff.handoffs import Handoffs
from gateway.handoff.lines import handoff_lane
from gateway.handoff.voice import Voice
from gateway.queue import Wakeups
from gateway.store import conversations, deliveries, handoffs, messages, staff_messages
from gateway.store.database import Database, Statements
from gateway.store.deliveries import NewDelivery


class Drafts:
    """The drafts of all handoffs. Each move answers with "", or with words that say why not; raises `SendError`."""

    def __init__(
        self,
        db: Database,
        moves: Handoffs,
        voice: Voice,
        access: StaffAccess,
        wakeups: Wakeups,
        *,
        clock: Callable[[], datetime] = utcnow,
    ) -> None:
        self._db = db
        self._moves = moves
        self._voice = voice
        self._access = access
        self._wakeups = wakeups
        self._clock = clock

    async def card(self, draft_id: str) -> DraftCard | None:
        """A draft as it stands."""
        draft = await staff_messages.get_draft(self._db, draft_id)
        return None if draft is None else DraftCard(draft.id, draft.text, draft.state, draft.decided_by, draft.card)

    async def ask(self, handoff: Handoff, member_id: str, hint: str, *, key: str) -> str:
        """Ask the agent, once for each `key`."""
        if not handoff.is_open:
            return wording.cannot(handoff, "drafted for")
        draft = Draft(
            id=DraftId(f"drf_{key}"),
            handoff_id=handoff.id,
            conversation_id=handoff.conversation_id,
            asked_by=member_id,
            hint=hint,
            text="",
            state=DraftState.PROPOSED,
            decided_by="",
            card=None,
        )
        async with self._db.transaction() as tx:
            if not await staff_messages.add_draft(tx, draft, now=self._clock()):
                return ""
            await deliveries.add(tx, _delivery(draft), now=self._clock())
        await self._wakeups.deliver(_lane(draft))
        return wording.DRAFT_ASKED

    async def refusal(self, draft_id: str, member_id: str, team_id: str) -> str:
        """Why this person may not decide on it now."""
        return (await self._open_for(draft_id, member_id, team_id))[1]

    async def drop(self, draft_id: str, member_id: str, team_id: str) -> str:
        """Nothing of it goes out."""
        draft, refusal = await self._open_for(draft_id, member_id, team_id)
        if draft is None:
            return refusal
        async with self._db.transaction() as tx:
            if not await staff_messages.decide_draft(tx, draft.id, DraftState.DROPPED, by=member_id, text=draft.text):
                return wording.DECIDED_ALREADY
            await deliveries.add(tx, _delivery(draft), now=self._clock())
        await self._wakeups.deliver(_lane(draft))
        return ""

    async def send(self, draft_id: str, member_id: str, team_id: str, *, text: str = "") -> str:
        """It becomes a message of whoever sends it, in their words where they have changed it."""
        draft, refusal = await self._open_for(draft_id, member_id, team_id)
        if draft is None:
            return refusal
        text = text or draft.text
        if not text.strip():
            return wording.NOTHING_TO_SEND
        name = await self._name(member_id)
        async with self._db.transaction() as tx:
            handoff = await handoffs.lock(tx, draft.handoff_id)
            if handoff is None or not handoff.is_open:
                return wording.cannot(handoff, "spoken in")
            if not await staff_messages.decide_draft(tx, draft.id, DraftState.SENT, by=member_id, text=text):
                return wording.DECIDED_ALREADY
            handoff = await self._moves.owned_by(tx, handoff, member_id, now=self._clock())
            await self._relay(tx, handoff, draft, text, member_id, name)
            await deliveries.add(tx, _delivery(draft), now=self._clock())
        for lane in (handoff.conversation_id, handoff_lane(handoff.conversation_id), _lane(draft)):
            await self._wakeups.deliver(lane)
        return ""

    async def _relay(
        self, tx: Statements, handoff: Handoff, draft: Draft, text: str, member_id: str, name: str
    ) -> None:
        """As if its sender had written it; who presses Send has seen how long it is."""
        now = self._clock()
        ref = draft.card or CardRef("draft", draft.id)
        written = StoredStaffMessage(
            id=f"{ref.slack_channel_id}:{ref.ts}",
            handoff_id=handoff.id,
            conversation_id=handoff.conversation_id,
            member_id=member_id,
            member_name=name,
            text=text,
            state=StaffMessageState.RELAYED,
            seen=handoff.shown,
            mark="",
            sent_at=now,
        )
        await staff_messages.add(tx, written, now=now)
        conversation = await conversations.get(tx, handoff.conversation_id)
        assert conversation is not None  # noqa: S101  # its handoff is locked
        newest = await messages.at(tx, conversation.id, conversation.arrived)
        became = await relaying.relay(tx, self._voice, handoff, written, newest, files=(), is_confirmed=True, now=now)
        await staff_messages.move(tx, written.id, StaffMessageState.RELAYED, became)

    async def _open_for(self, draft_id: str, member_id: str, team_id: str) -> tuple[Draft | None, str]:
        """The draft, if this person may decide on it now; else what to tell them."""
        draft = await staff_messages.get_draft(self._db, draft_id)
        conversation = await conversations.get(self._db, draft.conversation_id) if draft else None
        if draft is None or conversation is None or draft.state is not DraftState.PROPOSED:
            return None, wording.DECIDED_ALREADY
        refusal = await self._access.refusal(member_id, team_id, conversation)
        return (None, refusal) if refusal else (draft, "")

    async def _name(self, member_id: str) -> str:
        with suppress(SendError):
            return await self._access.name(member_id)
        return ""


def _lane(draft: Draft) -> str:
    """Its own: the agent takes its time, and nothing waits for it."""
    return f"draft:{draft.id}"


def _delivery(draft: Draft) -> NewDelivery:
    """Show a draft as it stands."""
    return NewDelivery(
        id=DeliveryId(new_id("dlv")),
        lane=_lane(draft),
        kind=DeliveryKind.DRAFT,
        target=ReplyTarget(ChannelName.SLACK, "desk", ""),
        conversation_id=draft.conversation_id,
        subject_id=draft.id,
    )

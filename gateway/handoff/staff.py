"""The gateway's side of `channels.base.StaffInbox`: what staff write in handoff threads, and what they press.

Only people who may speak to customers are heard; anybody else is told privately, and nothing goes out. Who writes in a
handoff that nobody has takes it by that. A colleague who is not its owner is relayed as well: a team helps out, and
the owner stays the one who is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import structlog

from channels.base import Desk
from channels.errors import PermanentFailure, SendError, TemporaryFailure
from channels.message import Attachment
from channels.staff import (
    ButtonValue,
    CardRef,
    DraftCard,
    DraftSubmitted,
    HandoffAction,
    HandoffPress,
    HandoffState,
    Reply,
    StaffChange,
    StaffMessage,
)
from gateway import audit, wording
from gateway.domain import (
    Conversation,
    ConversationId,
    Handoff,
    StaffMessageState,
    StoredStaffMessage,
    utcnow,
)
from gateway.handoff import relaying
from gateway.handoff.access import StaffAccess
from gateway.handoff.commands import Command, ForCustomer, Internal, Meaning, Order, read
from gateway.handoff.drafts import Drafts
from gateway.handoff.handoffs import Handoffs
from gateway.handoff.lines import handoff_lane
from gateway.handoff.voice import Voice
from gateway.queue import Wakeups
from gateway.store import conversations, handoffs, messages, staff_messages
from gateway.store.database import Database, Statements
from gateway.trace import find_conversations

log = structlog.get_logger(__name__)


class Staff:
    """What the desk hands over. Set `access.desk` when it opens."""

    def __init__(
        self,
        db: Database,
        handoffs_: Handoffs,
        voice: Voice,
        access: StaffAccess,
        wakeups: Wakeups,
        *,
        clock: Callable[[], datetime] = utcnow,
    ) -> None:
        self._db = db
        self._handoffs = handoffs_
        self._voice = voice
        self._access = access
        self._wakeups = wakeups
        self._drafts = Drafts(db, handoffs_, voice, access, wakeups, clock=clock)
        self._clock = clock

    # What staff write

    async def accept_staff(self, message: StaffMessage) -> None:
        """Make it durable, and do what it asks for. A repeat changes nothing.

        Raises `SendError` where it cannot be judged now: the provider brings it again.
        """
        handoff = await handoffs.in_thread(self._db, message.thread)
        if handoff is None:
            if await handoffs.is_any_unplaced(self._db):
                raise TemporaryFailure("a handoff thread has been posted and is not known yet")
            return
        conversation = await conversations.get(self._db, handoff.conversation_id)
        if conversation is None or await self._is_repeated(message):
            return
        refusal = await self._access.refusal(message.member_id, message.team_id, conversation)
        if refusal:
            await self._refuse(message, handoff, refusal)
            return
        if message.change is not StaffChange.WRITTEN:
            await self._change(message, handoff)
            return
        await self._take(message, handoff, read(message.text))

    async def _take(self, message: StaffMessage, handoff: Handoff, meaning: Meaning) -> None:
        match meaning:
            case Internal():
                await self._keep(message, handoff, StaffMessageState.INTERNAL)
            case Order():
                if await self._keep(message, handoff, StaffMessageState.INTERNAL):
                    reply = await self._obey(message, handoff, meaning)
                    if reply:
                        await self._whisper(message, reply)
            case ForCustomer(text):
                await self._relay(message, handoff, text)

    async def _obey(self, message: StaffMessage, handoff: Handoff, order: Order) -> str:
        actor = message.member_id
        match order.command:
            case Command.BACK:
                return await self._handoffs.hand_back(handoff.id, actor=actor, note=order.argument)
            case Command.CLOSE:
                return await self._handoffs.close(handoff.id, actor=actor, note=order.argument)
            case Command.TAKE:
                return await self._take_over(handoff, actor)
            case Command.RELEASE:
                return await self._handoffs.release(handoff.id, actor=actor)
            case Command.REOPEN:
                return await self._handoffs.reopen(handoff.id, actor=actor)
            case Command.ASSIGN:
                if not message.mentions:
                    return "Name a person or a group: `!assign @somebody`."
                return await self._handoffs.assign(handoff.id, message.mentions[0], actor=actor)
            case Command.DRAFT:
                return await self._drafts.ask(handoff, actor, order.argument, key=_id_of(message.message))

    async def _relay(self, message: StaffMessage, handoff: Handoff, text: str) -> None:
        files = await self._fetched(message)
        if not text.strip() and not files:
            return
        now = self._clock()
        async with self._db.transaction() as tx:
            locked = await handoffs.lock(tx, handoff.id)
            if locked is None or not locked.is_open:
                refusal = wording.cannot(locked, "spoken in")
            else:
                refusal = ""
                owned = await self._handoffs.owned_by(tx, locked, message.member_id, now=now)
                await self._store_and_send(tx, owned, message, text, files, now=now)
        if refusal:
            await self._keep(message, handoff, StaffMessageState.REFUSED)
            await self._whisper(message, f"{wording.INTERNAL_THREAD_ONLY} {refusal}")
            return
        await self._wake(handoff.conversation_id)

    async def _store_and_send(
        self,
        tx: Statements,
        handoff: Handoff,
        message: StaffMessage,
        text: str,
        files: tuple[Attachment, ...],
        *,
        now: datetime,
    ) -> None:
        stored = _stored(message, handoff, StaffMessageState.RELAYED, text=text)
        if not await staff_messages.add(tx, stored, now=now):
            return
        for number, file in enumerate(files):
            await staff_messages.add_file(tx, stored.id, file, number)
        conversation = await conversations.get(tx, handoff.conversation_id)
        assert conversation is not None  # noqa: S101  # its handoff is locked
        newest = await messages.at(tx, conversation.id, conversation.arrived)
        became = await relaying.relay(
            tx, self._voice, handoff, stored, newest, files=files, is_confirmed=False, now=now
        )
        if became is not StaffMessageState.RELAYED:
            await staff_messages.move(tx, stored.id, StaffMessageState.RELAYED, became)

    async def _change(self, message: StaffMessage, handoff: Handoff) -> None:
        """An edit or a deletion of something that was written here."""
        now = self._clock()
        key = f"{message.change}:{message.event_id}"
        async with self._db.transaction() as tx:
            locked = await handoffs.lock(tx, handoff.id)
            stored = await staff_messages.get(tx, _id_of(message.message))
            if locked is None or stored is None:
                return
            if message.change is StaffChange.DELETED:
                await relaying.take_back(tx, locked, stored, key=key, now=now)
            else:
                await relaying.edit(tx, locked, stored, message.text, key=key, now=now)
        await self._wake(handoff.conversation_id)

    async def _keep(self, message: StaffMessage, handoff: Handoff, state: StaffMessageState) -> bool:
        """Remember that it was here. False: it had been."""
        now = self._clock()
        async with self._db.transaction() as tx:
            added = await staff_messages.add(tx, _stored(message, handoff, state), now=now)
            if added:
                await handoffs.touch(tx, handoff.id, now=now)
        return added

    async def _refuse(self, message: StaffMessage, handoff: Handoff, refusal: str) -> None:
        if not await self._keep(message, handoff, StaffMessageState.REFUSED):
            return
        async with self._db.transaction() as tx:
            await audit.record(
                tx,
                "handoff.refused",
                now=self._clock(),
                actor=message.member_id,
                conversation_id=handoff.conversation_id,
                subject_id=handoff.id,
            )
        log.warning("handoff.refused", handoff_id=handoff.id, member_id=message.member_id)
        await self._whisper(message, f"{wording.INTERNAL_THREAD_ONLY} {refusal}")

    async def _is_repeated(self, message: StaffMessage) -> bool:
        if message.change is not StaffChange.WRITTEN:
            return False  # its line has a key of its own
        return await staff_messages.get(self._db, _id_of(message.message)) is not None

    async def _fetched(self, message: StaffMessage) -> tuple[Attachment, ...]:
        """The files of a message, each with its content. Raises `TemporaryFailure`."""
        desk = self._access.desk
        if desk is None:
            return ()
        return tuple([await _fetch(desk, file) for file in message.attachments])

    async def _whisper(self, message: StaffMessage, text: str) -> None:
        """Tell one person something. They may miss it: nothing hangs on it."""
        if self._access.desk is None:
            return
        with suppress(SendError):
            await self._access.desk.whisper(
                text,
                member_id=message.member_id,
                slack_channel_id=message.thread.slack_channel_id,
                thread_ts=message.thread.ts,
            )

    # What staff press

    async def press(self, press: HandoffPress) -> Reply:
        """A button, or a command that stands for it. Every answer is safe to show to who pressed."""
        try:
            return Reply(await self._pressed(press))
        except SendError:
            return Reply(wording.UNCHECKED)

    async def _pressed(self, press: HandoffPress) -> str:
        value = ButtonValue.decode(press.value.strip()).subject_id.strip()
        match press.action:
            case HandoffAction.SEND_DRAFT | HandoffAction.EDIT_DRAFT | HandoffAction.DROP_DRAFT:
                return await self._press_draft(press, value)
            case HandoffAction.SEND_ANYWAY | HandoffAction.HOLD_BACK:
                return await self._press_relay(press, value)
            case _:
                return await self._press_handoff(press, value)

    async def _press_handoff(self, press: HandoffPress, value: str) -> str:
        handoff = await handoffs.get(self._db, value)
        conversation_id = handoff.conversation_id if handoff else await self._named(value)
        if isinstance(conversation_id, Reply):
            return conversation_id.text
        conversation = await conversations.get(self._db, conversation_id)
        if conversation is None:
            return wording.NO_CONVERSATION
        refusal = await self._refusal(press.member_id, press.team_id, conversation)
        if refusal:
            return refusal
        if press.action is HandoffAction.TAKE_OVER:
            if handoff is not None:
                return await self._take_over(handoff, press.member_id)
            return await self._handoffs.take_over(conversation_id, actor=press.member_id)
        handoff = handoff or await handoffs.newest_of(self._db, conversation_id)
        if handoff is None:
            return wording.cannot(None, "")
        return await self._move(press.action, handoff, press.member_id)

    async def _move(self, action: HandoffAction, handoff: Handoff, actor: str) -> str:
        match action:
            case HandoffAction.HAND_BACK:
                return await self._handoffs.hand_back(handoff.id, actor=actor)
            case HandoffAction.RELEASE:
                return await self._handoffs.release(handoff.id, actor=actor)
            case HandoffAction.CLOSE:
                return await self._handoffs.close(handoff.id, actor=actor)
            case HandoffAction.REOPEN:
                return await self._handoffs.reopen(handoff.id, actor=actor)
            case _:
                return ""

    async def _take_over(self, handoff: Handoff, actor: str) -> str:
        """A closed one is reopened; one that came back to the agent is handed over anew."""
        if handoff.state is HandoffState.CLOSED:
            return await self._handoffs.reopen(handoff.id, actor=actor)
        return await self._handoffs.take_over(handoff.conversation_id, actor=actor)

    async def _named(self, value: str) -> ConversationId | Reply:
        """The conversation that anything names: an id of any kind, an address, a link."""
        found = await find_conversations(self._db, value) if value else ()
        if len(found) > 1:
            return Reply(f"That names {len(found)} conversations: {', '.join(found[:5])}. Name one of them.")
        return found[0] if found else Reply(wording.NO_CONVERSATION)

    async def _press_relay(self, press: HandoffPress, message_id: str) -> str:
        """A message that was asked about is sent all the same, or held back."""
        stored = await staff_messages.get(self._db, message_id)
        conversation = await conversations.get(self._db, stored.conversation_id) if stored else None
        if stored is None or conversation is None:
            return wording.DECIDED_ALREADY
        refusal = await self._refusal(press.member_id, press.team_id, conversation)
        if refusal:
            return refusal
        now = self._clock()
        async with self._db.transaction() as tx:
            handoff = await handoffs.lock(tx, stored.handoff_id)
            current = await staff_messages.get(tx, message_id)
            if handoff is None or current is None or current.state is not StaffMessageState.ASKED:
                return wording.DECIDED_ALREADY
            if press.action is HandoffAction.HOLD_BACK:
                await staff_messages.move(tx, message_id, StaffMessageState.ASKED, StaffMessageState.DROPPED)
                return ""
            if not handoff.is_open:
                return wording.cannot(handoff, "spoken in")
            newest = await messages.at(tx, conversation.id, conversation.arrived)
            files = await staff_messages.files_of(tx, message_id)
            became = await relaying.relay(
                tx, self._voice, handoff, current, newest, files=files, is_confirmed=True, now=now
            )
            await staff_messages.move(tx, message_id, StaffMessageState.ASKED, became)
        await self._wake(conversation.id)
        return ""

    # Drafts

    async def draft(self, draft_id: str) -> DraftCard | None:
        """A draft as it stands, for the dialog in which it is edited."""
        return await self._drafts.card(draft_id)

    async def submit_draft(self, submitted: DraftSubmitted) -> Reply:
        """The dialog came back: what was typed goes to the customer."""
        if not submitted.text.strip():
            return Reply(field_errors={"text": wording.NOTHING_TO_SEND})
        try:
            return Reply(
                await self._drafts.send(submitted.draft_id, submitted.member_id, submitted.team_id, text=submitted.text)
            )
        except SendError:
            return Reply(wording.UNCHECKED)

    async def _press_draft(self, press: HandoffPress, draft_id: str) -> str:
        match press.action:
            case HandoffAction.SEND_DRAFT:
                return await self._drafts.send(draft_id, press.member_id, press.team_id)
            case HandoffAction.DROP_DRAFT:
                return await self._drafts.drop(draft_id, press.member_id, press.team_id)
            case _:
                return await self._drafts.refusal(draft_id, press.member_id, press.team_id)

    async def _refusal(self, member_id: str, team_id: str, conversation: Conversation) -> str:
        return await self._access.refusal(member_id, team_id, conversation)

    async def _wake(self, conversation_id: ConversationId, *lanes: str) -> None:
        for lane in (conversation_id, handoff_lane(conversation_id), *lanes):
            await self._wakeups.deliver(lane)


def _id_of(ref: CardRef) -> str:
    """A staff message's identity: where it stands."""
    return f"{ref.slack_channel_id}:{ref.ts}"


def _stored(
    message: StaffMessage, handoff: Handoff, state: StaffMessageState, *, text: str | None = None
) -> StoredStaffMessage:
    return StoredStaffMessage(
        id=_id_of(message.message),
        handoff_id=handoff.id,
        conversation_id=handoff.conversation_id,
        member_id=message.member_id,
        member_name=message.member_name,
        text=message.text if text is None else text,
        state=state,
        seen=handoff.shown,
        mark="",
        sent_at=message.sent_at,
    )


async def _fetch(desk: Desk, file: Attachment) -> Attachment:
    """A file that cannot be had is sent as its name."""
    if file.content is not None:
        return file
    try:
        return await desk.fetch(file)
    except PermanentFailure as failure:
        log.warning("staff_file.not_fetched", code=failure.code)
        return replace(file, content=f"({file.name} could not be sent.)".encode(), mime_type="text/plain")

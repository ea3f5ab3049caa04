"""Runs one turn on its session: posts the customer's messages once, answers what was approved, reads how it ends.

What was posted before a crash is found by comparing the session's history with the cursor that was stored before
posting; a platform that knows `client_message_id` recognises a repeat by itself as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

import structlog

from channels.base import ShowsProgress
from channels.message import ChannelName, ReplyTarget
from channels.staff import ApprovalState
from gateway import audit, wording
from gateway.arguments import changed_arguments
from gateway.attachments import Attachments
from gateway.batch import Batch, batch_of, count_posted, find_batch
from gateway.domain import Approval, Message, Turn, utcnow
from gateway.events import SessionEvent, SessionEventType, SessionMessage
from gateway.handoff.keywords import wants_person
from gateway.relay import Ending, Failed, HandedOver, Relay, Replied, ToolOutcome, ending_from, outcomes_from
from gateway.session import Session, SessionDisconnectedError, SessionError, SessionTimeoutError, Subscription
from gateway.sessions import Sessions
from gateway.settling import end_untold, withdraw_open
from gateway.store import approvals, conversations, handoffs, messages, notes, turns
from gateway.store.conversations import Claimed
from gateway.store.database import Database

log = structlog.get_logger(__name__)

# A turn that was dropped is looked up in the history this often: a platform need not tell what went on meanwhile.
LOOK_AGAIN_S = 5.0
ABANDON_TIMEOUT_S = 5.0
UNKNOWN = -1  # a cursor that has to be read from the history first


class Runner:
    """Makes runs of turns; holds what they share."""

    def __init__(
        self,
        db: Database,
        sessions: Sessions,
        attachments: Attachments,
        *,
        displays: Mapping[ChannelName, ShowsProgress] | None = None,
        clock: Callable[[], datetime] = utcnow,
    ) -> None:
        self.db = db
        self.sessions = sessions
        self.attachments = attachments
        self.displays = displays or {}
        self.clock = clock

    def prepare(self, claimed: Claimed, turn: Turn) -> Run:
        return Run(self, claimed, turn)

    async def stop(self, session_id: str | None) -> bool:
        """End what a session is still doing, so that nothing of it is taken for a later turn's.

        What waits for approval is denied first, since a session that waits for it does nothing else. False: the
        platform could not be told.
        """
        if session_id is None:
            return True
        try:
            async with asyncio.timeout(ABANDON_TIMEOUT_S):
                async with self.sessions.use(session_id) as session:
                    await _deny_open_requests(session, await session.get_messages())
                    await session.terminate()
        except (TimeoutError, SessionError) as error:
            log.warning("session.not_stopped", session_id=session_id, error=type(error).__name__)
            return False
        return True


class Run:
    """One run of one turn by one worker. `posted` is how many messages of ours the session then has."""

    def __init__(self, runner: Runner, claimed: Claimed, turn: Turn) -> None:
        self._runner = runner
        self._db = runner.db
        self._claimed = claimed
        self._session_id = claimed.conversation.session_id
        self._relay = Relay()
        self.turn = turn
        self.posted = UNKNOWN

    @property
    def tool_outcomes(self) -> tuple[ToolOutcome, ...]:
        return tuple(self._relay.outcomes)

    async def from_its_beginning(self) -> Ending:
        """Post the turn's messages and read how it ends. Raises SessionError where the platform is out of reach."""
        batch = await self._batch()
        if isinstance(batch, HandedOver):
            return batch
        async with self._runner.sessions.use(self._session_id) as session:
            await self._bind(session)
            if self.turn.cursor == UNKNOWN:
                history = await session.get_messages()
                await _deny_open_requests(session, history)
                await self._set_cursor(count_posted(history))
            with session.subscribe() as events:
                return await self._post(session, events, batch)

    async def from_where_it_was(self) -> Ending:
        """Pick up a turn that was paused or dropped: nothing is posted or answered a second time."""
        batch = await self._batch()
        if isinstance(batch, HandedOver):
            return batch
        async with self._runner.sessions.use(self._session_id) as session:
            await self._bind(session)
            with session.subscribe() as events:
                history = await session.get_messages()
                if self.turn.cursor == UNKNOWN:
                    await self._set_cursor(count_posted(history))
                start = find_batch(history, batch, cursor=self.turn.cursor)
                if start is None:
                    return await self._post(session, events, batch)
                self.posted = count_posted(history[:start]) + len(batch)
                return await self._resume(session, events, batch, history, start)

    @asynccontextmanager
    async def shown(self) -> AsyncIterator[None]:
        """Let the customer watch while the block runs, where their channel can show it."""
        display = self._runner.displays.get(self.turn.reply_to.channel)
        if display is None:
            yield
            return
        async with display.progress(self.turn.begun or self.turn.reply_to, begun=self._note_begun) as progress:
            self._relay.progress = progress
            yield

    async def abandon(self) -> None:
        """Cancel what the session is still doing, so that a late reply is not taken for the next turn's."""
        await self._runner.stop(self._session_id)

    async def _note_begun(self, target: ReplyTarget) -> None:
        """Remembered before more is shown, so that a successor completes the same message."""
        await turns.note_begun(self._db, self.turn.id, self._claimed.lease, target)
        self.turn = replace(self.turn, begun=target)

    async def _resume(
        self, session: Session, events: Subscription, batch: Batch, history: list[SessionMessage], start: int
    ) -> Ending:
        asked = await approvals.of_turn(self._db, self.turn.id)
        self._relay.answered = {approval.request_id for approval in asked}
        self._relay.outcomes += outcomes_from(history, after=start)
        ending = ending_from(history, after=start, answered=self._relay.answered)
        if isinstance(ending, Failed) and ending.was_interrupted:
            log.info("turn.repeated", turn_id=self.turn.id)
            await self._begin_again(count_posted(history))
            return await self._post(session, events, batch, again=True)
        self._relay.is_waiting = any(approval.is_pending for approval in asked)
        if await self._answer(session, asked, history):
            ending = None
        if isinstance(ending, Replied):
            return replace(ending, leaves_open=self._relay.is_waiting)
        return ending or await self._read_or_look(session, events, start)

    async def _post(self, session: Session, events: Subscription, batch: Batch, *, again: bool = False) -> Ending:
        key = f"{self.turn.id}:again" if again else self.turn.id
        try:
            if batch.only_text is not None:
                await session.send(batch.only_text, client_message_id=key, assurance=batch.assurance, wait=True)
            else:
                await session.send_many(batch.items, client_message_id=key, assurance=batch.assurance, wait=True)
        except (SessionDisconnectedError, SessionTimeoutError):
            raise
        except SessionError as error:
            return Failed(f"the platform refused the message ({error.code or error})")
        self.posted = self.turn.cursor + len(batch)
        return await self._relay.read(events)

    async def _answer(self, session: Session, asked: Sequence[Approval], history: list[SessionMessage]) -> bool:
        """Give the session the decisions that it has not got yet. False where it has them all."""
        given = {message.raw.get("parent_message_id") for message in history if message.is_user}
        news = False
        for approval in asked:
            if approval.is_pending or approval.answered_at is not None:
                continue
            if approval.request_id not in given:
                await _respond(session, approval)
                news = True
            await approvals.mark_answered(self._db, approval.id, now=self._runner.clock())
        return news

    async def _read_or_look(self, session: Session, events: Subscription, start: int) -> Ending:
        """Read on; and look into the history now and then, for an ending that was told before we listened."""
        while True:
            try:
                async with asyncio.timeout(LOOK_AGAIN_S):
                    return await self._relay.read(events)
            except TimeoutError:
                history = await session.get_messages()
                ending = ending_from(history, after=start, answered=self._relay.answered)
                if ending is not None:
                    self._relay.outcomes += outcomes_from(history, after=start)
                    return ending

    async def _begin_again(self, cursor: int) -> None:
        """The platform lost the turn before any tool had run: what it asked for is asked by nobody any more."""
        now = self._runner.clock()
        async with self._db.transaction() as tx:
            await turns.set_cursor(tx, self.turn.id, self._claimed.lease, cursor)
            await withdraw_open(tx, self.turn.id, actor=audit.SYSTEM, reason=wording.TURN_LOST, now=now)
            await end_untold(tx, self.turn.id, wording.NEVER_RAN, now=now)
            for approval in await approvals.of_turn(tx, self.turn.id):
                await approvals.mark_answered(tx, approval.id, now=now)  # there is nobody left to answer
        self.turn = replace(self.turn, cursor=cursor)

    async def _batch(self) -> Batch | HandedOver:
        """What is to be posted; or nothing, where a customer asks for a person in so many words."""
        turn = self.turn
        texts = await messages.between(self._db, turn.conversation_id, turn.first_position, turn.last_position)
        if await self._asks_for_person(texts):
            self.posted = turn.cursor
            return HandedOver("", by_customer=True)
        files = await self._runner.attachments.of(turn) if any(message.has_files for message in texts) else ()
        told = await notes.of_turn(self._db, turn.id) if turn.notes else ()
        return batch_of(texts, files, notes=told, with_names=await self._has_several_authors())

    async def _asks_for_person(self, texts: Sequence[Message]) -> bool:
        """Such words count once: those that staff have had before them are not asked again after a hand-back."""
        asking = [message.position for message in texts if wants_person(message.text)]
        if not asking:
            return False
        before = await handoffs.newest_of(self._db, self.turn.conversation_id)
        return before is None or max(asking) > before.shown

    async def _has_several_authors(self) -> bool:
        """Up to this turn, so that a turn which is repeated says the same. A phone has one author."""
        turn = self.turn
        if turn.reply_to.channel is ChannelName.SMS:
            return False
        return len(await messages.authors(self._db, turn.conversation_id, upto=turn.last_position)) > 1

    async def _bind(self, session: Session) -> None:
        """A conversation's first session is its session for life: remembered before anything is posted."""
        if self._session_id is None and session.session_id is not None:
            await conversations.bind_session(self._db, self._claimed.lease, session.session_id)
            self._session_id = session.session_id

    async def _set_cursor(self, cursor: int) -> None:
        await turns.set_cursor(self._db, self.turn.id, self._claimed.lease, cursor)
        self.turn = replace(self.turn, cursor=cursor)


async def _deny_open_requests(session: Session, history: Sequence[SessionMessage]) -> None:
    """Nobody waits for these any more: nothing of them runs."""
    answered = {message.raw.get("parent_message_id") for message in history if message.is_user}
    asked = [message.id for message in history if message.content_type == "tool_call_approval"]
    for request_id in asked:
        if request_id not in answered:
            request = SessionEvent(SessionEventType.APPROVAL_REQUEST, session.session_id or "", request_id)
            await session.respond_approval(
                request, approved=False, deny_reason=wording.NOT_ASKED_ANY_MORE, client_message_id=request_id, wait=True
            )


async def _respond(session: Session, approval: Approval) -> None:
    request = SessionEvent(SessionEventType.APPROVAL_REQUEST, session.session_id or "", approval.request_id)
    if approval.state is not ApprovalState.APPROVED:
        await session.respond_approval(
            request,
            approved=False,
            deny_reason=approval.reason or wording.EXPIRED,
            client_message_id=approval.id,
            wait=True,
        )
        return
    changed = changed_arguments(approval.arguments, approval.proposed)
    await session.respond_approval(request, approved=True, confirm=changed, client_message_id=approval.id, wait=True)

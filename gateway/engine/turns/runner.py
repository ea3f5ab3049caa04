"""Runs the turns that this process has claimed, one task each, and ends those that were lost.

A turn is lost when its process died, when it was terminated, or when something unforeseen broke it. It is not run
again, since its tools may have acted; only a turn whose accepted answer nobody has acted on yet simply goes on.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

import structlog

from gateway.engine.clock import now_us
from gateway.engine.errors import ErrorCode, TurnTaken
from gateway.engine.listeners.telling import publish
from gateway.engine.protocol.contents import load_items, message_content
from gateway.engine.store import sessions, turns
from gateway.engine.store.events import Event, EventKind
from gateway.engine.store.sessions import SessionRecord
from gateway.engine.store.turns import TurnRecord
from gateway.engine.turns.calls import RunningCall, call_content, result_content
from gateway.engine.turns.journal import Journal, record
from gateway.engine.turns.memory import measure
from gateway.engine.turns.transcript import UNKNOWN_OUTCOME, close_calls, dump_messages, load_messages
from gateway.engine.turns.turn import Turn
from gateway.engine.turns.workshop import Workshop
from gateway.store.database import DatabaseUnavailable

log = structlog.get_logger(__name__)

CANCEL_PATIENCE = timedelta(seconds=2)
SEQ_GAP = 10_000  # more than the deltas that a lost turn can have told without recording it
LOST: dict[ErrorCode, str] = {
    "interrupted": "The engine stopped in the middle of this turn. It was not run again.",
    "terminated": "The session was terminated in the middle of this turn.",
    "internal": "Something went wrong inside the engine. The turn was not run again.",
}


class Runner:
    """The turns of this process."""

    def __init__(self, workshop: Workshop, process_id: str) -> None:
        self.process_id = process_id
        self._workshop = workshop
        self._running: dict[str, tuple[int, asyncio.Task[None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    def start(self, session: SessionRecord, turn: TurnRecord) -> None:
        """Run a claimed turn."""
        task = asyncio.create_task(self._run(session, turn), name=f"turn-{session.id}")
        self._running[session.id] = (session.fence, task)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def is_running(self, session_id: str, fence: int) -> bool:
        return self._running.get(session_id, (None, None))[0] == fence

    def stop(self, session_id: str, fence: int) -> None:
        """Stop a turn that another process has taken from us."""
        if self.is_running(session_id, fence):
            self._running[session_id][1].cancel()

    async def start_next(self, session_id: str) -> None:
        """Claim an idle session for the turn that waits longest, if there is one."""
        if self._closing:
            return
        turn = await turns.next_waiting(self._workshop.db, session_id)
        if turn is None:
            return
        items = load_items(turn.contents)
        async with self._workshop.db.transaction() as tx:
            session = await sessions.claim_waiting(tx, session_id, turn.number, self.process_id, len(items) + 1)
            if session is None:
                return
            await turns.open_turn(tx, session_id, turn.number)
            posted = [(item.message_id, message_content(item.item)) for item in items]
            recorded = opening_events(session, posted)
            await record(self._workshop, tx, session, recorded)
        publish(self._workshop.hub, session.id, session.agent_id, recorded)
        self.start(session, turn)

    async def end_lost(self, session_id: str, fence: int, code: ErrorCode) -> None:
        """End a turn that is not going on, wherever it ran; nothing happens where it has moved on since."""
        async with self._workshop.db.transaction() as tx:
            session = await sessions.claim_abandoned(tx, session_id, fence, self.process_id, SEQ_GAP)
            if session is not None:
                await self._workshop.peers.stop_turn(tx, session_id, fence)
        await self._stop_task(session_id, fence)
        if session is None:
            return
        turn = await turns.find_turn(self._workshop.db, session_id, session.turn)
        if turn is None:
            raise LookupError(f"session {session_id} has no turn {session.turn}")
        if turn.answer is not None and code == "interrupted":
            self.start(session, turn)
            return
        if await self._record_loss(session, turn, code):
            await self.start_next(session_id)

    async def close(self, grace: timedelta) -> None:
        """Let running turns finish, and end those that take longer."""
        self._closing = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace.total_seconds())
        for session_id, (fence, _) in tuple(self._running.items()):
            await self._end_unfinished(session_id, fence)

    async def _end_unfinished(self, session_id: str, fence: int) -> None:
        with suppress(DatabaseUnavailable):  # then the sweep of another process finds it
            await self.end_lost(session_id, fence, "interrupted")

    async def _run(self, session: SessionRecord, turn: TurnRecord) -> None:
        waiting, is_broken = 0, False
        try:
            waiting = await Turn(self._workshop, session, turn).run()
        except TurnTaken:
            log.info("turn.taken", session_id=session.id, turn=turn.number)
        except Exception as error:  # noqa: BLE001  # a task's boundary: what we did not foresee ends the turn
            log.error("turn.broken", session_id=session.id, turn=turn.number, error=type(error).__name__)
            is_broken = True
        finally:
            if self.is_running(session.id, session.fence):
                del self._running[session.id]
        try:
            if is_broken:
                await self.end_lost(session.id, session.fence, "internal")
            elif waiting:
                await self.start_next(session.id)
        except DatabaseUnavailable:
            log.warning("turn.left", session_id=session.id, turn=turn.number)  # for the sweep

    async def _stop_task(self, session_id: str, fence: int) -> None:
        if not self.is_running(session_id, fence):
            return
        _, task = self._running.pop(session_id)
        task.cancel()
        # A tool may refuse to end; whatever it still does, the fence keeps it from writing.
        await asyncio.wait([task], timeout=CANCEL_PATIENCE.total_seconds())

    async def _record_loss(self, session: SessionRecord, turn: TurnRecord, code: ErrorCode) -> int:
        journal = Journal(self._workshop, session)
        messages = load_messages(turn.messages)
        running = RunningCall.load(turn.running_call) if turn.running_call else None
        if running is not None:
            label, arguments = running.label, running.arguments
            journal.stage_message(call_content(label, arguments, "Error"), message_id=running.message_id)
            journal.stage_message(result_content(label, UNKNOWN_OUTCOME, "Error"))
        close_calls(messages, running.label.tool_call_id if running else None)
        error = {"type": "error_message", "error": LOST[code], "code": code, "tools_started": turn.tools_started}
        journal.stage_message(error)
        journal.stage_status("Idle")
        async with journal.transaction() as tx:
            released = await sessions.release(tx, session.id, session.fence, journal.seq)
            if released is None:
                raise TurnTaken(f"session {session.id} was taken at fence {session.fence}")
            tokens = measure(turn.contents, messages)
            await turns.end_turn(
                tx, session.id, turn.number, messages=dump_messages(messages), tokens=tokens, at=now_us()
            )
        log.warning("turn.lost", session_id=session.id, turn=turn.number, code=code, tools_started=turn.tools_started)
        return released.waiting


def opening_events(session: SessionRecord, posted: list[tuple[str, str]]) -> list[Event]:
    """What a claim for a post records: the user's messages and that the agent has begun. Their numbers are taken."""
    at, first = now_us(), session.seq - len(posted)
    wrote = [
        Event(seq, EventKind.SILENT, content, at, message_id)
        for seq, (message_id, content) in enumerate(posted, start=first)
    ]
    return [*wrote, Event(session.seq, EventKind.STATUS, "Processing", at)]

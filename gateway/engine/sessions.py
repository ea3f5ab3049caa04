"""The use cases of a session: create, attach, post, answer, read, terminate. Knows nothing of sockets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from gateway.engine.clock import now_us
from gateway.engine.errors import Refused
from gateway.engine.ids import new_id
from gateway.engine.listeners.telling import publish
from gateway.engine.protocol.contents import (
    Answer,
    Item,
    PostedItem,
    answer_content,
    dump_items,
    load_items,
    message_content,
)
from gateway.engine.store import events, sessions, turns
from gateway.engine.store.agents import find_agent
from gateway.engine.store.events import Event, EventKind
from gateway.engine.store.sessions import SessionRecord, SessionState
from gateway.engine.store.turns import TurnRecord
from gateway.engine.turns.answers import decide, dump_decision
from gateway.engine.turns.journal import record
from gateway.engine.turns.runner import Runner, opening_events
from gateway.engine.turns.workshop import Workshop

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Post:
    """What a user posts for one turn. `assurance` is the poster's word on who wrote; "" where they say nothing."""

    items: Sequence[Item]
    client_message_id: str | None = None
    assurance: str = ""


@dataclass(frozen=True, slots=True)
class Posted:
    """An accepted post or answer. `is_repeated`: it had been accepted before, and nothing new happened."""

    message_ids: Sequence[str]
    is_repeated: bool = False


Acknowledge = Callable[[Posted], None]  # called once it is stored, before anything else is told


class Sessions:
    """All sessions of the database, as one key may use them."""

    def __init__(self, workshop: Workshop, runner: Runner) -> None:
        self._workshop = workshop
        self._db = workshop.db
        self._runner = runner

    async def create(self, owner: str, object_type: str, object_id: str) -> str:
        """A new session with an agent; returns its id."""
        if object_type != "agent":
            raise Refused("not_found", f"Sessions with a {object_type} are not available here.")
        if await find_agent(self._db, owner, object_id) is None:
            raise Refused("not_found", "There is no agent of this id.")
        session_id = new_id()
        await sessions.create_session(self._db, session_id, owner, object_id, now_us())
        log.info("session.created", session_id=session_id, agent_id=object_id)
        return session_id

    async def find(self, owner: str, session_id: str) -> SessionRecord:
        session = await sessions.find_session(self._db, session_id, owner)
        if session is None:
            raise Refused("not_found", "There is no session of this id.")
        return session

    async def post(self, owner: str, session_id: str, post: Post, acknowledge: Acknowledge) -> None:
        """Store a post, and start its turn where the session is idle; else it waits."""
        posted = [PostedItem(new_id(), item) for item in post.items]
        contents = [(item.message_id, message_content(item.item)) for item in posted]
        recorded: list[Event] = []
        try:
            async with self._db.transaction() as tx:
                session = await sessions.register_post(tx, session_id, owner, self._runner.process_id, len(posted) + 1)
                if session is None:
                    raise Refused("not_found", "There is no session of this id.")
                turn = TurnRecord(
                    session_id,
                    session.posts,
                    post.client_message_id,
                    dump_items(posted),
                    new_id(),
                    created_at=now_us(),
                    assurance=post.assurance,
                )
                if not await turns.add_turn(tx, turn, waits=session.waiting > 0):
                    raise _PostedBefore
                if session.waiting == 0:
                    recorded = opening_events(session, contents)
                    await record(self._workshop, tx, session, recorded)
        except _PostedBefore:
            acknowledge(await self._first_post(session_id, post.client_message_id or ""))
            return
        acknowledge(Posted([item.message_id for item in posted]))
        if session.waiting == 0:
            publish(self._workshop.hub, session_id, session.agent_id, recorded)
            self._runner.start(session, turn)
        elif session.state is SessionState.IDLE:
            await self._runner.start_next(session_id)

    async def answer(
        self, owner: str, session_id: str, request_id: str | None, answer: Answer, acknowledge: Acknowledge
    ) -> None:
        """Continue a paused turn with a person's answer. The first answer counts."""
        request = await events.find_request(self._db, session_id, request_id) if request_id else None
        if request is None:
            raise Refused("not_pending", "parent_message_id names no approval request of this session.")
        if await self._acknowledge_repeated(request, acknowledge):
            return
        decision = decide(request.content, answer)
        answer_id = new_id()
        async with self._db.transaction() as tx:
            session = await sessions.claim_answered(
                tx, session_id, owner, request.message_id, self._runner.process_id, event_count=2
            )
            if session is not None:
                recorded = [
                    Event(
                        session.seq - 1,
                        EventKind.SILENT,
                        answer_content(answer),
                        now_us(),
                        answer_id,
                        parent_id=request.message_id,
                    ),
                    Event(session.seq, EventKind.STATUS, "Processing", now_us()),
                ]
                await turns.record_answer(tx, session_id, session.turn, dump_decision(decision))
                await record(self._workshop, tx, session, recorded)
        if session is None:
            if not await self._acknowledge_repeated(request, acknowledge):
                raise Refused("not_pending", "The session does not wait for this request.")
            return
        acknowledge(Posted([answer_id]))
        publish(self._workshop.hub, session_id, session.agent_id, recorded)
        log.info("session.answered", session_id=session_id, request_id=request_id, approved=answer.approved)
        turn = await turns.find_turn(self._db, session_id, session.turn)
        if turn is not None:
            self._runner.start(session, turn)

    async def terminate(self, owner: str, session_id: str) -> None:
        """Drop what waits and end a turn that runs. History and a pending approval stay."""
        async with self._db.transaction() as tx:
            session = await sessions.drop_waiting(tx, session_id, owner)
            if session is None:
                raise Refused("not_found", "There is no session of this id.")
            await turns.drop_waiting(tx, session_id)
        if session.state is SessionState.PROCESSING:
            await self._runner.end_lost(session_id, session.fence, "terminated")
        log.info("session.terminated", session_id=session_id)

    async def events_after(self, session_id: str, seq: int) -> Sequence[Event]:
        return await events.list_events(self._db, session_id, seq)

    async def waiting_messages(self, session_id: str) -> Sequence[Event]:
        """What was posted for later turns, as it will stand in the history."""
        return [
            Event(0, EventKind.SILENT, message_content(posted.item), turn.created_at, posted.message_id)
            for turn in await turns.list_waiting(self._db, session_id)
            for posted in load_items(turn.contents)
        ]

    async def pending_request(self, session: SessionRecord) -> Event | None:
        """The request at which the session is paused."""
        if session.pending_id is None:
            return None
        return await events.find_request(self._db, session.id, session.pending_id)

    async def last_status(self, session_id: str) -> Event | None:
        return await events.last_status(self._db, session_id)

    async def _first_post(self, session_id: str, client_message_id: str) -> Posted:
        turn = await turns.find_posted(self._db, session_id, client_message_id)
        items = load_items(turn.contents) if turn else []
        return Posted([item.message_id for item in items], is_repeated=True)

    async def _acknowledge_repeated(self, request: Event, acknowledge: Acknowledge) -> bool:
        """Whether the request had been answered before."""
        first = await events.find_answer(self._db, request.message_id)
        if first is None:
            return False
        acknowledge(Posted([first.message_id], is_repeated=True))
        return True


class _PostedBefore(Exception):
    """Leaves the transaction of a repeated post."""

"""The events of one turn: numbered, recorded in the turn's own transactions, and then told to listeners, in order.

Deltas are told at once and never recorded; everything else is recorded first.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import orjson

from gateway.engine.clock import now_us
from gateway.engine.ids import new_id
from gateway.engine.listeners.telling import Delta, publish, publish_delta
from gateway.engine.store import events
from gateway.engine.store.events import Event, EventKind
from gateway.engine.store.sessions import SessionRecord
from gateway.engine.turns.workshop import Workshop
from gateway.store.database import Statements


class Journal:
    """Everything that a claim of a session has to say."""

    def __init__(self, workshop: Workshop, session: SessionRecord) -> None:
        self.seq = session.seq
        self._workshop = workshop
        self._session = session
        self._staged: list[Event] = []

    def tell_delta(self, message_id: str, index: int, value: str) -> None:
        self.seq += 1
        delta = Delta(self.seq, message_id, index, value)
        publish_delta(self._workshop.hub, self._session.id, delta)
        self._workshop.peers.tell_delta(self._session.id, delta)

    def stage_message(
        self, content: dict[str, object], *, message_id: str | None = None, kind: EventKind = EventKind.MESSAGE
    ) -> str:
        """A message for the next transaction; returns its id."""
        message_id = message_id or new_id()
        self._stage(kind, orjson.dumps(content).decode(), message_id)
        return message_id

    def stage_status(self, status: str) -> None:
        self._stage(EventKind.STATUS, status)

    def _stage(self, kind: EventKind, content: str, message_id: str = "") -> None:
        self.seq += 1
        self._staged.append(Event(self.seq, kind, content, now_us(), message_id))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Statements]:
        """Record what is staged together with what the block writes, then tell it."""
        staged, self._staged = self._staged, []
        async with self._workshop.db.transaction() as tx:
            yield tx
            await record(self._workshop, tx, self._session, staged)
        publish(self._workshop.hub, self._session.id, self._session.agent_id, staged)


async def record(workshop: Workshop, tx: Statements, session: SessionRecord, recorded: Sequence[Event]) -> None:
    """Store events, and announce them to other processes when the transaction commits."""
    await events.add_events(tx, session.id, recorded)
    await workshop.peers.announce(tx, session.id, session.agent_id, recorded)

"""The events of one turn: numbered, recorded in the turn's own transactions, and then told to listeners, in order.

Deltas are told at once and never recorded; everything else is recorded first.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import orjson

from gateway.engine import frames
from gateway.engine.clock import now_us
from gateway.engine.hub import Hub, Told
from gateway.engine.ids import new_id
from gateway.engine.store import events
from gateway.engine.store.events import Event, EventKind
from gateway.engine.store.sessions import SessionRecord
from gateway.store.database import Database, Statements


class Journal:
    """Everything that a claim of a session has to say."""

    def __init__(self, db: Database, hub: Hub, session: SessionRecord) -> None:
        self.seq = session.seq
        self._db = db
        self._hub = hub
        self._session_id = session.id
        self._agent_id = session.agent_id
        self._staged: list[Event] = []

    def tell_delta(self, message_id: str, index: int, value: str) -> None:
        self.seq += 1
        if self._hub.has_listeners(self._session_id):
            frame = frames.delta(self._session_id, self.seq, message_id, index, value)
            self._hub.publish(self._session_id, Told(self.seq, frame))

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
        async with self._db.transaction() as tx:
            yield tx
            await events.add_events(tx, self._session_id, staged)
        publish(self._hub, self._session_id, self._agent_id, staged)


def publish(hub: Hub, session_id: str, agent_id: str, recorded: Sequence[Event]) -> None:
    """Tell the listeners of this process what has just been recorded."""
    if not hub.has_listeners(session_id):
        return
    for told in tell_all(session_id, agent_id, recorded):
        hub.publish(session_id, told)


def tell_all(session_id: str, agent_id: str, recorded: Sequence[Event]) -> Sequence[Told]:
    """What listeners hear of recorded events."""
    framed = ((event, frames.event_frame(session_id, agent_id, event)) for event in recorded)
    return [Told(event.seq, frame, is_idle(event)) for event, frame in framed if frame is not None]


def is_idle(event: Event) -> bool:
    return event.kind is EventKind.STATUS and event.content == "Idle"

"""Events: everything that a session's history holds or its listeners missed, numbered in order. Only ever added to.

The end of a tool call repeats its message under the same id, so the history is the last event of every message, at the
place of its first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from gateway.store.database import Row, Statements


class EventKind(StrEnum):
    MESSAGE = "message"
    REQUEST = "request"  # a message that asks for approval
    SILENT = "silent"  # what users wrote: in the history, but nobody is notified
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `content` is the JSON of a message's content, or the word of a status."""

    seq: int
    kind: EventKind
    content: str
    created_at: int
    message_id: str = ""
    parent_id: str | None = None


async def add_events(tx: Statements, session_id: str, events: Sequence[Event]) -> None:
    """Store events in one statement."""
    if not events:
        return
    rows = ", ".join(
        "($1, " + ", ".join(f"${first + column}" for column in range(6)) + ")"
        for first in range(2, 2 + 6 * len(events), 6)
    )
    values = [
        value
        for event in events
        for value in (
            event.seq,
            event.kind.value,
            event.message_id,
            event.parent_id,
            event.content,
            event.created_at,
        )
    ]
    await tx.execute(
        "INSERT INTO engine_events (session_id, seq, kind, message_id, parent_id, content, created_at) VALUES " + rows,  # noqa: S608  # only placeholders are joined
        session_id,
        *values,
    )


async def list_events(db: Statements, session_id: str, after: int) -> Sequence[Event]:
    """Events with numbers above `after`, oldest first."""
    rows = await db.fetch(
        "SELECT * FROM engine_events WHERE session_id = $1 AND seq > $2 ORDER BY seq", session_id, after
    )
    return [_event(row) for row in rows]


async def list_events_between(db: Statements, session_id: str, first: int, last: int) -> Sequence[Event]:
    """Events with these numbers and those between them, oldest first."""
    rows = await db.fetch(
        "SELECT * FROM engine_events WHERE session_id = $1 AND seq >= $2 AND seq <= $3 ORDER BY seq",
        session_id,
        first,
        last,
    )
    return [_event(row) for row in rows]


async def last_status(db: Statements, session_id: str) -> Event | None:
    row = await db.fetch_one(
        "SELECT * FROM engine_events WHERE session_id = $1 AND kind = 'status' ORDER BY seq DESC LIMIT 1", session_id
    )
    return _event(row) if row else None


async def find_request(db: Statements, session_id: str, message_id: str) -> Event | None:
    row = await db.fetch_one(
        "SELECT * FROM engine_events WHERE message_id = $2 AND kind = 'request' AND session_id = $1",
        session_id,
        message_id,
    )
    return _event(row) if row else None


async def find_answer(db: Statements, request_id: str) -> Event | None:
    row = await db.fetch_one("SELECT * FROM engine_events WHERE parent_id = $1", request_id)
    return _event(row) if row else None


def _event(row: Row) -> Event:
    return Event(
        seq=row["seq"],
        kind=EventKind(row["kind"]),
        content=row["content"],
        created_at=row["created_at"],
        message_id=row["message_id"],
        parent_id=row["parent_id"],
    )

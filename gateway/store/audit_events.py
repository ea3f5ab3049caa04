"""The rows of the audit chain. What goes into them, and how they are linked, is `gateway.audit`'s."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.store.database import Row, Statements
from gateway.store.values import micros, moment

ADVISORY_LOCK = 0x4155444954  # "AUDIT"


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """A fact: who did what to which thing, chained to the fact before it."""

    number: int
    at: datetime
    name: str
    actor: str
    conversation_id: str
    subject_id: str
    data: str
    previous_hash: str
    hash: str


async def newest(tx: Statements) -> AuditEvent | None:
    """The end of the chain."""
    row = await tx.fetch_one("SELECT * FROM audit_events ORDER BY number DESC LIMIT 1")
    return None if row is None else event_from(row)


async def add(tx: Statements, event: AuditEvent) -> bool:
    """False: somebody else has taken this number meanwhile."""
    return (
        await tx.execute(
            """
        INSERT INTO audit_events (number, at, name, actor, conversation_id, subject_id, data, previous_hash, hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING
        """,
            event.number,
            micros(event.at),
            event.name,
            event.actor,
            event.conversation_id,
            event.subject_id,
            event.data,
            event.previous_hash,
            event.hash,
        )
        == 1
    )


async def after(db: Statements, number: int, *, limit: int) -> Sequence[AuditEvent]:
    rows = await db.fetch("SELECT * FROM audit_events WHERE number > $1 ORDER BY number LIMIT $2", number, limit)
    return [event_from(row) for row in rows]


def event_from(row: Row) -> AuditEvent:
    return AuditEvent(
        number=row["number"],
        at=moment(row["at"]),
        name=row["name"],
        actor=row["actor"],
        conversation_id=row["conversation_id"],
        subject_id=row["subject_id"],
        data=row["data"],
        previous_hash=row["previous_hash"],
        hash=row["hash"],
    )

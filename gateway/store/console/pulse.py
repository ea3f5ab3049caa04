"""How things stand, in a few numbers that indexes answer: what waits for people, and whether anything has changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gateway.domain import ConversationId
from gateway.store.database import Database
from gateway.store.values import maybe_moment


@dataclass(frozen=True, slots=True)
class Pulse:
    """What waits for people, and a mark that differs as soon as a page may look different."""

    approvals: int
    dead_letters: int
    held: int
    quarantined: int
    mark: str


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for our own processes, and since when it is overdue."""

    conversations: int
    conversations_since: datetime | None
    deliveries: int
    deliveries_since: datetime | None
    unknown: int


_PULSE = """
    SELECT
        (SELECT COUNT(*) FROM approvals WHERE state = 'pending') AS approvals,
        (SELECT SUM(revision) FROM approvals WHERE state = 'pending') AS revisions,
        (SELECT COUNT(*) FROM deliveries WHERE state IN ('failed', 'cancelled') AND state = 'failed') AS dead_letters,
        (SELECT COUNT(*) FROM conversations WHERE holder = 'human') AS held,
        (SELECT COUNT(*) FROM mail_intakes WHERE state = 'quarantined') AS quarantined,
        (SELECT MAX(updated_at) FROM conversations) AS wrote,
        (SELECT COUNT(*) FROM conversations WHERE due_at IS NOT NULL) AS due,
        (SELECT COUNT(*) FROM turns WHERE state IN ('running', 'paused')) AS turns,
        (SELECT MAX(seq) FROM deliveries) AS newest_delivery,
        (SELECT MAX(updated_at) FROM deliveries WHERE state IN ('queued', 'sending', 'unknown')) AS sending,
        (SELECT MAX(number) FROM audit_events) AS audited
"""
_MARKS = (
    *("approvals", "revisions", "dead_letters", "held", "quarantined"),
    *("wrote", "due", "turns", "newest_delivery", "sending", "audited"),
)
_OF_CONVERSATION = """
    SELECT (SELECT MAX(updated_at) FROM deliveries WHERE conversation_id = $1) AS sent,
        (SELECT fence FROM conversations WHERE id = $1) AS fence,
        (SELECT SUM(revision) FROM approvals WHERE conversation_id = $1) AS revisions
"""
_BACKLOG = """
    SELECT
        (SELECT COUNT(*) FROM conversations WHERE due_at IS NOT NULL AND due_at <= $1 AND lease_until <= $1) AS waiting,
        (SELECT MIN(due_at) FROM conversations
            WHERE due_at IS NOT NULL AND due_at <= $1 AND lease_until <= $1) AS waiting_since,
        (SELECT COUNT(*) FROM deliveries WHERE state IN ('queued', 'sending', 'unknown')) AS sending,
        (SELECT MIN(created_at) FROM deliveries WHERE state IN ('queued', 'sending', 'unknown')) AS sending_since,
        (SELECT COUNT(*) FROM deliveries
            WHERE state IN ('queued', 'sending', 'unknown') AND state = 'unknown') AS unknown
"""


async def pulse(db: Database) -> Pulse:
    """How things stand now."""
    row = await db.fetch_one(_PULSE)
    assert row is not None  # noqa: S101  # a query without FROM has a row
    mark = ".".join(str(row[name]) for name in _MARKS)
    return Pulse(row["approvals"], row["dead_letters"], row["held"], row["quarantined"], mark)


async def mark_of(db: Database, conversation_id: ConversationId) -> str:
    """Differs as soon as the page of this conversation does."""
    row = await db.fetch_one(_OF_CONVERSATION, conversation_id)
    return "" if row is None else ".".join(str(row[name]) for name in ("sent", "fence", "revisions"))


async def backlog(db: Database, now: int) -> Backlog:
    """What is overdue at this time (microseconds)."""
    row = await db.fetch_one(_BACKLOG, now)
    assert row is not None  # noqa: S101  # a query without FROM has a row
    return Backlog(
        row["waiting"],
        maybe_moment(row["waiting_since"]),
        row["sending"],
        maybe_moment(row["sending_since"]),
        row["unknown"],
    )

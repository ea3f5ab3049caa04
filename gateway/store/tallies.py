"""Counting what was meant for customers, whatever became of it: the demo compares it with what they got."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.store.database import Statements


@dataclass(frozen=True, slots=True)
class Tally:
    """Messages to customers: written into the outbox, and still under way."""

    written: int
    under_way: int


async def of_customers(db: Statements) -> Tally:
    """Over all conversations. What was cancelled was never meant to arrive."""
    row = await db.fetch_one(
        """
        SELECT COUNT(*) AS written,
               COALESCE(SUM(CASE WHEN state IN ('queued', 'sending', 'unknown') THEN 1 ELSE 0 END), 0) AS under_way
        FROM deliveries WHERE kind IN ('answer', 'notice', 'relay') AND state NOT IN ('cancelled', 'failed')
        """
    )
    return Tally(int(row["written"]), int(row["under_way"])) if row else Tally(0, 0)


async def last_active(db: Statements) -> str:
    """The conversation in which something happened last; empty where there is none."""
    row = await db.fetch_one(
        """
        SELECT id FROM (
            SELECT id, updated_at AS at FROM conversations
            UNION ALL
            SELECT conversation_id AS id, created_at AS at FROM deliveries WHERE conversation_id IS NOT NULL
        ) activity
        ORDER BY at DESC, id DESC LIMIT 1
        """
    )
    return str(row["id"]) if row else ""

"""The numbers that `/metrics` shows: what this process did, and how things stand in the store."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

from gateway.store.database import Database

WEBHOOKS = Counter("frontdesk_webhooks_total", "Provider requests answered.", ["provider", "status"])
TURNS = Counter("frontdesk_turns_total", "Turns that ended, by how.", ["outcome"])

_DELIVERIES = Gauge("frontdesk_deliveries", "Deliveries that are not over, and dead letters.", ["channel", "state"])
_APPROVALS = Gauge("frontdesk_approvals_pending", "Approval requests that wait for a decision.")
_WAITING = Gauge("frontdesk_conversations_due", "Conversations in which somebody should do something.")


async def set_gauges(db: Database) -> None:
    """Read how things stand, by indexes that hold only what is not done."""
    _DELIVERIES.clear()
    for row in await db.fetch(
        """
        SELECT channel, state, COUNT(*) AS n FROM deliveries
        WHERE state IN ('queued', 'sending', 'unknown', 'failed') GROUP BY channel, state
        """
    ):
        _DELIVERIES.labels(row["channel"], row["state"]).set(row["n"])
    pending = await db.fetch_one("SELECT COUNT(*) AS n FROM approvals WHERE state = 'pending'")
    _APPROVALS.set(pending["n"] if pending else 0)
    waiting = await db.fetch_one("SELECT COUNT(*) AS n FROM conversations WHERE due_at IS NOT NULL")
    _WAITING.set(waiting["n"] if waiting else 0)

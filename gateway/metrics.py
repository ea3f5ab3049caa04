"""The numbers that `/metrics` shows: what this process did, and how things stand in the store."""

from __future__ import annotations

import hashlib
import math
from datetime import datetime, timedelta

from prometheus_client import Counter, Gauge

from channels.staff import ApprovalState
from gateway.domain import utcnow
from gateway.store import approvals, mailboxes
from gateway.store.database import Database

WEBHOOKS = Counter("frontdesk_webhooks_total", "Provider requests answered.", ["provider", "status"])
TURNS = Counter("frontdesk_turns_total", "Turns that ended, by how.", ["outcome"])

_DELIVERIES = Gauge("frontdesk_deliveries", "Deliveries that are not over, and dead letters.", ["channel", "state"])
_APPROVALS = Gauge("frontdesk_approvals_pending", "Approval requests that wait for a decision.")
_DECIDED = Gauge("frontdesk_approvals_decided", "Approval requests that ended in the last day, by how.", ["state"])
_EDITED = Gauge("frontdesk_approvals_edited", "Of the last day's requests, those that a person changed.")
_OVERTURNED = Gauge("frontdesk_approvals_overturned", "Of the last day's, those denied after somebody had approved.")
_LATENCY = Gauge("frontdesk_approval_decision_seconds", "Time to the last day's decisions by people.", ["quantile"])
_WAITING = Gauge("frontdesk_conversations_due", "Conversations in which somebody should do something.")

_MAIL_SEARCHED = Gauge("frontdesk_mailbox_seconds_since_search", "Since the last successful search.", ["mailbox"])
_MAIL_WAITING = Gauge("frontdesk_mailbox_waiting", "Mails seen and not handed over yet.", ["mailbox"])
_MAIL_LAG = Gauge("frontdesk_mailbox_lag_seconds", "Age of the oldest mail that waits, 0 where none does.", ["mailbox"])
_MAIL_QUARANTINED = Gauge("frontdesk_mailbox_quarantined", "Mails that need a person.", ["mailbox"])


async def set_gauges(db: Database) -> None:
    """Read how things stand, by indexes that hold only what is not done."""
    await _set_mailboxes(db)
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
    await set_decision_gauges(db, since=utcnow() - timedelta(days=1))
    waiting = await db.fetch_one("SELECT COUNT(*) AS n FROM conversations WHERE due_at IS NOT NULL")
    _WAITING.set(waiting["n"] if waiting else 0)


async def _set_mailboxes(db: Database) -> None:
    """A mailbox is named by a hash: its own name holds an address."""
    now = utcnow()
    for standing in await mailboxes.standings(db):
        name = hashlib.sha256(standing.mailbox.encode()).hexdigest()[:12]
        _MAIL_SEARCHED.labels(name).set((now - standing.searched_at).total_seconds())
        _MAIL_WAITING.labels(name).set(standing.waiting)
        oldest = standing.oldest_waiting_at
        _MAIL_LAG.labels(name).set((now - oldest).total_seconds() if oldest else 0)
        _MAIL_QUARANTINED.labels(name).set(standing.quarantined)


async def set_decision_gauges(db: Database, *, since: datetime) -> None:
    """How requests ended since then. Read from the rows: several processes decide, and each is asked for metrics."""
    decided = await approvals.decided_since(db, since)
    for state in ApprovalState:
        if state is not ApprovalState.PENDING:
            _DECIDED.labels(state).set(sum(one.state is state for one in decided))
    _EDITED.set(sum(one.was_edited for one in decided))
    _OVERTURNED.set(sum(one.was_overturned for one in decided))
    by_people = (ApprovalState.APPROVED, ApprovalState.REJECTED)
    latencies = sorted(one.latency_s for one in decided if one.state in by_people)
    for quantile in (0.5, 0.9, 0.99):
        value = latencies[int(quantile * (len(latencies) - 1) + 0.5)] if latencies else math.nan
        _LATENCY.labels(f"{quantile:g}").set(value)

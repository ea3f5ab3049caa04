"""The other lists: approvals, deliveries, audit events; each turns its pages by the key of its last line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from channels.message import ChannelName
from gateway.domain import Approval, Conversation, Delivery, DeliveryState
from gateway.store import approvals
from gateway.store.audit_events import AuditEvent, event_from
from gateway.store.conversations import conversation_from
from gateway.store.database import Database
from gateway.store.deliveries import delivery_from
from gateway.store.values import moment

_LAST = 2**62
# In the words of the partial indexes, which a database uses only where a query repeats them.
_UNFINISHED = "state IN ('queued', 'sending', 'unknown')"
_DEAD = "state IN ('failed', 'cancelled')"
_UNDER_WAY = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request and the conversation that it was made in."""

    approval: Approval
    conversation: Conversation


@dataclass(frozen=True, slots=True)
class Sending:
    """A delivery and when it last changed."""

    delivery: Delivery
    updated_at: datetime
    due_at: datetime | None


async def approvals_page(db: Database, *, pending: bool, after: str, limit: int) -> Sequence[Asked]:
    """What waits for a decision, longest first; or what has been decided, newest first."""
    if pending:
        condition, order = "a.state = 'pending' AND a.id > $1", "a.id"
    else:
        condition, order = "a.state <> 'pending' AND a.id < $1", "a.id DESC"
    rows = await db.fetch(
        f"SELECT a.* FROM approvals a WHERE {condition} ORDER BY {order} LIMIT $2",  # noqa: S608  # constants of ours are put in
        after or ("" if pending else "~"),
        limit,
    )
    found = [approvals.approval_from(row) for row in rows]
    people = await _conversations(db, [approval.conversation_id for approval in found])
    return [Asked(approval, people[approval.conversation_id]) for approval in found]


async def deliveries_page(
    db: Database, *, state: DeliveryState | None, channel: ChannelName | None, before: int, limit: int
) -> Sequence[Sending]:
    """The newest first."""
    # Of what is under way an index holds all, in another order: `+ 0` keeps SQLite from reading the table instead.
    seq = "seq + 0" if state in _UNDER_WAY else "seq"
    conditions, args = [f"{seq} < $1"], [before or _LAST]
    more: list[object] = []
    if state is not None:
        more.append(state)
        conditions.append(f"state = ${1 + len(more)}")
        if state in (DeliveryState.FAILED, DeliveryState.CANCELLED):
            conditions.append(_DEAD)
        elif state in _UNDER_WAY:
            conditions.append(_UNFINISHED)
    if channel is not None:
        more.append(channel)
        conditions.append(f"channel = ${1 + len(more)}")
    rows = await db.fetch(
        f"SELECT * FROM deliveries WHERE {' AND '.join(conditions)} ORDER BY {seq} DESC LIMIT ${2 + len(more)}",  # noqa: S608  # constants of ours are put in
        *args,
        *more,
        limit,
    )
    return [
        Sending(delivery_from(row), moment(row["updated_at"]), None if row["due_at"] is None else moment(row["due_at"]))
        for row in rows
    ]


async def audit_page(db: Database, *, before: int, about: str, limit: int) -> Sequence[AuditEvent]:
    """The newest first; `about` is a conversation or "" for all."""
    rows = await db.fetch(
        f"SELECT * FROM audit_events WHERE number < $1 {'AND conversation_id = $3' if about else ''} "  # noqa: S608  # a constant is put in
        "ORDER BY number DESC LIMIT $2",
        before or _LAST,
        limit,
        *([about] if about else []),
    )
    return [event_from(row) for row in rows]


async def _conversations(db: Database, ids: Sequence[str]) -> dict[str, Conversation]:
    if not ids:
        return {}
    wanted = list(dict.fromkeys(ids))
    places = ", ".join(f"${number}" for number in range(1, len(wanted) + 1))
    rows = await db.fetch(f"SELECT * FROM conversations WHERE id IN ({places})", *wanted)  # noqa: S608  # only placeholders are put in
    return {row["id"]: conversation_from(row) for row in rows}

"""Handoffs: who has a conversation instead of the agent. A move is one conditional update, with no look before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from channels.staff import CardRef, HandoffState
from gateway.domain import HANDOFF_MOVES, ConversationId, Handoff, HandoffCause, HandoffId
from gateway.store.database import Row, Statements
from gateway.store.values import maybe_moment, micros, moment


async def add(
    tx: Statements,
    handoff_id: HandoffId,
    conversation_id: ConversationId,
    *,
    cause: HandoffCause,
    reason: str,
    owner: str,
    since: int,
    upto: int,
    told: bool,
    stopping: str,
    now: datetime,
) -> bool:
    """Open one. False: the conversation has an open one."""
    return (
        await tx.execute(
            """
        INSERT INTO handoffs (id, conversation_id, cause, reason, state, owner, since, upto, answered, shown, told,
            stopping, opened_at, touched_at, checked_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $7, $8, $9, $10, $11, $11, $11)
        ON CONFLICT (conversation_id) WHERE closed_at IS NULL DO NOTHING
        """,
            handoff_id,
            conversation_id,
            cause,
            reason,
            HandoffState.OWNED if owner else HandoffState.WAITING,
            owner,
            since,
            upto,
            int(told),
            stopping,
            micros(now),
        )
        == 1
    )


async def get(db: Statements, handoff_id: str) -> Handoff | None:
    return _found(await db.fetch_one("SELECT * FROM handoffs WHERE id = $1", handoff_id))


async def open_of(db: Statements, conversation_id: ConversationId) -> Handoff | None:
    """The conversation's open handoff."""
    return _found(
        await db.fetch_one("SELECT * FROM handoffs WHERE conversation_id = $1 AND closed_at IS NULL", conversation_id)
    )


async def newest_of(db: Statements, conversation_id: ConversationId) -> Handoff | None:
    """The conversation's newest handoff, open or not."""
    return _found(
        await db.fetch_one(
            "SELECT * FROM handoffs WHERE conversation_id = $1 ORDER BY opened_at DESC, id DESC LIMIT 1",
            conversation_id,
        )
    )


async def in_thread(db: Statements, thread: CardRef) -> Handoff | None:
    """The handoff that is told in this thread."""
    return _found(
        await db.fetch_one(
            "SELECT * FROM handoffs WHERE thread_slack_channel_id = $1 AND thread_ts = $2",
            thread.slack_channel_id,
            thread.ts,
        )
    )


async def is_any_unplaced(db: Statements) -> bool:
    """Whether some open handoff has no thread yet, as far as we know."""
    row = await db.fetch_one("SELECT 1 AS one FROM handoffs WHERE closed_at IS NULL AND thread_ts = '' LIMIT 1")
    return row is not None


async def lock(tx: Statements, handoff_id: str) -> Handoff | None:
    """The handoff, held until the transaction ends; whatever follows is a new look for its thread."""
    return _found(
        await tx.fetch_one("UPDATE handoffs SET revision = revision + 1 WHERE id = $1 RETURNING *", handoff_id)
    )


async def move(
    tx: Statements, handoff: Handoff, state: HandoffState, *, owner: str = "", by: str = "", now: datetime
) -> bool:
    """Give a locked handoff another state. False: it cannot get there from where it is."""
    if state not in HANDOFF_MOVES[handoff.state]:
        return False
    is_over = state in (HandoffState.RETURNED, HandoffState.CLOSED)
    changed = await tx.execute(
        """
        UPDATE handoffs SET state = $2, owner = $3, closed_at = $4, closed_by = $5, touched_at = $6, checked_at = $6,
            warned_at = NULL
        WHERE id = $1 AND state = $7
        """,
        handoff.id,
        state,
        handoff.owner if is_over else owner,
        micros(now) if is_over else None,
        by if is_over else "",
        micros(now),
        handoff.state,
    )
    return changed == 1


async def assign(tx: Statements, handoff_id: HandoffId, assigned_to: str) -> None:
    await tx.execute("UPDATE handoffs SET assigned_to = $2 WHERE id = $1", handoff_id, assigned_to)


async def touch(
    tx: Statements,
    handoff_id: HandoffId,
    *,
    now: datetime,
    shown: int | None = None,
    answered: int | None = None,
    told: bool = False,
) -> None:
    """Something was said: it is not idle, and some messages may have been shown or answered by it."""
    await tx.execute(
        """
        UPDATE handoffs SET touched_at = $2, warned_at = NULL, shown = COALESCE($3, shown),
            answered = COALESCE($4, answered), told = CASE WHEN $5 = 1 THEN 1 ELSE told END
        WHERE id = $1
        """,
        handoff_id,
        micros(now),
        shown,
        answered,
        int(told),
    )


async def stopped(db: Statements, handoff_id: HandoffId, turn_id: str) -> None:
    """The platform has been told to stop this turn."""
    await db.execute("UPDATE handoffs SET stopping = '' WHERE id = $1 AND stopping = $2", handoff_id, turn_id)


async def place(db: Statements, handoff_id: str, thread: CardRef) -> None:
    """Its thread stands here."""
    await db.execute(
        "UPDATE handoffs SET thread_slack_channel_id = $2, thread_ts = $3 WHERE id = $1",
        handoff_id,
        thread.slack_channel_id,
        thread.ts,
    )


async def move_thread(db: Statements, handoff: Handoff, thread: CardRef) -> None:
    """Its thread was gone, and another one stands here."""
    await db.execute(
        """
        UPDATE handoffs SET thread_slack_channel_id = $3, thread_ts = $4, threads = threads + 1
        WHERE id = $1 AND threads = $2
        """,
        handoff.id,
        handoff.threads,
        thread.slack_channel_id,
        thread.ts,
    )


async def idle_since(db: Statements, before: datetime, *, warned_before: datetime | None) -> Sequence[Handoff]:
    """Open ones in which nothing was said since `before`: those without a warning, or warned of before a time.

    What has to be looked at by a person waits for one, however long.
    """
    rows = await db.fetch(
        """
        SELECT * FROM handoffs WHERE closed_at IS NULL AND cause <> 'held' AND touched_at <= $1
            AND COALESCE(warned_at, -1) <= CAST($2 AS BIGINT) AND (warned_at IS NULL) = (CAST($2 AS BIGINT) < 0)
        ORDER BY touched_at LIMIT 100
        """,
        micros(before),
        -1 if warned_before is None else micros(warned_before),
    )
    return [_handoff(row) for row in rows]


async def warn(tx: Statements, handoff_id: HandoffId, *, now: datetime) -> bool:
    """Staff are told that it will go back. False: they have been."""
    return (
        await tx.execute(
            "UPDATE handoffs SET warned_at = $2 WHERE id = $1 AND warned_at IS NULL AND closed_at IS NULL",
            handoff_id,
            micros(now),
        )
        == 1
    )


async def claim_checks(db: Statements, *, before: datetime, now: datetime) -> Sequence[Handoff]:
    """Owned ones whose owner was last looked up before this time; each is handed out once."""
    rows = await db.fetch(
        """
        UPDATE handoffs SET checked_at = $2
        WHERE closed_at IS NULL AND state = 'owned' AND checked_at <= $1 RETURNING *
        """,
        micros(before),
        micros(now),
    )
    return [_handoff(row) for row in rows]


async def newest(db: Statements, *, limit: int, states: Collection[HandoffState] = ()) -> Sequence[Handoff]:
    """The newest, in these states or in any."""
    wanted = f" {' '.join(states)} " if states else ""
    rows = await db.fetch(
        "SELECT * FROM handoffs WHERE $1 = '' OR $1 LIKE '% ' || state || ' %' ORDER BY opened_at DESC LIMIT $2",
        wanted,
        limit,
    )
    return [_handoff(row) for row in rows]


def _found(row: Row | None) -> Handoff | None:
    return None if row is None else _handoff(row)


def _handoff(row: Row) -> Handoff:
    return Handoff(
        id=HandoffId(row["id"]),
        conversation_id=ConversationId(row["conversation_id"]),
        cause=HandoffCause(row["cause"] or HandoffCause.HELD),
        reason=row["reason"],
        state=HandoffState(row["state"]),
        owner=row["owner"],
        assigned_to=row["assigned_to"],
        since=row["since"],
        upto=row["upto"],
        answered=row["answered"],
        shown=row["shown"],
        told=bool(row["told"]),
        stopping=row["stopping"],
        thread=CardRef(row["thread_slack_channel_id"], row["thread_ts"]) if row["thread_ts"] else None,
        threads=row["threads"],
        opened_at=moment(row["opened_at"]),
        touched_at=moment(row["touched_at"]),
        warned_at=maybe_moment(row["warned_at"]),
        closed_at=maybe_moment(row["closed_at"]),
        closed_by=row["closed_by"],
        revision=row["revision"],
    )

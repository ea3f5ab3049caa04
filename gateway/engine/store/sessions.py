"""Sessions: who owns them, what state they are in, and who runs their turn.

The row is where everything about a session meets: every post, claim and commit updates it first, and so waits for the
others. A claim raises the fence, and a turn's writes name the fence of their claim: whoever lost the session writes
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from gateway.store.database import Row, Statements


class SessionState(StrEnum):
    IDLE = "idle"
    PROCESSING = "processing"
    AWAITING = "awaiting"  # paused at an approval request


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session's row."""

    id: str
    owner: str
    agent_id: str
    state: SessionState
    seq: int
    posts: int
    waiting: int
    turn: int
    pending_id: str | None
    fence: int
    compacted: int
    summary: str


@dataclass(frozen=True, slots=True)
class SessionPosition:
    """The last event of a session."""

    session_id: str
    agent_id: str
    seq: int


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A turn that the rows say is running."""

    session_id: str
    fence: int
    is_ours: bool


async def create_session(db: Statements, session_id: str, owner: str, agent_id: str, at: int) -> None:
    await db.execute(
        "INSERT INTO engine_sessions (id, owner, agent_id, created_at) VALUES ($1, $2, $3, $4)",
        session_id,
        owner,
        agent_id,
        at,
    )


async def find_session(db: Statements, session_id: str, owner: str) -> SessionRecord | None:
    row = await db.fetch_one("SELECT * FROM engine_sessions WHERE id = $1 AND owner = $2", session_id, owner)
    return _session(row) if row else None


async def register_post(
    tx: Statements, session_id: str, owner: str, runner: str, event_count: int
) -> SessionRecord | None:
    """Count a post, and claim the session for its turn where it is idle and nobody waits; else it waits itself.

    The claim happened exactly when the record says that nothing waits. `event_count` numbers are taken for its events.
    """
    row = await tx.fetch_one(
        """UPDATE engine_sessions SET
               posts = posts + 1,
               waiting = CASE WHEN state = 'idle' AND waiting = 0 THEN 0 ELSE waiting + 1 END,
               turn = CASE WHEN state = 'idle' AND waiting = 0 THEN posts + 1 ELSE turn END,
               seq = CASE WHEN state = 'idle' AND waiting = 0 THEN seq + $4 ELSE seq END,
               fence = CASE WHEN state = 'idle' AND waiting = 0 THEN fence + 1 ELSE fence END,
               runner = CASE WHEN state = 'idle' AND waiting = 0 THEN $3 ELSE runner END,
               state = CASE WHEN state = 'idle' AND waiting = 0 THEN 'processing' ELSE state END
           WHERE id = $1 AND owner = $2 RETURNING *""",
        session_id,
        owner,
        runner,
        event_count,
    )
    return _session(row) if row else None


async def claim_waiting(
    tx: Statements, session_id: str, turn: int, runner: str, event_count: int
) -> SessionRecord | None:
    """Claim an idle session for the turn that waits longest. None where somebody else was faster."""
    row = await tx.fetch_one(
        """UPDATE engine_sessions SET state = 'processing', runner = $3, fence = fence + 1, waiting = waiting - 1,
               turn = $2, seq = seq + $4
           WHERE id = $1 AND state = 'idle' AND waiting > 0 AND turn < $2 RETURNING *""",
        session_id,
        turn,
        runner,
        event_count,
    )
    return _session(row) if row else None


async def claim_answered(
    tx: Statements, session_id: str, owner: str, request_id: str, runner: str, event_count: int
) -> SessionRecord | None:
    """Claim a session that is paused at this request. None where it is not, or no longer."""
    row = await tx.fetch_one(
        """UPDATE engine_sessions SET state = 'processing', pending_id = NULL, runner = $4, fence = fence + 1,
               seq = seq + $5
           WHERE id = $1 AND owner = $2 AND state = 'awaiting' AND pending_id = $3 RETURNING *""",
        session_id,
        owner,
        request_id,
        runner,
        event_count,
    )
    return _session(row) if row else None


async def claim_abandoned(
    tx: Statements, session_id: str, fence: int, runner: str, seq_gap: int
) -> SessionRecord | None:
    """Take a running turn from whoever runs it, who can write nothing afterwards."""
    row = await tx.fetch_one(
        """UPDATE engine_sessions SET runner = $3, fence = fence + 1, seq = seq + $4
           WHERE id = $1 AND fence = $2 AND state = 'processing' RETURNING *""",
        session_id,
        fence,
        runner,
        seq_gap,
    )
    return _session(row) if row else None


async def keep_running(tx: Statements, session_id: str, fence: int, seq: int) -> bool:
    """Record how far the events have come. False where the session was taken from us."""
    changed = await tx.execute(
        "UPDATE engine_sessions SET seq = $3 WHERE id = $1 AND fence = $2 AND state = 'processing'",
        session_id,
        fence,
        seq,
    )
    return changed == 1


async def pause(tx: Statements, session_id: str, fence: int, seq: int, request_id: str) -> bool:
    changed = await tx.execute(
        """UPDATE engine_sessions SET seq = $3, state = 'awaiting', pending_id = $4, runner = NULL
           WHERE id = $1 AND fence = $2 AND state = 'processing'""",
        session_id,
        fence,
        seq,
        request_id,
    )
    return changed == 1


async def release(tx: Statements, session_id: str, fence: int, seq: int) -> SessionRecord | None:
    """End the turn. The record says how many more wait; None where the session was taken from us."""
    row = await tx.fetch_one(
        """UPDATE engine_sessions SET seq = $3, state = 'idle', runner = NULL
           WHERE id = $1 AND fence = $2 AND state = 'processing' RETURNING *""",
        session_id,
        fence,
        seq,
    )
    return _session(row) if row else None


async def drop_waiting(tx: Statements, session_id: str, owner: str) -> SessionRecord | None:
    row = await tx.fetch_one(
        "UPDATE engine_sessions SET waiting = 0 WHERE id = $1 AND owner = $2 RETURNING *", session_id, owner
    )
    return _session(row) if row else None


async def record_summary(db: Statements, session_id: str, fence: int, compacted: int, summary: str) -> None:
    await db.execute(
        "UPDATE engine_sessions SET compacted = $3, summary = $4 WHERE id = $1 AND fence = $2",
        session_id,
        fence,
        compacted,
        summary,
    )


async def list_unfinished(db: Statements, runner: str, now: int) -> Sequence[Unfinished]:
    """Sessions whose turn is ours, or belongs to a process that no longer lives."""
    rows = await db.fetch(
        """SELECT id, fence, runner FROM engine_sessions
           WHERE state = 'processing' AND (runner = $1 OR NOT EXISTS
               (SELECT 1 FROM engine_processes WHERE engine_processes.id = engine_sessions.runner AND lease_until > $2))
           LIMIT 1000""",
        runner,
        now,
    )
    return [Unfinished(row["id"], row["fence"], is_ours=row["runner"] == runner) for row in rows]


async def list_positions(db: Statements, session_ids: Sequence[str]) -> Sequence[SessionPosition]:
    """How far these sessions have come, as recorded."""
    if not session_ids:
        return []
    placeholders = ", ".join(f"${number}" for number in range(1, len(session_ids) + 1))
    rows = await db.fetch(
        f"SELECT id, agent_id, seq FROM engine_sessions WHERE id IN ({placeholders})",  # noqa: S608  # only placeholders
        *session_ids,
    )
    return [SessionPosition(row["id"], row["agent_id"], row["seq"]) for row in rows]


async def list_startable(db: Statements) -> Sequence[str]:
    """Idle sessions for which turns wait."""
    rows = await db.fetch("SELECT id FROM engine_sessions WHERE state = 'idle' AND waiting > 0 LIMIT 1000")
    return [row["id"] for row in rows]


def _session(row: Row) -> SessionRecord:
    return SessionRecord(
        id=row["id"],
        owner=row["owner"],
        agent_id=row["agent_id"],
        state=SessionState(row["state"]),
        seq=row["seq"],
        posts=row["posts"],
        waiting=row["waiting"],
        turn=row["turn"],
        pending_id=row["pending_id"],
        fence=row["fence"],
        compacted=row["compacted"],
        summary=row["summary"],
    )

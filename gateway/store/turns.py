"""Turns: runs of the agent, and the cursor that makes them safe to repeat."""

from __future__ import annotations

from datetime import datetime

from channels.message import ReplyTarget
from gateway.domain import ConversationId, Lease, Turn, TurnId, TurnState
from gateway.errors import LeaseLost
from gateway.store.database import Row, Statements
from gateway.store.values import micros, moment, target_from_json, target_to_json

_LEASED = "EXISTS (SELECT 1 FROM conversations c WHERE c.id = turns.conversation_id AND c.fence = $3)"


async def add(tx: Statements, turn: Turn) -> None:
    await tx.execute(
        """
        INSERT INTO turns (id, conversation_id, state, first_position, last_position, cursor, reply_to, started_at,
            deadline_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        turn.id,
        turn.conversation_id,
        turn.state,
        turn.first_position,
        turn.last_position,
        turn.cursor,
        target_to_json(turn.reply_to),
        micros(turn.started_at),
        micros(turn.deadline_at),
    )


async def get(db: Statements, turn_id: TurnId) -> Turn | None:
    row = await db.fetch_one("SELECT * FROM turns WHERE id = $1", turn_id)
    return None if row is None else _turn(row)


async def pause(tx: Statements, turn_id: TurnId) -> None:
    """What had begun to grow has been completed by the word that the customer has to wait."""
    await tx.execute("UPDATE turns SET state = 'paused', begun = NULL WHERE id = $1 AND state = 'running'", turn_id)


async def note_begun(db: Statements, turn_id: TurnId, lease: Lease, target: ReplyTarget) -> None:
    """The turn's answer begins to grow at this target. Raises `LeaseLost`."""
    changed = await db.execute(
        """
        UPDATE turns SET begun = $4
        WHERE id = $1 AND EXISTS (SELECT 1 FROM conversations WHERE id = $2 AND fence = $3)
        """,
        turn_id,
        lease.conversation_id,
        lease.fence,
        target_to_json(target),
    )
    if changed != 1:
        raise LeaseLost(lease.conversation_id)


async def go_on(db: Statements, turn_id: TurnId, lease: Lease, *, deadline_at: datetime) -> None:
    """A paused turn runs again, with a deadline of its own: people may take days. Raises `LeaseLost`."""
    changed = await db.execute(
        f"""
        UPDATE turns SET state = 'running', deadline_at = $2
        WHERE id = $1 AND state IN ('paused', 'running') AND {_LEASED}
        """,  # noqa: S608  # only a constant is put in
        turn_id,
        micros(deadline_at),
        lease.fence,
    )
    _must_have_changed(changed, lease)


async def set_cursor(db: Statements, turn_id: TurnId, lease: Lease, cursor: int) -> None:
    """How many messages the session has, once that is known. Raises `LeaseLost`."""
    changed = await db.execute(
        f"UPDATE turns SET cursor = $2 WHERE id = $1 AND {_LEASED}",  # noqa: S608  # only a constant is put in
        turn_id,
        cursor,
        lease.fence,
    )
    _must_have_changed(changed, lease)


async def end(tx: Statements, turn_id: TurnId, state: TurnState, *, now: datetime, failure: str = "") -> None:
    await tx.execute(
        "UPDATE turns SET state = $2, ended_at = $3, failure = $4 WHERE id = $1", turn_id, state, micros(now), failure
    )


def _must_have_changed(changed: int, lease: Lease) -> None:
    if changed != 1:
        raise LeaseLost(lease.conversation_id)


def _turn(row: Row) -> Turn:
    return Turn(
        id=TurnId(row["id"]),
        conversation_id=ConversationId(row["conversation_id"]),
        state=TurnState(row["state"]),
        first_position=row["first_position"],
        last_position=row["last_position"],
        cursor=row["cursor"],
        reply_to=target_from_json(row["reply_to"]),
        started_at=moment(row["started_at"]),
        deadline_at=moment(row["deadline_at"]),
        begun=target_from_json(row["begun"]) if row["begun"] else None,
        notes=row["notes"],
    )

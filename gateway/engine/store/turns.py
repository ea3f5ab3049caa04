"""Turns: what was posted, and what the model and its tools made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.store.database import Row, Statements


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """A turn's row. JSON columns stay text here: `contents`, `messages` and `running_call` have codecs of their own."""

    session_id: str
    number: int
    client_message_id: str | None
    contents: str
    reply_id: str
    created_at: int
    messages: str = "[]"
    deltas: int = 0
    running_call: str | None = None
    tools_started: bool = False
    answer: str | None = None
    assurance: str = ""


@dataclass(frozen=True, slots=True)
class PastTurn:
    """What the model is told of an earlier turn."""

    number: int
    contents: str
    messages: str
    tokens: int


async def add_turn(tx: Statements, turn: TurnRecord, *, waits: bool) -> bool:
    """Store a post. False where its client message id is known already: then nothing is stored."""
    added = await tx.execute(
        """INSERT INTO engine_turns
               (session_id, number, state, client_message_id, assurance, contents, reply_id, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
           ON CONFLICT (session_id, client_message_id) DO NOTHING""",
        turn.session_id,
        turn.number,
        "waiting" if waits else "open",
        turn.client_message_id,
        turn.assurance,
        turn.contents,
        turn.reply_id,
        turn.created_at,
    )
    return added == 1


async def find_turn(db: Statements, session_id: str, number: int) -> TurnRecord | None:
    row = await db.fetch_one("SELECT * FROM engine_turns WHERE session_id = $1 AND number = $2", session_id, number)
    return _turn(row) if row else None


async def find_posted(db: Statements, session_id: str, client_message_id: str) -> TurnRecord | None:
    """The turn that was posted under this client message id."""
    row = await db.fetch_one(
        "SELECT * FROM engine_turns WHERE session_id = $1 AND client_message_id = $2", session_id, client_message_id
    )
    return _turn(row) if row else None


async def next_waiting(db: Statements, session_id: str) -> TurnRecord | None:
    """The turn that waits longest."""
    row = await db.fetch_one(
        "SELECT * FROM engine_turns WHERE session_id = $1 AND state = 'waiting' ORDER BY number LIMIT 1", session_id
    )
    return _turn(row) if row else None


async def list_waiting(db: Statements, session_id: str) -> Sequence[TurnRecord]:
    rows = await db.fetch(
        "SELECT * FROM engine_turns WHERE session_id = $1 AND state = 'waiting' ORDER BY number", session_id
    )
    return [_turn(row) for row in rows]


async def list_past(db: Statements, session_id: str, after: int, before: int) -> Sequence[PastTurn]:
    """The turns between two numbers, both excluded, in their order."""
    rows = await db.fetch(
        """SELECT number, contents, messages, tokens FROM engine_turns
           WHERE session_id = $1 AND number > $2 AND number < $3 AND state = 'ended' ORDER BY number""",
        session_id,
        after,
        before,
    )
    return [PastTurn(row["number"], row["contents"], row["messages"], row["tokens"]) for row in rows]


async def open_turn(tx: Statements, session_id: str, number: int) -> None:
    await tx.execute("UPDATE engine_turns SET state = 'open' WHERE session_id = $1 AND number = $2", session_id, number)


async def record_answer(tx: Statements, session_id: str, number: int, answer: str) -> None:
    await tx.execute(
        "UPDATE engine_turns SET answer = $3 WHERE session_id = $1 AND number = $2", session_id, number, answer
    )


async def record_progress(
    tx: Statements, session_id: str, number: int, *, messages: str, deltas: int, running_call: str | None
) -> None:
    """How far the turn has come. A call that runs has started, which is never forgotten."""
    await tx.execute(
        """UPDATE engine_turns SET messages = $3, deltas = $4, running_call = $5, answer = NULL,
               tools_started = CASE WHEN $6 = 1 THEN 1 ELSE tools_started END
           WHERE session_id = $1 AND number = $2""",
        session_id,
        number,
        messages,
        deltas,
        running_call,
        int(running_call is not None),
    )


async def end_turn(tx: Statements, session_id: str, number: int, *, messages: str, tokens: int, at: int) -> None:
    await tx.execute(
        """UPDATE engine_turns SET state = 'ended', messages = $3, tokens = $4, ended_at = $5, running_call = NULL,
               answer = NULL
           WHERE session_id = $1 AND number = $2""",
        session_id,
        number,
        messages,
        tokens,
        at,
    )


async def drop_waiting(tx: Statements, session_id: str) -> None:
    await tx.execute(
        "UPDATE engine_turns SET state = 'dropped' WHERE session_id = $1 AND state = 'waiting'", session_id
    )


def _turn(row: Row) -> TurnRecord:
    return TurnRecord(
        session_id=row["session_id"],
        number=row["number"],
        client_message_id=row["client_message_id"],
        contents=row["contents"],
        reply_id=row["reply_id"],
        created_at=row["created_at"],
        messages=row["messages"],
        deltas=row["deltas"],
        running_call=row["running_call"],
        tools_started=bool(row["tools_started"]),
        answer=row["answer"],
        assurance=row["assurance"],
    )

"""What the agent has to be told at its next turn of a conversation, besides what the customer writes.

A note starts no turn. It is tied to the turn that tells it when that turn begins, so that a turn which is repeated
says the same. A conversation's row counts the notes that wait: a turn without any costs no statement more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gateway.domain import ConversationId, TurnId
from gateway.store.database import Statements
from gateway.store.values import micros


async def add(tx: Statements, conversation_id: ConversationId, text: str, *, key: str, now: datetime) -> bool:
    """Leave a note for the agent. False: there is one under this key already, told or not."""
    added = await tx.execute(
        "INSERT INTO notes (key, conversation_id, text, added_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        key,
        conversation_id,
        text,
        micros(now),
    )
    if added:
        await tx.execute("UPDATE conversations SET notes = notes + 1 WHERE id = $1", conversation_id)
    return added == 1


async def take(tx: Statements, conversation_id: ConversationId, turn_id: TurnId) -> int:
    """What waits is told by this turn; returns how many notes that are."""
    taken = await tx.execute(
        "UPDATE notes SET turn_id = $2 WHERE conversation_id = $1 AND turn_id IS NULL", conversation_id, turn_id
    )
    await tx.execute("UPDATE conversations SET notes = notes - $2 WHERE id = $1", conversation_id, taken)
    await tx.execute("UPDATE turns SET notes = $2 WHERE id = $1", turn_id, taken)
    return taken


async def give_back(tx: Statements, conversation_id: ConversationId, turn_id: TurnId) -> None:
    """The turn was stopped before the agent can have acted on them: the next one tells them."""
    given = await tx.execute("UPDATE notes SET turn_id = NULL WHERE turn_id = $1", turn_id)
    await tx.execute("UPDATE conversations SET notes = notes + $2 WHERE id = $1", conversation_id, given)
    await tx.execute("UPDATE turns SET notes = 0 WHERE id = $1", turn_id)


async def of_turn(db: Statements, turn_id: TurnId) -> Sequence[str]:
    """What a turn tells, in the order in which it was noted."""
    rows = await db.fetch("SELECT text FROM notes WHERE turn_id = $1 ORDER BY added_at, key", turn_id)
    return [row["text"] for row in rows]

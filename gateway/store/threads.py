"""Who takes part in a conversation, the foreign ids by which a later message may name it, and what came lately."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from channels.message import ChannelName, Reference, ReferenceKind
from gateway.domain import ConversationId
from gateway.store.database import Statements
from gateway.store.values import maybe_moment, micros, moment

MAX_PARTICIPANTS = 40
RECENT_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class RecentMail:
    """A mail that came lately: its first `RECENT_CHARS`, and when our last answer before it was sent."""

    conversation_id: ConversationId
    text: str
    stored_at: datetime
    answered_at: datetime | None


async def named_by(
    db: Statements, channel: ChannelName, references: Sequence[Reference]
) -> tuple[ConversationId, Reference] | None:
    """The conversation that the best of these references names, and that reference."""
    for reference in references:
        conversation_id = await _find(db, channel, reference)
        if conversation_id is not None:
            return conversation_id, reference
    return None


async def takes_part(db: Statements, conversation_id: ConversationId, address: str) -> bool:
    row = await db.fetch_one(
        "SELECT 1 AS one FROM participants WHERE conversation_id = $1 AND address = $2", conversation_id, address
    )
    return row is not None


async def add_participants(tx: Statements, conversation_id: ConversationId, addresses: Iterable[str]) -> None:
    """Let them in. A mail with a hundred recipients does not make a conversation of a hundred."""
    for address in list(dict.fromkeys(addresses))[:MAX_PARTICIPANTS]:
        await tx.execute(
            "INSERT INTO participants (conversation_id, address) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            conversation_id,
            address,
        )


async def add_thread_id(tx: Statements, channel: ChannelName, thread_id: str, conversation_id: ConversationId) -> None:
    """A message of this conversation is known under this id."""
    await tx.execute(
        "INSERT INTO thread_ids (channel, thread_id, conversation_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        channel,
        thread_id,
        conversation_id,
    )


async def recent_mails(
    tx: Statements,
    channel: ChannelName,
    address: str,
    conversation_id: ConversationId,
    *,
    since: datetime,
    limit: int,
) -> Sequence[RecentMail]:
    """What came since then in the conversations of one address and in this one, newest first."""
    rows = await tx.fetch(
        f"""
        SELECT m.conversation_id, SUBSTR(m.text, 1, {RECENT_CHARS}) AS text, m.stored_at, (
            SELECT MAX(d.attempted_at) FROM deliveries d
            WHERE d.conversation_id = m.conversation_id AND d.kind IN ('answer', 'notice')
                AND d.attempted_at < m.stored_at
        ) AS answered_at
        FROM conversations c JOIN messages m ON m.conversation_id = c.id
        WHERE ((c.channel = $1 AND c.address = $2) OR c.id = $3) AND c.updated_at >= $4 AND m.stored_at >= $4
        ORDER BY m.stored_at DESC LIMIT $5
        """,  # noqa: S608  # a constant of ours is put in
        channel,
        address,
        conversation_id,
        micros(since),
        limit,
    )
    return [
        RecentMail(
            ConversationId(row["conversation_id"]),
            row["text"],
            moment(row["stored_at"]),
            maybe_moment(row["answered_at"]),
        )
        for row in rows
    ]


async def _find(db: Statements, channel: ChannelName, reference: Reference) -> ConversationId | None:
    match reference.kind:
        case ReferenceKind.CONVERSATION:
            sql = "SELECT id AS conversation_id FROM conversations WHERE channel = $1 AND id = $2"
        case ReferenceKind.OUTBOUND:
            sql = "SELECT conversation_id FROM deliveries WHERE channel = $1 AND id = $2"
        case ReferenceKind.PROVIDER:
            # The same id in two conversations was forged in one of them: the older one is the original.
            sql = """
                SELECT conversation_id FROM thread_ids WHERE channel = $1 AND thread_id = $2
                ORDER BY conversation_id LIMIT 1
            """
    row = await db.fetch_one(sql, channel, reference.value)
    return None if row is None or row["conversation_id"] is None else ConversationId(row["conversation_id"])

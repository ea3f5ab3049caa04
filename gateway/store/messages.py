"""Inbound messages and the keys by which a provider may repeat them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime

from channels.message import Attachment, ChannelName, InboundMessage
from gateway.domain import ConversationId, Message, MessageId
from gateway.store.database import Row, Statements
from gateway.store.values import (
    micros,
    moment,
    sender_from_json,
    sender_to_json,
    target_from_json,
    target_to_json,
    to_json,
)


async def claim_keys(tx: Statements, channel: ChannelName, keys: Sequence[str], message_id: str) -> bool:
    """Take all of a message's keys. False if any was taken before: it is a redelivery, and the caller rolls back."""
    taken = ", ".join(f"(${number})" for number in range(3, 3 + len(keys)))
    erased = ", ".join(f"${number}" for number in range(3 + len(keys), 3 + 2 * len(keys)))
    changed = await tx.execute(
        f"""
        INSERT INTO message_keys (channel, key, message_id)
        SELECT CAST($1 AS TEXT), claimed.column1, CAST($2 AS TEXT) FROM (VALUES {taken}) AS claimed
        WHERE NOT EXISTS (SELECT 1 FROM message_keys WHERE channel = $1 AND key IN ({erased}))
        ON CONFLICT DO NOTHING
        """,  # noqa: S608  # only placeholders are put in
        channel,
        message_id,
        *keys,
        *(tombstone(key) for key in keys),
    )
    return changed == len(keys)


def tombstone(key: str) -> str:
    """What stays of a message's key once its author is forgotten: a repeat is recognised, and nothing is said of it."""
    return f"erased:{hashlib.sha256(key.encode()).hexdigest()}"


async def add(
    tx: Statements,
    message: InboundMessage,
    *,
    message_id: MessageId,
    conversation_id: ConversationId,
    position: int,
    now: datetime,
) -> None:
    await tx.execute(
        """
        INSERT INTO messages (id, conversation_id, position, provider_id, sender, subject, text, original, reply_to,
            details, received_at, stored_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """,
        message_id,
        conversation_id,
        position,
        message.provider_id,
        sender_to_json(message.sender),
        message.subject,
        message.text,
        message.original,
        target_to_json(message.reply_to),
        to_json(dict(message.details)),
        micros(message.received_at),
        micros(now),
    )


async def between(db: Statements, conversation_id: ConversationId, first: int, last: int) -> Sequence[Message]:
    """The messages at positions `first` to `last`, in order of arrival."""
    rows = await db.fetch(
        """
        SELECT id, conversation_id, position, sender, text, reply_to, received_at,
            EXISTS (SELECT 1 FROM attachments WHERE attachments.message_id = messages.id) AS has_files
        FROM messages
        WHERE conversation_id = $1 AND position BETWEEN $2 AND $3 ORDER BY position
        """,
        conversation_id,
        first,
        last,
    )
    return [_message(row) for row in rows]


async def at(db: Statements, conversation_id: ConversationId, position: int) -> Message:
    """The message at a position that is known to be taken."""
    return (await between(db, conversation_id, position, position))[0]


async def authors(db: Statements, conversation_id: ConversationId, *, upto: int) -> Collection[str]:
    """The addresses of all who wrote the messages up to a position."""
    rows = await db.fetch(
        "SELECT DISTINCT sender FROM messages WHERE conversation_id = $1 AND position <= $2", conversation_id, upto
    )
    return {sender_from_json(row["sender"]).address for row in rows}


async def add_attachment(tx: Statements, attachment: Attachment, *, attachment_id: str, message_id: MessageId) -> None:
    await tx.execute(
        """
        INSERT INTO attachments (id, message_id, name, mime_type, size, source, content)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        attachment_id,
        message_id,
        attachment.name,
        attachment.mime_type,
        attachment.size,
        attachment.source,
        attachment.content,
    )


async def attachments_between(
    db: Statements, conversation_id: ConversationId, first: int, last: int
) -> Sequence[tuple[str, Attachment]]:
    """The files of the messages at positions `first` to `last`, each with its id, in order."""
    rows = await db.fetch(
        """
        SELECT a.* FROM attachments a JOIN messages m ON m.id = a.message_id
        WHERE m.conversation_id = $1 AND m.position BETWEEN $2 AND $3 ORDER BY m.position, a.id
        """,
        conversation_id,
        first,
        last,
    )
    return [
        (row["id"], Attachment(row["name"], row["mime_type"], row["size"], row["source"], row["content"]))
        for row in rows
    ]


async def keep_attachment(db: Statements, attachment_id: str, content: bytes) -> None:
    await db.execute(
        "UPDATE attachments SET content = $2, size = $3 WHERE id = $1", attachment_id, content, len(content)
    )


async def note_attachment_problem(db: Statements, attachment_id: str, problem: str) -> None:
    await db.execute("UPDATE attachments SET problem = $2 WHERE id = $1", attachment_id, problem)


async def edit_waiting(tx: Statements, channel: ChannelName, provider_id: str, text: str, now: datetime) -> bool:
    """Replace the text of a message that no turn has taken yet. False: it is too late, or the message is unknown."""
    return (
        await tx.execute(
            """
        UPDATE messages SET text = $3, edited_at = $4
        WHERE id = (SELECT message_id FROM message_keys WHERE channel = $1 AND key = $2)
          AND position > (SELECT taken FROM conversations WHERE conversations.id = messages.conversation_id)
        """,
            channel,
            provider_id,
            text,
            micros(now),
        )
        == 1
    )


def _message(row: Row) -> Message:
    return Message(
        id=MessageId(row["id"]),
        conversation_id=ConversationId(row["conversation_id"]),
        position=row["position"],
        sender=sender_from_json(row["sender"]),
        text=row["text"],
        reply_to=target_from_json(row["reply_to"]),
        received_at=moment(row["received_at"]),
        has_files=bool(row["has_files"]),
    )

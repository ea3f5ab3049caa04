"""One conversation as it reads: what came in, what went out, and what was asked, over the same stretch of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from channels.message import Sender
from channels.staff import ApprovalState
from gateway.domain import Approval, Conversation, ConversationId, Delivery
from gateway.store import approvals
from gateway.store.database import Database, Row
from gateway.store.deliveries import delivery_from
from gateway.store.values import maybe_moment, moment, sender_from_json

MOST_MESSAGES = 100
MOST_DELIVERIES = 400
_END_OF_TIME = 2**62


@dataclass(frozen=True, slots=True)
class File:
    """An attachment by its name; `problem` says why it could not be fetched."""

    name: str
    mime_type: str
    size: int | None
    problem: str


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the customer."""

    id: str
    position: int
    sender: Sender
    subject: str
    text: str
    original: str
    files: Sequence[File]
    at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None


Entry = Said | Delivery | Approval


@dataclass(frozen=True, slots=True)
class Transcript:
    """A stretch of a conversation, oldest first. `earlier` is the position before which there is more, 0 for none."""

    entries: Sequence[Entry]
    earlier: int


def when(entry: Entry) -> datetime:
    """When it happened."""
    return entry.at if isinstance(entry, Said) else entry.created_at


async def read(db: Database, conversation: Conversation, *, before: int = 0) -> Transcript:
    """The newest stretch, or the one before the message at a position."""
    last = min(before - 1, conversation.arrived) if before > 0 else conversation.arrived
    first = max(last - MOST_MESSAGES + 1, 1)
    rows = await db.fetch(
        "SELECT * FROM messages WHERE conversation_id = $1 AND position BETWEEN $2 AND $3 ORDER BY position",
        conversation.id,
        first,
        last,
    )
    files = await _files(db, conversation.id, first, last)
    said = [_said(row, files.get(row["id"], ())) for row in rows]
    since = rows[0]["stored_at"] if rows and first > 1 else 0
    until = await _stored_at(db, conversation.id, before) if before > 0 else _END_OF_TIME
    entries: list[Entry] = [
        *said,
        *await _deliveries(db, conversation.id, since, until),
        *await _approvals(db, conversation.id, since, until),
    ]
    return Transcript(sorted(entries, key=when), first if first > 1 else 0)


async def _stored_at(db: Database, conversation_id: ConversationId, position: int) -> int:
    row = await db.fetch_one(
        "SELECT stored_at FROM messages WHERE conversation_id = $1 AND position = $2", conversation_id, position
    )
    return row["stored_at"] if row else _END_OF_TIME


async def _deliveries(db: Database, conversation_id: ConversationId, since: int, until: int) -> Sequence[Delivery]:
    """What went out to the customer, and what staff were told. What only mirrors it in Slack is left out."""
    rows = await db.fetch(
        """
        SELECT * FROM deliveries
        WHERE conversation_id = $1 AND created_at >= $2 AND created_at < $3
            AND kind NOT IN ('card', 'remark', 'brief', 'line', 'draft', 'mark')
        ORDER BY seq DESC LIMIT $4
        """,
        conversation_id,
        since,
        until,
        MOST_DELIVERIES,
    )
    return [delivery_from(row) for row in rows]


async def _approvals(db: Database, conversation_id: ConversationId, since: int, until: int) -> Sequence[Approval]:
    rows = await db.fetch(
        """
        SELECT * FROM approvals WHERE conversation_id = $1 AND created_at >= $2 AND created_at < $3
        ORDER BY created_at DESC LIMIT 100
        """,
        conversation_id,
        since,
        until,
    )
    return [approvals.approval_from(row) for row in rows]


async def pending_of(db: Database, conversation_id: ConversationId) -> Sequence[Approval]:
    """What somebody has to decide in this conversation."""
    rows = await db.fetch(
        "SELECT * FROM approvals WHERE conversation_id = $1 AND state = $2 ORDER BY created_at",
        conversation_id,
        ApprovalState.PENDING,
    )
    return [approvals.approval_from(row) for row in rows]


async def _files(db: Database, conversation_id: ConversationId, first: int, last: int) -> Mapping[str, Sequence[File]]:
    rows = await db.fetch(
        """
        SELECT a.message_id, a.name, a.mime_type, a.size, a.problem
        FROM attachments a JOIN messages m ON m.id = a.message_id
        WHERE m.conversation_id = $1 AND m.position BETWEEN $2 AND $3 ORDER BY a.id
        """,
        conversation_id,
        first,
        last,
    )
    files: dict[str, list[File]] = {}
    for row in rows:
        file = File(row["name"], row["mime_type"], row["size"], row["problem"])
        files.setdefault(row["message_id"], []).append(file)
    return files


def _said(row: Row, files: Sequence[File]) -> Said:
    return Said(
        id=row["id"],
        position=row["position"],
        sender=sender_from_json(row["sender"]),
        subject=row["subject"],
        text=row["text"],
        original=row["original"],
        files=files,
        at=moment(row["stored_at"]),
        edited_at=maybe_moment(row["edited_at"]),
        deleted_at=maybe_moment(row["deleted_at"]),
    )

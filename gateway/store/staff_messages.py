"""What staff wrote in handoff threads, and the answers that the agent drafted for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from channels.message import Attachment
from channels.staff import CardRef, DraftState
from gateway.domain import (
    ConversationId,
    Draft,
    DraftId,
    HandoffId,
    StaffMessageState,
    StoredStaffMessage,
)
from gateway.store.database import Row, Statements
from gateway.store.values import micros, moment


async def add(tx: Statements, message: StoredStaffMessage, *, now: datetime) -> bool:
    """Keep it. False: it is here already, and whatever it caused has been caused."""
    return (
        await tx.execute(
            """
        INSERT INTO staff_messages (id, handoff_id, conversation_id, member_id, member_name, text, state, seen,
            sent_at, stored_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING
        """,
            message.id,
            message.handoff_id,
            message.conversation_id,
            message.member_id,
            message.member_name,
            message.text,
            message.state,
            message.seen,
            micros(message.sent_at),
            micros(now),
        )
        == 1
    )


async def add_file(tx: Statements, message_id: str, file: Attachment, number: int) -> None:
    await tx.execute(
        "INSERT INTO staff_files (id, staff_message_id, name, mime_type, content) VALUES ($1, $2, $3, $4, $5)",
        f"{message_id}:{number}",
        message_id,
        file.name,
        file.mime_type,
        file.content or b"",
    )


async def files_of(db: Statements, message_id: str) -> Sequence[Attachment]:
    """The files that came with it, with their content, in order."""
    rows = await db.fetch("SELECT * FROM staff_files WHERE staff_message_id = $1 ORDER BY id", message_id)
    return [
        Attachment(row["name"], row["mime_type"], len(row["content"]), content=bytes(row["content"])) for row in rows
    ]


async def get(db: Statements, message_id: str) -> StoredStaffMessage | None:
    row = await db.fetch_one("SELECT * FROM staff_messages WHERE id = $1", message_id)
    return None if row is None else _message(row)


async def move(tx: Statements, message_id: str, before: StaffMessageState, after: StaffMessageState) -> bool:
    """Decide what waits for a decision. False: it has been decided."""
    return (
        await tx.execute("UPDATE staff_messages SET state = $3 WHERE id = $1 AND state = $2", message_id, before, after)
        == 1
    )


async def edit(tx: Statements, message_id: str, text: str) -> None:
    """Its author changed what has not been sent."""
    await tx.execute("UPDATE staff_messages SET text = $2 WHERE id = $1", message_id, text)


async def relayed_in(db: Statements, handoff_id: HandoffId) -> Sequence[StoredStaffMessage]:
    """What of a handoff went to the customer, in order."""
    rows = await db.fetch(
        "SELECT * FROM staff_messages WHERE handoff_id = $1 AND state = 'relayed' ORDER BY stored_at, id", handoff_id
    )
    return [_message(row) for row in rows]


async def unsettled(db: Statements, *, limit: int) -> Sequence[StoredStaffMessage]:
    """Relayed ones of which news may still come."""
    rows = await db.fetch(
        """
        SELECT * FROM staff_messages WHERE state = 'relayed' AND is_settled = 0 ORDER BY stored_at LIMIT $1
        """,
        limit,
    )
    return [_message(row) for row in rows]


async def note_mark(db: Statements, message_id: str, mark: str) -> None:
    """This emoji stands under it."""
    await db.execute("UPDATE staff_messages SET mark = $2 WHERE id = $1", message_id, mark)


async def settle(db: Statements, message_id: str) -> None:
    """No news of it is expected any more."""
    await db.execute("UPDATE staff_messages SET is_settled = 1 WHERE id = $1", message_id)


async def add_draft(tx: Statements, draft: Draft, *, now: datetime) -> bool:
    """Ask for a draft. False: it has been asked for."""
    return (
        await tx.execute(
            """
        INSERT INTO drafts (id, handoff_id, conversation_id, asked_by, hint, state, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
        """,
            draft.id,
            draft.handoff_id,
            draft.conversation_id,
            draft.asked_by,
            draft.hint,
            draft.state,
            micros(now),
        )
        == 1
    )


async def get_draft(db: Statements, draft_id: str) -> Draft | None:
    row = await db.fetch_one("SELECT * FROM drafts WHERE id = $1", draft_id)
    return None if row is None else _draft(row)


async def write_draft(db: Statements, draft_id: DraftId, text: str) -> None:
    """The agent's proposal; the first one counts."""
    await db.execute("UPDATE drafts SET text = $2 WHERE id = $1 AND text = ''", draft_id, text)


async def decide_draft(tx: Statements, draft_id: DraftId, state: DraftState, *, by: str, text: str) -> bool:
    """Send or drop it. False: somebody has decided."""
    return (
        await tx.execute(
            "UPDATE drafts SET state = $2, decided_by = $3, text = $4 WHERE id = $1 AND state = 'proposed'",
            draft_id,
            state,
            by,
            text,
        )
        == 1
    )


async def place_draft(db: Statements, draft_id: DraftId, ref: CardRef) -> None:
    """Remember where its card stands."""
    await db.execute(
        "UPDATE drafts SET card_slack_channel_id = $2, card_ts = $3 WHERE id = $1",
        draft_id,
        ref.slack_channel_id,
        ref.ts,
    )


def _message(row: Row) -> StoredStaffMessage:
    return StoredStaffMessage(
        id=row["id"],
        handoff_id=HandoffId(row["handoff_id"]),
        conversation_id=ConversationId(row["conversation_id"]),
        member_id=row["member_id"],
        member_name=row["member_name"],
        text=row["text"],
        state=StaffMessageState(row["state"]),
        seen=row["seen"],
        mark=row["mark"],
        sent_at=moment(row["sent_at"]),
    )


def _draft(row: Row) -> Draft:
    return Draft(
        id=DraftId(row["id"]),
        handoff_id=HandoffId(row["handoff_id"]),
        conversation_id=ConversationId(row["conversation_id"]),
        asked_by=row["asked_by"],
        hint=row["hint"],
        text=row["text"],
        state=DraftState(row["state"]),
        decided_by=row["decided_by"],
        card=CardRef(row["card_slack_channel_id"], row["card_ts"]) if row["card_ts"] else None,
    )

"""Erasing one customer: which conversations are theirs, and what is done to every table that knows of them.

Whatever belongs to a conversation is deleted, tables that are added later included: they are found by their foreign
keys. What must stay keeps no word of the customer: the empty conversation (its session may still have to be erased),
requests and decisions that staff answer for, and the keys by which a repeated message is recognised, as hashes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Table

from channels.staff import CardRef
from gateway.domain import ApprovalId, ConversationId, DeliveryId
from gateway.store.database import Statements
from gateway.store.messages import tombstone
from gateway.store.tables import metadata
from gateway.store.values import micros, to_json

ERASED = "erased:"  # begins the thread key of a conversation that was erased
_NOBODY = "—"
_MAILS_AT_ONCE = 20

# Kept, and rid of what is personal below. The audit has nothing personal.
_KEPT = frozenset({"conversations", "turns", "approvals", "decisions", "deliveries", "audit_events"})

_RID = (
    """
    UPDATE turns SET reply_to = '{"channel":"sms","address":"","thread_key":"","details":{}}', begun = NULL,
        failure = '', state = CASE WHEN state IN ('running', 'paused') THEN 'failed' ELSE state END,
        ended_at = COALESCE(ended_at, $2)
    WHERE conversation_id = $1
    """,
    """
    UPDATE approvals SET arguments = '{}', final_arguments = NULL, quote = '', asked_because = '', reason = '',
        outcome = '', remind_at = NULL, customer_wrote_since = 0, revision = revision + 1,
        state = CASE WHEN state = 'pending' THEN 'withdrawn' ELSE state END,
        decided_at = COALESCE(decided_at, $2), answered_at = COALESCE(answered_at, $2)
    WHERE conversation_id = $1
    """,
    """
    UPDATE decisions SET reason = '' WHERE CAST($2 AS BIGINT) > 0
        AND approval_id IN (SELECT id FROM approvals WHERE conversation_id = $1)
    """,
    # The fence stops whoever works on it.
    f"""
    UPDATE conversations SET thread_key = '{ERASED}' || id, address = '{_NOBODY}', name = '', subject = '',
        holder = 'agent', held_because = '', related_id = NULL, open_turn_id = NULL, taken = arrived,
        waiting_since = NULL, due_at = NULL, notes = 0, lease_owner = NULL, lease_until = 0,
        fence = fence + 1, updated_at = $2
    WHERE id = $1
    """,  # noqa: S608  # constants of ours are put in
)

# Everything of the outbox that a conversation caused: cards, reminders and lines name it by something that belongs to
# it, and not by its own id.
_ITS_DELIVERIES = """
    conversation_id = $1
    OR subject_id IN (SELECT id FROM approvals WHERE conversation_id = $1)
    OR subject_id IN (SELECT id FROM handoffs WHERE conversation_id = $1)
"""
_TO_STAFF = "kind NOT IN ('answer', 'notice', 'relay', 'card', 'mark') AND provider_id IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Known:
    """A conversation of a customer, and how much it holds."""

    id: ConversationId
    session_id: str | None
    messages: int


@dataclass(frozen=True, slots=True)
class Post:
    """Something of ours that stands in staff's Slack and repeats what a customer said."""

    delivery_id: DeliveryId
    ref: CardRef


async def conversations_of(db: Statements, address: str) -> Sequence[Known]:
    """The conversations in which this address is the customer, takes part, or wrote."""
    rows = await db.fetch(
        """
        SELECT id, session_id, (SELECT COUNT(*) FROM messages WHERE conversation_id = conversations.id) AS messages
        FROM conversations
        WHERE LOWER(address) IN (LOWER($1), LOWER('whatsapp:' || $1))
            OR id IN (SELECT conversation_id FROM participants WHERE LOWER(participants.address) = LOWER($1))
            OR id IN (SELECT conversation_id FROM messages WHERE LOWER(SUBSTR(sender, 1, LENGTH($2))) = LOWER($2))
        ORDER BY id
        """,
        address,
        to_json({"address": address})[:-1] + ",",
    )
    return [Known(ConversationId(row["id"]), row["session_id"], row["messages"]) for row in rows]


async def unfinished(db: Statements) -> Sequence[Known]:
    """Erased conversations whose session the platform may still have."""
    rows = await db.fetch(
        "SELECT id, session_id FROM conversations WHERE thread_key LIKE $1 AND session_id IS NOT NULL ORDER BY id",
        f"{ERASED}%",
    )
    return [Known(ConversationId(row["id"]), row["session_id"], 0) for row in rows]


async def names_of(tx: Statements, conversation_id: ConversationId) -> Sequence[str]:
    """The ids by which mails name this conversation."""
    rows = await tx.fetch("SELECT thread_id FROM thread_ids WHERE conversation_id = $1", conversation_id)
    return [row["thread_id"] for row in rows]


async def open_cards(tx: Statements, conversation_id: ConversationId) -> Sequence[ApprovalId]:
    """The requests of a conversation whose cards stand in Slack."""
    rows = await tx.fetch("SELECT id FROM approvals WHERE conversation_id = $1 AND card_ts <> ''", conversation_id)
    return [ApprovalId(row["id"]) for row in rows]


async def erase(tx: Statements, conversation_id: ConversationId, *, now: datetime) -> None:
    """Empty a conversation. Nothing in it can go on afterwards."""
    await _hash_keys(tx, conversation_id)
    await tx.execute(
        f"""
        DELETE FROM receipts WHERE EXISTS (
            SELECT 1 FROM deliveries d
            WHERE d.channel = receipts.channel AND d.provider_id = receipts.provider_id AND ({_ITS_DELIVERIES})
        )
        """,  # noqa: S608  # constants of ours are put in
        conversation_id,
    )
    await tx.execute(
        f"DELETE FROM deliveries WHERE ({_ITS_DELIVERIES}) AND NOT ({_TO_STAFF})",  # noqa: S608  # likewise
        conversation_id,
    )
    # What stands in Slack has to be found once more, to be taken away.
    await tx.execute(
        f"""
        UPDATE deliveries SET conversation_id = $1, address = '', text = '', payload = NULL, reason = '', due_at = NULL,
            target = '{{"channel":"slack","address":"","thread_key":"","details":{{}}}}',
            state = CASE WHEN state IN ('sent', 'delivered') THEN state ELSE 'cancelled' END
        WHERE {_ITS_DELIVERIES}
        """,  # noqa: S608  # likewise
        conversation_id,
    )
    for sql in _deletions():
        await tx.execute(sql, conversation_id)
    for sql in _RID:
        await tx.execute(sql, conversation_id, micros(now))


async def erase_address(tx: Statements, address: str) -> None:
    """What is kept of an address outside of conversations: that it wanted no messages."""
    await tx.execute("DELETE FROM opt_outs WHERE LOWER(address) IN (LOWER($1), LOWER('whatsapp:' || $1))", address)


async def erase_mails(tx: Statements, needles: Sequence[str], *, now: datetime) -> int:
    """Erase the stored mails in which any of these stands, in whatever case; returns how many.

    The ledger of the mailbox keeps that they were there, so that no search of the mailbox takes them in again.
    """
    wanted = [needle.lower().encode() for needle in needles]
    digest, erased = "", 0
    while rows := await tx.fetch(
        "SELECT digest, raw FROM raw_mails WHERE digest > $1 ORDER BY digest LIMIT $2", digest, _MAILS_AT_ONCE
    ):
        digest = rows[-1]["digest"]
        for row in rows:
            raw = bytes(row["raw"]).lower()
            if any(needle in raw for needle in wanted):
                await _erase_mail(tx, row["digest"], now=now)
                erased += 1
    return erased


async def posts(db: Statements) -> Sequence[Post]:
    """What of erased conversations still stands in staff's Slack."""
    rows = await db.fetch(
        f"""
        SELECT id, provider_id FROM deliveries WHERE {_TO_STAFF} AND conversation_id IN
            (SELECT id FROM conversations WHERE thread_key LIKE $1)
        ORDER BY seq DESC
        """,  # noqa: S608  # a constant of ours is put in
        f"{ERASED}%",
    )
    found = [(DeliveryId(row["id"]), *str(row["provider_id"]).partition(":")[::2]) for row in rows]
    return [Post(delivery_id, CardRef(slack_channel_id, ts)) for delivery_id, slack_channel_id, ts in found]


async def note_retracted(db: Statements, post: Post) -> None:
    await db.execute("DELETE FROM deliveries WHERE id = $1", post.delivery_id)


async def note_session_gone(db: Statements, conversation_id: ConversationId) -> None:
    """The platform has erased the session."""
    await db.execute("UPDATE conversations SET session_id = NULL WHERE id = $1", conversation_id)


async def _hash_keys(tx: Statements, conversation_id: ConversationId) -> None:
    """Keys may hold what a customer's mail program put into them."""
    rows = await tx.fetch(
        """
        SELECT channel, key FROM message_keys
        WHERE message_id IN (SELECT id FROM messages WHERE conversation_id = $1)
        """,
        conversation_id,
    )
    for row in rows:
        await tx.execute(
            "UPDATE message_keys SET key = $3 WHERE channel = $1 AND key = $2",
            row["channel"],
            row["key"],
            tombstone(row["key"]),
        )


async def _erase_mail(tx: Statements, digest: str, *, now: datetime) -> None:
    await tx.execute("DELETE FROM raw_mails WHERE digest = $1", digest)
    await tx.execute(
        """
        UPDATE mail_intakes SET reason = '', updated_at = $2,
            state = CASE WHEN state IN ('announced', 'stored', 'quarantined') THEN 'skipped' ELSE state END
        WHERE digest = $1
        """,
        digest,
        micros(now),
    )


def _deletions() -> Sequence[str]:
    """One deletion for each table whose rows belong to a conversation, children first."""
    return [f"DELETE FROM {name} WHERE {where}" for name, where in reversed([*_belonging()])]  # noqa: S608  # names of ours


def _belonging() -> Iterator[tuple[str, str]]:
    """Tables whose rows belong to the conversation `$1`, each with the condition for it; parents first."""
    conditions = {"conversations": "id = $1"}
    for table in metadata.sorted_tables:
        condition = _condition(table, conditions)
        if condition:
            conditions[table.name] = condition
            if table.name not in _KEPT:
                yield table.name, condition


def _condition(table: Table, parents: dict[str, str]) -> str:
    if "conversation_id" in table.columns:
        return "conversation_id = $1"
    for key in table.foreign_keys:
        parent = key.column.table.name
        if parent in parents:
            return f"{key.parent.name} IN (SELECT {key.column.name} FROM {parent} WHERE {parents[parent]})"  # noqa: S608  # names of ours
    return ""

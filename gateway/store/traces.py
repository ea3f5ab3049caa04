"""Looking a conversation up by whatever names it, and everything that happened in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from channels.message import ChannelName
from gateway.domain import ConversationId
from gateway.store.database import Statements


@dataclass(frozen=True, slots=True)
class Happening:
    """A dated fact out of any table: when (microseconds), what, and its details."""

    at: int
    what: str
    details: tuple[str, ...]


# Every part is answered by an index: channels are named because the indexes begin with them.
_CHANNELS = ", ".join(f"'{channel.value}'" for channel in ChannelName)
_BY_NAME = f"""
    SELECT id AS conversation_id FROM conversations WHERE id = $1
    UNION SELECT id AS conversation_id FROM conversations WHERE session_id = $1
    UNION SELECT id AS conversation_id FROM conversations WHERE channel IN ({_CHANNELS}) AND address = $1
    UNION SELECT id AS conversation_id FROM conversations WHERE channel IN ({_CHANNELS}) AND thread_key = $1
    UNION SELECT conversation_id FROM messages WHERE id = $1
    UNION SELECT m.conversation_id FROM messages m JOIN message_keys k ON k.message_id = m.id
        WHERE k.channel IN ({_CHANNELS}) AND k.key = $1
    UNION SELECT conversation_id FROM thread_ids WHERE channel IN ({_CHANNELS}) AND thread_id = $1
    UNION SELECT conversation_id FROM turns WHERE id = $1
    UNION SELECT conversation_id FROM approvals WHERE id = $1 OR request_id = $1
    UNION SELECT conversation_id FROM handoffs WHERE id = $1
    UNION SELECT conversation_id FROM staff_messages WHERE id = $1
    UNION SELECT conversation_id FROM deliveries WHERE id = $1 AND conversation_id IS NOT NULL
    UNION SELECT conversation_id FROM deliveries
        WHERE channel IN ({_CHANNELS}) AND provider_id = $1 AND conversation_id IS NOT NULL
"""  # noqa: S608  # names of channels are put in


async def by_name(db: Statements, name: str) -> Sequence[ConversationId]:
    """Conversations that an id of ours or a provider's, an address or a session stands for; the newest first."""
    rows = await db.fetch(f"{_BY_NAME} ORDER BY conversation_id DESC", name)  # a constant is put in
    return [ConversationId(row["conversation_id"]) for row in rows]


async def by_card(db: Statements, slack_channel_id: str, ts: str) -> Sequence[ConversationId]:
    """The conversation whose approval card, or whose thread, stands at this place in Slack."""
    rows = await db.fetch(
        """
        SELECT conversation_id FROM approvals WHERE card_slack_channel_id = $1 AND card_ts = $2
        UNION SELECT conversation_id FROM handoffs WHERE thread_slack_channel_id = $1 AND thread_ts = $2
        UNION SELECT conversation_id FROM staff_messages WHERE id = $1 || ':' || $2
        UNION SELECT id AS conversation_id FROM conversations WHERE channel = 'slack' AND thread_key LIKE $3
        UNION SELECT conversation_id FROM messages WHERE provider_id LIKE $3
        """,
        slack_channel_id,
        ts,
        f"%:{slack_channel_id}:{ts}",
    )
    return [ConversationId(row["conversation_id"]) for row in rows]


async def of(db: Statements, conversation_id: ConversationId) -> Sequence[Happening]:
    """All facts of a conversation, in no particular order."""
    found: list[Happening] = []
    for sql, what, columns in _FACTS:
        for row in await db.fetch(sql, conversation_id):
            details = tuple(str(row[column] or "") for column in columns)
            found.append(Happening(row["at"], row["what"] if what is None else what, details))
    return found


# For each kind of fact: where it is, what it is called (None: the row says), and the columns that tell more.
_FACTS: tuple[tuple[str, str | None, tuple[str, ...]], ...] = (
    (
        "SELECT received_at AS at, id, provider_id FROM messages WHERE conversation_id = $1",
        "message.received",
        ("id", "provider_id"),
    ),
    ("SELECT stored_at AS at, id FROM messages WHERE conversation_id = $1", "message.stored", ("id",)),
    ("SELECT started_at AS at, id FROM turns WHERE conversation_id = $1", "turn.started", ("id",)),
    (
        "SELECT ended_at AS at, 'turn.' || state AS what, id, failure FROM turns "
        "WHERE conversation_id = $1 AND ended_at IS NOT NULL",
        None,
        ("id", "failure"),
    ),
    (
        "SELECT created_at AS at, id, tool_name FROM approvals WHERE conversation_id = $1",
        "approval.requested",
        ("id", "tool_name"),
    ),
    (
        "SELECT decided_at AS at, 'approval.' || state AS what, id, decided_by FROM approvals "
        "WHERE conversation_id = $1 AND decided_at IS NOT NULL",
        None,
        ("id", "decided_by"),
    ),
    (
        "SELECT answered_at AS at, id FROM approvals WHERE conversation_id = $1 AND answered_at IS NOT NULL",
        "approval.answered",
        ("id",),
    ),
    (
        "SELECT created_at AS at, id, kind, channel FROM deliveries WHERE conversation_id = $1",
        "delivery.queued",
        ("id", "kind", "channel"),
    ),
    (
        "SELECT updated_at AS at, 'delivery.' || state AS what, id, provider_id, code FROM deliveries "
        "WHERE conversation_id = $1 AND state <> 'queued'",
        None,
        ("id", "provider_id", "code"),
    ),
    (
        "SELECT r.received_at AS at, 'receipt.' || r.status AS what, d.id, r.code FROM receipts r "
        "JOIN deliveries d ON d.channel = r.channel AND d.provider_id = r.provider_id WHERE d.conversation_id = $1",
        None,
        ("id", "code"),
    ),
    (
        "SELECT at, 'audit: ' || name AS what, actor, subject_id FROM audit_events WHERE conversation_id = $1",
        None,
        ("actor", "subject_id"),
    ),
)

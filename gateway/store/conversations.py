"""Conversations: arrival of messages, and the lease by which one worker at a time holds a conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from channels.message import ChannelName, ReplyTarget
from gateway.domain import Conversation, ConversationId, Holder, Lease, TurnId
from gateway.errors import LeaseLost
from gateway.store.database import Row, Statements
from gateway.store.values import maybe_micros, maybe_moment, micros, moment, target_from_json

# Turns are counted over this time.
BURST = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message was counted in. `is_first_waiting` says that nobody has been woken for this conversation yet."""

    conversation_id: ConversationId
    position: int
    is_first_waiting: bool
    is_new_conversation: bool
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Claimed:
    """A conversation that is ours for now, and what its row says."""

    lease: Lease
    conversation: Conversation
    open_turn_id: TurnId | None
    is_suppressed: bool
    reply_to: ReplyTarget | None  # of the newest message


async def count_arrival(
    tx: Statements,
    *,
    new_id: str,
    channel: ChannelName,
    thread_key: str,
    address: str,
    name: str,
    subject: str,
    now: datetime,
    due_at: datetime,
    latest_due_at: datetime,
) -> Arrival:
    """Find or open the conversation of a thread, and number one more message in it.

    A burst moves `due_at` on, but never past `latest_due_at - now` after its first message.
    """
    row = await tx.fetch_one(
        """
        INSERT INTO conversations
            (id, channel, thread_key, address, name, subject, arrived, waiting_since, due_at, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $7, $7)
        ON CONFLICT (channel, thread_key) DO UPDATE SET
            arrived = conversations.arrived + 1,
            name = CASE
                WHEN excluded.name <> '' AND excluded.address = conversations.address THEN excluded.name
                ELSE conversations.name
            END,
            waiting_since = COALESCE(conversations.waiting_since, $7),
            due_at = CASE
                WHEN conversations.waiting_since IS NULL OR conversations.waiting_since + $9 > $8 THEN $8
                ELSE conversations.waiting_since + $9
            END,
            updated_at = $7
        RETURNING id, arrived, taken, due_at
        """,
        new_id,
        channel,
        thread_key,
        address,
        name,
        subject,
        micros(now),
        micros(due_at),
        micros(latest_due_at) - micros(now),
    )
    assert row is not None  # noqa: S101  # an upsert always returns its row
    return Arrival(
        conversation_id=ConversationId(row["id"]),
        position=row["arrived"],
        is_first_waiting=row["arrived"] == row["taken"] + 1,
        is_new_conversation=row["id"] == new_id,
        due_at=moment(row["due_at"]),
    )


async def claim(
    db: Statements, conversation_id: ConversationId, *, owner: str, now: datetime, until: datetime
) -> Claimed | None:
    """Take the lease if the conversation is due and nobody holds it."""
    row = await db.fetch_one(
        """
        UPDATE conversations
        SET lease_owner = $2, lease_until = $4, fence = fence + 1, due_at = $4
        WHERE id = $1 AND lease_until <= $3 AND due_at <= $3
        RETURNING *, EXISTS (
            SELECT 1 FROM opt_outs WHERE opt_outs.channel = conversations.channel
                AND opt_outs.address = conversations.address
        ) AS is_suppressed, (
            SELECT reply_to FROM messages
            WHERE messages.conversation_id = conversations.id AND messages.position = conversations.arrived
        ) AS newest_reply_to
        """,
        conversation_id,
        owner,
        micros(now),
        micros(until),
    )
    if row is None:
        return None
    return Claimed(
        lease=Lease(conversation_id, row["fence"], owner),
        conversation=conversation_from(row),
        open_turn_id=row["open_turn_id"],
        is_suppressed=bool(row["is_suppressed"]),
        reply_to=None if row["newest_reply_to"] is None else target_from_json(row["newest_reply_to"]),
    )


async def extend_all(db: Statements, owner: str, *, now: datetime, until: datetime) -> Mapping[ConversationId, int]:
    """Hold all of an owner's leases for longer; returns those that are still theirs, with their fences."""
    rows = await db.fetch(
        """
        UPDATE conversations
        SET lease_until = $3, due_at = CASE WHEN due_at = lease_until THEN $3 ELSE due_at END
        WHERE lease_owner = $1 AND lease_until > $2
        RETURNING id, fence
        """,
        owner,
        micros(now),
        micros(until),
    )
    return {ConversationId(row["id"]): row["fence"] for row in rows}


async def fences(db: Statements, conversation_ids: Sequence[ConversationId]) -> Mapping[ConversationId, int]:
    """How often each of these has been taken so far."""
    places = ", ".join(f"${number}" for number in range(1, len(conversation_ids) + 1))
    rows = await db.fetch(f"SELECT id, fence FROM conversations WHERE id IN ({places})", *conversation_ids)  # noqa: S608  # only placeholders are put in
    return {ConversationId(row["id"]): row["fence"] for row in rows}


async def let_go(tx: Statements, lease: Lease, *, look_again_at: datetime | None = None) -> datetime | None:
    """Give the lease back; what waits goes on waiting until something happens, or until `look_again_at`.

    Returns when somebody should look again, None for never. Raises `LeaseLost`.
    """
    row = await tx.fetch_one(
        """
        UPDATE conversations
        SET lease_owner = NULL, lease_until = 0, due_at = CASE WHEN due_at <> lease_until THEN due_at ELSE $3 END
        WHERE id = $1 AND fence = $2
        RETURNING due_at
        """,
        lease.conversation_id,
        lease.fence,
        maybe_micros(look_again_at),
    )
    return _due_at(row, lease)


async def begin_turn(tx: Statements, lease: Lease, *, turn_id: TurnId, taken: int, now: datetime) -> None:
    """The messages up to `taken` now belong to a turn, which counts towards a burst. Raises `LeaseLost`."""
    changed = await tx.execute(
        """
        UPDATE conversations
        SET open_turn_id = $3, taken = $4, waiting_since = CASE WHEN arrived > $4 THEN waiting_since ELSE NULL END,
            burst_turns = CASE WHEN burst_since > $6 THEN burst_turns + 1 ELSE 1 END,
            burst_since = CASE WHEN burst_since > $6 THEN burst_since ELSE $5 END
        WHERE id = $1 AND fence = $2
        """,
        lease.conversation_id,
        lease.fence,
        turn_id,
        taken,
        micros(now),
        micros(now - BURST),
    )
    _must_have_changed(changed, lease)


async def end_turn(tx: Statements, lease: Lease, *, posted: int, now: datetime) -> datetime | None:
    """Close the open turn and give the lease back; the session has been posted `posted` messages so far.

    Returns when somebody should look again, None for never: at once, where messages wait. Raises `LeaseLost`.
    """
    row = await tx.fetch_one(
        """
        UPDATE conversations
        SET open_turn_id = NULL, posted = $3, lease_owner = NULL, lease_until = 0, due_at = CASE
            WHEN due_at <> lease_until THEN due_at
            WHEN arrived > taken THEN $4
            ELSE NULL
        END
        WHERE id = $1 AND fence = $2
        RETURNING due_at
        """,
        lease.conversation_id,
        lease.fence,
        posted,
        micros(now),
    )
    return _due_at(row, lease)


async def bind_session(db: Statements, lease: Lease, session_id: str) -> None:
    """Remember the conversation's session, for life. Raises `LeaseLost`."""
    changed = await db.execute(
        "UPDATE conversations SET session_id = $3 WHERE id = $1 AND fence = $2 AND session_id IS NULL",
        lease.conversation_id,
        lease.fence,
        session_id,
    )
    _must_have_changed(changed, lease)


async def hold_for_person(tx: Statements, conversation_id: ConversationId, because: str, *, upto: int) -> None:
    """No turn starts until a person lets go of it; the messages up to `upto` are theirs."""
    await tx.execute(
        """
        UPDATE conversations SET holder = 'human', held_because = $2, taken = $3,
            waiting_since = CASE WHEN arrived > $3 THEN waiting_since ELSE NULL END
        WHERE id = $1
        """,
        conversation_id,
        because,
        upto,
    )


@dataclass(frozen=True, slots=True)
class Seized:
    """A conversation as it was when it was taken out of the hands of whoever worked on it."""

    conversation: Conversation
    open_turn_id: TurnId | None


async def seize(tx: Statements, conversation_id: ConversationId, *, now: datetime) -> Seized | None:
    """Take the lease away from whoever has it: nothing of their turn is written any more. None: no such conversation.

    The open turn is closed as far as the conversation knows, and what the session has of it is to be looked up.
    """
    row = await tx.fetch_one(
        """
        UPDATE conversations SET fence = fence + 1, lease_owner = NULL, lease_until = 0, due_at = $2
        WHERE id = $1 RETURNING *
        """,
        conversation_id,
        micros(now),
    )
    if row is None:
        return None
    if row["open_turn_id"] is not None:
        await tx.execute("UPDATE conversations SET open_turn_id = NULL, posted = -1 WHERE id = $1", conversation_id)
    return Seized(conversation_from(row), row["open_turn_id"])


async def show(tx: Statements, lease: Lease, *, upto: int) -> None:
    """The messages up to `upto` stand before staff: they are taken, as by a turn. Raises `LeaseLost`."""
    changed = await tx.execute(
        """
        UPDATE conversations
        SET taken = $3, waiting_since = CASE WHEN arrived > $3 THEN waiting_since ELSE NULL END
        WHERE id = $1 AND fence = $2
        """,
        lease.conversation_id,
        lease.fence,
        upto,
    )
    _must_have_changed(changed, lease)


async def give_back(tx: Statements, conversation_id: ConversationId, *, answered: int, now: datetime) -> bool:
    """The agent has it again, and answers what came after `answered`. False: nobody held it."""
    return (
        await tx.execute(
            """
            UPDATE conversations
            SET holder = 'agent', held_because = '', burst_turns = 0, taken = $2,
                waiting_since = CASE WHEN arrived > $2 THEN COALESCE(waiting_since, $3) ELSE NULL END,
                due_at = CASE WHEN arrived > $2 THEN $3 ELSE due_at END
            WHERE id = $1 AND holder = 'human'
            """,
            conversation_id,
            answered,
            micros(now),
        )
        == 1
    )


async def relate(tx: Statements, conversation_id: ConversationId, related_id: ConversationId) -> None:
    """Its first message named another conversation, and was not let into it."""
    await tx.execute("UPDATE conversations SET related_id = $2 WHERE id = $1", conversation_id, related_id)


async def make_due(tx: Statements, conversation_id: ConversationId, at: datetime) -> None:
    """Something happened that somebody should look at.

    What is due with the end of a lease is due on account of that alone: its holder, even a late one, would forget it.
    """
    await tx.execute(
        """
        UPDATE conversations SET due_at = $2
        WHERE id = $1 AND (due_at IS NULL OR due_at > $2 OR due_at = lease_until)
        """,
        conversation_id,
        micros(at),
    )


async def make_address_due(tx: Statements, channel: ChannelName, address: str, at: datetime) -> Sequence[str]:
    """Wake the conversations of one customer in which messages wait; returns their ids."""
    rows = await tx.fetch(
        """
        UPDATE conversations SET due_at = $3
        WHERE channel = $1 AND address = $2 AND arrived > taken
          AND (due_at IS NULL OR due_at > $3 OR due_at = lease_until)
        RETURNING id
        """,
        channel,
        address,
        micros(at),
    )
    return [row["id"] for row in rows]


async def due(db: Statements, *, now: datetime, limit: int) -> Sequence[ConversationId]:
    """Conversations that somebody should look at and nobody does, longest waiting first."""
    rows = await db.fetch(
        """
        SELECT id FROM conversations
        WHERE due_at IS NOT NULL AND due_at <= $1 AND lease_until <= $1
        ORDER BY due_at LIMIT $2
        """,
        micros(now),
        limit,
    )
    return [ConversationId(row["id"]) for row in rows]


async def due_time(db: Statements, conversation_id: ConversationId) -> datetime | None:
    """When somebody should look; None where nothing waits, or somebody is at it."""
    row = await db.fetch_one("SELECT due_at, lease_until FROM conversations WHERE id = $1", conversation_id)
    if row is None or row["lease_until"]:
        return None
    return maybe_moment(row["due_at"])


async def exists(db: Statements, channel: ChannelName, thread_key: str) -> bool:
    """Whether this thread is a conversation."""
    row = await db.fetch_one(
        "SELECT 1 AS one FROM conversations WHERE channel = $1 AND thread_key = $2", channel, thread_key
    )
    return row is not None


async def get(db: Statements, conversation_id: ConversationId) -> Conversation | None:
    row = await db.fetch_one("SELECT * FROM conversations WHERE id = $1", conversation_id)
    return None if row is None else conversation_from(row)


async def newest(db: Statements, *, limit: int) -> Sequence[Conversation]:
    rows = await db.fetch("SELECT * FROM conversations ORDER BY id DESC LIMIT $1", limit)
    return [conversation_from(row) for row in rows]


def _due_at(row: Row | None, lease: Lease) -> datetime | None:
    if row is None:
        raise LeaseLost(lease.conversation_id)
    return maybe_moment(row["due_at"])


def _must_have_changed(changed: int, lease: Lease) -> None:
    if changed != 1:
        raise LeaseLost(lease.conversation_id)


def conversation_from(row: Row) -> Conversation:
    return Conversation(
        id=ConversationId(row["id"]),
        channel=ChannelName(row["channel"]),
        thread_key=row["thread_key"],
        address=row["address"],
        name=row["name"],
        holder=Holder(row["holder"]),
        session_id=row["session_id"],
        posted=row["posted"],
        arrived=row["arrived"],
        taken=row["taken"],
        due_at=maybe_moment(row["due_at"]),
        held_because=row["held_because"],
        burst_since=moment(row["burst_since"]),
        burst_turns=row["burst_turns"],
        created_at=moment(row["created_at"]),
        notes=row["notes"],
    )

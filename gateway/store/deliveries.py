"""The outbox: what is to be sent, in lanes of which only the head may go out; and the providers' news of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from channels.message import ChannelName, DeliveryStatus, DeliveryUpdate, OutboundPart, ReplyTarget
from gateway.domain import (
    DELIVERY_MOVES,
    ConversationId,
    Delivery,
    DeliveryId,
    DeliveryKind,
    DeliveryState,
    TurnId,
)
from gateway.store.database import Row, Statements
from gateway.store.values import maybe_moment, micros, moment, target_from_json, target_to_json

_UNFINISHED = "state IN ('queued', 'sending', 'unknown')"


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A message that is to be sent."""

    id: DeliveryId
    lane: str
    kind: DeliveryKind
    target: ReplyTarget
    text: str = ""
    payload: bytes = b""
    part: int = 1
    parts: int = 1
    conversation_id: ConversationId | None = None
    turn_id: TurnId | None = None
    subject_id: str = ""


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """The head of a lane, ours to send; `is_suppressed` says that its recipient does not want to hear from us."""

    delivery: Delivery
    is_suppressed: bool


def from_part(
    part: OutboundPart,
    *,
    kind: DeliveryKind,
    conversation_id: ConversationId,
    turn_id: TurnId | None = None,
    subject_id: str = "",
) -> NewDelivery:
    """A channel's part as a row of the outbox: its key is the delivery's id, its conversation the lane."""
    return NewDelivery(
        id=DeliveryId(part.key),
        lane=conversation_id,
        kind=kind,
        target=part.target,
        text=part.text,
        payload=part.payload,
        part=part.part,
        parts=part.parts,
        conversation_id=conversation_id,
        turn_id=turn_id,
        subject_id=subject_id,
    )


async def add(tx: Statements, new: NewDelivery, *, now: datetime) -> bool:
    """Queue it. False: it is there already."""
    return (
        await tx.execute(
            """
        INSERT INTO deliveries (id, lane, kind, conversation_id, turn_id, subject_id, channel, address, target, text,
            payload, part, parts, state, due_at, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'queued', $14, $14, $14)
        ON CONFLICT (id) DO NOTHING
        """,
            new.id,
            new.lane,
            new.kind,
            new.conversation_id,
            new.turn_id,
            new.subject_id,
            new.target.channel,
            new.target.address,
            target_to_json(new.target),
            new.text,
            new.payload or None,
            new.part,
            new.parts,
            micros(now),
        )
        == 1
    )


async def claim_head(db: Statements, lane: str, *, now: datetime, until: datetime) -> ClaimedDelivery | None:
    """Take the lane's first unfinished delivery, if it is queued and due. From `until` on its outcome is unknown."""
    row = await db.fetch_one(
        f"""
        UPDATE deliveries
        SET state = 'sending', attempts = attempts + 1, attempted_at = $2, due_at = $3, updated_at = $2
        WHERE seq = (SELECT seq FROM deliveries WHERE lane = $1 AND {_UNFINISHED} ORDER BY seq LIMIT 1)
            AND state = 'queued' AND due_at <= $2
        RETURNING *, EXISTS (
            SELECT 1 FROM opt_outs WHERE opt_outs.channel = deliveries.channel
                AND opt_outs.address = deliveries.address
        ) AS is_suppressed
        """,  # noqa: S608  # only a constant is put in
        lane,
        micros(now),
        micros(until),
    )
    return None if row is None else ClaimedDelivery(delivery_from(row), bool(row["is_suppressed"]))


async def hold_on(db: Statements, delivery: Delivery, *, until: datetime) -> None:
    """The send is still under way: its outcome is not unknown before `until`."""
    await db.execute(
        "UPDATE deliveries SET due_at = $3 WHERE id = $1 AND attempts = $2 AND state = 'sending'",
        delivery.id,
        delivery.attempts,
        micros(until),
    )


async def claim_unknown(db: Statements, delivery_id: DeliveryId, *, now: datetime, until: datetime) -> Delivery | None:
    """Take a delivery whose sender died or did not hear the answer, to ask the provider about it."""
    row = await db.fetch_one(
        """
        UPDATE deliveries SET state = 'unknown', due_at = $3, updated_at = $2
        WHERE id = $1 AND state IN ('sending', 'unknown') AND due_at <= $2
        RETURNING *
        """,
        delivery_id,
        micros(now),
        micros(until),
    )
    return None if row is None else delivery_from(row)


async def finish(
    tx: Statements,
    delivery: Delivery,
    state: DeliveryState,
    *,
    now: datetime,
    provider_id: str | None = None,
    due_at: datetime | None = None,
    code: str = "",
    reason: str = "",
) -> bool:
    """Record how an attempt ended. False: somebody else has recorded it meanwhile."""
    return (
        await tx.execute(
            """
        UPDATE deliveries
        SET state = $3, provider_id = COALESCE($4, provider_id), due_at = $5, code = $6, reason = $7, updated_at = $8
        WHERE id = $1 AND attempts = $2 AND state IN ('sending', 'unknown')
        """,
            delivery.id,
            delivery.attempts,
            state,
            provider_id,
            None if due_at is None else micros(due_at),
            code,
            reason,
            micros(now),
        )
        == 1
    )


async def apply_update(tx: Statements, update: DeliveryUpdate, *, now: datetime) -> Delivery | None:
    """Move the delivery that a provider's news is about, where its state allows; None where nothing moved."""
    state = DeliveryState(update.status.value)
    before = ", ".join(
        f"'{old}'" for old, allowed in DELIVERY_MOVES.items() if state in allowed and old in _ON_THE_WIRE
    )
    row = await tx.fetch_one(
        f"""
        UPDATE deliveries SET state = $3, due_at = NULL, code = $4, reason = $5, updated_at = $6
        WHERE channel = $1 AND provider_id = $2 AND state IN ({before or "''"})
        RETURNING *
        """,  # noqa: S608  # only state names are put in
        update.channel,
        update.provider_id,
        state,
        update.code,
        update.reason,
        micros(now),
    )
    return None if row is None else delivery_from(row)


_ON_THE_WIRE = frozenset({DeliveryState.SENT, DeliveryState.DELIVERED})


async def is_known(db: Statements, channel: ChannelName, provider_id: str) -> bool:
    """Whether a send under this provider id has been recorded."""
    row = await db.fetch_one(
        "SELECT 1 AS one FROM deliveries WHERE channel = $1 AND provider_id = $2 LIMIT 1", channel, provider_id
    )
    return row is not None


async def by_provider_id(db: Statements, channel: ChannelName, provider_id: str) -> Delivery | None:
    """The delivery that a provider knows under this id."""
    row = await db.fetch_one(
        "SELECT * FROM deliveries WHERE channel = $1 AND provider_id = $2 LIMIT 1", channel, provider_id
    )
    return None if row is None else delivery_from(row)


async def add_receipt(tx: Statements, update: DeliveryUpdate, *, applied: bool) -> bool:
    """Keep a provider's news under its own id. False: we had it."""
    return (
        await tx.execute(
            """
        INSERT INTO receipts (channel, event_id, provider_id, status, code, reason, suppress, received_at, applied)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING
        """,
            update.channel,
            update.event_id,
            update.provider_id,
            update.status,
            update.code,
            update.reason,
            int(update.suppress),
            micros(update.received_at),
            int(applied),
        )
        == 1
    )


async def mark_applied(tx: Statements, update: DeliveryUpdate) -> None:
    await tx.execute(
        "UPDATE receipts SET applied = 1 WHERE channel = $1 AND event_id = $2", update.channel, update.event_id
    )


async def unapplied_receipts(db: Statements, *, limit: int) -> Sequence[DeliveryUpdate]:
    """News that came before the send it is about was recorded, and whose send is known by now."""
    rows = await db.fetch(
        """
        SELECT r.* FROM receipts r
        WHERE r.applied = 0 AND EXISTS (
            SELECT 1 FROM deliveries d WHERE d.channel = r.channel AND d.provider_id = r.provider_id
        )
        ORDER BY r.received_at LIMIT $1
        """,
        limit,
    )
    return [
        DeliveryUpdate(
            channel=ChannelName(row["channel"]),
            event_id=row["event_id"],
            provider_id=row["provider_id"],
            status=DeliveryStatus(row["status"]),
            received_at=moment(row["received_at"]),
            code=row["code"],
            reason=row["reason"],
            suppress=bool(row["suppress"]),
        )
        for row in rows
    ]


async def drop_stale_receipts(db: Statements, *, before: datetime) -> int:
    """Give up on news about sends that were never ours."""
    return await db.execute("UPDATE receipts SET applied = 1 WHERE applied = 0 AND received_at < $1", micros(before))


async def cancel_for_address(tx: Statements, channel: ChannelName, address: str, *, now: datetime, reason: str) -> int:
    """Cancel what has not been sent to somebody yet."""
    return await tx.execute(
        """
        UPDATE deliveries SET state = 'cancelled', due_at = NULL, reason = $4, updated_at = $3
        WHERE channel = $1 AND address = $2 AND state = 'queued'
        """,
        channel,
        address,
        micros(now),
        reason,
    )


async def cancel_answers(tx: Statements, conversation_id: ConversationId, *, now: datetime, reason: str) -> int:
    """The agent says nothing more: cancel what it has said and what has not been sent yet."""
    return await tx.execute(
        """
        UPDATE deliveries SET state = 'cancelled', due_at = NULL, reason = $3, updated_at = $2
        WHERE lane = $1 AND kind = 'answer' AND state = 'queued'
        """,
        conversation_id,
        micros(now),
        reason,
    )


async def cancel_relays(tx: Statements, staff_message_id: str, *, now: datetime, reason: str) -> int:
    """Its author took it back: cancel what of it has not been sent yet."""
    return await tx.execute(
        """
        UPDATE deliveries SET state = 'cancelled', due_at = NULL, reason = $3, updated_at = $2
        WHERE subject_id = $1 AND kind = 'relay' AND state = 'queued'
        """,
        staff_message_id,
        micros(now),
        reason,
    )


async def relays_of(db: Statements, staff_message_id: str) -> Sequence[Delivery]:
    """The parts in which a staff message goes to the customer, in order."""
    rows = await db.fetch(
        "SELECT * FROM deliveries WHERE subject_id = $1 AND kind = 'relay' ORDER BY seq", staff_message_id
    )
    return [delivery_from(row) for row in rows]


async def due_lanes(db: Statements, *, now: datetime, limit: int) -> Sequence[str]:
    """Lanes in which something is queued and its time has come."""
    rows = await db.fetch(
        """
        SELECT DISTINCT lane FROM (
            SELECT lane FROM deliveries
            WHERE due_at IS NOT NULL AND due_at <= $1 AND state = 'queued' ORDER BY due_at LIMIT $2
        ) AS waiting
        """,
        micros(now),
        limit,
    )
    return [row["lane"] for row in rows]


async def due_unknown(db: Statements, *, now: datetime, limit: int) -> Sequence[DeliveryId]:
    """Deliveries whose outcome somebody should ask the provider for."""
    rows = await db.fetch(
        """
        SELECT id FROM deliveries
        WHERE due_at IS NOT NULL AND due_at <= $1 AND state IN ('sending', 'unknown') ORDER BY due_at LIMIT $2
        """,
        micros(now),
        limit,
    )
    return [DeliveryId(row["id"]) for row in rows]


async def retry(tx: Statements, delivery_id: DeliveryId, *, now: datetime) -> Delivery | None:
    """A person's order to try a dead letter again. None: it is not one."""
    row = await tx.fetch_one(
        """
        UPDATE deliveries SET state = 'queued', due_at = $2, code = '', reason = '', updated_at = $2
        WHERE id = $1 AND state = 'failed' RETURNING *
        """,
        delivery_id,
        micros(now),
    )
    return None if row is None else delivery_from(row)


async def drop(tx: Statements, delivery_id: DeliveryId, *, now: datetime) -> Delivery | None:
    """A person's order to let a dead letter rest, or not to send what still waits. None: it is neither."""
    row = await tx.fetch_one(
        """
        UPDATE deliveries SET state = 'cancelled', due_at = NULL, updated_at = $2
        WHERE id = $1 AND state IN ('failed', 'queued') RETURNING *
        """,
        delivery_id,
        micros(now),
    )
    return None if row is None else delivery_from(row)


async def get(db: Statements, delivery_id: DeliveryId) -> Delivery | None:
    row = await db.fetch_one("SELECT * FROM deliveries WHERE id = $1", delivery_id)
    return None if row is None else delivery_from(row)


async def newest(db: Statements, *, limit: int, state: DeliveryState | None = None) -> Sequence[Delivery]:
    rows = await db.fetch(
        "SELECT * FROM deliveries WHERE $1 = '' OR state = $1 ORDER BY seq DESC LIMIT $2", state or "", limit
    )
    return [delivery_from(row) for row in rows]


async def of_conversation(db: Statements, conversation_id: ConversationId) -> Sequence[Delivery]:
    rows = await db.fetch("SELECT * FROM deliveries WHERE conversation_id = $1 ORDER BY seq", conversation_id)
    return [delivery_from(row) for row in rows]


def delivery_from(row: Row) -> Delivery:
    return Delivery(
        id=DeliveryId(row["id"]),
        seq=row["seq"],
        lane=row["lane"],
        kind=DeliveryKind(row["kind"]),
        conversation_id=row["conversation_id"],
        turn_id=row["turn_id"],
        subject_id=row["subject_id"],
        target=target_from_json(row["target"]),
        text=row["text"],
        payload=row["payload"] or b"",
        part=row["part"],
        parts=row["parts"],
        state=DeliveryState(row["state"]),
        provider_id=row["provider_id"],
        attempts=row["attempts"],
        attempted_at=maybe_moment(row["attempted_at"]),
        code=row["code"],
        reason=row["reason"],
        created_at=moment(row["created_at"]),
    )

"""Approval requests and the decisions on them. "First decision wins" is a conditional update, with no look before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from channels.staff import ApprovalState, CardRef, Vote
from gateway.agent.policy import read_limits
from gateway.domain import Approval, ApprovalId, ConversationId, Policy, TurnId, canonical_json
from gateway.store.database import Row, Statements
from gateway.store.values import from_json, maybe_moment, micros, moment, to_json


@dataclass(frozen=True, slots=True)
class Decided:
    """How a request ended: for the numbers, without whose it was."""

    state: ApprovalState
    latency_s: float
    was_edited: bool
    was_overturned: bool  # denied, though somebody had approved it


async def add(tx: Statements, approval: Approval, *, remind_at: datetime) -> bool:
    """Keep a request. False: the session asked the same before."""
    return (
        await tx.execute(
            """
        INSERT INTO approvals (id, conversation_id, turn_id, request_id, tool_call_id, tool_name, description, schema,
            arguments, arguments_hash, policy, quote, asked_because, state, required, created_at, remind_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
        ON CONFLICT (conversation_id, request_id) DO NOTHING
        """,
            approval.id,
            approval.conversation_id,
            approval.turn_id,
            approval.request_id,
            approval.tool_call_id,
            approval.tool_name,
            approval.description,
            to_json(dict(approval.schema)),
            canonical_json(dict(approval.proposed)),
            approval.arguments_hash,
            _policy_json(approval.policy),
            approval.quote,
            approval.asked_because,
            approval.state,
            approval.required,
            micros(approval.created_at),
            micros(remind_at),
            micros(approval.expires_at),
        )
        == 1
    )


async def get(db: Statements, approval_id: str) -> Approval | None:
    row = await db.fetch_one("SELECT * FROM approvals WHERE id = $1", approval_id)
    return None if row is None else approval_from(row)


async def of_turn(db: Statements, turn_id: TurnId) -> Sequence[Approval]:
    """All requests of a turn, oldest first."""
    rows = await db.fetch("SELECT * FROM approvals WHERE turn_id = $1 ORDER BY id", turn_id)
    return [approval_from(row) for row in rows]


async def of_conversation(db: Statements, conversation_id: ConversationId) -> Sequence[Approval]:
    """All requests of a conversation, oldest first."""
    rows = await db.fetch("SELECT * FROM approvals WHERE conversation_id = $1 ORDER BY id", conversation_id)
    return [approval_from(row) for row in rows]


async def newest(db: Statements, *, limit: int, state: ApprovalState | None = None) -> Sequence[Approval]:
    rows = await db.fetch(
        "SELECT * FROM approvals WHERE $1 = '' OR state = $1 ORDER BY id DESC LIMIT $2", state or "", limit
    )
    return [approval_from(row) for row in rows]


async def add_decision(
    tx: Statements,
    approval: Approval,
    *,
    decision_id: str,
    member_id: str,
    approved: bool,
    reason: str,
    now: datetime,
) -> bool:
    """Record one person's word on what the request says now; their denial takes the place of their approval.

    False: they have said so before.
    """
    return (
        await tx.execute(
            """
        INSERT INTO decisions (id, approval_id, member_id, approved, arguments_hash, reason, decided_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (approval_id, member_id, arguments_hash) DO UPDATE SET
            approved = 0, reason = excluded.reason, decided_at = excluded.decided_at
        WHERE decisions.approved = 1 AND excluded.approved = 0
        """,
            decision_id,
            approval.id,
            member_id,
            int(approved),
            approval.arguments_hash,
            reason,
            micros(now),
        )
        == 1
    )


async def votes(db: Statements, approval: Approval) -> Sequence[Vote]:
    """Who has said what about the arguments as they stand."""
    rows = await db.fetch(
        "SELECT * FROM decisions WHERE approval_id = $1 AND arguments_hash = $2 ORDER BY id",
        approval.id,
        approval.arguments_hash,
    )
    return [Vote(row["member_id"], bool(row["approved"]), moment(row["decided_at"]), row["reason"]) for row in rows]


async def lock_pending(tx: Statements, approval_id: str, *, now: datetime) -> Approval | None:
    """The request, held until the transaction ends, if it can still be decided."""
    row = await tx.fetch_one(
        """
        UPDATE approvals SET revision = revision + 1
        WHERE id = $1 AND state = 'pending' AND expires_at > $2 RETURNING *
        """,
        approval_id,
        micros(now),
    )
    return None if row is None else approval_from(row)


async def edit(tx: Statements, approval_id: ApprovalId, arguments: Mapping[str, Any], arguments_hash: str) -> None:
    await tx.execute(
        "UPDATE approvals SET final_arguments = $2, arguments_hash = $3 WHERE id = $1 AND state = 'pending'",
        approval_id,
        canonical_json(dict(arguments)),
        arguments_hash,
    )


async def decide(
    tx: Statements, approval_id: ApprovalId, state: ApprovalState, *, by: str, reason: str, now: datetime
) -> bool:
    """Settle a pending request. False: it is settled."""
    return (
        await tx.execute(
            """
        UPDATE approvals SET state = $2, decided_by = $3, reason = $4, decided_at = $5, remind_at = NULL,
            revision = revision + 1
        WHERE id = $1 AND state = 'pending'
        """,
            approval_id,
            state,
            by,
            reason,
            micros(now),
        )
        == 1
    )


async def mark_answered(db: Statements, approval_id: ApprovalId, *, now: datetime) -> None:
    """The session has taken the decision."""
    await db.execute(
        "UPDATE approvals SET answered_at = $2 WHERE id = $1 AND answered_at IS NULL", approval_id, micros(now)
    )


async def note_outcome(tx: Statements, approval_id: ApprovalId, outcome: str, *, failed: bool) -> bool:
    """What became of the tool. False: that is known already."""
    return (
        await tx.execute(
            """
        UPDATE approvals SET outcome = $2, outcome_failed = $3, revision = revision + 1
        WHERE id = $1 AND outcome = ''
        """,
            approval_id,
            outcome,
            int(failed),
        )
        == 1
    )


async def note_customer_wrote(tx: Statements, turn_id: TurnId, count: int) -> Sequence[ApprovalId]:
    """How many messages wait behind the turn's pending requests; returns those for which that is news."""
    rows = await tx.fetch(
        """
        UPDATE approvals SET customer_wrote_since = $2, revision = revision + 1
        WHERE turn_id = $1 AND state = 'pending' AND customer_wrote_since < $2 RETURNING id
        """,
        turn_id,
        count,
    )
    return [ApprovalId(row["id"]) for row in rows]


async def place_card(db: Statements, approval_id: str, ref: CardRef, *, link: str) -> None:
    """Remember where the card stands."""
    await db.execute(
        "UPDATE approvals SET card_slack_channel_id = $2, card_ts = $3, card_link = $4 WHERE id = $1",
        approval_id,
        ref.slack_channel_id,
        ref.ts,
        link,
    )


async def expired(db: Statements, *, now: datetime, limit: int) -> Sequence[ApprovalId]:
    rows = await db.fetch(
        "SELECT id FROM approvals WHERE state = 'pending' AND expires_at <= $1 ORDER BY expires_at LIMIT $2",
        micros(now),
        limit,
    )
    return [ApprovalId(row["id"]) for row in rows]


async def claim_reminders(tx: Statements, *, now: datetime) -> Sequence[Approval]:
    """Requests for which the reminder is due; each is handed out once."""
    rows = await tx.fetch(
        "UPDATE approvals SET remind_at = NULL WHERE state = 'pending' AND remind_at <= $1 RETURNING *", micros(now)
    )
    return [approval_from(row) for row in rows]


async def decided_since(db: Statements, since: datetime) -> Sequence[Decided]:
    """The requests that had their last word after a moment."""
    rows = await db.fetch(
        """
        SELECT state, decided_at - created_at AS latency, final_arguments IS NOT NULL AS edited,
            EXISTS (SELECT 1 FROM decisions WHERE approval_id = approvals.id AND approved = 1) AS had_approval
        FROM approvals WHERE decided_at >= $1
        """,
        micros(since),
    )
    return [
        Decided(
            state=ApprovalState(row["state"]),
            latency_s=row["latency"] / 1_000_000,
            was_edited=bool(row["edited"]),
            was_overturned=row["state"] == ApprovalState.REJECTED and bool(row["had_approval"]),
        )
        for row in rows
    ]


def _policy_json(policy: Policy) -> str:
    return to_json(
        {
            "approvers": policy.approvers,
            "high_risk": policy.high_risk,
            "high_risk_above": dict(policy.high_risk_above),
        }
    )


def approval_from(row: Row) -> Approval:
    policy = from_json(row["policy"])
    return Approval(
        id=ApprovalId(row["id"]),
        conversation_id=ConversationId(row["conversation_id"]),
        turn_id=TurnId(row["turn_id"]),
        request_id=row["request_id"],
        tool_call_id=row["tool_call_id"],
        tool_name=row["tool_name"],
        description=row["description"],
        schema=from_json(row["schema"]),
        proposed=from_json(row["arguments"]),
        edited=None if row["final_arguments"] is None else from_json(row["final_arguments"]),
        arguments_hash=row["arguments_hash"],
        policy=Policy(
            tuple(policy["approvers"]),
            row["required"],
            policy["high_risk"],
            read_limits(policy.get("high_risk_above")),
        ),
        quote=row["quote"],
        state=ApprovalState(row["state"]),
        required=row["required"],
        created_at=moment(row["created_at"]),
        expires_at=moment(row["expires_at"]),
        decided_at=maybe_moment(row["decided_at"]),
        decided_by=row["decided_by"],
        reason=row["reason"],
        answered_at=maybe_moment(row["answered_at"]),
        outcome=row["outcome"],
        outcome_failed=bool(row["outcome_failed"]),
        customer_wrote_since=row["customer_wrote_since"],
        card=CardRef(row["card_slack_channel_id"], row["card_ts"]) if row["card_ts"] else None,
        revision=row["revision"],
        card_link=row["card_link"],
        asked_because=row["asked_because"],
    )

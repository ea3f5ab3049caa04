"""The end of an approval request: settled once, audited, shown on its card, and its conversation woken."""

from __future__ import annotations

from datetime import datetime

from channels.message import ChannelName, ReplyTarget
from channels.staff import ApprovalState
from gateway import audit
from gateway.domain import Approval, ApprovalId, DeliveryId, DeliveryKind, TurnId, new_id
from gateway.store import approvals, conversations, deliveries
from gateway.store.database import Statements
from gateway.store.deliveries import NewDelivery


async def settle(
    tx: Statements,
    approval: Approval,
    state: ApprovalState,
    *,
    actor: str,
    now: datetime,
    by: str = "",
    reason: str = "",
) -> bool:
    """Give a pending request its last word, and wake its conversation. False: it has had one."""
    if not await _close(tx, approval, state, actor=actor, now=now, by=by, reason=reason):
        return False
    await conversations.make_due(tx, approval.conversation_id, now)
    return True


async def withdraw_open(
    tx: Statements, turn_id: TurnId, *, actor: str, reason: str, now: datetime
) -> tuple[ApprovalId, ...]:
    """Nothing will run any more of what a turn still asks for: whoever holds its conversation knows, and wakes nobody.

    Returns the requests whose cards have to say so.
    """
    return tuple(
        [
            approval.id
            for approval in await approvals.of_turn(tx, turn_id)
            if approval.is_pending
            and await _close(tx, approval, ApprovalState.WITHDRAWN, actor=actor, now=now, reason=reason)
        ]
    )


async def end_untold(tx: Statements, turn_id: TurnId, words: str, *, now: datetime) -> tuple[ApprovalId, ...]:
    """What was approved, and of which nothing will be heard any more, says so instead of seeming to run for ever."""
    approved = [one for one in await approvals.of_turn(tx, turn_id) if one.state is ApprovalState.APPROVED]
    ended = [one.id for one in approved if await approvals.note_outcome(tx, one.id, words, failed=True)]
    for approval_id in ended:
        await deliveries.add(tx, card_delivery(approval_id), now=now)
    return tuple(ended)


async def _close(
    tx: Statements, approval: Approval, state: ApprovalState, *, actor: str, now: datetime, by: str = "", reason: str
) -> bool:
    if not await approvals.decide(tx, approval.id, state, by=by, reason=reason, now=now):
        return False
    await record_decision(tx, approval, f"approval.{state}", actor, now=now)
    await deliveries.add(tx, card_delivery(approval.id), now=now)
    return True


async def record_decision(tx: Statements, approval: Approval, name: str, actor: str, *, now: datetime) -> None:
    """What was decided, by whom, on what exactly, where it was shown, and how long it took."""
    await audit.record(
        tx,
        name,
        now=now,
        actor=actor,
        conversation_id=approval.conversation_id,
        subject_id=approval.id,
        data=circumstances(approval, now),
    )


def circumstances(approval: Approval, now: datetime) -> dict[str, object]:
    """What an audit event about a request says of it."""
    place = f"{approval.card.slack_channel_id}:{approval.card.ts}" if approval.card else ""
    return {
        "tool": approval.tool_name,
        "arguments": approval.arguments_hash,
        "card": approval.card_link or place,
        "latency_s": int((now - approval.created_at).total_seconds()),
    }


def card_lane(approval_id: ApprovalId) -> str:
    """Updates of one card go out one after another."""
    return f"card:{approval_id}"


def card_delivery(approval_id: ApprovalId) -> NewDelivery:
    """Bring a card up to date with its request."""
    return NewDelivery(
        id=DeliveryId(new_id("dlv")),
        lane=card_lane(approval_id),
        kind=DeliveryKind.CARD,
        target=ReplyTarget(ChannelName.SLACK, "desk", ""),
        subject_id=approval_id,
    )

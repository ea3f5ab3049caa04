"""The end of an approval request: settled once, audited, shown on its card, and its conversation woken."""

from __future__ import annotations

from datetime import datetime

from channels.message import ChannelName, ReplyTarget
from channels.staff import ApprovalState
from gateway import audit
from gateway.domain import Approval, ApprovalId, DeliveryId, DeliveryKind, new_id
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
    """Give a pending request its last word. False: it has had one."""
    if not await approvals.decide(tx, approval.id, state, by=by, reason=reason, now=now):
        return False
    await record_decision(tx, approval, f"approval.{state}", actor, now=now)
    await deliveries.add(tx, card_delivery(approval.id), now=now)
    await conversations.make_due(tx, approval.conversation_id, now)
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

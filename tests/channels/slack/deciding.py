"""A gateway that decides in memory: the one fake of the `DecisionInbox` port. It behaves; it does not record calls."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from channels.staff import (
    ApprovalCard,
    ApprovalState,
    ButtonValue,
    Click,
    ClickAction,
    DenySubmitted,
    EditSubmitted,
    Reply,
    Vote,
)

ASKED = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
REFUND_SCHEMA: Mapping[str, object] = {
    "type": "object",
    "properties": {
        "order_id": {"type": "string", "description": "The order, as on the invoice"},
        "amount": {"type": "number", "minimum": 0},
        "reason": {"type": "string"},
    },
    "required": ["order_id", "amount"],
}


def refund(approval_id: str = "apr_1", **changes: object) -> ApprovalCard:
    """A card that asks for a refund."""
    card = ApprovalCard(
        approval_id=approval_id,
        tool_name="refund_order",
        description="Refund an order.",
        arguments={"order_id": "A-1001", "amount": 25, "reason": "arrived broken"},
        arguments_hash="sha-1",
        schema=REFUND_SCHEMA,
        customer="Carla (+15•••01)",
        channel="sms",
        assurance="claimed",
        quote="My lamp arrived broken.\nPlease refund me <!channel> & quickly!",
        reason="this tool always needs a person's approval",
        created_at=ASKED,
        expires_at=ASKED + timedelta(days=1),
        transcript_url="http://127.0.0.1:8000/console/conversations/cnv_1",
    )
    return replace(card, **changes)  # type: ignore[arg-type] # the tests name fields of the card


@dataclass
class Deciding:
    """Anybody of `approvers` decides; the first decision counts."""

    approvers: frozenset[str] = frozenset({"U0ADA", "U0GRACE"})
    cards: dict[str, ApprovalCard] = field(default_factory=dict)
    edits: list[EditSubmitted] = field(default_factory=list)
    broken: bool = False
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_answer.set()

    async def click(self, click: Click) -> Reply:
        self.asked.set()
        await self.may_answer.wait()
        self._check()
        card = self.cards.get(ButtonValue.decode(click.value).subject_id)
        if card is None:
            return Reply("This request is not known any more.")
        refusal = self._refusal(card, click.member_id)
        if refusal:
            return refusal
        if click.action is ClickAction.APPROVE:
            self._vote(card, click.member_id, approved=True)
        return Reply()

    async def submit_edit(self, submitted: EditSubmitted) -> Reply:
        self._check()
        self.edits.append(submitted)
        card = self.cards[submitted.approval_id]
        if submitted.values.get("order_id") == "unknown":
            return Reply(field_errors={"order_id": "There is no such order.", "elsewhere": "This is wrong too."})
        return self._refusal(card, submitted.member_id) or self._vote(card, submitted.member_id, approved=True)

    async def submit_denial(self, submitted: DenySubmitted) -> Reply:
        self._check()
        card = self.cards[submitted.approval_id]
        refusal = self._refusal(card, submitted.member_id)
        return refusal or self._vote(card, submitted.member_id, approved=False, reason=submitted.reason)

    async def card(self, approval_id: str) -> ApprovalCard | None:
        return self.cards.get(approval_id)

    def _refusal(self, card: ApprovalCard, member_id: str) -> Reply | None:
        if member_id not in self.approvers:
            return Reply("You can't decide this. Please ask one of the approvers.")
        if card.state is not ApprovalState.PENDING:
            return Reply(f"Already {card.state} by <@{card.votes[0].member_id}>.")
        return None

    def _vote(self, card: ApprovalCard, member_id: str, *, approved: bool, reason: str = "") -> Reply:
        state = ApprovalState.APPROVED if approved else ApprovalState.REJECTED
        vote = Vote(member_id, approved, ASKED + timedelta(minutes=5), reason)
        self.cards[card.approval_id] = replace(card, state=state, votes=(vote,), decided_at=vote.decided_at)
        return Reply()

    def _check(self) -> None:
        if self.broken:
            raise ConnectionError("the store is away")

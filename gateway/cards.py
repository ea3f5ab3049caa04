"""What an approver is shown of a request: read from the store whenever a card is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from channels.message import Assurance
from channels.staff import ApprovalCard, ApprovalState, CardRef, Vote
from gateway import wording
from gateway.agent.policy import first_above
from gateway.domain import Approval, Conversation, ConversationId, Holder, least_assurance
from gateway.store import approvals, conversations, messages, turns
from gateway.store.database import Database

_REQUIRES_APPROVAL = "this tool always needs a person's approval"


class Cards:
    """Approval cards as values, and where they stand."""

    def __init__(self, db: Database, *, transcript: Callable[[ConversationId], str] = lambda _: "") -> None:
        self._db = db
        self._transcript = transcript

    async def of(self, approval_id: str) -> ApprovalCard | None:
        """The card as it should look now."""
        approval = await approvals.get(self._db, approval_id)
        if approval is None:
            return None
        conversation = await conversations.get(self._db, approval.conversation_id)
        if conversation is None:
            return None
        return await self._drawn(approval, conversation)

    async def place(self, approval_id: str, ref: CardRef, *, link: str = "") -> None:
        """The card stands here now."""
        await approvals.place_card(self._db, approval_id, ref, link=link)

    async def ref_of(self, approval_id: str) -> CardRef | None:
        """Where the card stands, if it does."""
        approval = await approvals.get(self._db, approval_id)
        return approval.card if approval else None

    async def _drawn(self, approval: Approval, conversation: Conversation) -> ApprovalCard:
        return ApprovalCard(
            approval_id=approval.id,
            tool_name=approval.tool_name,
            description=approval.description,
            arguments=approval.arguments,
            arguments_hash=approval.shown,
            schema=approval.schema,
            customer=describe_customer(conversation),
            channel=conversation.channel,
            assurance=await self._assurance(approval),
            quote=approval.quote,
            reason=approval.asked_because or _REQUIRES_APPROVAL,
            created_at=approval.created_at,
            expires_at=approval.expires_at,
            state=approval.state,
            required=approval.required,
            votes=await self._votes(approval),
            edited_from=approval.proposed if approval.edited is not None else None,
            outcome=approval.outcome,
            outcome_failed=approval.outcome_failed,
            decided_at=approval.decided_at,
            transcript_url=self._transcript(conversation.id),
            can_take_over=conversation.holder is Holder.AGENT,
            high_risk=is_high_risk(approval),
            customer_wrote_since=approval.customer_wrote_since,
            ref=approval.card,
            revision=approval.revision,
            withdrawn_because=approval.reason if approval.state is ApprovalState.WITHDRAWN else "",
        )

    async def _votes(self, approval: Approval) -> tuple[Vote, ...]:
        votes = await approvals.votes(self._db, approval)
        return tuple(replace(vote, name=wording.decider(vote.member_id)) for vote in votes)

    async def _assurance(self, approval: Approval) -> str:
        """How sure we are of those whose words led to the request, as when the gate was decided on."""
        turn = await turns.get(self._db, approval.turn_id)
        if turn is None:
            return Assurance.CLAIMED
        asked = await messages.between(self._db, turn.conversation_id, turn.first_position, turn.last_position)
        return least_assurance(asked)


def is_high_risk(approval: Approval) -> bool:
    """Judged by what would run now, so that an edit may raise or lower it."""
    policy = approval.policy
    return policy.high_risk or first_above(policy.high_risk_above, approval.arguments) is not None


def describe_customer(conversation: Conversation) -> str:
    """A customer for the eyes of staff: their name where known, and enough of the address to tell two apart."""
    masked = mask(conversation.address)
    return f"{conversation.name} ({masked})" if conversation.name else masked


def mask(address: str) -> str:
    """`+15550001234` → `+15•••34`, `ada@example.com` → `a•••@example.com`."""
    local, at, domain = address.partition("@")
    if at:
        return f"{local[:1]}•••@{domain}"
    return address if len(address) < 6 else f"{address[:3]}•••{address[-2:]}"

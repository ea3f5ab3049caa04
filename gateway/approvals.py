"""Approval requests: asked by a turn, decided by people, answered to the session by another job.

A request is a row. What is approved is exactly what its card shows: a decision names the hash of the arguments, and
edited arguments are a new hash. One conditional write settles a request; everybody after that is told what stands.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from channels.message import ChannelName, ReplyTarget
from channels.staff import (
    ApprovalCard,
    ApprovalState,
    ButtonValue,
    Click,
    ClickAction,
    DenySubmitted,
    EditSubmitted,
    Reply,
)
from gateway import audit, wording
from gateway.approvers import Approvers
from gateway.arguments import changed_arguments, edited_arguments
from gateway.cards import Cards
from gateway.domain import Approval, DeliveryId, DeliveryKind, hash_arguments, new_id, utcnow
from gateway.queue import Wakeups
from gateway.settling import card_delivery, card_lane, circumstances, record_decision, settle
from gateway.store import approvals, conversations, deliveries, messages
from gateway.store.database import Database, Statements
from gateway.store.deliveries import NewDelivery

log = structlog.get_logger(__name__)


class Approvals:
    """The gateway's side of `channels.base.DecisionInbox`, and the clock of requests: reminders and expiry."""

    def __init__(
        self,
        db: Database,
        approvers: Approvers,
        cards: Cards,
        wakeups: Wakeups,
        *,
        escalation_channel: str,
        clock: Callable[[], datetime] = utcnow,
    ) -> None:
        self._db = db
        self._approvers = approvers
        self._cards = cards
        self._wakeups = wakeups
        self._escalation_channel = escalation_channel
        self._clock = clock

    async def card(self, approval_id: str) -> ApprovalCard | None:
        """The card as it should look now, for a dialog that is being opened."""
        return await self._cards.of(approval_id)

    async def click(self, click: Click) -> Reply:
        """A button was pressed. Approve decides at once; Edit and Deny only learn whether they may open a dialog."""
        button = ButtonValue.decode(click.value)
        approval, refused = await self._open_for(button.subject_id, click.member_id, click.team_id, click.action)
        if approval is None:
            return refused
        if button.arguments_hash.partition(".")[0] != approval.arguments_hash:
            return Reply(wording.REQUEST_CHANGED)
        if click.action is not ClickAction.APPROVE:
            return Reply()
        return await self._vote(approval, click.member_id, approved=True, reason="", shown=button.arguments_hash)

    async def submit_denial(self, submitted: DenySubmitted) -> Reply:
        """The deny dialog came back: one denial settles the request, whatever others have approved."""
        approval, refused = await self._open_for(
            submitted.approval_id, submitted.member_id, submitted.team_id, ClickAction.DENY
        )
        if approval is None:
            return refused
        reason = submitted.reason.strip()
        if not reason:
            return Reply(field_errors={"reason": wording.REASON_NEEDED})
        return await self._vote(approval, submitted.member_id, approved=False, reason=reason)

    async def submit_edit(self, submitted: EditSubmitted) -> Reply:
        """The edit dialog came back: the arguments become what was typed, and its author approves them."""
        approval, refused = await self._open_for(
            submitted.approval_id, submitted.member_id, submitted.team_id, ClickAction.EDIT
        )
        if approval is None:
            return refused
        if submitted.arguments_hash.partition(".")[0] != approval.arguments_hash:
            return Reply(wording.REQUEST_CHANGED)
        arguments, errors = edited_arguments(submitted.values, schema=approval.schema, current=approval.arguments)
        if errors:
            return Reply(field_errors=errors)
        return await self._vote(
            approval,
            submitted.member_id,
            approved=True,
            reason="",
            arguments=arguments,
            shown=submitted.arguments_hash,
        )

    async def decide_for(self, operator: str, approval_id: str, *, approved: bool, reason: str, shown: str) -> Reply:
        """Somebody with access to the deployment decides at its command line or console, as when Slack is away.

        `shown` is `Approval.shown` of what they saw: on anything else nothing is decided.
        """
        approval = await approvals.get(self._db, approval_id)
        if approval is None:
            return Reply(wording.REQUEST_GONE)
        if not approval.is_pending or approval.expires_at <= self._clock():
            return Reply(wording.settled(approval))
        if shown.partition(".")[0] != approval.arguments_hash:
            return Reply(wording.REQUEST_CHANGED)
        if not approved and not reason.strip():
            return Reply(wording.REASON_NEEDED)
        return await self._vote(approval, operator, approved=approved, reason=reason.strip(), shown=shown)

    async def expire(self) -> None:
        """Settle the requests whose time is over: nothing runs, and the agent is told."""
        for approval_id in await approvals.expired(self._db, now=self._clock(), limit=100):
            now = self._clock()
            async with self._db.transaction() as tx:
                approval = await approvals.get(tx, approval_id)
                if approval is None or not await settle(
                    tx, approval, ApprovalState.EXPIRED, actor=audit.SYSTEM, reason=wording.EXPIRED, now=now
                ):
                    continue
            await self._wake(approval)

    async def remind(self) -> None:
        """One post for each request that half of its time has passed without a decision."""
        now = self._clock()
        async with self._db.transaction() as tx:
            reminders = [
                _reminder(due, self._escalation_channel) for due in await approvals.claim_reminders(tx, now=now)
            ]
            for reminder in reminders:
                await deliveries.add(tx, reminder, now=now)
        for reminder in reminders:
            await self._wakeups.deliver(reminder.lane)

    async def _open_for(
        self, approval_id: str, member_id: str, team_id: str, action: ClickAction
    ) -> tuple[Approval | None, Reply]:
        """The request if this person may decide on it now; else what to tell them."""
        approval = await approvals.get(self._db, approval_id)
        if approval is None:
            return None, Reply(wording.REQUEST_GONE)
        conversation = await conversations.get(self._db, approval.conversation_id)
        if conversation is None:
            return None, Reply(wording.REQUEST_GONE)
        authors = await messages.authors(self._db, conversation.id, upto=conversation.arrived)
        refusal = await self._approvers.refusal(member_id, team_id, approval, conversation, authors=authors)
        if refusal:
            await self._audit_refusal(approval, member_id, action, refusal)
            return None, Reply(refusal)
        if not approval.is_pending or approval.expires_at <= self._clock():
            return None, Reply(wording.settled(approval))
        return approval, Reply()

    async def _vote(
        self,
        seen: Approval,
        member_id: str,
        *,
        approved: bool,
        reason: str,
        arguments: dict[str, object] | None = None,
        shown: str | None = None,
    ) -> Reply:
        """Count one person's word on what they have seen: `shown`, as the button named it, where there was one."""
        now = self._clock()
        async with self._db.transaction() as tx:
            approval = await approvals.lock_pending(tx, seen.id, now=now)
            if approval is None or approval.arguments_hash != seen.arguments_hash:
                approval = await approvals.get(tx, seen.id)
                return Reply(
                    wording.REQUEST_CHANGED if approval and approval.is_pending else wording.settled(approval or seen)
                )
            if approved and shown is not None and await _wrote_since(tx, approval, shown):
                return Reply(wording.CUSTOMER_WROTE)
            if arguments is not None:
                approval = await self._edited(tx, approval, arguments, member_id, now=now)
            is_new = not (approved and await self._has_approved(tx, approval, member_id))
            if not is_new or not await approvals.add_decision(
                tx,
                approval,
                decision_id=new_id("dec"),
                member_id=member_id,
                approved=approved,
                reason=reason,
                now=now,
            ):
                await deliveries.add(tx, card_delivery(approval.id), now=now)  # an edit may have changed it back
                return Reply(wording.APPROVED_BEFORE)
            await self._count(tx, approval, member_id, approved=approved, reason=reason, now=now)
        await self._wake(approval)
        return Reply()

    async def _has_approved(self, tx: Statements, approval: Approval, member_id: str) -> bool:
        """Whether they have, under this name or another one of theirs."""
        votes = await approvals.votes(tx, approval)
        return any(vote.approved and self._approvers.are_one(vote.member_id, member_id) for vote in votes)

    async def _edited(
        self, tx: Statements, approval: Approval, arguments: dict[str, object], member_id: str, *, now: datetime
    ) -> Approval:
        new_hash = hash_arguments(approval.tool_name, arguments)
        if new_hash == approval.arguments_hash:
            return approval
        await approvals.edit(tx, approval.id, arguments, new_hash)
        await audit.record(
            tx,
            "approval.edited",
            now=now,
            actor=member_id,
            conversation_id=approval.conversation_id,
            subject_id=approval.id,
            data={
                "from": approval.arguments_hash,
                "to": new_hash,
                "changed": sorted(changed_arguments(arguments, approval.arguments)),
            },
        )
        edited = await approvals.get(tx, approval.id)
        assert edited is not None  # noqa: S101  # the row is locked by this transaction
        return edited

    async def _count(
        self, tx: Statements, approval: Approval, member_id: str, *, approved: bool, reason: str, now: datetime
    ) -> None:
        """Settle the request if this word was the last that it needed; else show the card with one more name."""
        if not approved:
            state = ApprovalState.REJECTED
        elif sum(vote.approved for vote in await approvals.votes(tx, approval)) >= approval.required:
            state = ApprovalState.APPROVED
        else:
            await record_decision(tx, approval, "approval.voted", member_id, now=now)
            await deliveries.add(tx, card_delivery(approval.id), now=now)
            return
        await settle(tx, approval, state, actor=member_id, by=member_id, reason=reason, now=now)

    async def _audit_refusal(self, approval: Approval, member_id: str, action: ClickAction, refusal: str) -> None:
        now = self._clock()
        async with self._db.transaction() as tx:
            await audit.record(
                tx,
                "approval.refused",
                now=now,
                actor=member_id,
                conversation_id=approval.conversation_id,
                subject_id=approval.id,
                data={**circumstances(approval, now), "action": action, "because": refusal},
            )
        log.warning("approval.refused", approval_id=approval.id, member_id=member_id)

    async def _wake(self, approval: Approval) -> None:
        await self._wakeups.advance(approval.conversation_id)
        await self._wakeups.deliver(card_lane(approval.id))


async def _wrote_since(tx: Statements, approval: Approval, shown: str) -> bool:
    """Whether the customer has written more than the card showed that somebody decided on."""
    conversation = await conversations.get(tx, approval.conversation_id)
    known = shown.partition(".")[2]
    return conversation is not None and conversation.arrived - conversation.taken > (
        int(known) if known.isdecimal() else 0
    )


def _reminder(approval: Approval, slack_channel_id: str) -> NewDelivery:
    return NewDelivery(
        id=DeliveryId(f"rem_{approval.id}"),
        lane=f"alert:{approval.id}",
        kind=DeliveryKind.ALERT,
        target=ReplyTarget(ChannelName.SLACK, "desk", slack_channel_id),
        text=wording.reminder(approval),
        subject_id=approval.id,
    )

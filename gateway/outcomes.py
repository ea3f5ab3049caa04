"""Commits what comes of a turn: each step is one transaction that also gives the lease back, so that a worker which
has lost its lease writes nothing at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from channels.base import Channel
from channels.message import Assurance, ChannelName
from channels.staff import ApprovalState
from gateway import audit, outbound, wording
from gateway.agent.policy import ApprovalPolicy
from gateway.cards import describe_customer
from gateway.domain import (
    Approval,
    ApprovalId,
    DeliveryKind,
    HandoffCause,
    Message,
    Policy,
    Turn,
    TurnState,
    hash_arguments,
    least_assurance,
    new_id,
    utcnow,
)
from gateway.handoff.hours import Hours
from gateway.handoff.lines import customer_line, handoff_lane
from gateway.handoff.opening import open_handoff
from gateway.handoff.voice import Voice
from gateway.holding import hold
from gateway.meanwhile import note_writing
from gateway.relay import ApprovalAsked, Ending, Failed, HandedOver, Paused, Replied, ToolOutcome
from gateway.settling import card_delivery, card_lane, end_untold, withdraw_open
from gateway.store import approvals, conversations, deliveries, handoffs, messages, notes, turns
from gateway.store.conversations import Claimed
from gateway.store.database import Database, Statements
from gateway.store.deliveries import ClaimedDelivery

log = structlog.get_logger(__name__)

QUOTE_CHARS = 500
OUTCOME_CHARS = 500
UNKNOWN = -1  # how many messages the session has is to be looked up
NO_WORDS = "the agent said nothing"


@dataclass(frozen=True, slots=True)
class Step:
    """What one look at a conversation came to: when to look again (None: never), and which lanes have news to send.

    `head` is the first of the conversation's own lane, claimed by the commit that queued it.
    """

    due_at: datetime | None
    lanes: tuple[str, ...] = ()
    head: ClaimedDelivery | None = None


@dataclass(frozen=True, slots=True)
class ApprovalRules:
    """How requests are decided where the tool itself does not say."""

    required: int
    ttl: timedelta


class Outcomes:
    """Writes the outcomes of turns."""

    def __init__(
        self,
        db: Database,
        channels: Mapping[ChannelName, Channel],
        *,
        rules: ApprovalRules,
        alert_channel: str,
        hours: Hours | None = None,
        clock: Callable[[], datetime] = utcnow,
    ) -> None:
        self._db = db
        self._voice = Voice(channels)
        self._hours = hours
        self._rules = rules
        self._alert_channel = alert_channel
        self._clock = clock

    async def begin(self, claimed: Claimed, turn: Turn) -> Turn:
        """The waiting messages belong to this turn from now on, and the notes that wait for the agent.

        Raises `LeaseLost`, as everything here.
        """
        async with self._db.transaction() as tx:
            await conversations.begin_turn(
                tx, claimed.lease, turn_id=turn.id, taken=turn.last_position, now=turn.started_at
            )
            await turns.add(tx, turn)
            if claimed.conversation.notes:
                turn = replace(turn, notes=await notes.take(tx, turn.conversation_id, turn.id))
        log.info("turn.started", conversation_id=turn.conversation_id, turn_id=turn.id)
        return turn

    async def leave(self, claimed: Claimed, *, look_again_at: datetime | None = None) -> Step:
        """Nothing can be done now."""
        return Step(await conversations.let_go(self._db, claimed.lease, look_again_at=look_again_at))

    async def hold(self, claimed: Claimed, because: str) -> Step:
        """A person has to look before the agent goes on."""
        conversation = claimed.conversation
        async with self._db.transaction() as tx:
            alert = await hold(
                tx,
                conversation.id,
                because=because,
                customer=describe_customer(conversation),
                alert_channel=self._alert_channel,
                now=self._clock(),
            )
            await conversations.let_go(tx, claimed.lease)
        log.warning("conversation.held", conversation_id=conversation.id)
        return Step(None, (alert.lane,))

    async def show(self, claimed: Claimed) -> Step:
        """What the customer wrote while a person has the conversation is shown in its thread, once."""
        conversation = claimed.conversation
        now = self._clock()
        async with self._db.transaction() as tx:
            found = await handoffs.open_of(tx, conversation.id)
            handoff = await handoffs.lock(tx, found.id) if found else None
            is_news = handoff is not None and handoff.is_open and conversation.arrived > handoff.shown
            if handoff is not None and is_news:
                await conversations.show(tx, claimed.lease, upto=conversation.arrived)
                for message in await messages.between(tx, conversation.id, handoff.shown + 1, conversation.arrived):
                    await deliveries.add(tx, customer_line(handoff.id, message), now=now)
                await handoffs.touch(tx, handoff.id, now=now, shown=conversation.arrived)
            due_at = await conversations.let_go(tx, claimed.lease)
        return Step(due_at, (conversation.id, handoff_lane(conversation.id)) if is_news else ())

    async def wait_on(self, claimed: Claimed, turn: Turn) -> Step:
        """People have not decided yet: what the customer wrote meanwhile is passed on to them, and kept."""
        conversation = claimed.conversation
        async with self._db.transaction() as tx:
            noted = await note_writing(tx, conversation, turn, now=self._clock())
            if noted.asks_for_person:
                return await self._hand_over_paused(tx, claimed, turn, noted.lanes)
            due_at = await conversations.let_go(tx, claimed.lease)
        return Step(due_at, tuple(noted.lanes))

    async def conclude(
        self, claimed: Claimed, turn: Turn, ending: Ending, *, posted: int, tools: Sequence[ToolOutcome]
    ) -> Step:
        """Write how a run ended."""
        match ending:
            case Replied(text) if text.strip():
                step = await self._reply(claimed, turn, ending, posted, tools)
            case Replied():
                step = await self._fail(claimed, turn, NO_WORDS, posted, tools)
            case Failed(reason):
                step = await self._fail(claimed, turn, reason, posted, tools)
            case Paused(requests):
                step = await self._pause(claimed, turn, requests, tools)
            case HandedOver():
                step = await self._hand_over(claimed, turn, ending, posted, tools)
        return step

    async def _reply(
        self, claimed: Claimed, turn: Turn, said: Replied, posted: int, tools: Sequence[ToolOutcome]
    ) -> Step:
        now = self._clock()
        async with self._db.transaction() as tx:
            await self._say(tx, turn, DeliveryKind.ANSWER, said.text, key=turn.id, now=now)
            cards = await self._note_tools(tx, turn, tools, now=now)
            if said.leaves_open:
                cards += await self._withdraw(tx, turn, wording.NOT_WAITED_FOR, now=now)
            await turns.end(tx, turn.id, TurnState.DONE, now=now)
            due_at = await conversations.end_turn(tx, claimed.lease, posted=posted, now=now)
            head = await deliveries.claim_head(tx, turn.conversation_id, now=now, until=now + outbound.SENDING_LEASE)
        log.info("turn.done", conversation_id=turn.conversation_id, turn_id=turn.id)
        return Step(due_at, cards, head)

    async def _fail(self, claimed: Claimed, turn: Turn, reason: str, posted: int, tools: Sequence[ToolOutcome]) -> Step:
        """The customer gets an honest word, staff get the conversation: whoever takes it may let the agent try again.

        Where there is nobody to hand it to, the agent keeps it.
        """
        now = self._clock()
        async with self._db.transaction() as tx:
            due_at = await conversations.end_turn(tx, claimed.lease, posted=posted, now=now)
            cards = await self._note_tools(tx, turn, tools, now=now)
            cards += await self._withdraw(tx, turn, wording.TURN_FAILED, now=now)
            cards += _lanes(await end_untold(tx, turn.id, wording.UNTOLD, now=now))
            await turns.end(tx, turn.id, TurnState.FAILED, now=now, failure=reason)
            await audit.record(tx, "turn.failed", now=now, conversation_id=turn.conversation_id, subject_id=turn.id)
            if self._alert_channel:
                await notes.give_back(tx, turn.conversation_id, turn.id)
                await self._open(tx, turn, HandoffCause.FAILURE, wording.agent_failed(reason), now=now)
            await self._say(tx, turn, DeliveryKind.NOTICE, wording.APOLOGY, key=f"{turn.id}:sorry", now=now)
        log.error("turn.failed", conversation_id=turn.conversation_id, turn_id=turn.id)
        return Step(due_at, (turn.conversation_id, handoff_lane(turn.conversation_id), *cards))

    async def _hand_over(
        self, claimed: Claimed, turn: Turn, handed: HandedOver, posted: int, tools: Sequence[ToolOutcome]
    ) -> Step:
        """The last that the customer hears of the agent is that a colleague goes on."""
        now = self._clock()
        cause = HandoffCause.CUSTOMER if handed.by_customer else HandoffCause.AGENT
        reason = wording.CUSTOMER_ASKED if handed.by_customer else handed.reason or wording.AGENT_ASKED
        async with self._db.transaction() as tx:
            # A request may have been open beside the handoff: the next turn looks before it posts.
            known = posted if handed.by_customer else UNKNOWN
            due_at = await conversations.end_turn(tx, claimed.lease, posted=known, now=now)
            cards = await self._note_tools(tx, turn, tools, now=now)
            cards += await self._withdraw(tx, turn, wording.HANDED_OVER, now=now)
            await turns.end(tx, turn.id, TurnState.DONE, now=now)
            if handed.by_customer:
                await notes.give_back(tx, turn.conversation_id, turn.id)
            await self._open(tx, turn, cause, reason, now=now)
            await self._say_who_goes_on(tx, turn, now=now)
        log.info("turn.handed_over", conversation_id=turn.conversation_id, turn_id=turn.id)
        return Step(due_at, (turn.conversation_id, handoff_lane(turn.conversation_id), *cards))

    async def _hand_over_paused(self, tx: Statements, claimed: Claimed, turn: Turn, lanes: Sequence[str]) -> Step:
        """The customer asks for a person while people decide: nothing runs any more of what the agent asked for."""
        now = self._clock()
        await conversations.end_turn(tx, claimed.lease, posted=UNKNOWN, now=now)
        cards = await self._withdraw(tx, turn, wording.CUSTOMER_ASKED, now=now)
        await turns.end(tx, turn.id, TurnState.STOPPED, now=now, failure=wording.CUSTOMER_ASKED)
        await self._open(
            tx,
            turn,
            HandoffCause.CUSTOMER,
            wording.CUSTOMER_ASKED,
            now=now,
            upto=claimed.conversation.arrived,
            stopping=turn.id,
        )
        await self._say_who_goes_on(tx, turn, now=now)
        await conversations.make_due(tx, turn.conversation_id, now)  # the session has still to be stopped
        return Step(now, (turn.conversation_id, handoff_lane(turn.conversation_id), *lanes, *cards))

    async def _open(
        self,
        tx: Statements,
        turn: Turn,
        cause: HandoffCause,
        reason: str,
        *,
        now: datetime,
        upto: int | None = None,
        stopping: str = "",
    ) -> None:
        """A person is to have it from here. What the agent itself handed over needs no other answer of it."""
        await open_handoff(
            tx,
            turn.conversation_id,
            cause=cause,
            reason=reason,
            slack_channel_id=self._alert_channel,
            since=turn.last_position if cause is HandoffCause.AGENT else turn.first_position - 1,
            upto=turn.last_position if upto is None else upto,
            now=now,
            actor="customer" if cause is HandoffCause.CUSTOMER else "agent",
            told=True,
            stopping=stopping,
        )

    async def _say_who_goes_on(self, tx: Statements, turn: Turn, *, now: datetime) -> None:
        words = wording.handed_over(self._hours, now)
        await self._say(tx, turn, DeliveryKind.NOTICE, words, key=f"{turn.id}:handoff", now=now)

    async def _pause(
        self, claimed: Claimed, turn: Turn, requests: Sequence[ApprovalAsked], tools: Sequence[ToolOutcome]
    ) -> Step:
        """Requests become rows with cards; the customer is told once a turn that somebody is checking."""
        now = self._clock()
        texts = await messages.between(self._db, turn.conversation_id, turn.first_position, turn.last_position)
        asked = [self._approval(turn, request, texts, now=now) for request in requests]
        async with self._db.transaction() as tx:
            for approval in asked:
                await self._ask(tx, approval, now=now)
            # Once a turn, but for words that had begun to grow: they are not left half said.
            key = f"{asked[0].id}:checking" if asked and turn.begun else f"{turn.id}:checking"
            await self._say(tx, turn, DeliveryKind.NOTICE, wording.CHECKING, key=key, now=now)
            cards = await self._note_tools(tx, turn, tools, now=now)
            await turns.pause(tx, turn.id)
            if claimed.conversation.arrived > turn.last_position:
                await conversations.make_due(tx, turn.conversation_id, now)  # what waits concerns these requests too
            due_at = await conversations.let_go(tx, claimed.lease)
        log.info("turn.paused", conversation_id=turn.conversation_id, turn_id=turn.id, requests=len(asked))
        return Step(due_at, (turn.conversation_id, *cards, *(card_lane(approval.id) for approval in asked)))

    async def _ask(self, tx: Statements, approval: Approval, *, now: datetime) -> None:
        remind_at = now + (approval.expires_at - now) / 2
        if not await approvals.add(tx, approval, remind_at=remind_at):
            return
        await deliveries.add(tx, card_delivery(approval.id), now=now)
        await audit.record(
            tx,
            "approval.requested",
            now=now,
            actor="agent",
            conversation_id=approval.conversation_id,
            subject_id=approval.id,
            data={"tool": approval.tool_name, "arguments": approval.arguments_hash},
        )

    async def _note_tools(
        self, tx: Statements, turn: Turn, tools: Sequence[ToolOutcome], *, now: datetime
    ) -> tuple[str, ...]:
        """Show on the cards what became of the tools; returns the lanes of those cards."""
        if not tools:
            return ()
        by_call = {outcome.tool_call_id: outcome for outcome in tools}
        lanes: list[str] = []
        for approval in await approvals.of_turn(tx, turn.id):
            outcome = by_call.get(approval.tool_call_id)
            if outcome is None or approval.state is not ApprovalState.APPROVED:
                continue
            words = outcome.text[:OUTCOME_CHARS] or "done"
            if await approvals.note_outcome(tx, approval.id, words, failed=outcome.failed):
                await deliveries.add(tx, card_delivery(approval.id), now=now)
                lanes.append(card_lane(approval.id))
        return tuple(lanes)

    async def _withdraw(self, tx: Statements, turn: Turn, because: str, *, now: datetime) -> tuple[str, ...]:
        """Nothing will run any more of what the turn still asks for; returns the lanes of the cards that say so."""
        return _lanes(await withdraw_open(tx, turn.id, actor=audit.SYSTEM, reason=because, now=now))

    async def _say(self, tx: Statements, turn: Turn, kind: DeliveryKind, text: str, *, key: str, now: datetime) -> None:
        """Queue words for the customer in the form of their channel, to where the turn's messages came from.

        Where the answer has begun to grow before their eyes, the first part completes what stands there.
        """
        await self._voice.say(
            tx,
            kind,
            text,
            turn.reply_to,
            key=key,
            conversation_id=turn.conversation_id,
            now=now,
            turn_id=turn.id,
            begun=turn.begun,
        )

    def _approval(self, turn: Turn, asked: ApprovalAsked, texts: Sequence[Message], *, now: datetime) -> Approval:
        policy = policy_from(asked.policy, self._rules.required)
        return Approval(
            id=ApprovalId(new_id("apr")),
            conversation_id=turn.conversation_id,
            turn_id=turn.id,
            request_id=asked.request_id,
            tool_call_id=asked.tool_call_id,
            tool_name=asked.tool_name,
            description=asked.description,
            schema=asked.schema,
            proposed=asked.arguments,
            edited=None,
            arguments_hash=hash_arguments(asked.tool_name, asked.arguments),
            policy=policy,
            quote="\n".join(message.text for message in texts)[:QUOTE_CHARS],
            state=ApprovalState.PENDING,
            required=policy.required,
            created_at=now,
            expires_at=now + self._rules.ttl,
            decided_at=None,
            decided_by="",
            reason="",
            answered_at=None,
            outcome="",
            outcome_failed=False,
            customer_wrote_since=0,
            card=None,
            revision=0,
            asked_because=why_asked(asked, least_assurance(texts)),
        )


def _lanes(changed: Sequence[ApprovalId]) -> tuple[str, ...]:
    return tuple(card_lane(approval_id) for approval_id in changed)


def why_asked(asked: ApprovalAsked, assurance: Assurance) -> str:
    """Why a person is asked, where it is not that the tool always does."""
    policy = ApprovalPolicy.from_wire(asked.policy)
    name = policy.exceeded(asked.arguments)
    reasons = [wording.above(name, policy.ask_above[name])] if name else []
    if policy.doubts(assurance):
        reasons.append(wording.unsure(assurance, policy.ask_below_assurance))
    return ", and ".join(reasons)


def policy_from(asked: Mapping[str, object], required: int) -> Policy:
    """A tool's own rules of approval, as the platform passed them on; what they leave open is the deployment's."""
    policy = ApprovalPolicy.from_wire(asked)
    return Policy(policy.approvers, policy.approvals_required or required, policy.high_risk, policy.high_risk_above)

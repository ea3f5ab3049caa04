"""The gateway put together over a real database and fakes, without any process; and the steps that stories repeat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from channels.message import (
    Answer,
    Assurance,
    ChannelName,
    Consent,
    ConsentChange,
    DeliveryStatus,
    DeliveryUpdate,
    InboundMessage,
    ReplyTarget,
    Sender,
)
from channels.staff import ButtonValue, CardRef, Click, ClickAction, DenySubmitted, EditSubmitted, Member, Reply
from gateway.approvals import Approvals
from gateway.approvers import Approvers
from gateway.attachments import Attachments
from gateway.cards import Cards
from gateway.carriers import carriers
from gateway.domain import (
    Approval,
    ConversationId,
    Delivery,
    DeliveryId,
    DeliveryKind,
    Turn,
    TurnId,
    TurnState,
    new_id,
)
from gateway.handoff.access import StaffAccess
from gateway.handoff.briefs import Briefs
from gateway.handoff.carriers import thread_carriers
from gateway.handoff.handoffs import Handoffs
from gateway.handoff.hours import Hours
from gateway.handoff.staff import Staff
from gateway.handoff.upkeep import Upkeep
from gateway.handoff.voice import Voice
from gateway.inbound import Inbound
from gateway.leases import Leases
from gateway.outbound import Outbound
from gateway.outcomes import ApprovalRules, Outcomes
from gateway.people import Identities
from gateway.relay import ApprovalAsked, Paused
from gateway.store import approvals, conversations, deliveries, messages, turns
from gateway.store.conversations import Claimed
from gateway.store.database import Database
from gateway.store.deliveries import from_part
from tests.gateway.fakes import Clock, FakeChannel, FakeDesk, HeardWakeups
from workers.retries import retry_at

ALICE = "+15550001"
OURS = "+15559999"
TEAM = "T0ACME"
APPROVERS_CHANNEL = "C0APPROVERS"
HANDOFF_CHANNEL = "C0HANDOFF"
TTL = timedelta(hours=24)
ADA = Member("U0ADA", TEAM, "Ada")
GRACE = Member("U0GRACE", TEAM, "Grace")
REFUND_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "order_id": {"type": "string"},
        "amount": {"type": "number", "exclusiveMinimum": 0},
        "reason": {"type": "string", "default": ""},
    },
    "required": ["order_id", "amount"],
    "additionalProperties": False,
}
REFUND: Mapping[str, Any] = {"order_id": "A-1001", "amount": 25}


def a_text(text: str = "hello", provider_id: str = "SM1", from_: str = ALICE, **changes: Any) -> InboundMessage:
    """A customer's text message. `changes` are fields of it."""
    channel = changes.get("channel", ChannelName.SMS)
    thread_key = changes.get("thread_key", f"{OURS}:{from_}")
    values: dict[str, Any] = {
        "channel": channel,
        "provider_id": provider_id,
        "thread_key": thread_key,
        "sender": Sender(from_, "", Assurance.CLAIMED),
        "text": text,
        "received_at": datetime.fromisoformat("2026-05-04T12:00:00+00:00"),
        "reply_to": ReplyTarget(channel, from_, thread_key, {"from": OURS}),
        **changes,
    }
    return InboundMessage(**values)


def asked(request_id: str = "req-1", *, policy: Mapping[str, Any] | None = None, **changes: Any) -> ApprovalAsked:
    """The agent wants to refund an order."""
    values: dict[str, Any] = {
        "request_id": request_id,
        "tool_call_id": f"call-{request_id}",
        "tool_name": "refund_order",
        "description": "Refund an order.",
        "arguments": REFUND,
        "schema": REFUND_SCHEMA,
        "policy": policy or {},
        **changes,
    }
    return ApprovalAsked(**values)


@dataclass
class World:
    """One gateway. Nothing in it moves by itself: wake-ups are kept, and the clock stands still."""

    db: Database
    clock: Clock = field(default_factory=Clock)
    wakeups: HeardWakeups = field(default_factory=HeardWakeups)
    channel: FakeChannel = field(default_factory=FakeChannel)
    desk: FakeDesk = field(default_factory=lambda: FakeDesk(ADA, GRACE, channel=("U0ADA", "U0GRACE")))
    debounce: timedelta = timedelta(seconds=1)
    required: int = 1
    approver_set: tuple[str, ...] = ()
    hours: Hours | None = None
    idle: timedelta = timedelta()
    linked: tuple[frozenset[str], ...] = ()

    def __post_init__(self) -> None:
        self.channels = {self.channel.name: self.channel}
        self.cards = Cards(self.db)
        identities = Identities(self.linked)
        self.approvers = Approvers(
            slack_channel_id=APPROVERS_CHANNEL, approvers=self.approver_set, identities=identities
        )
        self.approvers.desk = self.desk
        self.inbound = Inbound(self.db, self.wakeups, debounce={ChannelName.SMS: self.debounce}, clock=self.clock)
        self.approvals = Approvals(
            self.db, self.approvers, self.cards, self.wakeups, escalation_channel="C0ESCALATION", clock=self.clock
        )
        self.voice = Voice(self.channels)
        self.access = StaffAccess(
            self.db, slack_channel_id=HANDOFF_CHANNEL, approvers=self.approver_set, identities=identities
        )
        self.access.desk = self.desk
        self.handoffs = Handoffs(
            self.db, self.voice, self.wakeups, slack_channel_id=HANDOFF_CHANNEL, hours=self.hours, clock=self.clock
        )
        self.staff = Staff(self.db, self.handoffs, self.voice, self.access, self.wakeups, clock=self.clock)
        self.upkeep = Upkeep(self.db, self.handoffs, self.access, self.wakeups, idle=self.idle, clock=self.clock)
        thread = thread_carriers(
            self.db,
            self.channels,
            self.desk,
            self.wakeups,
            briefs=Briefs(self.db, clock=self.clock),
            attachments=Attachments(self.db, self.channels),
            clock=self.clock,
        )
        self.outbound = Outbound(
            self.db,
            {**carriers(self.channels, self.desk, self.cards), **thread},
            self.wakeups,
            retry_at=retry_at,
            clock=self.clock,
        )
        self.leases = Leases(self.db, clock=self.clock)
        self.outcomes = Outcomes(
            self.db,
            self.channels,
            rules=ApprovalRules(self.required, TTL),
            alert_channel=HANDOFF_CHANNEL,
            hours=self.hours,
            clock=self.clock,
        )

    # What happens

    async def text(self, text: str = "hello", provider_id: str = "", **changes: Any) -> ConversationId:
        """A customer texts; returns their conversation."""
        message = a_text(text, provider_id or new_id("SM"), **changes)
        await self.inbound.accept(message)
        row = await self.row(
            "SELECT id FROM conversations WHERE channel = $1 AND thread_key = $2", message.channel, message.thread_key
        )
        return ConversationId(row["id"])

    async def consent(self, consent: Consent, word: str, provider_id: str = "", from_: str = ALICE) -> None:
        message = a_text(word, provider_id or new_id("SM"), from_)
        await self.inbound.accept(
            ConsentChange(ChannelName.SMS, message.provider_id, from_, consent, message.received_at, message)
        )

    async def news(self, status: DeliveryStatus, provider_id: str = "SM1", event_id: str = "", **changes: Any) -> None:
        """The provider says how far a message of ours has come."""
        name = event_id or f"{provider_id}:{status}"
        await self.inbound.accept(DeliveryUpdate(ChannelName.SMS, name, provider_id, status, self.clock(), **changes))

    async def claim(self, conversation_id: ConversationId) -> Claimed:
        """Take a conversation when its burst is over."""
        self.clock.advance(self.debounce)
        claimed = await self.leases.claim(conversation_id)
        assert claimed is not None
        return claimed

    async def begin(self, conversation_id: ConversationId) -> tuple[Claimed, Turn]:
        """Take a conversation and start a turn over everything that waits."""
        claimed = await self.claim(conversation_id)
        return claimed, await self.start_turn(claimed)

    async def start_turn(self, claimed: Claimed) -> Turn:
        conversation = claimed.conversation
        newest = await messages.at(self.db, conversation.id, conversation.arrived)
        turn = Turn(
            id=TurnId(new_id("trn")),
            conversation_id=conversation.id,
            state=TurnState.RUNNING,
            first_position=conversation.taken + 1,
            last_position=conversation.arrived,
            cursor=conversation.posted,
            reply_to=newest.reply_to,
            started_at=self.clock(),
            deadline_at=self.clock() + timedelta(minutes=5),
        )
        await self.outcomes.begin(claimed, turn)
        return turn

    async def ask(self, *requests: ApprovalAsked) -> Approval:
        """A customer texts, and the agent asks for approval; returns the (first) request, its card in its place."""
        conversation_id = await self.text("Please refund my lamp")
        claimed, turn = await self.begin(conversation_id)
        await self.outcomes.conclude(claimed, turn, Paused(requests or (asked(),)), posted=1, tools=())
        found = await approvals.of_turn(self.db, turn.id)
        await self.deliver_all()
        return await self.approval(found[0].id)

    async def queue(
        self, text: str, key: str = "dlv_1", *, to: str = ALICE, kind: DeliveryKind = DeliveryKind.ANSWER
    ) -> ConversationId:
        """Queue words for a customer, one part for each paragraph."""
        conversation_id = await self.text("hello", from_=to)
        target = ReplyTarget(ChannelName.SMS, to, f"{OURS}:{to}")
        async with self.db.transaction() as tx:
            for part in self.channel.compose(Answer(text), target, key=key):
                new = from_part(part, kind=kind, conversation_id=conversation_id, turn_id=None)
                await deliveries.add(tx, new, now=self.clock())
        return conversation_id

    async def deliver_all(self) -> None:
        """Send everything that is due and ask about what is unknown, as the sweep has workers do."""
        for lane in await deliveries.due_lanes(self.db, now=self.clock(), limit=100):
            await self.outbound.deliver(lane)
        for delivery_id in await deliveries.due_unknown(self.db, now=self.clock(), limit=100):
            await self.outbound.reconcile(delivery_id)

    # What people do at the desk

    async def press(
        self,
        approval: Approval,
        member_id: str = "U0ADA",
        action: ClickAction = ClickAction.APPROVE,
        *,
        team_id: str = TEAM,
        arguments_hash: str = "",
    ) -> Reply:
        value = ButtonValue(approval.id, arguments_hash or approval.shown).encode()
        return await self.approvals.click(
            Click(action, value, member_id, team_id, CardRef(APPROVERS_CHANNEL, "1"), new_id("clk"))
        )

    async def deny(self, approval: Approval, member_id: str = "U0ADA", reason: str = "Too old") -> Reply:
        return await self.approvals.submit_denial(DenySubmitted(approval.id, reason, member_id, TEAM, new_id("clk")))

    async def edit(self, approval: Approval, member_id: str = "U0ADA", **values: str | bool | None) -> Reply:
        return await self.approvals.submit_edit(
            EditSubmitted(approval.id, approval.arguments_hash, values, member_id, TEAM, new_id("clk"))
        )

    async def decide(self, seen: Approval, *, approved: bool = True, reason: str = "") -> Reply:
        """An operator decides at the command line, on what they have seen."""
        return await self.approvals.decide_for("cli:ada", seen.id, approved=approved, reason=reason, shown=seen.shown)

    # What is true

    async def approval(self, approval_id: str) -> Approval:
        found = await approvals.get(self.db, approval_id)
        assert found is not None
        return found

    async def turn(self, turn_id: TurnId) -> Turn:
        found = await turns.get(self.db, turn_id)
        assert found is not None
        return found

    async def delivery(self, delivery_id: str = "dlv_1") -> Delivery:
        found = await deliveries.get(self.db, DeliveryId(delivery_id))
        assert found is not None
        return found

    async def due_at(self, conversation_id: ConversationId) -> datetime | None:
        found = await conversations.get(self.db, conversation_id)
        assert found is not None
        return found.due_at

    async def audited(self) -> list[str]:
        """The names of all audit events, oldest first."""
        return [row["name"] for row in await self.rows("SELECT name FROM audit_events ORDER BY number")]

    async def rows(self, sql: str, *args: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.db.fetch(sql, *args)]

    async def row(self, sql: str, *args: Any) -> dict[str, Any]:
        """The only row."""
        (row,) = await self.rows(sql, *args)
        return row

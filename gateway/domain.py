"""The gateway's nouns: conversations, turns, approvals, deliveries; their states, and which may follow which."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NewType

import orjson

from channels.message import Assurance, ChannelName, ReplyTarget, Sender
from channels.staff import ApprovalState, CardRef, DraftState, HandoffState

ConversationId = NewType("ConversationId", str)
MessageId = NewType("MessageId", str)
TurnId = NewType("TurnId", str)
ApprovalId = NewType("ApprovalId", str)
DeliveryId = NewType("DeliveryId", str)
HandoffId = NewType("HandoffId", str)
DraftId = NewType("DraftId", str)


def new_id(prefix: str) -> str:
    """An id that sorts by time: `prefix_`, 48 bits of milliseconds, 80 random bits, in base 16."""
    return f"{prefix}_{time.time_ns() // 1_000_000:012x}{os.urandom(10).hex()}"


def utcnow() -> datetime:
    """Now, aware, in UTC: the clock of everything that is not given another one."""
    return datetime.now(UTC)


class Holder(StrEnum):
    """Who speaks for us in a conversation."""

    AGENT = "agent"
    HUMAN = "human"


class TurnState(StrEnum):
    """Where a run of the agent stands."""

    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"  # a person took the conversation in the middle of it


class HandoffCause(StrEnum):
    """Who or what asked for a person."""

    AGENT = "agent"
    CUSTOMER = "customer"
    FAILURE = "failure"
    STAFF = "staff"
    HELD = "held"  # somebody has to look before the agent may answer at all: it never goes back by itself


# A conversation that came back to the agent is handed over anew, with a thread of its own.
HANDOFF_MOVES: Mapping[HandoffState, frozenset[HandoffState]] = {
    HandoffState.WAITING: frozenset({HandoffState.OWNED, HandoffState.RETURNED, HandoffState.CLOSED}),
    HandoffState.OWNED: frozenset({HandoffState.WAITING, HandoffState.RETURNED, HandoffState.CLOSED}),
    HandoffState.RETURNED: frozenset(),
    HandoffState.CLOSED: frozenset({HandoffState.OWNED}),
}


class StaffMessageState(StrEnum):
    """What became of something that staff wrote in a handoff thread."""

    RELAYED = "relayed"  # it is in the outbox: its deliveries say the rest
    ASKED = "asked"  # its author has to say whether it is to be sent all the same
    INTERNAL = "internal"  # a note or a command
    REFUSED = "refused"
    DROPPED = "dropped"


class DeliveryState(StrEnum):
    """Where an outbound message stands."""

    QUEUED = "queued"
    SENDING = "sending"
    UNKNOWN = "unknown"  # it may have gone out: the provider is asked before anything else
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"  # the dead letters
    CANCELLED = "cancelled"


class DeliveryKind(StrEnum):
    """What an outbound message is for."""

    ANSWER = "answer"  # the agent's words to the customer
    NOTICE = "notice"  # our own words to the customer
    CARD = "card"  # an approval card, rendered from its approval when it goes out
    REMARK = "remark"  # a line in the thread of an approval card
    ALERT = "alert"  # a line for staff
    RELAY = "relay"  # a person's words to the customer
    BRIEF = "brief"  # the head of a handoff thread, rendered when it goes out
    LINE = "line"  # a line in a handoff thread
    DRAFT = "draft"  # an answer that is proposed to staff
    MARK = "mark"  # the emoji that tells staff what became of their words


# What a customer reads: nothing of it goes to somebody who does not want to hear from us.
TO_CUSTOMERS = frozenset({DeliveryKind.ANSWER, DeliveryKind.NOTICE, DeliveryKind.RELAY})

# A late `sent` does not undo `delivered`; a failure after `sent` counts; nothing leaves `delivered` but `read`.
DELIVERY_MOVES: Mapping[DeliveryState, frozenset[DeliveryState]] = {
    DeliveryState.QUEUED: frozenset({DeliveryState.SENDING, DeliveryState.CANCELLED, DeliveryState.FAILED}),
    DeliveryState.SENDING: frozenset(
        {DeliveryState.SENT, DeliveryState.QUEUED, DeliveryState.UNKNOWN, DeliveryState.FAILED}
    ),
    DeliveryState.UNKNOWN: frozenset({DeliveryState.SENT, DeliveryState.QUEUED, DeliveryState.FAILED}),
    DeliveryState.SENT: frozenset({DeliveryState.DELIVERED, DeliveryState.READ, DeliveryState.FAILED}),
    DeliveryState.DELIVERED: frozenset({DeliveryState.READ}),
    DeliveryState.READ: frozenset(),
    DeliveryState.FAILED: frozenset({DeliveryState.QUEUED, DeliveryState.CANCELLED}),  # a person's retry, or drop
    DeliveryState.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one conversation. Every commit of its holder names the fence, so that a late one fails."""

    conversation_id: ConversationId
    fence: int
    owner: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """The lasting exchange with one customer in one thread."""

    id: ConversationId
    channel: ChannelName
    thread_key: str
    address: str
    name: str
    holder: Holder
    session_id: str | None
    posted: int
    arrived: int
    taken: int
    due_at: datetime | None
    held_because: str
    burst_since: datetime
    burst_turns: int
    created_at: datetime
    notes: int = 0  # how many wait to be told to the agent


@dataclass(frozen=True, slots=True)
class Message:
    """One inbound message, as stored. `position` counts within its conversation, from 1."""

    id: MessageId
    conversation_id: ConversationId
    position: int
    sender: Sender
    text: str
    reply_to: ReplyTarget
    received_at: datetime
    has_files: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """One run of the agent over the messages from `first_position` to `last_position`."""

    id: TurnId
    conversation_id: ConversationId
    state: TurnState
    first_position: int
    last_position: int
    cursor: int
    reply_to: ReplyTarget
    started_at: datetime
    deadline_at: datetime
    begun: ReplyTarget | None = None  # where its answer has begun to grow: the first part completes what stands there
    notes: int = 0  # how many it tells the agent


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may decide. `approvers` are member and group ids; empty means every member of the approvers channel."""

    approvers: tuple[str, ...] = ()
    required: int = 1
    high_risk: bool = False
    high_risk_above: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Approval:
    """A request to let a tool run with exactly these arguments."""

    id: ApprovalId
    conversation_id: ConversationId
    turn_id: TurnId
    request_id: str
    tool_call_id: str
    tool_name: str
    description: str
    schema: Mapping[str, Any]
    proposed: Mapping[str, Any]
    edited: Mapping[str, Any] | None
    arguments_hash: str
    policy: Policy
    quote: str
    state: ApprovalState
    required: int
    created_at: datetime
    expires_at: datetime
    decided_at: datetime | None
    decided_by: str
    reason: str
    answered_at: datetime | None
    outcome: str
    outcome_failed: bool
    customer_wrote_since: int
    card: CardRef | None
    revision: int
    card_link: str = ""
    asked_because: str = ""

    @property
    def arguments(self) -> Mapping[str, Any]:
        """What runs if it is approved now."""
        return self.proposed if self.edited is None else self.edited

    @property
    def is_pending(self) -> bool:
        return self.state is ApprovalState.PENDING

    @property
    def shown(self) -> str:
        """What its card shows now, as a button names it: the arguments, and how much the customer wrote since."""
        wrote = self.customer_wrote_since
        return f"{self.arguments_hash}.{wrote}" if wrote else self.arguments_hash


@dataclass(frozen=True, slots=True)
class Delivery:
    """One outbound message: a row of the outbox."""

    id: DeliveryId
    seq: int
    lane: str
    kind: DeliveryKind
    conversation_id: ConversationId | None
    turn_id: TurnId | None
    subject_id: str
    target: ReplyTarget
    text: str
    payload: bytes
    part: int
    parts: int
    state: DeliveryState
    provider_id: str | None
    attempts: int
    attempted_at: datetime | None
    code: str
    reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Handoff:
    """A conversation that a person has, or is to have.

    When it opened, `since` was the last message with an answer, and `upto` the last that its brief tells of.
    Messages up to position `answered` have had an answer; those up to `shown` stand in the thread. `stopping` is the
    turn that the platform has still to be told to stop. `told` says that the customer knows of it.
    """

    id: HandoffId
    conversation_id: ConversationId
    cause: HandoffCause
    reason: str
    state: HandoffState
    owner: str
    assigned_to: str
    since: int
    upto: int
    answered: int
    shown: int
    told: bool
    stopping: str
    thread: CardRef | None
    threads: int
    opened_at: datetime
    touched_at: datetime
    warned_at: datetime | None
    closed_at: datetime | None
    closed_by: str
    revision: int

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


@dataclass(frozen=True, slots=True)
class StoredStaffMessage:
    """Something that staff wrote in a handoff thread. `id` is its Slack channel and timestamp."""

    id: str
    handoff_id: HandoffId
    conversation_id: ConversationId
    member_id: str
    member_name: str
    text: str
    state: StaffMessageState
    seen: int
    mark: str
    sent_at: datetime

    @property
    def ref(self) -> CardRef:
        """Where it stands."""
        slack_channel_id, _, ts = self.id.partition(":")
        return CardRef(slack_channel_id, ts)


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer that the agent proposes. `text` is empty until it has written it."""

    id: DraftId
    handoff_id: HandoffId
    conversation_id: ConversationId
    asked_by: str
    hint: str
    text: str
    state: DraftState
    decided_by: str
    card: CardRef | None


def least_assurance(messages: Sequence[Message]) -> Assurance:
    """How sure we are of everybody who wrote these messages: as sure as of the one we know least of."""
    senders = [message.sender.assurance for message in messages]
    return max(senders, key=list(Assurance).index, default=Assurance.CLAIMED)


def canonical_json(value: Any) -> str:
    """The one spelling of a JSON value: sorted keys, no blanks."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def hash_arguments(tool_name: str, arguments: Mapping[str, Any]) -> str:
    """What a decision names, so that nothing runs but what was shown: SHA-256 over tool and canonical arguments."""
    return hashlib.sha256(f"{tool_name}\n{canonical_json(arguments)}".encode()).hexdigest()

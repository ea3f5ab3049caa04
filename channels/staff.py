"""The values between the gateway and the staff desk: approval cards, clicks on them, and dialogs.

The desk is where people who work here decide. It shares an app with the Slack channel and nothing else: no value of
this module is ever made from what a customer's surface sends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from channels.message import Attachment, ChannelName


class ApprovalState(StrEnum):
    """Where an approval request stands. Everything but `PENDING` is final."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"  # the turn that asked is gone: nothing will run


@dataclass(frozen=True, slots=True)
class CardRef:
    """Where a card stands: a Slack channel id and a message timestamp."""

    slack_channel_id: str
    ts: str


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's approval or denial."""

    member_id: str
    approved: bool
    decided_at: datetime
    reason: str = ""
    name: str = ""  # of somebody who decided elsewhere than in Slack


@dataclass(frozen=True, slots=True)
class ApprovalCard:
    """All that an approver is shown.

    `arguments` are exactly what will run; `edited_from` is set where a person changed them. `quote` is the customer's
    own words, to be escaped and shown as a quotation. `outcome` is the tool's result, once there.
    `schema` is the tool's JSON schema (an object with `properties`), for the edit dialog.
    """

    approval_id: str
    tool_name: str
    description: str
    arguments: Mapping[str, Any]
    arguments_hash: str
    schema: Mapping[str, Any]
    customer: str  # masked address and name, made for showing
    channel: str
    assurance: str
    quote: str
    reason: str  # why a person is asked
    created_at: datetime
    expires_at: datetime
    state: ApprovalState = ApprovalState.PENDING
    required: int = 1
    votes: tuple[Vote, ...] = ()
    edited_from: Mapping[str, Any] | None = None
    outcome: str = ""
    outcome_failed: bool = False
    decided_at: datetime | None = None
    transcript_url: str = ""
    can_take_over: bool = True
    high_risk: bool = False
    customer_wrote_since: int = 0  # messages that arrived after the card was posted
    ref: CardRef | None = None
    revision: int = 0  # rises with every change; a card never goes back to an older one
    withdrawn_because: str = ""  # in our words


@dataclass(frozen=True, slots=True)
class Member:
    """A person in the desk's workspace, as the provider knows them now."""

    member_id: str
    team_id: str
    name: str = ""
    email: str = ""
    phone: str = ""
    is_bot: bool = False
    is_guest: bool = False
    is_stranger: bool = False  # of another organisation (Slack Connect)
    is_active: bool = True


class ClickAction(StrEnum):
    """The buttons of a card; the values are Slack action ids promised by the interface."""

    APPROVE = "approval.approve"
    EDIT = "approval.edit"
    DENY = "approval.deny"
    TAKE_OVER = "conversation.take_over"
    HAND_BACK = "conversation.hand_back"


@dataclass(frozen=True, slots=True)
class Click:
    """Somebody pressed a button. `value` is the button's opaque value, `click_id` the gesture's own identity."""

    action: ClickAction
    value: str
    member_id: str
    team_id: str
    card: CardRef
    click_id: str


@dataclass(frozen=True, slots=True)
class EditSubmitted:
    """The edit dialog came back. `values` are raw strings or choices by argument name; the gateway gives them types."""

    approval_id: str
    arguments_hash: str
    values: Mapping[str, str | bool | None]
    member_id: str
    team_id: str
    click_id: str


@dataclass(frozen=True, slots=True)
class DenySubmitted:
    """The deny dialog came back with a reason."""

    approval_id: str
    reason: str
    member_id: str
    team_id: str
    click_id: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What the person who clicked is told, privately. Empty means the card says it all.

    `field_errors` keep a dialog open, by argument name (or `reason`).
    """

    text: str = ""
    field_errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ButtonValue:
    """What a button of a card stands for: a request, and the arguments that were shown with it."""

    subject_id: str
    arguments_hash: str = ""

    def encode(self) -> str:
        """The opaque value that the button carries."""
        return f"{self.subject_id}|{self.arguments_hash}" if self.arguments_hash else self.subject_id

    @classmethod
    def decode(cls, value: str) -> ButtonValue:
        """The way back. Anything is readable; whether there is such a request is for the gateway to say."""
        subject_id, _, arguments_hash = value.partition("|")
        return cls(subject_id, arguments_hash)


class StaffChange(StrEnum):
    """What happened to a message in a staff thread."""

    WRITTEN = "written"
    EDITED = "edited"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class StaffMessage:
    """Somebody wrote in a thread of a staff channel, or changed what they wrote.

    Whether the thread is a handoff, and whether the member may speak in it, is for the gateway to say. `message` is
    the message's identity: an event about it may come twice.
    """

    thread: CardRef
    message: CardRef
    member_id: str
    team_id: str
    text: str
    sent_at: datetime
    event_id: str
    change: StaffChange = StaffChange.WRITTEN
    attachments: tuple[Attachment, ...] = ()
    mentions: tuple[str, ...] = ()  # ids of the people and groups that are named in it
    member_name: str = ""


class HandoffAction(StrEnum):
    """What staff press about a conversation; the first two are Slack action ids promised by the interface."""

    TAKE_OVER = "conversation.take_over"
    HAND_BACK = "conversation.hand_back"
    RELEASE = "conversation.release"
    CLOSE = "conversation.close"
    REOPEN = "conversation.reopen"
    SEND_DRAFT = "draft.send"
    EDIT_DRAFT = "draft.edit"
    DROP_DRAFT = "draft.drop"
    SEND_ANYWAY = "relay.send"
    HOLD_BACK = "relay.drop"


@dataclass(frozen=True, slots=True)
class HandoffPress:
    """Somebody pressed one of those, or typed the command that stands for it.

    `value` is the button's opaque id (of an approval, a handoff, a draft or a staff message), or what was typed.
    """

    action: HandoffAction
    value: str
    member_id: str
    team_id: str
    card: CardRef
    press_id: str


@dataclass(frozen=True, slots=True)
class DraftSubmitted:
    """The dialog in which a draft is edited came back: `text` is what is to be sent."""

    draft_id: str
    text: str
    member_id: str
    team_id: str
    press_id: str


class HandoffState(StrEnum):
    """Who has a conversation that was handed over. `RETURNED` and `CLOSED` are its ends; a closed one may reopen."""

    WAITING = "waiting"  # for somebody to take it
    OWNED = "owned"
    RETURNED = "returned"  # the agent has it again
    CLOSED = "closed"


class Speaker(StrEnum):
    """Whose words a line of a handoff thread shows."""

    CUSTOMER = "customer"
    AGENT = "agent"
    STAFF = "staff"
    NOTICE = "notice"  # our own, about the state of things


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """One line of a handoff thread. `text` is as it was said: whoever shows it escapes it.

    `is_warning` marks what staff have to act on. `asks` is the staff message that waits for "Send anyway" or "Hold
    back" because of this line.
    """

    speaker: Speaker
    text: str
    at: datetime
    name: str = ""
    attachments: tuple[Attachment, ...] = ()  # with their content, or a source that the desk can't show
    is_warning: bool = False
    asks: str = ""


@dataclass(frozen=True, slots=True)
class HandoffBrief:
    """What stands at the head of a handoff thread: enough to take over without reading anything else.

    `reach` says who will read what staff write ("Ada Byron by SMS, +15•••01"), `warnings` what stands in the way.
    """

    handoff_id: str
    customer: str
    channel: ChannelName
    assurance: str
    reason: str
    asked: str  # the customer's own words, to be escaped and shown as a quotation
    tried: tuple[str, ...]  # what the agent did, a line each
    open_approvals: tuple[tuple[str, str], ...]  # what is asked, and the address of its card
    last: tuple[ThreadLine, ...]
    reach: str
    opened_at: datetime
    state: HandoffState = HandoffState.WAITING
    owner: str = ""  # a member id, or a name where it is nobody of Slack
    assigned_to: str = ""  # the member or group that it was given to
    closed_at: datetime | None = None
    closed_by: str = ""
    transcript_url: str = ""
    warnings: tuple[str, ...] = ()
    ref: CardRef | None = None
    revision: int = 0


class DraftState(StrEnum):
    """What became of a proposed answer."""

    PROPOSED = "proposed"
    SENT = "sent"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class DraftCard:
    """An answer that the agent proposes to staff. Nothing of it goes out before somebody presses Send."""

    draft_id: str
    text: str
    state: DraftState = DraftState.PROPOSED
    decided_by: str = ""
    ref: CardRef | None = None

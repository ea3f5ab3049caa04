"""The values that cross the channel boundary: the same for every channel, frozen, and free of provider words.

Inbound: a channel turns a provider's request into `InboundEvent`s. Outbound: an `Answer` is composed into
`OutboundPart`s, each of which is sent once and leaves a `Receipt`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class ChannelName(StrEnum):
    """A medium on which customers write."""

    EMAIL = "email"
    SMS = "sms"
    SLACK = "slack"


class Assurance(StrEnum):
    """How sure we are that the sender is who the address says."""

    PROVEN = "proven"  # an aligned DMARC pass, a member of our own Slack workspace
    CLAIMED = "claimed"  # a phone number, mail without a DMARC verdict
    FAILED = "failed"  # authentication ran, and failed


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote, as the provider tells it. `address` is canonical on its channel (E.164, lower-case mail, user id)."""

    address: str
    name: str = ""
    assurance: Assurance = Assurance.CLAIMED


@dataclass(frozen=True, slots=True)
class ReplyTarget:
    """Where an answer goes. Frozen when a turn starts, so that a later message cannot redirect an earlier answer.

    `details` belongs to the adapter that made it (our own number, team id, mail headers): plain strings, no secrets.
    """

    channel: ChannelName
    address: str
    thread_key: str
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message. `source` is where the adapter can fetch it, when `content` is not there yet."""

    name: str
    mime_type: str
    size: int | None = None  # bytes
    source: str = ""
    content: bytes | None = None


class ReferenceKind(StrEnum):
    """What a message names to say which conversation it belongs to."""

    CONVERSATION = "conversation"  # a token that we signed for one conversation and one address
    OUTBOUND = "outbound"  # the key of an outbound part of ours, from an id that we signed
    PROVIDER = "provider"  # somebody's provider id: a candidate, and nothing more


@dataclass(frozen=True, slots=True)
class Reference:
    """A candidate for the conversation that a message continues. It selects; it never grants access by itself."""

    kind: ReferenceKind
    value: str


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One message of a customer.

    `provider_id` is its identity: a second message with the same one, or with any of `also_known_as`, is a
    redelivery. `thread_key` names the conversation within the channel, and is always enough on SMS and Slack; a mail
    has its own Message-ID there, and `references` (best first) to the conversation that it may continue. `text` is
    what the agent reads; `original` keeps what was cut from it.
    """

    channel: ChannelName
    provider_id: str
    thread_key: str
    sender: Sender
    text: str
    received_at: datetime
    reply_to: ReplyTarget
    attachments: tuple[Attachment, ...] = ()
    also_known_as: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    subject: str = ""
    original: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


class Consent(StrEnum):
    """What a customer said about being written to at all."""

    STOP = "stop"
    START = "start"
    HELP = "help"


@dataclass(frozen=True, slots=True)
class ConsentChange:
    """STOP, START or HELP from `address`, and the message it came in: a START that lifts nothing is an ordinary one."""

    channel: ChannelName
    provider_id: str
    address: str
    consent: Consent
    received_at: datetime
    message: InboundMessage


class DeliveryStatus(StrEnum):
    """How far a sent part has come. Order and allowed moves live with the outbox, not here."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DeliveryUpdate:
    """The provider's news of one sent part. `event_id` is the news' own identity, for redeliveries."""

    channel: ChannelName
    event_id: str
    provider_id: str
    status: DeliveryStatus
    received_at: datetime
    code: str = ""
    reason: str = ""
    suppress: bool = False


@dataclass(frozen=True, slots=True)
class MessageEdited:
    """The customer changed a message that they had sent."""

    channel: ChannelName
    provider_id: str
    text: str
    edited_at: datetime


@dataclass(frozen=True, slots=True)
class MessageDeleted:
    """The customer took a message back."""

    channel: ChannelName
    provider_id: str
    deleted_at: datetime


@dataclass(frozen=True, slots=True)
class Ignored:
    """Something genuine that starts nothing. `reason` is one of the adapter's fixed words (`own_message`, `bot`, …)."""

    channel: ChannelName
    provider_id: str
    reason: str


InboundEvent = InboundMessage | ConsentChange | DeliveryUpdate | MessageEdited | MessageDeleted | Ignored


class Author(StrEnum):
    """Who speaks in an answer. Mail has to say so to other programs, which otherwise answer back (RFC 3834)."""

    AGENT = "agent"
    STAFF = "staff"  # a person wrote it, or read and approved it
    NOTICE = "notice"  # our own words about the state of things: received, being checked


@dataclass(frozen=True, slots=True)
class Answer:
    """What we mean to say, as Markdown, before a channel gives it its form."""

    text: str
    subject: str = ""
    attachments: tuple[Attachment, ...] = ()
    author: Author = Author.AGENT


@dataclass(frozen=True, slots=True)
class OutboundPart:
    """One message on the wire. `key` is ours, unique and stable over retries; parts of one answer go out in order.

    `payload` holds bytes that must be the same at every attempt (a serialised mail); most channels need only `text`.
    """

    key: str
    target: ReplyTarget
    text: str
    part: int = 1
    parts: int = 1
    payload: bytes = b""
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider took a part. `provider_id` is how its later news will call it.

    `refused` are copies (Cc) that it did not take, each as "code address"; the addressee's own was taken.
    """

    provider_id: str
    status: DeliveryStatus = DeliveryStatus.SENT
    refused: tuple[str, ...] = ()

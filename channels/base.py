"""The ports: what the gateway asks of a channel and of the desk, and what they ask of the gateway.

An adapter could be used in another program unchanged: storage, queues, retries, conversation lookup and the agent
are left to whoever implements `Inbox` and `DecisionInbox`. Differences between channels are data (`Limits`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from channels.message import Answer, Attachment, ChannelName, InboundEvent, OutboundPart, Receipt, ReplyTarget
from channels.staff import (
    ApprovalCard,
    CardRef,
    Click,
    DenySubmitted,
    DraftCard,
    DraftSubmitted,
    EditSubmitted,
    HandoffBrief,
    HandoffPress,
    Member,
    Reply,
    StaffMessage,
    ThreadLine,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a channel can carry."""

    max_chars: int  # of one part
    markdown: bool = False  # it renders Markdown or can be given HTML
    debounce_s: float = 0.0  # how long a burst lasts on this channel, where settings do not say


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A provider's HTTP request as it came: raw body, header names in lower case, path with query as sent."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class WebhookReply:
    """What the provider expects to hear."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


class Inbox(Protocol):
    """Where a channel hands over what came in. Returns once it is durable; a repeat changes nothing."""

    async def accept(self, event: InboundEvent) -> None: ...


class DecisionInbox(Protocol):
    """What the desk asks of the gateway. Every answer is safe to show to the person who asked."""

    async def click(self, click: Click) -> Reply: ...

    async def submit_edit(self, submitted: EditSubmitted) -> Reply: ...

    async def submit_denial(self, submitted: DenySubmitted) -> Reply: ...

    async def card(self, approval_id: str) -> ApprovalCard | None: ...


class StaffInbox(Protocol):
    """Where the desk hands over what staff write in threads. Returns once it is durable; a repeat changes nothing."""

    async def accept_staff(self, message: StaffMessage) -> None: ...

    async def press(self, press: HandoffPress) -> Reply: ...

    async def submit_draft(self, submitted: DraftSubmitted) -> Reply: ...

    async def draft(self, draft_id: str) -> DraftCard | None:
        """A draft as it stands, for the dialog in which it is edited."""
        ...


class Channel(Protocol):
    """One medium. `compose` is pure; `send`, `find` and `fetch` are the only I/O and raise only `channels.errors`."""

    name: ChannelName
    limits: Limits

    def compose(self, answer: Answer, target: ReplyTarget, *, key: str) -> tuple[OutboundPart, ...]:
        """Give an answer its form on this channel: one part or several, with keys derived from `key`."""
        ...

    async def send(self, part: OutboundPart) -> Receipt:
        """Send one part, once: no retry inside. Raises a `SendError`."""
        ...

    async def find(self, part: OutboundPart, *, attempted_at: datetime) -> Receipt | None:
        """Ask the provider for a part of unknown outcome. None means it is certain that it was not sent.

        Raises `TemporaryFailure` while the provider cannot be asked, or it is too early to be certain.
        """
        ...

    async def fetch(self, attachment: Attachment) -> Attachment:
        """The same attachment with its content. Raises `TemporaryFailure` or `PermanentFailure`."""
        ...


class Activity(StrEnum):
    """How far a tool call has come."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Progress(Protocol):
    """What a customer sees while a turn runs. Nothing here waits or raises: a turn does not suffer from its display.

    Only what the customer may read at once belongs here; an answer is complete when it was sent.
    """

    def write(self, text: str) -> None:
        """More of the answer, as the agent says it."""
        ...

    def show(self, title: str, activity: Activity, *, call_id: str) -> None:
        """A tool call, in words for customers."""
        ...


class ShowsProgress(Protocol):
    """What a channel offers besides `Channel` when it can show an answer while it grows."""

    def progress(
        self, target: ReplyTarget, *, begun: Callable[[ReplyTarget], Awaitable[None]]
    ) -> AbstractAsyncContextManager[Progress]:
        """Show progress while the block runs.

        `begun` gets, as soon as something of the answer stands there, the target that the first part of the answer
        must be sent to so that it completes what stands there; it is to be stored before more is shown.
        """
        ...


class Desk(Protocol):
    """Where staff decide. Raises only `channels.errors`."""

    async def post_card(self, card: ApprovalCard, *, key: str) -> CardRef:
        """Show a new card in the approvers channel."""
        ...

    async def update_card(self, card: ApprovalCard) -> None:
        """Bring the card at `card.ref` to what `card` says."""
        ...

    async def find_card(
        self, *, key: str, attempted_at: datetime, slack_channel_id: str = "", thread_ts: str = ""
    ) -> CardRef | None:
        """What was posted under `key`, a card or a notice; None means it is certain that nothing was.

        Raises `TemporaryFailure` while the desk cannot be asked, or it is too early to be certain.
        """
        ...

    async def notify(self, text: str, *, key: str, slack_channel_id: str = "", thread_ts: str = "") -> CardRef:
        """Post a plain notice for staff (the approvers channel where none is named)."""
        ...

    async def whisper(self, text: str, *, member_id: str, slack_channel_id: str, thread_ts: str = "") -> None:
        """Tell one person something that nobody else sees."""
        ...

    async def post_brief(self, brief: HandoffBrief, *, key: str, slack_channel_id: str) -> CardRef:
        """Open the thread of a handoff."""
        ...

    async def update_brief(self, brief: HandoffBrief) -> None:
        """Bring the head of the thread at `brief.ref` to what `brief` says. `PermanentFailure` with the code
        `message_not_found` where the thread is gone."""
        ...

    async def post_line(self, line: ThreadLine, *, thread: CardRef, key: str) -> CardRef:
        """Add a line to a handoff thread, with its files."""
        ...

    async def post_draft(self, draft: DraftCard, *, thread: CardRef, key: str) -> CardRef:
        """Propose an answer in a handoff thread."""
        ...

    async def update_draft(self, draft: DraftCard) -> None:
        """Show what became of the draft at `draft.ref`."""
        ...

    async def mark(self, message: CardRef, emoji: str) -> None:
        """Put an emoji under a message; one that is there already stays."""
        ...

    async def unmark(self, message: CardRef, emoji: str) -> None:
        """Take our emoji away again; one that is not there is no failure."""
        ...

    async def fetch(self, attachment: Attachment) -> Attachment:
        """A file that staff sent, with its content. Raises `TemporaryFailure` or `PermanentFailure`."""
        ...

    async def permalink(self, ref: CardRef) -> str:
        """The address at which a person finds a card."""
        ...

    async def member(self, member_id: str) -> Member | None:
        """Who this is, fresh enough to decide on (at most 60 s old)."""
        ...

    async def group_members(self, group_id: str) -> Sequence[str]:
        """The member ids of a user group, at most 60 s old. Raises `PermanentFailure` where the plan has no groups."""
        ...

    async def channel_members(self, slack_channel_id: str) -> Sequence[str]:
        """The member ids of a Slack channel, at most 60 s old."""
        ...

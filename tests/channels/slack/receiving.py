"""A gateway that takes in, in memory: the one fake of the `Inbox` and `StaffInbox` ports of these tests. It behaves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import assert_never

from channels.message import (
    ConsentChange,
    DeliveryUpdate,
    Ignored,
    InboundEvent,
    InboundMessage,
    MessageDeleted,
    MessageEdited,
)
from channels.staff import DraftCard, DraftSubmitted, HandoffPress, Reply, StaffMessage


@dataclass
class Receiving:
    """Keeps messages once, by all of their names, and takes part in every thread that it has a message of."""

    messages: list[InboundMessage] = field(default_factory=list)
    edited: list[MessageEdited] = field(default_factory=list)
    deleted: list[MessageDeleted] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    staff: list[StaffMessage] = field(default_factory=list)
    presses: list[HandoffPress] = field(default_factory=list)
    submitted: list[DraftSubmitted] = field(default_factory=list)
    drafts: dict[str, DraftCard] = field(default_factory=dict)
    reply: Reply = field(default_factory=Reply)  # to whatever is pressed or submitted next
    failures: int = 0  # so many next events can't be stored
    _names: set[str] = field(default_factory=set)

    async def accept(self, event: InboundEvent) -> None:
        self._fail_if_asked()
        match event:
            case InboundMessage():
                self._keep(event)
            case MessageEdited():
                self.edited.append(event)
            case MessageDeleted():
                self.deleted.append(event)
            case Ignored():
                self.ignored.append(event)
            case ConsentChange() | DeliveryUpdate():
                raise AssertionError(f"Slack has no {event}")
            case _:
                assert_never(event)

    async def accept_staff(self, message: StaffMessage) -> None:
        self._fail_if_asked()
        self.staff.append(message)

    async def press(self, press: HandoffPress) -> Reply:
        self._fail_if_asked()
        self.presses.append(press)
        return self.reply

    async def submit_draft(self, submitted: DraftSubmitted) -> Reply:
        self._fail_if_asked()
        self.submitted.append(submitted)
        return self.reply

    async def draft(self, draft_id: str) -> DraftCard | None:
        return self.drafts.get(draft_id)

    async def takes_part(self, thread_key: str) -> bool:
        return any(message.thread_key == thread_key for message in self.messages)

    @property
    def reasons(self) -> list[str]:
        return [event.reason for event in self.ignored]

    def _keep(self, message: InboundMessage) -> None:
        names = {message.provider_id, *message.also_known_as}
        if not names & self._names:
            self.messages.append(message)
        self._names |= names

    def _fail_if_asked(self) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the store is away")

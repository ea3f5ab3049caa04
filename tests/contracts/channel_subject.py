"""What the channel contract needs to see of a channel: the adapter, and its provider's and customer's side."""

from __future__ import annotations

from typing import Protocol

from channels.base import Channel
from channels.message import Attachment, ReplyTarget
from channels.sandbox.faults import FaultKind


class ChannelSubject(Protocol):
    """One adapter against its simulator, with a customer who wrote first. Waits of the adapter are short."""

    @property
    def channel(self) -> Channel: ...

    @property
    def target(self) -> ReplyTarget:
        """Where the customer is answered."""
        ...

    def shown(self) -> list[str]:
        """The texts of ours that the customer sees, in order."""
        ...

    def plan(self, kind: FaultKind, *, times: int = 1, seconds: float = 0.0) -> None:
        """Make the next sends fail."""
        ...

    def go_silent(self) -> None:
        """Let the provider answer no question from now on."""
        ...

    async def attachment(self, content: bytes) -> Attachment:
        """A file that the customer just sent, as the adapter hands it over: without its content."""
        ...

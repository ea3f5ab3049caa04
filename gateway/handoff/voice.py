"""Says something to a customer: composed for their channel, queued in their conversation's lane, sent once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from channels.base import Channel
from channels.message import Answer, Attachment, Author, ChannelName, OutboundPart, ReplyTarget
from gateway.domain import ConversationId, DeliveryKind, TurnId
from gateway.store import deliveries
from gateway.store.database import Statements
from gateway.store.deliveries import from_part

_AUTHORS = {
    DeliveryKind.ANSWER: Author.AGENT,
    DeliveryKind.NOTICE: Author.NOTICE,
    DeliveryKind.RELAY: Author.STAFF,
}


class Voice:
    """Our side of all conversations."""

    def __init__(self, channels: Mapping[ChannelName, Channel]) -> None:
        self._channels = channels

    def compose(
        self, kind: DeliveryKind, text: str, target: ReplyTarget, *, key: str, files: Sequence[Attachment] = ()
    ) -> Sequence[OutboundPart]:
        """The form that words have on their channel."""
        channel = self._channels.get(target.channel)
        if channel is None:
            # Without its channel it still becomes a row, and then a dead letter that says what is missing.
            return (OutboundPart(key, target, text),)
        return channel.compose(Answer(text, attachments=tuple(files), author=_AUTHORS[kind]), target, key=key)

    async def say(
        self,
        tx: Statements,
        kind: DeliveryKind,
        text: str,
        target: ReplyTarget,
        *,
        key: str,
        conversation_id: ConversationId,
        now: datetime,
        turn_id: TurnId | None = None,
        begun: ReplyTarget | None = None,
    ) -> None:
        """Queue words for the customer. Where they have begun to grow (`begun`), the first part completes them."""
        for part in self.compose(kind, text, target, key=key):
            placed = replace(part, target=begun) if begun and part.part == 1 else part
            new = from_part(placed, kind=kind, conversation_id=conversation_id, turn_id=turn_id)
            await deliveries.add(tx, new, now=now)

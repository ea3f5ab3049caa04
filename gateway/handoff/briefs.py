"""The head of a handoff thread, read from the store whenever it is drawn: enough to take over by it alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from channels.message import Assurance, ChannelName, ReplyTarget
from channels.staff import HandoffBrief, Speaker, ThreadLine
from gateway import wording
from gateway.cards import describe_customer, mask
from gateway.domain import Approval, Conversation, ConversationId, Delivery, DeliveryKind, Handoff, Message, utcnow
from gateway.store import approvals, conversations, deliveries, handoffs, messages, opt_outs
from gateway.store.database import Database

LAST = 6
QUOTE_CHARS = 500
LINE_CHARS = 300
# WhatsApp takes free words from us only so long after the customer's last message.
WHATSAPP = "whatsapp:"
WHATSAPP_WINDOW = timedelta(hours=24)

_SPEAKERS: Mapping[DeliveryKind, Speaker] = {
    DeliveryKind.ANSWER: Speaker.AGENT,
    DeliveryKind.NOTICE: Speaker.NOTICE,
    DeliveryKind.RELAY: Speaker.STAFF,
}
_CHANNELS: Mapping[ChannelName, str] = {
    ChannelName.EMAIL: "mail",
    ChannelName.SMS: "text message",
    ChannelName.SLACK: "Slack",
}


class Briefs:
    """Handoffs as staff see them."""

    def __init__(
        self,
        db: Database,
        *,
        transcript: Callable[[ConversationId], str] = lambda _: "",
        clock: Callable[[], datetime] = utcnow,
    ) -> None:
        self._db = db
        self._transcript = transcript
        self._clock = clock

    async def of(self, handoff_id: str) -> HandoffBrief | None:
        """The brief as it should look now."""
        handoff = await handoffs.get(self._db, handoff_id)
        conversation = await conversations.get(self._db, handoff.conversation_id) if handoff else None
        if handoff is None or conversation is None:
            return None
        return await self._drawn(handoff, conversation)

    async def _drawn(self, handoff: Handoff, conversation: Conversation) -> HandoffBrief:
        before = await messages.between(self._db, conversation.id, 1, handoff.upto)
        sent = [
            delivery
            for delivery in await deliveries.of_conversation(self._db, conversation.id)
            if delivery.kind in _SPEAKERS and delivery.created_at < handoff.opened_at
        ]
        asked = await approvals.of_conversation(self._db, conversation.id)
        newest = before[-1] if before else None
        return HandoffBrief(
            handoff_id=handoff.id,
            customer=describe_customer(conversation),
            channel=conversation.channel,
            assurance=newest.sender.assurance if newest else Assurance.CLAIMED,
            reason=handoff.reason,
            asked="\n".join(message.text for message in before if message.position > handoff.since)[:QUOTE_CHARS]
            or (newest.text[:QUOTE_CHARS] if newest else ""),
            tried=_tried(asked, sent),
            open_approvals=tuple((one.tool_name, one.card_link) for one in asked if one.is_pending),
            last=_last(before, sent),
            reach=_reach(conversation, newest.reply_to if newest else None),
            opened_at=handoff.opened_at,
            state=handoff.state,
            owner=handoff.owner,
            assigned_to=handoff.assigned_to,
            closed_at=handoff.closed_at,
            closed_by=handoff.closed_by,
            transcript_url=self._transcript(conversation.id),
            warnings=await self._warnings(conversation),
            ref=handoff.thread,
            revision=handoff.revision,
        )

    async def _warnings(self, conversation: Conversation) -> tuple[str, ...]:
        """What stands in the way of words to the customer."""
        found = []
        if not conversation.arrived:
            return ()
        newest = await messages.at(self._db, conversation.id, conversation.arrived)
        if await opt_outs.stands(self._db, conversation.channel, newest.reply_to.address):
            found.append(wording.OPTED_OUT)
        if is_outside_window(newest, self._clock()):
            found.append(wording.OUTSIDE_WINDOW)
        return tuple(found)


def is_outside_window(newest: Message, now: datetime) -> bool:
    """Whether the customer wrote so long ago that WhatsApp refuses an answer in free words."""
    return newest.reply_to.address.startswith(WHATSAPP) and now - newest.received_at > WHATSAPP_WINDOW


def _tried(asked: Sequence[Approval], sent: Sequence[Delivery]) -> tuple[str, ...]:
    """What the agent did, a line each."""
    lines = [f"{one.tool_name}: {one.state}{f', {one.outcome}' if one.outcome else ''}"[:LINE_CHARS] for one in asked]
    answers = sum(delivery.kind is DeliveryKind.ANSWER and delivery.part == 1 for delivery in sent)
    if answers:
        lines.append(f"answered {answers} time{'s' if answers > 1 else ''}")
    return tuple(lines[-LAST:])


def _last(before: Sequence[Message], sent: Sequence[Delivery]) -> tuple[ThreadLine, ...]:
    """The last that was said before, on both sides."""
    lines = [
        ThreadLine(Speaker.CUSTOMER, message.text[:LINE_CHARS], message.received_at, name=message.sender.name)
        for message in before
    ]
    lines += [
        ThreadLine(_SPEAKERS[delivery.kind], delivery.text[:LINE_CHARS], delivery.created_at) for delivery in sent
    ]
    return tuple(sorted(lines, key=lambda line: line.at)[-LAST:])


def _reach(conversation: Conversation, target: ReplyTarget | None) -> str:
    """Who reads what staff write, and how."""
    address = target.address if target else conversation.address
    who = conversation.name or "the customer"
    how = "WhatsApp" if address.startswith(WHATSAPP) else _CHANNELS[conversation.channel]
    return f"{who} by {how}, {mask(address)}"

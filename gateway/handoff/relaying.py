"""A person's words to the customer: weighed, queued in the customer's lane, and sent once, keyed by the Slack message.

They go where the customer's last message came from. What may not be what its author means (too long for one message,
outside of WhatsApp's window) is asked first; what cannot get there at all is said at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from channels.message import Attachment, OutboundPart
from gateway import audit, wording
from gateway.domain import DeliveryKind, Handoff, Message, StaffMessageState, StoredStaffMessage
from gateway.handoff.briefs import is_outside_window
from gateway.handoff.lines import line_delivery
from gateway.handoff.voice import Voice
from gateway.store import deliveries, handoffs, opt_outs, staff_messages
from gateway.store.database import Statements
from gateway.store.deliveries import from_part


@dataclass(frozen=True, slots=True)
class Weighed:
    """What stands against sending: `forbids` for good, `warns` unless the author wants it all the same."""

    forbids: str = ""
    warns: str = ""


async def relay(
    tx: Statements,
    voice: Voice,
    handoff: Handoff,
    message: StoredStaffMessage,
    newest: Message,
    *,
    files: Sequence[Attachment],
    is_confirmed: bool,
    now: datetime,
) -> StaffMessageState:
    """Send a stored message in a locked, owned handoff, or ask whether to; returns what became of it."""
    parts = voice.compose(DeliveryKind.RELAY, message.text, newest.reply_to, key=f"rly_{message.id}", files=files)
    weighed = await _weigh(tx, newest, parts, now=now)
    if weighed.forbids or (weighed.warns and not is_confirmed):
        await _object(tx, handoff, message, weighed, now=now)
        return StaffMessageState.REFUSED if weighed.forbids else StaffMessageState.ASKED
    for part in parts:
        new = from_part(part, kind=DeliveryKind.RELAY, conversation_id=handoff.conversation_id, subject_id=message.id)
        await deliveries.add(tx, new, now=now)
    await handoffs.touch(tx, handoff.id, now=now, answered=message.seen, told=True)
    await audit.record(
        tx,
        "handoff.relayed",
        now=now,
        actor=message.member_id,
        conversation_id=handoff.conversation_id,
        subject_id=message.id,
        data={"handoff": handoff.id, "parts": len(parts), "files": len(files)},
    )
    return StaffMessageState.RELAYED


async def _weigh(tx: Statements, newest: Message, parts: Sequence[OutboundPart], *, now: datetime) -> Weighed:
    target = newest.reply_to
    if await opt_outs.stands(tx, target.channel, target.address):
        return Weighed(forbids=wording.OPTED_OUT)
    if is_outside_window(newest, now):
        return Weighed(warns=wording.window_closed())
    return Weighed(warns=wording.sent_in_parts(len(parts)) if len(parts) > 1 else "")


async def _object(
    tx: Statements, handoff: Handoff, message: StoredStaffMessage, weighed: Weighed, *, now: datetime
) -> None:
    """Say in the thread why it is not sent, or not yet."""
    line = line_delivery(
        handoff.conversation_id,
        handoff.id,
        weighed.forbids or weighed.warns,
        key=f"asks:{message.id}",
        at=now,
        is_warning=True,
        asks="" if weighed.forbids else message.id,
    )
    await deliveries.add(tx, line, now=now)


async def take_back(tx: Statements, handoff: Handoff, message: StoredStaffMessage, *, key: str, now: datetime) -> None:
    """Its author deleted it: what has not gone out is cancelled, and what has is said to have."""
    if message.state is StaffMessageState.ASKED:
        await staff_messages.move(tx, message.id, StaffMessageState.ASKED, StaffMessageState.DROPPED)
        return
    if message.state is not StaffMessageState.RELAYED:
        return
    parts = await deliveries.relays_of(tx, message.id)
    cancelled = await deliveries.cancel_relays(tx, message.id, now=now, reason="its author took it back")
    is_whole = cancelled == len(parts)
    if is_whole:
        await staff_messages.move(tx, message.id, StaffMessageState.RELAYED, StaffMessageState.DROPPED)
    line = line_delivery(
        handoff.conversation_id,
        handoff.id,
        wording.TAKEN_BACK if is_whole else wording.CANNOT_BE_UNSENT,
        key=key,
        at=now,
        is_warning=not is_whole,
    )
    await deliveries.add(tx, line, now=now)


async def edit(
    tx: Statements, handoff: Handoff, message: StoredStaffMessage, text: str, *, key: str, now: datetime
) -> None:
    """Its author changed it: what waits for a decision is changed, and what was sent is said to have been."""
    if message.text == text:
        return
    if message.state is StaffMessageState.ASKED:
        await staff_messages.edit(tx, message.id, text)
    elif message.state is StaffMessageState.RELAYED:
        line = line_delivery(
            handoff.conversation_id, handoff.id, wording.EDIT_NOT_SENT, key=key, at=now, is_warning=True
        )
        await deliveries.add(tx, line, now=now)

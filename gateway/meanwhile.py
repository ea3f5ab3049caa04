"""What a customer writes while people decide: told in the thread of the card, counted on it, and understood where it
takes the request back. The messages themselves are kept for the next turn.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from channels.message import ChannelName, ReplyTarget
from channels.staff import ApprovalState
from gateway import wording
from gateway.domain import Approval, Conversation, DeliveryId, DeliveryKind, Message, Turn
from gateway.handoff.keywords import wants_person
from gateway.settling import card_delivery, card_lane, settle
from gateway.store import approvals, deliveries, messages
from gateway.store.database import Statements
from gateway.store.deliveries import NewDelivery

CUSTOMER = "customer"
# The whole message, whatever its case and punctuation: a longer one may well mean something else.
WORDS_OF_WITHDRAWAL = frozenset({"cancel", "never mind", "nevermind"})


@dataclass(frozen=True, slots=True)
class Noted:
    """What came of it: the lanes of the cards that it changes, and whether the customer wants a person."""

    lanes: Sequence[str] = ()
    asks_for_person: bool = False


async def note_writing(tx: Statements, conversation: Conversation, turn: Turn, *, now: datetime) -> Noted:
    """Pass on what is new."""
    waiting = conversation.arrived - conversation.taken
    if not waiting:
        return Noted()
    pending = [
        approval
        for approval in await approvals.of_turn(tx, turn.id)
        if approval.is_pending and approval.customer_wrote_since < waiting
    ]
    if not pending:
        return Noted()
    written = await messages.between(tx, conversation.id, conversation.taken + 1, conversation.arrived)
    await approvals.note_customer_wrote(tx, turn.id, waiting)
    is_withdrawn = await _takes_back(tx, conversation, turn, written)
    for approval in pending:
        await _tell(tx, approval, written[approval.customer_wrote_since :], now=now)
        if is_withdrawn:
            await settle(tx, approval, ApprovalState.WITHDRAWN, actor=CUSTOMER, reason=wording.WITHDRAWN, now=now)
    return Noted(
        [card_lane(approval.id) for approval in pending],
        asks_for_person=any(wants_person(message.text) for message in written),
    )


def is_withdrawal(text: str) -> bool:
    """Whether a message says nothing but that the customer no longer wants it."""
    words = "".join(sign if sign.isalpha() else " " for sign in text.casefold()).split()
    return " ".join(words) in WORDS_OF_WITHDRAWAL


async def _takes_back(tx: Statements, conversation: Conversation, turn: Turn, written: Sequence[Message]) -> bool:
    """Only who asked can take it back, not anybody who happens to be in the thread."""
    said = [message.sender.address for message in written if is_withdrawal(message.text)]
    if not said:
        return False
    asked = await messages.between(tx, conversation.id, turn.first_position, turn.last_position)
    askers: Collection[str] = {message.sender.address for message in asked}
    return any(address in askers for address in said)


async def _tell(tx: Statements, approval: Approval, written: Sequence[Message], *, now: datetime) -> None:
    """The card first: its thread has to stand before anything can be said in it."""
    await deliveries.add(tx, card_delivery(approval.id), now=now)
    for message in written:
        await deliveries.add(tx, _remark(approval, message), now=now)


def _remark(approval: Approval, message: Message) -> NewDelivery:
    return NewDelivery(
        id=DeliveryId(f"{approval.id}:{message.position}"),
        lane=card_lane(approval.id),
        kind=DeliveryKind.REMARK,
        target=ReplyTarget(ChannelName.SLACK, "desk", ""),
        text=wording.customer_wrote(message.sender.name, message.text),
        subject_id=approval.id,
    )

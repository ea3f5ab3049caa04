"""Which conversation a message belongs to, where its channel alone cannot say.

SMS and Slack name the conversation by their thread. A mail names it by ids, which anybody can copy: it gets in only
as far as `channels.admission` allows its sender, and else it opens a conversation of its own, linked as related.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from channels.admission import Admission, admit, is_signed
from channels.message import Assurance, InboundMessage
from gateway.domain import ConversationId
from gateway.store import conversations, threads
from gateway.store.database import Statements


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message goes. `held_because` is why a person has to look first, "" where the agent may answer."""

    message: InboundMessage
    related_id: ConversationId | None = None
    held_because: str = ""


_HELD = {
    Admission.HOLD: "the sender could not be verified, or does not take part in the conversation that they named",
    Admission.QUARANTINE: "the sender failed authentication, and may be an impostor",
}


def is_named_by_ids(message: InboundMessage) -> bool:
    """Whether the message's channel leaves it to us which conversation it is (mail), or names it itself."""
    return bool(message.references) or "message_id" in message.details


async def place(tx: Statements, message: InboundMessage) -> Place:
    """Find the conversation of a message, inside the transaction that stores it."""
    named = await threads.named_by(tx, message.channel, message.references)
    named_id = named[0] if named else None
    takes_part = named_id is not None and await threads.takes_part(tx, named_id, message.sender.address)
    admission = admit(
        message.sender.assurance,
        is_participant=takes_part,
        is_signed=named is not None and is_signed(named[1]),
        claims_our_domain=bool(message.details.get("claims_our_domain")),
    )
    if named_id is not None and admission in (Admission.RESUME, Admission.RESUME_LOW_TRUST):
        conversation = await conversations.get(tx, named_id)
        if conversation is not None:
            return Place(replace(message, thread_key=conversation.thread_key))
    return Place(message, related_id=named_id, held_because=_HELD.get(admission, ""))


async def remember_thread(tx: Statements, message: InboundMessage, conversation_id: ConversationId) -> None:
    """Let the author in, and whom a proven author has copied; and know the message by its id."""
    others = message.details.get("others", "").split() if message.sender.assurance is Assurance.PROVEN else []
    await threads.add_participants(tx, conversation_id, [message.sender.address, *others])
    thread_id = message.details.get("message_id")
    if thread_id:
        await threads.add_thread_id(tx, message.channel, thread_id, conversation_id)

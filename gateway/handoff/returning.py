"""The way back: the agent has the conversation again, and is told what was said while a person had it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from channels.staff import HandoffState
from gateway import audit, wording
from gateway.domain import Conversation, DeliveryKind, Handoff, HandoffCause
from gateway.handoff.lines import brief_delivery
from gateway.handoff.voice import Voice
from gateway.store import conversations, deliveries, handoffs, messages, notes, staff_messages
from gateway.store.database import Statements

MOST_CHARS_OF_ONE = 1_000
MOST_CHARS = 6_000
_EVENTS = {(HandoffCause.HELD, HandoffState.RETURNED): "conversation.released"}


async def return_to_agent(
    tx: Statements,
    handoff: Handoff,
    conversation: Conversation,
    *,
    state: HandoffState,
    actor: str,
    by: str,
    words: str,
    voice: Voice | None,
    slack_channel_id: str,
    now: datetime,
) -> bool:
    """End a locked handoff. Handed back, the agent answers what staff did not; closed, it counts as answered.

    False: it has ended before.
    """
    if not await handoffs.move(tx, handoff, state, by=by, now=now):
        return False
    is_closed = state is HandoffState.CLOSED
    answered = max(conversation.taken, handoff.answered) if is_closed else handoff.answered
    said = await _said_meanwhile(tx, handoff, upto=answered)
    if said or words or handoff.told:
        note = wording.note_of_return(said, words, is_closed=is_closed)
        await notes.add(tx, conversation.id, note, key=f"{handoff.id}:{handoff.revision}:returned", now=now)
    await conversations.give_back(tx, conversation.id, answered=answered, now=now)
    if voice is not None and handoff.told and not is_closed:
        newest = await messages.at(tx, conversation.id, conversation.arrived)
        await voice.say(
            tx,
            DeliveryKind.NOTICE,
            wording.HANDED_BACK,
            newest.reply_to,
            key=f"{handoff.id}:returned",
            conversation_id=conversation.id,
            now=now,
        )
    await deliveries.add(tx, brief_delivery(conversation.id, handoff.id, slack_channel_id), now=now)
    await audit.record(
        tx,
        _EVENTS.get((handoff.cause, state), f"handoff.{state}"),
        now=now,
        actor=actor,
        conversation_id=conversation.id,
        subject_id=handoff.id,
        data={"has_note": bool(words)},
    )
    return True


async def _said_meanwhile(tx: Statements, handoff: Handoff, *, upto: int) -> str:
    """What the agent was not there for, as minutes; the end of it, where it is long."""
    written = await messages.between(tx, handoff.conversation_id, handoff.since + 1, upto)
    relayed = await staff_messages.relayed_in(tx, handoff.id)
    spoken = [(message.received_at, f"Customer: {_short(message.text)}") for message in written]
    spoken += [
        (message.sent_at, f"{message.member_name or 'Colleague'}: {_short(message.text)}") for message in relayed
    ]
    return _end_of(line for _, line in sorted(spoken)) if relayed else ""


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MOST_CHARS_OF_ONE else f"{text[:MOST_CHARS_OF_ONE]}…"


def _end_of(lines: Iterable[str]) -> str:
    kept: list[str] = []
    length = 0
    for line in reversed(list(lines)):
        length += len(line)
        if length > MOST_CHARS:
            kept.append("…")
            break
        kept.append(line)
    return "\n".join(reversed(kept))

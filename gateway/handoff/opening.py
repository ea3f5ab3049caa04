"""A conversation goes to a person: the agent falls silent, staff get a thread. All ways in end here.

It is called within the transaction of whatever made it necessary, which also tells the customer, if they are told.
"""

from __future__ import annotations

from datetime import datetime

from gateway import audit
from gateway.domain import ConversationId, HandoffCause, HandoffId, new_id
from gateway.handoff.lines import brief_delivery
from gateway.store import conversations, deliveries, handoffs
from gateway.store.database import Statements

FALLEN_SILENT = "a person has the conversation"


async def open_handoff(
    tx: Statements,
    conversation_id: ConversationId,
    *,
    cause: HandoffCause,
    reason: str,
    slack_channel_id: str,
    since: int,
    upto: int,
    now: datetime,
    actor: str = audit.SYSTEM,
    owner: str = "",
    told: bool = False,
    stopping: str = "",
) -> HandoffId | None:
    """Give a conversation to a person; None where one has it already, or is to have it.

    Up to message `since` the customer has had an answer, and up to `upto` the brief tells what they wrote.
    """
    handoff_id = HandoffId(new_id("hof"))
    if not await handoffs.add(
        tx,
        handoff_id,
        conversation_id,
        cause=cause,
        reason=reason,
        owner=owner,
        since=since,
        upto=upto,
        told=told,
        stopping=stopping,
        now=now,
    ):
        return None
    await conversations.hold_for_person(tx, conversation_id, reason, upto=upto)
    await deliveries.cancel_answers(tx, conversation_id, now=now, reason=FALLEN_SILENT)
    await deliveries.add(tx, brief_delivery(conversation_id, handoff_id, slack_channel_id), now=now)
    await audit.record(
        tx,
        "conversation.held" if cause is HandoffCause.HELD else "handoff.opened",
        now=now,
        actor=actor,
        conversation_id=conversation_id,
        subject_id=handoff_id,
        data={"cause": cause, "owner": owner},
    )
    return handoff_id

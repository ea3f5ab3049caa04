"""Asks the agent what it would answer, in a session of its own, so that the customer's session never hears of it.

The session is new for each draft, reads the conversation as minutes, and is terminated afterwards: nothing that it
says or asks for gets anywhere but before the eyes of staff.
"""

from __future__ import annotations

import asyncio

import structlog

from gateway.domain import DeliveryKind, Draft
from gateway.relay import Relay, Replied
from gateway.session import SessionError
from gateway.sessions import Sessions
from gateway.store import deliveries, messages
from gateway.store.database import Database

log = structlog.get_logger(__name__)

TIMEOUT_S = 120.0
MOST_LINES = 40
MOST_CHARS = 1_500

_TASK = """\
[Task from the support desk, not from a customer] A colleague of yours is talking to a customer and asks you for a draft
of the next answer. Answer with the words for the customer and nothing else. Do not act: call no tool that changes
anything. The conversation so far:

{minutes}
(end of the conversation)
{hint}"""
_SPEAKERS = {DeliveryKind.ANSWER: "Assistant", DeliveryKind.RELAY: "Colleague"}


class Drafting:
    """Proposes answers."""

    def __init__(self, db: Database, sessions: Sessions) -> None:
        self._db = db
        self._sessions = sessions

    async def propose(self, draft: Draft) -> str:
        """What the agent would say; "" where it says nothing, wants to act first, or is out of reach."""
        task = _TASK.format(
            minutes=await self._minutes(draft),
            hint=f"Your colleague adds: {draft.hint}" if draft.hint else "",
        )
        try:
            async with asyncio.timeout(TIMEOUT_S), self._sessions.use(None) as session:
                with session.subscribe() as events:
                    await session.send(task, client_message_id=draft.id, wait=True)
                    ending = await Relay().read(events)
                await session.terminate()
        except (SessionError, TimeoutError) as error:
            log.warning("draft.failed", draft_id=draft.id, error=type(error).__name__)
            return ""
        return ending.text.strip() if isinstance(ending, Replied) else ""

    async def _minutes(self, draft: Draft) -> str:
        written = await messages.between(self._db, draft.conversation_id, 1, _ALL)
        said = [(message.received_at, f"Customer: {message.text[:MOST_CHARS]}") for message in written]
        said += [
            (delivery.created_at, f"{_SPEAKERS[delivery.kind]}: {delivery.text[:MOST_CHARS]}")
            for delivery in await deliveries.of_conversation(self._db, draft.conversation_id)
            if delivery.kind in _SPEAKERS
        ]
        return "\n".join(line for _, line in sorted(said)[-MOST_LINES:])


_ALL = 2**62

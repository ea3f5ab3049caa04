"""What the agent's session adds to a conversation's trace: the demo's engine keeps its events in the same database.

Names only, as everywhere in a trace: which tool, never with what, and nothing of what was said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from gateway.domain import ConversationId
from gateway.engine.store.events import Event, EventKind, list_events
from gateway.store import conversations
from gateway.store.database import Statements
from gateway.store.values import moment
from gateway.trace import Hop

_STATUSES = {"AwaitingApproval": "session.waits for a decision", "Idle": "session.idle"}


async def session_hops(db: Statements, conversation_id: ConversationId) -> Sequence[Hop]:
    """What happened in the conversation's session, oldest first; nothing where it has none yet."""
    conversation = await conversations.get(db, conversation_id)
    if conversation is None or conversation.session_id is None:
        return ()
    return list(_hops(await list_events(db, conversation.session_id, 0)))


def _hops(events: Sequence[Event]) -> Iterator[Hop]:
    called: set[str] = set()
    for event in events:
        what, detail = _named(event, called)
        if what:
            yield Hop(moment(event.created_at), what, detail)


def _named(event: Event, called: set[str]) -> tuple[str, str]:
    if event.kind is EventKind.STATUS:
        return _STATUSES.get(event.content, ""), ""
    content: dict[str, Any] = orjson.loads(event.content)
    match event.kind, content.get("type"):
        case EventKind.SILENT, "response_message":
            return "session.decision given", ""
        case EventKind.SILENT, _:
            return "session.message given", ""
        case EventKind.REQUEST, _:
            return "session.asks for approval", str(content.get("tool_name", ""))
        case _, "tool_call" if content["tool_call_id"] not in called:
            called.add(content["tool_call_id"])
            return "tool.called", str(content.get("tool_name", ""))
        case _, "tool_result":
            return "tool.returned", str(content.get("tool_name", ""))
        case _, "data_type_message":
            return "session.answered", ""
        case _:
            return "", ""  # the end of a call repeats its beginning

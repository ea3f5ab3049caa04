"""The history as `get_messages` answers it: every message once, in its last state, below the frame limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from gateway.engine.protocol.frames import message_object
from gateway.engine.protocol.limits import MAX_FRAME_BYTES, within_limit
from gateway.engine.store.events import Event, EventKind

_ENVELOPE_BYTES = 1_000


def history_frame(session_id: str, agent_id: str, recorded: Sequence[Event]) -> str:
    """The whole answer. `recorded` are all events of the session, then the messages that still wait."""
    answers = {event.parent_id: event for event in recorded if event.parent_id is not None}
    messages = [
        message_object(session_id, agent_id, event, _content(event, answers.get(event.message_id)))
        for event in last_states(recorded)
    ]
    return orjson.dumps(
        {
            "type": "get_messages",
            "session_id": session_id,
            "messages": within_limit(messages, MAX_FRAME_BYTES - _ENVELOPE_BYTES),
        }
    ).decode()


def last_states(recorded: Sequence[Event]) -> Sequence[Event]:
    """Every message at the place and time of its first event, with the content of its last."""
    messages: dict[str, Event] = {}
    for event in recorded:
        if event.kind is EventKind.STATUS:
            continue
        first = messages.get(event.message_id)
        messages[event.message_id] = replace(first, content=event.content) if first else event
    return list(messages.values())


def _content(event: Event, answer: Event | None) -> Mapping[str, Any]:
    content: Mapping[str, Any] = orjson.loads(event.content)
    if event.kind is not EventKind.REQUEST:
        return content
    return {**content, "status": _decided(answer)}


def _decided(answer: Event | None) -> str:
    if answer is None:
        return "Pending"
    return "Approved" if "confirm" in orjson.loads(answer.content)["value"]["tool_call_approval"] else "Denied"

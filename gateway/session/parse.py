"""What comes in: a server frame becomes an event. Any JSON object gives an event or None, never an exception."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.events import SessionEvent, SessionEventType

JsonObject = dict[str, Any]

ACKS = {
    "session_created": SessionEventType.SESSION_CREATED,
    "connect_session": SessionEventType.SESSION_CONNECTED,
    "post_message": SessionEventType.MESSAGE_POSTED,
    "post_messages": SessionEventType.MESSAGES_POSTED,
    "pong": SessionEventType.PONG,
}
_CONTENTS = {
    "tool_call": SessionEventType.TOOL_CALL,
    "tool_result": SessionEventType.TOOL_RESULT,
    "tool_call_approval": SessionEventType.APPROVAL_REQUEST,
    "thinking": SessionEventType.THINKING,
    "search_message": SessionEventType.SEARCH_RESULT,
    "error_message": SessionEventType.ERROR,
    "reauthorization_request": SessionEventType.REAUTH_REQUEST,
}


def event_from(frame: JsonObject, session_id: str) -> SessionEvent | None:
    """The event behind a frame, or None for one that listeners do not see. The frame is taken over, not copied.

    `session_id` is our own, for frames that name none.
    """
    kind = frame.get("type")
    session_id = _text(frame.get("session_id")) or session_id
    match kind:
        case "message_delta":
            data = _numbered({"delta": _text(frame.get("value")), "index": frame.get("index")}, frame)
            return SessionEvent(SessionEventType.MESSAGE_DELTA, session_id, _id(frame.get("message_id")), data)
        case "message_notification":
            return _from_notification(frame, session_id)
        case "participant_status":
            data = _numbered(_object(frame.get("message")), frame)
            return SessionEvent(SessionEventType.PARTICIPANT_STATUS, session_id, None, data)
        case "error":
            return _error(frame, session_id, _text(frame.get("request_type")) or None)
        case str() if kind in ACKS:
            if has_failed(frame):
                return _error(frame, session_id, kind)
            return SessionEvent(ACKS[kind], session_id, None, frame)
        case _:
            return None


def has_failed(ack: JsonObject) -> bool:
    """Only a plain false is a failure; an ack without `success` is a good one."""
    return ack.get("success") is False


def message_ids(ack: JsonObject) -> tuple[str, ...]:
    """The ids under which posted messages are kept."""
    ids = ack.get("message_ids")
    named = ids if isinstance(ids, list) else [ack.get("message_id")]
    return tuple(value for value in named if isinstance(value, str))


def failure_text(frame: JsonObject) -> str:
    """Why, in the platform's words."""
    return _text(frame.get("error")) or f"{_text(frame.get('type')) or 'request'} failed"


def failure_code(frame: JsonObject) -> str | None:
    """The platform's code beside its words, where it gives one."""
    return _text(frame.get("code")) or None


def _error(frame: JsonObject, session_id: str, request_type: str | None) -> SessionEvent:
    data = {**frame, "error": failure_text(frame), "request_type": request_type}
    return SessionEvent(SessionEventType.ERROR, session_id, None, data)


def _from_notification(frame: JsonObject, session_id: str) -> SessionEvent:
    message = _object(frame.get("message"))
    content = _numbered(_object(message.get("content")), frame)
    kind, data = _read_content(content)
    return SessionEvent(kind, session_id, _id(message.get("id")), data)


def _read_content(content: JsonObject) -> tuple[SessionEventType, JsonObject]:
    kind = content.get("type")
    match kind:
        case "data_type_message":
            is_complete = content.get("status") == "Complete"
            value = content.get("value")
            content["text"] = value if value is None else str(value)
            content["status"] = "complete" if is_complete else "streaming"
            return (SessionEventType.MESSAGE_COMPLETE if is_complete else SessionEventType.MESSAGE_STREAMING), content
        case "reasoning" | "agent_task":
            content["text"] = content.get("value") or content.get("content")
            return (SessionEventType.THINKING if kind == "reasoning" else SessionEventType.MESSAGE_STREAMING), content
        case "error_message":
            content["error"] = _text(content.get("error")) or "Unknown error"
            return SessionEventType.ERROR, content
        case str() if kind in _CONTENTS:
            return _CONTENTS[kind], content
        case _:
            return SessionEventType.MESSAGE_STREAMING, content


def _numbered(data: JsonObject, frame: Mapping[str, Any]) -> JsonObject:
    """With the frame's place in the session, where the platform counts."""
    if "seq" in frame:
        data["seq"] = frame["seq"]
    return data


def _object(value: object) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _id(value: object) -> str | None:
    return value if isinstance(value, str) and value else None

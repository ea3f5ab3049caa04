"""Frames of the WebSocket: the client's from text to values, the server's from values to text.

`parse_frame` takes any text and gives a value or raises `Refused`. Contents of posts are read by `contents`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

from gateway.engine.clock import iso
from gateway.engine.errors import Refused
from gateway.engine.protocol.limits import bounded_content
from gateway.engine.store.events import Event, EventKind

MAX_ID_CHARS = 200
MAX_NUMBER = 2**62
ACKNOWLEDGED = frozenset({"connect_session", "post_message", "post_messages"})  # these can fail by an ack


@dataclass(frozen=True, slots=True)
class CreateSession:
    object_type: str
    object_id: str


@dataclass(frozen=True, slots=True)
class ConnectSession:
    session_id: str
    after_seq: int | None


@dataclass(frozen=True, slots=True)
class PostMessage:
    session_id: str
    content: object
    parent_message_id: str | None
    client_message_id: str | None
    assurance: str = ""


@dataclass(frozen=True, slots=True)
class PostMessages:
    session_id: str
    contents: Sequence[object]
    client_message_id: str | None
    assurance: str = ""


@dataclass(frozen=True, slots=True)
class GetMessages:
    session_id: str


@dataclass(frozen=True, slots=True)
class PingSession:
    session_id: str


@dataclass(frozen=True, slots=True)
class DisconnectSession:
    session_id: str


@dataclass(frozen=True, slots=True)
class TerminateSession:
    session_id: str


ClientFrame: TypeAlias = (
    CreateSession
    | ConnectSession
    | PostMessage
    | PostMessages
    | GetMessages
    | PingSession
    | DisconnectSession
    | TerminateSession
)


def read_object(text: str) -> Mapping[str, Any]:
    """The JSON object that every frame is."""
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Refused("bad_frame", "The frame is not JSON.") from error
    if not isinstance(frame, dict):
        raise Refused("bad_frame", "The frame is not a JSON object.")
    return frame


def parse_frame(frame: Mapping[str, Any]) -> ClientFrame:
    """Raises `Refused` with code bad_frame or bad_content."""
    match frame.get("type"):
        case "create_session":
            return CreateSession(_identifier(frame, "object_type"), _identifier(frame, "object_id"))
        case "connect_session":
            return ConnectSession(_identifier(frame, "session_id"), _number(frame, "after_seq"))
        case "post_message":
            return PostMessage(
                _identifier(frame, "session_id"),
                frame.get("content"),
                _optional_identifier(frame, "parent_message_id"),
                _optional_identifier(frame, "client_message_id"),
                _optional_identifier(frame, "assurance") or "",
            )
        case "post_messages":
            contents = frame.get("messages")
            if not isinstance(contents, list):
                raise Refused("bad_content", "messages must be an array of contents.")
            return PostMessages(
                _identifier(frame, "session_id"),
                contents,
                _optional_identifier(frame, "client_message_id"),
                _optional_identifier(frame, "assurance") or "",
            )
        case "get_messages":
            return GetMessages(_identifier(frame, "session_id"))
        case "ping_session":
            return PingSession(_identifier(frame, "session_id"))
        case "disconnect_session":
            return DisconnectSession(_identifier(frame, "session_id"))
        case "terminate_session":
            return TerminateSession(_identifier(frame, "session_id"))
        case _:
            raise Refused("bad_frame", "The frame has no known type.")


def session_created(session_id: str) -> str:
    return _text({"type": "session_created", "session_id": session_id})


def acknowledged(request_type: str, session_id: str, **fields: object) -> str:
    return _text({"type": request_type, "session_id": session_id, "success": True, **fields})


def pong(session_id: str) -> str:
    return _text({"type": "pong", "session_id": session_id})


def refused(frame: Mapping[str, Any], refusal: Refused) -> str:
    """The answer to a frame that cannot be done: a failed ack where the client knows one, else an error."""
    request_type = frame.get("type") if isinstance(frame.get("type"), str) else None
    answer: dict[str, object] = {"error": refusal.text, "code": refusal.code}
    if isinstance(frame.get("session_id"), str):
        answer["session_id"] = frame["session_id"][:MAX_ID_CHARS]
    if request_type in ACKNOWLEDGED:
        return _text({"type": request_type, "success": False, **answer})
    return _text({"type": "error", "request_type": request_type and request_type[:MAX_ID_CHARS], **answer})


def delta(session_id: str, seq: int, message_id: str, index: int, value: str) -> str:
    return _text(
        {
            "type": "message_delta",
            "session_id": session_id,
            "message_id": message_id,
            "index": index,
            "value": value,
            "seq": seq,
        }
    )


def event_frame(session_id: str, agent_id: str, event: Event) -> str | None:
    """What listeners are told of an event; None where nobody is told."""
    match event.kind:
        case EventKind.SILENT:
            return None
        case EventKind.STATUS:
            status = {"status": event.content, "participant": {"object_id": agent_id, "object_type": "agent"}}
            return _text({"type": "participant_status", "session_id": session_id, "message": status, "seq": event.seq})
        case EventKind.MESSAGE | EventKind.REQUEST:
            content = orjson.Fragment(bounded_content(event.content))
            message = message_object(session_id, agent_id, event, content)
            return _text(
                {"type": "message_notification", "session_id": session_id, "message": message, "seq": event.seq}
            )


def message_object(session_id: str, agent_id: str, event: Event, content: object) -> dict[str, Any]:
    """A message as notifications and the history carry it."""
    by_user = event.kind is EventKind.SILENT
    message: dict[str, Any] = {
        "id": event.message_id,
        "session_id": session_id,
        "sender": {"user_id": None} if by_user else {"object_id": agent_id, "object_type": "agent"},
        "content": content,
        "created_at": iso(event.created_at),
    }
    if event.parent_id is not None:
        message["parent_message_id"] = event.parent_id
    return message


def _text(frame: Mapping[str, object]) -> str:
    return orjson.dumps(frame).decode()


def _identifier(frame: Mapping[str, Any], name: str) -> str:
    value = _optional_identifier(frame, name)
    if value is None:
        raise Refused("bad_frame", f"{name} is missing.")
    return value


def _optional_identifier(frame: Mapping[str, Any], name: str) -> str | None:
    value = frame.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= MAX_ID_CHARS or not value.isprintable():
        raise Refused("bad_frame", f"{name} must be text of 1 to {MAX_ID_CHARS} printable characters.")
    return value


def _number(frame: Mapping[str, Any], name: str) -> int | None:
    value = frame.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < MAX_NUMBER:
        raise Refused("bad_frame", f"{name} must be a whole number of at least 0.")
    return value

"""What a session tells its listeners, and what its history holds: the types, named as in the guide.

Nothing here touches the network. How frames become these values is `gateway.session.parse`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

__all__ = [
    "SessionEventType",
    "SessionMessageStatus",
    "SessionMessageRole",
    "ParticipantStatus",
    "MessageSender",
    "SessionMessage",
    "SessionEvent",
]


class SessionEventType(StrEnum):
    """Every kind of event that a listener may see."""

    MESSAGE_DELTA = "message_delta"
    MESSAGE_COMPLETE = "message_complete"
    MESSAGE_STREAMING = "message_streaming"
    TOOL_CALL = "tool_call"
    TOOL_RESULT = "tool_result"
    THINKING = "thinking"
    SEARCH_RESULT = "search_result"
    APPROVAL_REQUEST = "approval_request"
    REAUTH_REQUEST = "reauth_request"
    ERROR = "error"
    PARTICIPANT_STATUS = "participant_status"
    SESSION_CREATED = "session_created"
    SESSION_CONNECTED = "session_connected"
    MESSAGE_POSTED = "message_posted"
    MESSAGES_POSTED = "messages_posted"
    PONG = "pong"


class SessionMessageStatus(StrEnum):
    """How far a message has come."""

    STREAMING = "streaming"
    COMPLETE = "complete"
    ERROR = "error"


class ParticipantStatus(StrEnum):
    """What the agent is doing."""

    IDLE = "Idle"
    PROCESSING = "Processing"
    OFFLINE = "Offline"
    CONNECTED = "Connected"
    TYPING = "Typing"
    AWAITING_APPROVAL = "AwaitingApproval"


class SessionMessageRole(StrEnum):
    """Who wrote a message of the history."""

    USER = "user"
    OBJECT = "object"  # the agent
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SessionEvent:
    """One event of a session. `data` holds every field that the platform sent, also those without an attribute here."""

    type: SessionEventType
    session_id: str
    message_id: str | None = None
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def delta(self) -> str | None:
        """The next piece of the reply."""
        return self._text_of("delta", SessionEventType.MESSAGE_DELTA)

    @property
    def text(self) -> str | None:
        """The whole reply, once it is complete."""
        return self._text_of("text", SessionEventType.MESSAGE_COMPLETE)

    @property
    def tool_name(self) -> str | None:
        """The tool that an event is about."""
        return self._text_of("tool_name", *_TOOL_EVENTS)

    @property
    def error(self) -> str | None:
        """What went wrong, in words."""
        return self._text_of("error", SessionEventType.ERROR)

    @property
    def status(self) -> SessionMessageStatus | None:
        """How far the message has come; None for events that are not about a text message."""
        return _member(SessionMessageStatus, self.data.get("status"))

    @property
    def participant_status(self) -> ParticipantStatus | None:
        """What the agent is doing; None for other events and unknown words."""
        if self.type is not SessionEventType.PARTICIPANT_STATUS:
            return None
        return _member(ParticipantStatus, self.data.get("status"))

    @property
    def is_complete(self) -> bool:
        """The turn has its reply."""
        return self.type is SessionEventType.MESSAGE_COMPLETE

    @property
    def is_turn_end(self) -> bool:
        """The agent has nothing left to do."""
        return self.participant_status is ParticipantStatus.IDLE

    @property
    def requires_action(self) -> bool:
        """The turn waits for a person."""
        return (
            self.type in (SessionEventType.APPROVAL_REQUEST, SessionEventType.REAUTH_REQUEST)
            or self.participant_status is ParticipantStatus.AWAITING_APPROVAL
        )

    def _text_of(self, key: str, *types: SessionEventType) -> str | None:
        value = self.data.get(key) if self.type in types else None
        return value if isinstance(value, str) else None


_TOOL_EVENTS = (
    SessionEventType.TOOL_CALL,
    SessionEventType.TOOL_RESULT,
    SessionEventType.APPROVAL_REQUEST,
    SessionEventType.SEARCH_RESULT,
)


@dataclass(frozen=True, slots=True)
class MessageSender:
    """Who wrote a message of the history."""

    role: SessionMessageRole
    user_id: str | None = None
    object_id: str | None = None
    object_type: str | None = None

    @classmethod
    def from_dict(cls, data: object) -> MessageSender:
        """The role is read from which key is present, whatever its value."""
        if isinstance(data, Mapping) and "user_id" in data:
            return cls(SessionMessageRole.USER, user_id=data["user_id"])
        if isinstance(data, Mapping) and "object_id" in data:
            return cls(SessionMessageRole.OBJECT, object_id=data["object_id"], object_type=data.get("object_type"))
        return cls(SessionMessageRole.UNKNOWN)


@dataclass(frozen=True, slots=True)
class SessionMessage:
    """One message of the history. `text` is what a reader would read of it; `raw` is all of it."""

    id: str
    session_id: str
    sender: MessageSender
    content_type: str = ""
    text: str | None = None
    status: SessionMessageStatus | None = None
    raw: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SessionMessage:
        content = data.get("content")
        content = content if isinstance(content, Mapping) else {}
        status = content.get("status")
        is_text = content.get("type") == "data_type_message"
        return cls(
            id=_text(data.get("id")),
            session_id=_text(data.get("session_id")),
            sender=MessageSender.from_dict(data.get("sender")),
            content_type=_text(content.get("type")),
            text=_readable(content),
            status=_member(SessionMessageStatus, status.lower()) if is_text and isinstance(status, str) else None,
            raw=dict(data),
        )

    @property
    def is_user(self) -> bool:
        return self.sender.role is SessionMessageRole.USER

    @property
    def is_agent(self) -> bool:
        return self.sender.role is SessionMessageRole.OBJECT


def _readable(content: Mapping[str, Any]) -> str | None:
    match content.get("type"):
        case "data_type_message":
            value = content.get("value")
            return None if value is None else str(value)
        case "error_message":
            return _text(content.get("error")) or None
        case "thinking" | "tool_call" | "agent_task":
            return _text(content.get("content")) or _text(content.get("tool_name")) or None
        case _:
            return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


_E = TypeVar("_E", bound=StrEnum)


def _member(kind: type[_E], value: object) -> _E | None:
    try:
        return kind(value) if isinstance(value, str) else None
    except ValueError:
        return None

"""Every frame that a platform may send becomes the event of the guide; anything else becomes nothing, and no error."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.events import ParticipantStatus, SessionEvent, SessionEventType, SessionMessage, SessionMessageStatus
from gateway.session import parse
from gateway.session.parse import event_from
from tests.gateway.session.scripted import JsonObject, notification, status

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
frame_types = st.sampled_from(
    [*parse.ACKS, *(["message_delta", "message_notification", "participant_status", "error"])]
)
content_types = st.sampled_from(["data_type_message", "tool_call", "tool_result", "reasoning", "error_message", "new"])


def parsed(frame: JsonObject) -> SessionEvent:
    event = event_from(frame, "s-0")
    assert event is not None
    return event


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        ({"type": "session_created", "session_id": "s-1"}, SessionEventType.SESSION_CREATED),
        ({"type": "connect_session", "session_id": "s-1", "success": True}, SessionEventType.SESSION_CONNECTED),
        ({"type": "post_message", "session_id": "s-1", "message_id": "m"}, SessionEventType.MESSAGE_POSTED),
        ({"type": "post_messages", "session_id": "s-1", "message_ids": []}, SessionEventType.MESSAGES_POSTED),
        ({"type": "pong", "session_id": "s-1"}, SessionEventType.PONG),
    ],
)
def test_acknowledgements_are_events(frame: JsonObject, kind: SessionEventType) -> None:
    event = parsed(frame)

    assert (event.type, event.session_id, event.data) == (kind, "s-1", frame)


@pytest.mark.parametrize("kind", ["connect_session", "post_message", "post_messages"])
def test_a_failed_acknowledgement_is_an_error(kind: str) -> None:
    event = parsed({"type": kind, "session_id": "s-1", "success": False, "error": "no", "code": "not_found"})

    assert (event.type, event.error) == (SessionEventType.ERROR, "no")
    assert (event.data["request_type"], event.data["code"]) == (kind, "not_found")


def test_a_failed_acknowledgement_without_words_has_some() -> None:
    event = parsed({"type": "post_message", "success": False})

    assert event.error == "post_message failed"
    assert event.session_id == "s-0"


def test_a_delta_has_its_text_and_place() -> None:
    event = parsed(
        {
            "type": "message_delta",
            "session_id": "s-1",
            "message_id": "r",
            "index": 3,
            "value": "x",
            "seq": 9,
        }
    )

    assert (event.delta, event.message_id) == ("x", "r")
    assert event.data == {"delta": "x", "index": 3, "seq": 9}


def test_a_status_is_the_agents() -> None:
    event = parsed(status("AwaitingApproval"))

    assert event.participant_status is ParticipantStatus.AWAITING_APPROVAL
    assert event.requires_action
    assert not event.is_turn_end


def test_an_unknown_status_is_none() -> None:
    assert parsed(status("Dreaming")).participant_status is None


def test_a_complete_message_is_the_reply() -> None:
    event = parsed(notification({"type": "data_type_message", "value": "done", "status": "Complete"}))

    assert event.is_complete
    assert (event.text, event.status, event.message_id) == ("done", SessionMessageStatus.COMPLETE, "n-1")


def test_an_unfinished_message_is_not() -> None:
    event = parsed(notification({"type": "data_type_message", "value": "do", "status": "complete"}))

    assert event.type is SessionEventType.MESSAGE_STREAMING
    assert (event.text, event.status) == (None, SessionMessageStatus.STREAMING)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"type": "tool_call", "tool_call_id": "c"}, SessionEventType.TOOL_CALL),
        ({"type": "tool_result", "tool_call_id": "c", "result": "42"}, SessionEventType.TOOL_RESULT),
        ({"type": "tool_call_approval", "arguments": {"amount": 5}}, SessionEventType.APPROVAL_REQUEST),
        ({"type": "thinking", "content": "hm", "summary": "h"}, SessionEventType.THINKING),
        ({"type": "search_message", "results": []}, SessionEventType.SEARCH_RESULT),
        ({"type": "reauthorization_request"}, SessionEventType.REAUTH_REQUEST),
        ({"type": "something_new", "x": 1}, SessionEventType.MESSAGE_STREAMING),
    ],
)
def test_a_content_keeps_all_its_fields(content: JsonObject, kind: SessionEventType) -> None:
    event = parsed(notification({**content, "tool_name": "refund_order"}, seq=4))

    assert event.type is kind
    assert event.data == {**content, "tool_name": "refund_order", "seq": 4}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"type": "reasoning", "value": "because"}, SessionEventType.THINKING),
        ({"type": "reasoning", "content": "because"}, SessionEventType.THINKING),
        ({"type": "agent_task", "content": "because"}, SessionEventType.MESSAGE_STREAMING),
    ],
)
def test_what_an_agent_mutters_has_a_text(content: JsonObject, kind: SessionEventType) -> None:
    event = parsed(notification(content))

    assert (event.type, event.data["text"]) == (kind, "because")


def test_an_error_message_is_an_error() -> None:
    event = parsed(notification({"type": "error_message", "error": "the model is down"}))

    assert (event.type, event.error) == (SessionEventType.ERROR, "the model is down")


@pytest.mark.parametrize("kind", ["disconnect_session", "terminate_session", "get_messages", "unheard_of", None, 7])
def test_other_frames_are_not_for_listeners(kind: object) -> None:
    assert event_from({"type": kind}, "s-1") is None


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(["type", "session_id", "message", "message_id", "success", "seq"]), json_values))
def test_any_object_gives_an_event_or_nothing(frame: dict[str, Any]) -> None:
    _is_sound(event_from(frame, "s-1"))


@settings(max_examples=200, deadline=None)
@given(
    frame_types,
    st.dictionaries(st.sampled_from(["error", "value", "index", "request_type", "success", "code"]), json_values),
    content_types,
    st.dictionaries(st.sampled_from(["value", "status", "content", "error", "tool_name", "arguments"]), json_values),
)
def test_any_fields_of_known_frames_give_an_event_or_nothing(
    kind: str, fields: dict[str, Any], content_type: str, content: dict[str, Any]
) -> None:
    message = {"id": content.get("value"), "content": {**content, "type": content_type}}

    _is_sound(event_from({**fields, "type": kind, "message": message}, "s-1"))


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["id", "session_id", "sender", "content"]), json_values), json_values, json_values
)
def test_any_object_reads_as_a_message(message: dict[str, Any], value: object, sender: object) -> None:
    content = {"type": "data_type_message", "value": value, "status": value}

    read = [
        SessionMessage.from_dict(message),
        SessionMessage.from_dict({**message, "content": content, "sender": {"user_id": sender}}),
    ]

    assert all(isinstance(entry.id, str) and isinstance(entry.text, str | None) for entry in read)


def _is_sound(event: SessionEvent | None) -> None:
    event = event or SessionEvent(SessionEventType.PONG, "s-1")
    texts = (event.delta, event.text, event.error, event.tool_name, event.message_id)
    claims = (event.requires_action, event.is_turn_end, event.is_complete)

    assert all(isinstance(text, str | None) for text in texts)
    assert all(isinstance(claim, bool) for claim in claims)
    assert isinstance(event.session_id, str)
    assert isinstance(event.status, SessionMessageStatus | None)
    assert isinstance(event.participant_status, ParticipantStatus | None)

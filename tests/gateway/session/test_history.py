"""Reading the history of a session."""

from __future__ import annotations

import asyncio

import pytest

from gateway.events import SessionMessageStatus
from gateway.session import Session, SessionDisconnectedError, SessionError
from tests.gateway.session.scripted import JsonObject, ScriptedPlatform, silence


def history(*messages: JsonObject) -> JsonObject:
    return {"type": "get_messages", "session_id": "s-1", "messages": list(messages)}


async def test_the_history_is_typed(platform: ScriptedPlatform, session: Session) -> None:
    platform.rules["get_messages"] = lambda frame: [
        history(
            {
                "id": "m-1",
                "session_id": "s-1",
                "sender": {"user_id": None},
                "content": {"type": "data_type_message", "value": "hi", "status": "Complete"},
            },
            {
                "id": "m-2",
                "session_id": "s-1",
                "sender": {"object_id": "a-1", "object_type": "agent"},
                "content": {"type": "tool_call", "tool_name": "lookup_order", "status": "Complete"},
            },
        )
    ]

    asked, called = await session.get_messages()

    assert (asked.id, asked.text, asked.is_user, asked.status) == ("m-1", "hi", True, SessionMessageStatus.COMPLETE)
    assert (called.text, called.is_agent, called.content_type) == ("lookup_order", True, "tool_call")
    assert called.status is None
    assert called.sender.object_type == "agent"
    assert called.raw["content"]["status"] == "Complete"


async def test_the_history_is_no_event(platform: ScriptedPlatform, session: Session) -> None:
    with session.subscribe() as events:
        await session.get_messages()
        await platform.push({"type": "pong", "session_id": "s-1"})
        event = await anext(events)

    assert event.type == "pong"


async def test_two_requests_get_an_answer_each(platform: ScriptedPlatform, session: Session) -> None:
    platform.rules["get_messages"] = lambda frame: [history({"id": f"m-{platform.count('get_messages')}"})]

    first, second = await asyncio.gather(session.get_messages(), session.get_messages())

    assert (first[0].id, second[0].id) == ("m-1", "m-2")


async def test_a_refused_request_raises(platform: ScriptedPlatform, session: Session) -> None:
    platform.rules["get_messages"] = lambda frame: [
        {"type": "error", "error": "not attached", "request_type": "get_messages", "code": "not_attached"}
    ]

    with pytest.raises(SessionError, match="not attached") as caught:
        await session.get_messages()

    assert caught.value.code == "not_attached"


async def test_a_connection_lost_meanwhile_raises(platform: ScriptedPlatform, session: Session) -> None:
    platform.rules["get_messages"] = silence
    reading = asyncio.create_task(session.get_messages())
    await platform.received("get_messages")

    await platform.cut()

    with pytest.raises(SessionDisconnectedError):
        await reading

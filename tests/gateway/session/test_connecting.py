"""How a session begins and ends, and what happens when it cannot."""

from __future__ import annotations

import asyncio

import pytest

from gateway.events import SessionEventType
from gateway.session import Session, SessionDisconnectedError, SessionError
from tests.gateway.session.scripted import KEY, ScriptedPlatform, ack, notification, refuse


async def test_a_new_session_is_created_and_attached(platform: ScriptedPlatform, new_session: Session) -> None:
    async with new_session:
        connected = new_session.is_connected

    assert connected
    assert not new_session.is_connected
    assert new_session.session_id == "s-1"
    assert platform.frames[:2] == [
        {"type": "create_session", "object_type": "agent", "object_id": "a-1"},
        {"type": "connect_session", "session_id": "s-1"},
    ]


async def test_a_session_is_resumed_by_its_id_alone(platform: ScriptedPlatform) -> None:
    async with Session(session_id="s-7", api_key=KEY, base_url=platform.url) as session:
        resumed = session.session_id

    assert resumed == "s-7"
    assert platform.frames[0] == {"type": "connect_session", "session_id": "s-7"}


async def test_a_session_is_connected_by_awaiting_it(platform: ScriptedPlatform, new_session: Session) -> None:
    session = await new_session

    assert session is new_session
    assert session.is_connected
    await session.disconnect()


async def test_a_resumed_session_asks_for_what_it_missed(platform: ScriptedPlatform) -> None:
    async with Session(session_id="s-7", api_key=KEY, base_url=platform.url, after_seq=41):
        pass

    assert platform.frames[0] == {"type": "connect_session", "session_id": "s-7", "after_seq": 41}


async def test_the_newest_number_is_remembered(platform: ScriptedPlatform, session: Session) -> None:
    with session.subscribe() as events:
        await platform.push(notification({"type": "thinking", "content": "…"}, seq=12))
        event = await anext(events)

    assert event.data["seq"] == 12
    assert session.last_seq == 12


async def test_an_unknown_session_id_fails_at_once_with_the_platforms_words(platform: ScriptedPlatform) -> None:
    platform.rules["connect_session"] = refuse("There is no session s-0.", "not_found")
    session = Session(session_id="s-0", api_key=KEY, base_url=platform.url)

    with pytest.raises(SessionError, match=r"There is no session s-0\.") as caught:
        await session.connect()

    assert caught.value.code == "not_found"
    assert not session.is_connected
    await platform.nobody_is_left()


@pytest.mark.parametrize("request_type", [{"request_type": "create_session"}, {}])
async def test_a_refused_creation_is_an_error(
    platform: ScriptedPlatform, new_session: Session, request_type: dict[str, str]
) -> None:
    platform.rules["create_session"] = lambda frame: [{"type": "error", "error": "No such agent.", **request_type}]

    with pytest.raises(SessionError, match="No such agent"):
        await new_session.connect()


@pytest.mark.parametrize("key", ["wrong", None])
async def test_a_wrong_or_missing_key_is_told_apart(platform: ScriptedPlatform, key: str | None) -> None:
    session = Session(session_id="s-1", api_key=key, base_url=platform.url)

    with pytest.raises(SessionError, match="401") as caught:
        await session.connect()

    assert caught.value.code == "http_401"


async def test_an_unreachable_platform_is_told_apart(free_port: int) -> None:
    session = Session(session_id="s-1", api_key=KEY, base_url=f"http://127.0.0.1:{free_port}/v1")

    with pytest.raises(SessionError) as caught:
        await session.connect()

    assert caught.value.code == "unreachable"


async def test_a_new_session_needs_an_owner() -> None:
    with pytest.raises(SessionError, match="owner_id"):
        await Session(api_key=KEY).connect()


async def test_the_address_and_key_come_from_the_environment(
    platform: ScriptedPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(session_id="s-1")
    monkeypatch.setenv("VECTORSHIFT_BASE_URL", platform.url)
    monkeypatch.setenv("VECTORSHIFT_API_KEY", KEY)

    async with session:
        assert session.is_connected


async def test_the_socket_may_have_an_address_of_its_own(
    platform: ScriptedPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VECTORSHIFT_BASE_URL", "https://elsewhere.invalid/v1")
    monkeypatch.setenv("VECTORSHIFT_WS_URL", platform.url.replace("http", "ws"))

    async with Session(session_id="s-1", api_key=KEY) as session:
        assert session.is_connected


async def test_leaving_says_so(platform: ScriptedPlatform, session: Session) -> None:
    await session.disconnect()

    assert await platform.received("disconnect_session") == {"type": "disconnect_session", "session_id": "s-1"}
    await platform.nobody_is_left()


async def test_terminating_says_so(platform: ScriptedPlatform, session: Session) -> None:
    await session.terminate()

    assert await platform.received("terminate_session") == {"type": "terminate_session", "session_id": "s-1"}
    await platform.nobody_is_left()


async def test_leaving_twice_is_harmless(session: Session) -> None:
    await session.disconnect()
    await session.disconnect()

    assert not session.is_connected


async def test_a_session_that_was_left_can_be_connected_again(platform: ScriptedPlatform, session: Session) -> None:
    await session.disconnect()

    await session.connect()

    assert session.is_connected
    assert platform.frames[-1] == {"type": "connect_session", "session_id": "s-1"}


async def test_nothing_works_before_connecting(new_session: Session) -> None:
    with pytest.raises(SessionDisconnectedError):
        await new_session.send("hello")
    with pytest.raises(SessionDisconnectedError):
        await new_session.get_messages()
    with pytest.raises(SessionDisconnectedError):
        await anext(new_session.listen())


async def test_a_subscription_made_before_connecting_sees_the_very_first_events(
    platform: ScriptedPlatform, new_session: Session
) -> None:
    platform.rules["connect_session"] = lambda frame: [
        *ack(frame),
        notification({"type": "tool_call_approval", "tool_name": "refund_order", "arguments": {}}, "p-1"),
    ]

    with new_session.subscribe() as events:
        async with new_session:
            seen = [await anext(events) for _ in range(3)]

    assert [event.type for event in seen] == [
        SessionEventType.SESSION_CREATED,
        SessionEventType.SESSION_CONNECTED,
        SessionEventType.APPROVAL_REQUEST,
    ]


async def test_cancelling_a_connect_leaves_no_connection(platform: ScriptedPlatform, new_session: Session) -> None:
    platform.rules["connect_session"] = lambda frame: []
    connecting = asyncio.create_task(new_session.connect())
    await platform.received("connect_session")

    connecting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await connecting
    assert not new_session.is_connected
    await platform.nobody_is_left()


async def test_idle_sessions_are_pinged(platform: ScriptedPlatform) -> None:
    async with Session(session_id="s-1", api_key=KEY, base_url=platform.url, ping_interval_s=0.05):
        ping = await platform.received("ping_session", 2)

    assert ping == {"type": "ping_session", "session_id": "s-1"}

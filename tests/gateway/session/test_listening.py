"""Events reach every listener, in order, all of them, and the end of the connection reaches it too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing

import pytest

from gateway.events import SessionEvent, SessionEventType
from gateway.session import Session, SessionDisconnectedError, SessionError
from gateway.session.subscription import Subscription
from tests.gateway.session.scripted import KEY, ScriptedPlatform, ack, delta, reply, silence, status


async def test_a_turn_is_heard_from_its_first_piece_to_its_end(platform: ScriptedPlatform, session: Session) -> None:
    platform.rules["post_message"] = lambda frame: [
        *ack(frame, message_id="m-1"),
        status("Processing"),
        delta(0, "Hel"),
        delta(1, "lo"),
        reply("Hello"),
        status("Idle"),
    ]

    with session.subscribe() as events:
        await session.send("hi", wait=True)
        heard = [await anext(events) for _ in range(6)]

    assert [event.type for event in heard] == [
        SessionEventType.MESSAGE_POSTED,
        SessionEventType.PARTICIPANT_STATUS,
        SessionEventType.MESSAGE_DELTA,
        SessionEventType.MESSAGE_DELTA,
        SessionEventType.MESSAGE_COMPLETE,
        SessionEventType.PARTICIPANT_STATUS,
    ]
    assert "".join(event.delta or "" for event in heard) == heard[4].text == "Hello"
    assert heard[5].is_turn_end


async def test_send_then_listen_as_in_the_guide_loses_nothing(platform: ScriptedPlatform, session: Session) -> None:
    platform.rules["post_message"] = lambda frame: [*ack(frame), delta(0, "Hello"), reply("Hello")]
    heard = []

    await session.send("hi")
    async for event in session.listen(event_types=[SessionEventType.MESSAGE_DELTA, SessionEventType.MESSAGE_COMPLETE]):
        heard.append(event.type)
        if event.is_complete:
            break

    assert heard == [SessionEventType.MESSAGE_DELTA, SessionEventType.MESSAGE_COMPLETE]


async def test_every_listener_hears_everything_that_it_asked_for(platform: ScriptedPlatform, session: Session) -> None:
    with (
        session.subscribe() as everything,
        session.subscribe(event_types=[SessionEventType.MESSAGE_COMPLETE]) as replies,
    ):
        await platform.push(delta(0, "a"), reply("a"), reply("b"))
        all_texts = [(await anext(everything)).data for _ in range(3)]
        reply_texts = [(await anext(replies)).text for _ in range(2)]

    assert len(all_texts) == 3
    assert reply_texts == ["a", "b"]


async def test_no_event_is_dropped_however_many_wait(platform: ScriptedPlatform, session: Session) -> None:
    with session.subscribe() as events:
        await platform.push(*(delta(index, str(index)) for index in range(5000)), reply("done"))
        await session.get_messages()  # all of it has arrived when this answer has
        heard = [await anext(events) for _ in range(5001)]

    assert [event.data["index"] for event in heard[:-1]] == list(range(5000))


async def test_a_listener_with_a_limit_is_told_that_it_fell_behind(
    platform: ScriptedPlatform, session: Session
) -> None:
    with session.subscribe(maxsize=2) as events:
        await platform.push(*(delta(index, str(index)) for index in range(5)))
        await session.get_messages()
        read = [(await anext(events)).data["index"] for _ in range(2)]

        with pytest.raises(SessionError, match="fell behind") as caught:
            await anext(events)

    assert read == [0, 1]
    assert caught.value.code == "overflow"


async def test_an_answer_of_many_megabytes_arrives(platform: ScriptedPlatform, session: Session) -> None:
    with session.subscribe() as events:
        await platform.push(reply("x" * 12_000_000))
        event = await anext(events)

    assert len(event.text or "") == 12_000_000


@pytest.mark.parametrize("end", [ScriptedPlatform.cut, ScriptedPlatform.close])
async def test_a_lost_connection_ends_a_listener_with_an_error_after_what_had_arrived(
    platform: ScriptedPlatform, session: Session, end: Callable[[ScriptedPlatform], Awaitable[None]]
) -> None:
    with session.subscribe() as events:
        await platform.push(delta(0, "a"))
        await session.get_messages()
        await end(platform)
        first = await anext(events)

        with pytest.raises(SessionDisconnectedError, match="lost"):
            await anext(events)

    assert first.delta == "a"
    assert not session.is_connected


async def test_a_lost_connection_wakes_a_waiting_listener(platform: ScriptedPlatform, session: Session) -> None:
    async def listen() -> None:
        async for _ in session.listen():
            pass

    listening = asyncio.create_task(listen())
    await session.get_messages()

    await platform.cut()

    with pytest.raises(SessionDisconnectedError):
        await listening


async def test_a_dead_session_refuses_everything(platform: ScriptedPlatform, session: Session) -> None:
    with session.subscribe() as events:
        await platform.cut()
        with pytest.raises(SessionDisconnectedError):
            await anext(events)

    with pytest.raises(SessionDisconnectedError, match="lost"):
        await anext(session.listen())
    with pytest.raises(SessionDisconnectedError):
        session.subscribe()
    with pytest.raises(SessionDisconnectedError):
        await session.send("hello")
    with pytest.raises(SessionDisconnectedError):
        await session.get_messages()


async def test_leaving_ends_a_listener_quietly(platform: ScriptedPlatform, session: Session) -> None:
    with session.subscribe() as events:
        await platform.push(delta(0, "a"))
        await session.get_messages()

        await session.disconnect()
        heard = [event.delta async for event in events]

    assert heard == ["a"]


async def test_a_silent_platform_counts_as_lost(platform: ScriptedPlatform) -> None:
    platform.rules["ping_session"] = silence
    session = Session(session_id="s-1", api_key=KEY, base_url=platform.url, ping_interval_s=0.05, deaf_after_s=0.2)

    async with session:
        with session.subscribe() as events, pytest.raises(SessionDisconnectedError, match="nothing came"):
            await anext(events)

    assert platform.count("ping_session") >= 1


async def test_a_platform_that_talks_but_never_pongs_is_not_lost(platform: ScriptedPlatform) -> None:
    platform.rules["ping_session"] = lambda frame: [status("Processing")]
    session = Session(session_id="s-1", api_key=KEY, base_url=platform.url, ping_interval_s=0.05, deaf_after_s=5)

    async with session:
        await platform.received("ping_session", 5)

        assert session.is_connected


async def test_what_cannot_be_read_is_passed_over(platform: ScriptedPlatform, session: Session) -> None:
    with session.subscribe() as events:
        await platform.push_raw("{not json")
        await platform.push_raw("[1, 2]")
        await platform.push_raw(b"\xff\xfe")
        await platform.push({"type": "a_frame_of_tomorrow"}, {"no": "type"}, reply("still here"))
        event = await anext(events)

    assert event.text == "still here"


async def test_a_message_beyond_the_limit_ends_the_connection(platform: ScriptedPlatform, session: Session) -> None:
    with session.subscribe() as events:
        await platform.push_raw('"' + "x" * 17_000_000 + '"')

        with pytest.raises(SessionDisconnectedError):
            await anext(events)


async def test_a_closed_listener_gets_nothing_more(platform: ScriptedPlatform, session: Session) -> None:
    async with aclosing(session.listen()) as events:
        await platform.push(reply("one"))
        first = await anext(events)
    await platform.push(reply("two"))

    await session.get_messages()

    assert first.text == "one"
    assert session._subscriptions == []


async def test_a_subscription_has_one_reader() -> None:
    subscription = Subscription(lambda _: None)
    reader = asyncio.ensure_future(anext(subscription))
    await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="one reader"):
        await anext(subscription)

    subscription.put(SessionEvent(SessionEventType.PONG, "s-1"))
    assert (await reader).type is SessionEventType.PONG


async def test_a_cancelled_reader_loses_no_event() -> None:
    subscription = Subscription(lambda _: None)
    reader = asyncio.ensure_future(anext(subscription))
    await asyncio.sleep(0)
    subscription.put(SessionEvent(SessionEventType.PONG, "s-1"))

    reader.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reader
    assert (await anext(subscription)).type is SessionEventType.PONG

"""Creating, resuming and leaving sessions; what other keys see; what is refused, and that the socket stays open."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from gateway.engine.connections import socket
from tests.gateway.engine.python_agents import Gate, agent_with_gate, id_of
from tests.gateway.engine.serving import OTHER_KEY, Served, serving
from tests.gateway.engine.wire import (
    KEY,
    Client,
    Frame,
    connected,
    contents,
    make_agent,
    outline,
    reply_of,
    status_of,
)


async def until_idle(client: Client) -> list[Frame]:
    return await client.until(lambda frame: status_of(frame) == "Idle")


def file_content(data: bytes, name: str = "note.txt", mime_type: str = "text/plain") -> Frame:
    metadata = {"name": name, "mime_type": mime_type}
    return {"type_string": "file", "value": {"raw_bytes": base64.b64encode(data).decode(), "metadata": metadata}}


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {KEY}"}])
async def test_a_wrong_key_is_refused_in_the_handshake(engine: str, headers: dict[str, str]) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(engine.replace("http", "ws") + "/v1/ws/session", additional_headers=headers):
            pass

    assert refused.value.response.status_code == 401


async def test_sessions_of_another_key_are_like_unknown_ones(engine: str) -> None:
    agent_id = await make_agent(engine)

    async with connected(engine) as owner, connected(engine, OTHER_KEY) as stranger:
        session_id = await owner.create(agent_id)
        foreign = await stranger.resume(session_id)
        unknown = await stranger.resume("nobody-knows")
        agent = await stranger.ask(type="create_session", object_type="agent", object_id=agent_id)

    assert {**foreign, "session_id": ""} == {**unknown, "session_id": ""}
    assert (foreign["type"], foreign["success"], foreign["code"]) == ("connect_session", False, "not_found")
    assert (agent["type"], agent["request_type"], agent["code"]) == ("error", "create_session", "not_found")


async def test_chatbots_are_not_available(engine: str) -> None:
    async with connected(engine) as client:
        answer = await client.ask(type="create_session", object_type="chatbot", object_id="bot-1")

    assert (answer["type"], answer["request_type"]) == ("error", "create_session")
    assert "chatbot" in answer["error"]


async def test_posting_needs_a_connected_session(engine: str) -> None:
    agent_id = await make_agent(engine)

    async with connected(engine) as client, connected(engine) as other:
        session_id = await client.create(agent_id)
        post = await other.ask(type="post_message", session_id=session_id, content="Hello.")
        posts = await other.ask(type="post_messages", session_id=session_id, messages=["Hello."])
        history = await other.ask(type="get_messages", session_id=session_id)
        ping = await other.ask(type="ping_session", session_id=session_id)

    assert (post["type"], post["success"], post["code"]) == ("post_message", False, "not_attached")
    assert (posts["type"], posts["success"], posts["code"]) == ("post_messages", False, "not_attached")
    assert (history["type"], history["code"]) == ("error", "not_attached")
    assert (ping["type"], ping["code"]) == ("error", "not_attached")


async def test_every_connection_of_a_session_hears_everything_but_acks(engine: str) -> None:
    agent_id = await make_agent(engine)

    async with connected(engine) as client, connected(engine) as listener:
        session_id = await client.create(agent_id)
        await listener.resume(session_id)
        told = await client.turn("A message that is long enough to be streamed in pieces.")
        heard = await listener.until(lambda frame: status_of(frame) == "Idle")

    assert heard == told[1:]


async def test_a_client_that_disconnects_hears_nothing_more(engine: str) -> None:
    agent_id = await make_agent(engine)

    async with connected(engine) as client, connected(engine) as listener:
        session_id = await client.create(agent_id)
        await listener.resume(session_id)
        left = await listener.ask(type="disconnect_session", session_id=session_id)
        await client.turn("Hello.")
        refused = await listener.ask(type="get_messages", session_id=session_id)

    assert left["success"] is True
    assert refused["code"] == "not_attached"


async def test_a_turn_goes_on_when_its_client_leaves(database_url: str) -> None:
    gate = Gate()
    async with serving(database_url, agent_with_gate(gate)) as engine:
        async with connected(engine.address) as client:
            session_id = await client.create(await id_of(engine.address, "Gatekeeper"))
            await client.post("call hold")
            await gate.entered.wait()
        async with connected(engine.address) as client:
            await client.resume(session_id)
            busy = await client.next()
            gate.opened.set()
            frames = await until_idle(client)

    assert status_of(busy) == "Processing"
    assert reply_of(frames) == "tool hold returned: through"


async def test_a_resumed_session_tells_what_was_missed_after_a_number(engine: str) -> None:
    agent_id = await make_agent(engine)

    async with connected(engine) as client:
        session_id = await client.create(agent_id)
        first = await client.turn("One.")
        second = await client.turn("Two, and a good deal longer so that it streams.")
    async with connected(engine) as client:
        ack = await client.resume(session_id, after_seq=first[-1]["seq"])
        missed = await until_idle(client)
        third = await client.turn("Three.")

    assert missed == [frame for frame in second if frame["type"] not in ("post_message", "message_delta")]
    assert ack["last_seq"] == second[-1]["seq"]
    numbers = [frame["seq"] for frame in [*first, *second, *third] if "seq" in frame]
    assert numbers == sorted(set(numbers))


async def test_connecting_twice_is_harmless(engine: str) -> None:
    agent_id = await make_agent(engine)

    async with connected(engine) as client:
        session_id = await client.create(agent_id)
        again = await client.resume(session_id)
        frames = await client.turn("Hello.")

    assert again["success"] is True
    assert outline(frames) == ["post_message", "Processing", "delta", "data_type_message", "Idle"]


async def test_a_resend_with_the_same_client_id_is_acknowledged_again_and_runs_once(engine: str) -> None:
    agent_id = await make_agent(engine)

    async with connected(engine) as client:
        await client.create(agent_id)
        first = await client.turn("Hello.", client_message_id="m-1")
        await client.post("Hello.", client_message_id="m-1")
        again = await client.next()
        history = await client.history()

    assert again == {**first[0], "duplicate": True}
    assert len(history) == 2


async def test_messages_wait_in_order_while_a_turn_runs(database_url: str) -> None:
    gate = Gate()
    async with serving(database_url, agent_with_gate(gate)) as engine, connected(engine.address) as client:
        await client.create(await id_of(engine.address, "Gatekeeper"))
        await client.post("call hold")
        await gate.entered.wait()
        await client.post("Two.")
        await client.post("Three.")
        waiting = await client.history()
        gate.opened.set()
        turns = [await until_idle(client) for _ in range(3)]
        history = await client.history()

    assert [reply_of(turn) for turn in turns] == ["tool hold returned: through", "You said: Two.", "You said: Three."]
    assert [message["content"].get("value") for message in waiting] == ["call hold", None, "Two.", "Three."]
    assert [message["content"].get("value") for message in history] == [
        "call hold",
        None,
        None,
        "tool hold returned: through",
        "Two.",
        "You said: Two.",
        "Three.",
        "You said: Three.",
    ]


async def test_terminating_ends_the_turn_and_drops_what_waits(database_url: str) -> None:
    gate = Gate()
    async with serving(database_url, agent_with_gate(gate)) as engine, connected(engine.address) as client:
        session_id = await client.create(await id_of(engine.address, "Gatekeeper"))
        await client.post("call hold")
        await gate.entered.wait()
        await client.post("Never answered.")
        await client.send(type="terminate_session", session_id=session_id)
        ended = await client.until(lambda frame: frame["type"] == "terminate_session")
    async with serving(database_url, agent_with_gate(gate)) as engine, connected(engine.address) as client:
        await client.resume(session_id)
        after = await client.turn("Where were we?")
        history = await client.history()

    assert outline(ended)[-5:] == ["tool_call Error", "tool_result Error", "error_message", "Idle", "terminate_session"]
    assert contents(ended, "error_message")[0]["tools_started"] is True
    assert reply_of(after) == "You said: Where were we?"
    assert "Never answered." not in [message["content"].get("value") for message in history]


async def test_contents_of_one_batch_are_one_turn(engine: str) -> None:
    agent_id = await make_agent(engine)

    async with connected(engine) as client:
        await client.create(agent_id)
        batch = ["Look at", {"type_string": "text/markdown", "value": "these."}, file_content(b"abc")]
        await client.send(type="post_messages", session_id=client.session_id, messages=batch)
        frames = await until_idle(client)
        history = await client.history()

    assert reply_of(frames) == "You said: Look at\nthese.\nFiles: note.txt (text/plain, 3 bytes)"
    assert frames[0]["message_ids"] == [message["id"] for message in history[:3]]
    assert history[2]["content"] == {
        "type": "data_type_message",
        "value": "note.txt",
        "file": {"name": "note.txt", "mime_type": "text/plain", "size": 3},
        "status": "Complete",
    }


async def test_a_file_of_many_megabytes_is_taken_in_one_frame(engine: str) -> None:
    agent_id = await make_agent(engine)

    async with connected(engine) as client:
        await client.create(agent_id)
        frames = await client.turn(file_content(b"x" * 12_000_000, "big.bin", "application/octet-stream"))

    assert reply_of(frames) == "Files: big.bin (application/octet-stream, 12000000 bytes)"


async def test_a_frame_beyond_the_limit_is_refused_in_words(engine: str) -> None:
    agent_id = await make_agent(engine)

    async with connected(engine) as client:
        await client.create(agent_id)
        await client.post("x" * 17 * 1024 * 1024)
        refused = await client.next()
        frames = await client.turn("Hello.")

    assert (refused["type"], refused["code"]) == ("error", "too_large")
    assert reply_of(frames) == "You said: Hello."


async def test_own_frames_stay_below_the_clients_limit(engine: str) -> None:
    agent_id = await make_agent(engine)

    async with connected(engine) as client:
        await client.create(agent_id)
        long = await client.turn("think " + "x" * 4_000_000)
        await client.turn("Short.")
        history = await client.history()

    assert outline(long) == ["post_message", "Processing", "thinking", "delta", "data_type_message", "Idle"]
    assert contents(long, "thinking")[0]["truncated"] is True
    assert [message["content"].get("truncated", False) for message in history] == [True, True, True, False, False]
    assert history[-2]["content"]["value"] == "Short."


async def test_a_content_that_makes_no_sense_is_a_failed_ack(engine: str) -> None:
    async with connected(engine) as client:
        await client.create(await make_agent(engine))
        await client.post("  ")
        empty = await client.next()
        await client.post({"type_string": "file", "value": {"raw_bytes": "###"}})
        unreadable = await client.next()
        batch = await client.ask(type="post_messages", session_id=client.session_id, messages=[])
        history = await client.history()

    assert [answer["code"] for answer in (empty, unreadable, batch)] == ["bad_content"] * 3
    assert [answer["success"] for answer in (empty, unreadable, batch)] == [False] * 3
    assert history == []


FIELDS = st.sampled_from(
    ["type", "session_id", "content", "messages", "object_id", "object_type", "parent_message_id", "after_seq"]
)
TYPES = st.sampled_from(
    [
        "create_session",
        "connect_session",
        "post_message",
        "post_messages",
        "get_messages",
        "ping_session",
        "disconnect_session",
        "terminate_session",
        "delete_everything",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | TYPES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS | st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.builds(
    lambda fields, kind: {**fields, "type": kind}, st.dictionaries(FIELDS, VALUES, max_size=5), TYPES | VALUES
)


async def test_whatever_a_client_sends_is_answered_and_the_socket_stays_open(served: Served) -> None:

    frames: list[str | bytes] = [b"\x00binary", "", "[]", "null", "{", '"text"', "[" * 2000]

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.one_of(OBJECTS.map(json.dumps), VALUES.map(json.dumps), st.text(max_size=40)))
    def collect(frame: str) -> None:
        frames.append(frame)

    collect()
    async with connected(served.address) as client:
        answers = []
        for frame in frames:
            await client.socket.send(frame)
            answers.append(await client.next())
        await client.create(await make_agent(served.address))
        turn = await client.turn("Still here?")

    assert all(answer["type"] == "error" or answer["success"] is False for answer in answers)
    assert {answer["code"] for answer in answers} <= {"bad_frame", "bad_content", "not_found", "not_pending"}
    assert reply_of(turn) == "You said: Still here?"


async def test_a_socket_without_a_session_is_closed_after_a_while(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "WITHOUT_SESSION", timedelta(milliseconds=300))
    async with serving(database_url) as engine:
        agent_id = await make_agent(engine.address)
        async with connected(engine.address) as idle, connected(engine.address) as busy:
            await busy.create(agent_id)
            with pytest.raises(ConnectionClosed):
                await idle.next()
            frames = await busy.turn("Hello.")

    assert reply_of(frames) == "You said: Hello."


async def test_health_needs_no_key(engine: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"{engine}/healthz")

    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


async def test_a_client_that_does_not_read_holds_up_nobody(engine: str) -> None:
    agent_id = await make_agent(engine)

    async with connected(engine) as client, connected(engine) as sleeper:
        session_id = await client.create(agent_id)
        await sleeper.resume(session_id)
        sleeper.socket.transport.pause_reading()
        replies = [reply_of(await client.turn(f"think {number} " + "x" * 700_000)) for number in range(4)]
        sleeper.socket.transport.resume_reading()

    assert [reply[:19] for reply in replies] == [f"I thought about: {number} " for number in range(4)]


async def test_a_number_beyond_the_last_event_silences_nobody(engine: str) -> None:
    agent_id = await make_agent(engine)

    async with connected(engine) as client, connected(engine) as listener:
        session_id = await client.create(agent_id)
        await listener.resume(session_id, after_seq=1_000_000)
        told = await client.turn("Hello.")
        heard = await listener.until(lambda frame: status_of(frame) == "Idle")

    assert heard == told[1:]

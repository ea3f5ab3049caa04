"""The frames of a turn, in their order, and the history that they leave."""

from __future__ import annotations

from tests.gateway.engine.serving import serving
from tests.gateway.engine.wire import (
    connected,
    contents,
    echo_tool,
    make_agent,
    message_of,
    outline,
    reply_of,
    tools,
)


async def test_a_plain_turn_is_acknowledged_streamed_replied_and_idle(engine: str) -> None:
    agent_id = await make_agent(engine)

    async with connected(engine) as client:
        await client.create(agent_id)
        frames = await client.turn("What a long and winding sentence this is, long enough to be streamed.")

    assert outline(frames) == ["post_message", "Processing", "delta", "data_type_message", "Idle"]
    deltas = [frame for frame in frames if frame["type"] == "message_delta"]
    assert "".join(delta["value"] for delta in deltas) == reply_of(frames)
    assert [delta["index"] for delta in deltas] == list(range(len(deltas)))
    assert len(deltas) >= 2
    assert {delta["message_id"] for delta in deltas} == {message_of(frames, "data_type_message")["id"]}


async def test_a_tool_that_runs_is_told_before_and_after(engine: str) -> None:
    agent_id = await make_agent(engine, tools=tools(echo_tool(count=3)))

    async with connected(engine) as client:
        await client.create(agent_id)
        frames = await client.turn('call echo {"text": "hello"}')

    assert outline(frames) == [
        "post_message",
        "Processing",
        "tool_call Running",
        "tool_call Complete",
        "tool_result Complete",
        "delta",
        "data_type_message",
        "Idle",
    ]
    assert reply_of(frames) == 'tool echo returned: {"count":3,"text":"hello"}'
    running, complete = contents(frames, "tool_call")
    assert {**running, "status": "Complete"} == complete
    assert running["arguments"] == {"count": 3, "text": "hello"}


async def test_a_paused_call_survives_a_restart_and_runs_once_it_is_approved(database_url: str) -> None:
    async with serving(database_url) as first:
        agent_id = await make_agent(first.address, tools=tools(echo_tool(approval="requires_approval")))
        async with connected(first.address) as client:
            session_id = await client.create(agent_id)
            asked = await client.turn('call echo {"text": "hello"}')
    async with serving(database_url) as second, connected(second.address) as client:
        await client.resume(session_id)
        repeated = await client.until(lambda frame: frame["type"] == "participant_status")
        await client.decide(message_of(repeated, "tool_call_approval")["id"], {"confirm": {}})
        answered = await client.until(lambda frame: outline([frame]) == ["Idle"])
        history = await client.history()

    assert outline(asked) == ["post_message", "Processing", "tool_call_approval", "AwaitingApproval"]
    assert outline(repeated) == ["tool_call_approval", "AwaitingApproval"]
    assert message_of(repeated, "tool_call_approval") == message_of(asked, "tool_call_approval")
    assert outline(answered) == [
        "post_message",
        "Processing",
        "tool_call Running",
        "tool_call Complete",
        "tool_result Complete",
        "delta",
        "data_type_message",
        "Idle",
    ]
    assert reply_of(answered) == 'tool echo returned: {"text":"hello"}'
    assert [message["content"]["type"] for message in history] == [
        "data_type_message",
        "tool_call_approval",
        "response_message",
        "tool_call",
        "tool_result",
        "data_type_message",
    ]

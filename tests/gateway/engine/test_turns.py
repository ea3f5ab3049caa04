"""The frames of a turn, in their order, and the history that they leave."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from pydantic_ai.messages import ModelMessage, ToolReturnPart
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel

from gateway.engine.models import build_model
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


async def test_thinking_is_told_before_the_reply(engine: str) -> None:
    agent_id = await make_agent(engine)

    async with connected(engine) as client:
        await client.create(agent_id)
        frames = await client.turn("think " + "deep " * 30)

    assert outline(frames) == ["post_message", "Processing", "thinking", "delta", "data_type_message", "Idle"]
    thought = contents(frames, "thinking")[0]
    assert thought["content"] == ("deep " * 30).strip()
    assert thought["summary"] == thought["content"][:80]


async def test_a_model_that_fails_ends_the_turn_without_a_reply(engine: str) -> None:
    agent_id = await make_agent(engine)

    async with connected(engine) as client:
        await client.create(agent_id)
        frames = await client.turn("fail the wires are cut")
        after = await client.turn("Hello.")

    assert outline(frames) == ["post_message", "Processing", "error_message", "Idle"]
    assert contents(frames, "error_message") == [
        {"type": "error_message", "error": "the wires are cut", "code": "model_error"}
    ]
    assert reply_of(after) == "You said: Hello."


async def test_a_model_that_is_not_there_ends_the_turn_with_its_name(engine: str) -> None:
    agent_id = await make_agent(engine, llm_client_key={"provider": "demo", "model_id": "imagined"})

    async with connected(engine) as client:
        await client.create(agent_id)
        frames = await client.turn("Hello.")

    assert outline(frames) == ["post_message", "Processing", "error_message", "Idle"]
    assert "imagined" in contents(frames, "error_message")[0]["error"]


async def test_a_tool_that_fails_does_not_end_the_turn(engine: str) -> None:
    unknown = echo_tool("mystery")
    unknown["value"]["tool_type"] = "nobody-registered-this"
    agent_id = await make_agent(engine, tools=tools(unknown))

    async with connected(engine) as client:
        await client.create(agent_id)
        frames = await client.turn('call mystery {"text": "a"}')

    assert outline(frames)[2:5] == ["tool_call Running", "tool_call Error", "tool_result Error"]
    assert contents(frames, "tool_result")[0]["is_error"] is True
    assert reply_of(frames).startswith("tool mystery failed: ")


async def test_words_before_a_tool_call_are_part_of_the_one_reply(database_url: str) -> None:
    async def answer(messages: list[ModelMessage], _info: AgentInfo) -> AsyncIterator[str | DeltaToolCalls]:
        if isinstance(messages[-1].parts[-1], ToolReturnPart):
            yield "Found it."
        else:
            yield "Let me look."
            yield {1: DeltaToolCall("echo", '{"text": "a"}', tool_call_id="call-1")}

    async with serving(database_url, build=lambda _llm: FunctionModel(stream_function=answer)) as engine:
        agent_id = await make_agent(engine.address, tools=tools(echo_tool()))
        async with connected(engine.address) as client:
            await client.create(agent_id)
            frames = await client.turn("Where is it?")

    assert outline(frames) == [
        "post_message",
        "Processing",
        "delta",
        "tool_call Running",
        "tool_call Complete",
        "tool_result Complete",
        "delta",
        "data_type_message",
        "Idle",
    ]
    deltas = [(frame["index"], frame["value"]) for frame in frames if frame["type"] == "message_delta"]
    assert deltas == [(0, "Let me look."), (1, "\n\nFound it.")]
    assert reply_of(frames) == "Let me look.\n\nFound it."


async def test_calls_that_cannot_run_are_answered_in_words(database_url: str) -> None:
    async def answer(messages: list[ModelMessage], _info: AgentInfo) -> AsyncIterator[str | DeltaToolCalls]:
        results = [part for part in messages[-1].parts if isinstance(part, ToolReturnPart)]
        if results:
            yield " / ".join(f"{part.outcome}: {part.content}" for part in results)
        else:
            yield {0: DeltaToolCall("nothing", "{}", tool_call_id="call-1")}
            yield {1: DeltaToolCall("echo", '{"text": ', tool_call_id="call-2")}

    async with serving(database_url, build=lambda _llm: FunctionModel(stream_function=answer)) as engine:
        agent_id = await make_agent(engine.address, tools=tools(echo_tool()))
        async with connected(engine.address) as client:
            await client.create(agent_id)
            frames = await client.turn("Go.")

    assert reply_of(frames) == (
        "failed: There is no tool named nothing. / failed: The arguments for echo are not a JSON object."
    )
    assert [content["status"] for content in contents(frames, "tool_call")] == ["Error", "Error"]


async def test_a_model_that_only_calls_tools_is_stopped(database_url: str) -> None:
    async def answer(messages: list[ModelMessage], _info: AgentInfo) -> AsyncIterator[str | DeltaToolCalls]:
        yield {0: DeltaToolCall("echo", '{"text": "again"}', tool_call_id=f"call-{len(messages)}")}

    async with serving(database_url, build=lambda _llm: FunctionModel(stream_function=answer)) as engine:
        agent_id = await make_agent(engine.address, tools=tools(echo_tool()))
        async with connected(engine.address) as client:
            await client.create(agent_id)
            frames = await client.turn("Go.")

    assert outline(frames)[-2:] == ["error_message", "Idle"]
    assert len(frames) < 1000


async def test_a_model_that_says_nothing_is_an_error(database_url: str) -> None:
    async def answer(_messages: list[ModelMessage], _info: AgentInfo) -> AsyncIterator[str | DeltaToolCalls]:
        yield " "

    async with serving(database_url, build=lambda _llm: FunctionModel(stream_function=answer)) as engine:
        agent_id = await make_agent(engine.address)
        async with connected(engine.address) as client:
            await client.create(agent_id)
            frames = await client.turn("Go.")

    assert outline(frames)[-2:] == ["error_message", "Idle"]


async def test_what_nobody_foresaw_ends_the_turn_and_the_session_goes_on(database_url: str) -> None:
    broken = True

    def build(llm: Mapping[str, Any]) -> Model:
        if broken:
            raise RuntimeError("a bug")
        return build_model(llm)

    async with serving(database_url, build=build) as engine:
        agent_id = await make_agent(engine.address)
        async with connected(engine.address) as client:
            await client.create(agent_id)
            first = await client.turn("Hello.")
            broken = False
            second = await client.turn("Hello again.")

    assert contents(first, "error_message")[0]["code"] == "internal"
    assert reply_of(second) == "You said: Hello again."

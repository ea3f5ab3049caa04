"""What the model is told of earlier turns, and that the history keeps all of it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from pydantic_ai.exceptions import ModelContextWindowExceededError, ModelHTTPError
from pydantic_ai.messages import (
    ModelMessage,
    ModelResponse,
    SystemPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel

from gateway.engine.models import estimate_tokens
from gateway.engine.turns import memory
from tests.gateway.engine.serving import serving
from tests.gateway.engine.wire import Client, connected, echo_tool, make_agent, reply_of, tools

FILLER = "lorem ipsum " * 60


class Recorder:
    """A model that notes what it is told, and repeats the last word that it hears."""

    def __init__(self) -> None:
        self.told: list[list[ModelMessage]] = []
        self.summaries = 0
        self.summary_fails = False
        self.overflows = 0

    def build(self, _llm: object) -> FunctionModel:
        return FunctionModel(self._summarise, stream_function=self._answer)

    async def _answer(self, messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str | DeltaToolCalls]:
        if self.overflows:
            self.overflows -= 1
            raise ModelContextWindowExceededError("small", "too long")
        self.told.append(messages)
        text = last_text(messages)
        if text.startswith("use") and not isinstance(messages[-1].parts[-1], ToolReturnPart):
            yield {0: DeltaToolCall("echo", '{"text": "a"}', tool_call_id=f"call-{len(self.told)}")}
        else:
            yield f"heard {text.split()[0]}"

    async def _summarise(self, messages: list[ModelMessage], _info: AgentInfo) -> ModelResponse:
        self.summaries += 1
        if self.summary_fails:
            raise ModelHTTPError(503, "small")
        named = dict.fromkeys(re.findall(r"message-\d+", last_text(messages)))
        return ModelResponse([TextPart("SUMMARY of " + " ".join(named))])


def last_text(messages: list[ModelMessage]) -> str:
    prompts = [part for message in messages for part in message.parts if isinstance(part, UserPromptPart)]
    content = prompts[-1].content
    return content if isinstance(content, str) else str(content[0])


def summary_in(messages: list[ModelMessage]) -> str:
    parts = [part for part in messages[0].parts if isinstance(part, SystemPromptPart)]
    return parts[0].content if parts else ""


async def say(client: Client, *texts: str) -> list[str]:
    return [reply_of(await client.turn(text)) for text in texts]


async def test_memory_survives_a_restart(database_url: str) -> None:
    async with serving(database_url) as engine, connected(engine.address) as client:
        session_id = await client.create(await make_agent(engine.address))
        await say(client, "My name is Alice and I live in Boston.")
    async with serving(database_url) as engine, connected(engine.address) as client:
        await client.resume(session_id)
        replies = await say(client, "What did I just tell you about myself?")

    assert replies == ["You told me that your name is Alice and that you live in Boston."]


async def test_without_session_memory_the_model_sees_this_turn_only(engine: str) -> None:
    agent_id = await make_agent(engine, memory_config={"enable_session_memory": False})

    async with connected(engine) as client:
        await client.create(agent_id)
        replies = await say(client, "My name is Alice.", "Who am I?")
        history = await client.history()

    assert replies[-1] == "You have not told me anything about yourself yet."
    assert len(history) == 4


async def test_a_long_session_is_compacted_and_keeps_its_history(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "context_window", lambda _model: 2_500)
    model = Recorder()
    async with serving(database_url, build=model.build) as engine, connected(engine.address) as client:
        await client.create(await make_agent(engine.address))
        await say(client, *(f"message-{number} {FILLER}" for number in range(12)))
        history = await client.history()

    assert len(history) == 24
    assert model.summaries > 0
    assert "SUMMARY of message-0 message-1" in summary_in(model.told[-1])
    assert all(estimate_tokens(messages) <= 2_500 for messages in model.told)


async def test_a_summary_that_fails_drops_the_oldest_turns_whole(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "context_window", lambda _model: 2_500)
    model = Recorder()
    model.summary_fails = True
    async with serving(database_url, build=model.build) as engine, connected(engine.address) as client:
        await client.create(await make_agent(engine.address, tools=tools(echo_tool())))
        replies = await say(client, *(f"use-{number} {FILLER}" for number in range(12)))

    assert replies[-1] == "heard use-11"
    assert all(estimate_tokens(messages) <= 2_500 for messages in model.told)
    for messages in model.told:
        called = [p.tool_call_id for m in messages for p in m.parts if isinstance(p, ToolCallPart)]
        returned = [p.tool_call_id for m in messages for p in m.parts if isinstance(p, ToolReturnPart)]
        assert called == returned


async def test_a_model_that_finds_the_conversation_too_long_is_asked_again_with_less(database_url: str) -> None:
    model = Recorder()
    async with serving(database_url, build=model.build) as engine, connected(engine.address) as client:
        await client.create(await make_agent(engine.address))
        await say(client, "one")
        model.overflows = 1
        replies = await say(client, "two")

    assert replies == ["heard two"]

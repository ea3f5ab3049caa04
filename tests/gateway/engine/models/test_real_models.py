"""Real models over the wire formats of OpenAI and Anthropic: what they stream, and every way in which they fail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic_ai.direct import model_request_stream
from pydantic_ai.messages import (
    ModelRequest,
    ModelResponse,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ThinkingPart,
    ToolCallPart,
    UserPromptPart,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.tools import ToolDefinition

from gateway.engine.models import build_model, checked, explain
from gateway.engine.models.failures import is_overflow
from tests.gateway.engine.models.provider import (
    FakeProvider,
    Silence,
    Stream,
    Whole,
    chat_call,
    chat_error,
    chat_stream,
    claude_call,
    claude_error,
    claude_stream,
    claude_text,
    claude_thinking,
    fake_provider,
)

REFUND = ToolDefinition(
    name="refund_order",
    description="Refund an order.",
    parameters_json_schema={"type": "object", "properties": {"order_id": {"type": "string"}}},
)
BROKEN = "The connection to the model broke before its answer was complete."
Step = Stream | Whole | Silence


@dataclass
class Told:
    """What a request led to: text as it came and the response, or the error in words."""

    deltas: list[str]
    response: ModelResponse | None = None
    error: str = ""
    is_overflow: bool = False


@pytest.fixture
async def provider() -> AsyncIterator[FakeProvider]:
    async with fake_provider() as provider:
        yield provider


async def ask(provider: FakeProvider, name: str, *steps: Step, **llm: Any) -> Told:
    provider.steps[:] = steps
    address = provider.url if name == "anthropic" else f"{provider.url}/v1"
    model = build_model({"provider": name, "model_id": "test-model", "api_key": "secret", "base_url": address, **llm})
    parameters = ModelRequestParameters(function_tools=[REFUND])
    messages = [ModelRequest(parts=[UserPromptPart("Hi")], instructions="Be kind.")]
    told = Told([])
    try:
        async with model, model_request_stream(model, messages, model_request_parameters=parameters) as stream:
            async for event in stream:
                match event:
                    case PartStartEvent(part=TextPart(content=text)):
                        told.deltas.append(text)
                    case PartDeltaEvent(delta=TextPartDelta(content_delta=text)):
                        told.deltas.append(text)
            told.response = checked(stream.get())
    except Exception as error:  # noqa: BLE001  # whatever it is, it must have words
        told.error, told.is_overflow = explain(error), is_overflow(error)
    return told


HELLO = chat_stream({"role": "assistant", "content": "Hel"}, {"content": "lo"})
CLAUDE_HELLO = claude_stream(claude_text("Hel", "lo"))


@pytest.mark.parametrize("name", ["openai", "vllm", "ollama", "openrouter", "my-own-server"])
async def test_compatible_servers_stream_text_with_usage(provider: FakeProvider, name: str) -> None:
    told = await ask(provider, name, HELLO)

    assert told.response is not None
    assert told.deltas == ["Hel", "lo"]
    assert told.response.parts == [TextPart("Hello")]
    assert (told.response.usage.input_tokens, told.response.usage.output_tokens) == (11, 7)
    asked = provider.asked[0]
    assert asked["model"] == "test-model"
    assert asked["messages"][-1] == {"role": "user", "content": "Hi"}
    assert asked["messages"][0]["content"] == "Be kind."
    assert asked["tools"][0]["function"]["name"] == "refund_order"
    assert provider.keys == ["Bearer secret"]


async def test_claude_streams_thinking_text_and_calls_with_usage(provider: FakeProvider) -> None:
    blocks = (claude_thinking("hm", "m"), claude_text("Hel", "lo"), claude_call('{"order', '_id": "A-1"}'))

    told = await ask(provider, "anthropic", claude_stream(*blocks, stop="tool_use"))

    assert told.response is not None
    assert told.deltas == ["Hel", "lo"]
    thinking, text, call = told.response.parts
    assert isinstance(thinking, ThinkingPart)
    assert (thinking.content, thinking.signature) == ("hmm", "sig")
    assert text == TextPart("Hello")
    assert isinstance(call, ToolCallPart)
    assert (call.tool_name, call.args_as_dict(), call.tool_call_id) == ("refund_order", {"order_id": "A-1"}, "call_1")
    assert (told.response.usage.input_tokens, told.response.usage.output_tokens) == (11, 7)
    assert provider.asked[0]["system"] == [{"type": "text", "text": "Be kind."}]
    assert provider.keys == ["Bearer secret"]


async def test_a_reasoning_server_streams_its_thinking(provider: FakeProvider) -> None:
    told = await ask(provider, "vllm", chat_stream({"reasoning_content": "hmm"}, {"content": "Yes."}))

    assert told.response is not None
    assert [type(part) for part in told.response.parts] == [ThinkingPart, TextPart]
    assert told.deltas == ["Yes."]


async def test_a_call_in_pieces_is_one_call(provider: FakeProvider) -> None:
    told = await ask(provider, "openai", chat_stream(*chat_call(['{"order', '_id": ', '"A-1"}']), finish="tool_calls"))

    assert told.response is not None
    assert [(call.tool_name, call.args_as_dict()) for call in told.response.tool_calls] == [
        ("refund_order", {"order_id": "A-1"})
    ]


@pytest.mark.parametrize(
    ("name", "stream"),
    [
        ("openai", chat_stream(*chat_call(['{"order_id": ']), finish="tool_calls")),
        ("anthropic", claude_stream(claude_call('{"order_id": '), stop="tool_use")),
    ],
)
async def test_malformed_arguments_arrive_as_they_are(provider: FakeProvider, name: str, stream: Stream) -> None:
    told = await ask(provider, name, stream)

    assert told.response is not None
    assert told.response.tool_calls[0].args == '{"order_id": '
    assert len(provider.asked) == 1


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("openai", chat_stream({"content": "Hel"}, is_cut=True)),
        ("openai", chat_stream(*chat_call(['{"order_id": "A-1"}']), is_cut=True)),
        ("openai", Stream(chat_stream({"content": "Hel"}, is_cut=True).events)),
        ("openai", Stream(chat_stream(*chat_call(['{"order_id": "A-1"}']), is_cut=True).events)),
        ("anthropic", claude_stream(claude_text("Hel"), is_cut=True)),
        ("anthropic", claude_stream(claude_call('{"order_id": "A-1"}'), is_cut=True)),
        ("anthropic", Stream(claude_stream(claude_text("Hel"), is_cut=True).events)),
        ("anthropic", Stream(claude_stream(claude_call('{"order_id": "A-1"}'), is_cut=True).events)),
    ],
    ids=["text", "call", "text, tidily", "call, tidily"] * 2,
)
async def test_a_cut_stream_is_an_error_and_not_asked_again(provider: FakeProvider, name: str, step: Stream) -> None:
    told = await ask(provider, name, step, HELLO)

    assert told.response is None
    assert told.error == BROKEN
    assert len(provider.asked) == 1


@pytest.mark.parametrize(
    ("name", "refusal", "answer"),
    [
        ("openai", chat_error(429, "slow down", headers={"Retry-After": "1"}), HELLO),
        ("openai", chat_error(500, "oops", headers={"retry-after-ms": "10"}), HELLO),
        ("anthropic", claude_error(429, "rate_limit_error", "slow down", **{"retry-after": "1"}), CLAUDE_HELLO),
        ("anthropic", claude_error(500, "api_error", "oops", **{"retry-after-ms": "10"}), CLAUDE_HELLO),
    ],
    ids=["openai 429", "openai 500", "anthropic 429", "anthropic 500"],
)
async def test_a_refused_request_is_sent_again_by_the_providers_client(
    provider: FakeProvider, name: str, refusal: Whole, answer: Stream
) -> None:
    told = await ask(provider, name, refusal, answer)

    assert told.deltas == ["Hel", "lo"]
    assert len(provider.asked) == 2


@pytest.mark.parametrize(
    ("name", "step", "error"),
    [
        ("openai", chat_error(429, "slow"), "The model's provider refused: too many requests."),
        (
            "openai",
            chat_error(429, "pay", code="insufficient_quota"),
            "The model's provider refused: the account's quota or credit is used up.",
        ),
        ("openai", chat_error(500, "oops"), "The model's provider refused with status 500."),
        ("openai", chat_error(503, "oops"), "The model's provider is overloaded or down at the moment."),
        (
            "openai",
            chat_error(401, "Incorrect API key: secret"),
            "The model's provider refused: the key is missing, wrong or not allowed to use this model.",
        ),
        ("openai", chat_error(404, "gone"), "The model's provider has no model named test-model."),
        ("openai", chat_error(418, "teapot"), "The model's provider refused with status 418."),
        ("openai", Stream(["data: {oops\n\n"]), "The model's provider gave an answer that cannot be read."),
        ("openai", Stream(["<html>busy</html>"]), "The model's provider gave an answer that cannot be read."),
        ("openai", chat_stream({"refusal": "I can't."}), "The model declined to answer: I can't."),
        ("openai", chat_stream(finish="content_filter"), "The model declined to answer."),
        ("openai", chat_stream(), "The model gave an empty answer."),
        ("anthropic", claude_stream(stop="refusal"), "The model declined to answer."),
        (
            "anthropic",
            claude_error(529, "overloaded_error", "busy"),
            "The model's provider is overloaded or down at the moment.",
        ),
        ("anthropic", claude_error(500, "api_error", "oops"), "The model's provider refused with status 500."),
    ],
)
async def test_a_failure_is_told_in_words_without_the_providers_own(
    provider: FakeProvider, name: str, step: Step, error: str
) -> None:
    told = await ask(provider, name, step, max_retries=0)

    assert told.error == error
    assert len(provider.asked) == 1


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("openai", chat_error(400, "maximum context length is 8192", code="context_length_exceeded")),
        ("anthropic", claude_error(400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum")),
    ],
)
async def test_a_conversation_that_is_too_long_is_known_as_that(provider: FakeProvider, name: str, step: Step) -> None:
    told = await ask(provider, name, step)

    assert told.error == "The conversation has become too long for the model."
    assert told.is_overflow
    assert len(provider.asked) == 1


@pytest.mark.parametrize("name", ["openai", "anthropic"])
async def test_a_silent_provider_is_given_up(
    provider: FakeProvider, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.engine.models.build.CHUNK_LIMIT_S", 0.3)

    told = await ask(provider, name, Silence(), max_retries=0)

    assert told.error == "The model did not answer in time."


async def test_retries_end_with_the_limit_of_the_whole_request(
    provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.engine.models.build.REQUEST_LIMIT_S", 0.3)

    told = await ask(provider, "openai", Silence())

    assert told.error == "The model did not answer in time."


async def test_a_provider_that_is_not_there_is_told_in_words(free_port: int) -> None:
    nobody = FakeProvider(url=f"http://127.0.0.1:{free_port}")

    told = await ask(nobody, "openai", max_retries=0)

    assert told.error == "The model's provider could not be reached."


async def test_an_error_in_the_middle_of_a_stream_is_told(provider: FakeProvider) -> None:
    begun = chat_stream({"content": "Hel"}, is_cut=True).events
    error = 'data: {"error": {"message": "overloaded", "code": 503}}\n\n'

    told = await ask(provider, "openai", Stream([*begun, error]))

    assert told.deltas == ["Hel"]
    assert told.error == "The model's provider is overloaded or down at the moment."
    assert len(provider.asked) == 1

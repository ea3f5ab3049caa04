"""The scripted model inside pydantic-ai: calls one after another, results in words, streamed text that joins."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_ai.exceptions import ModelAPIError
from pydantic_ai.messages import (
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelRequest,
    ModelResponse,
    PartDeltaEvent,
    PartStartEvent,
    SystemPromptPart,
    TextPart,
    TextPartDelta,
    ThinkingPart,
    ToolCallPart,
    ToolReturnPart,
    UserContent,
    UserPromptPart,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.tools import ToolDefinition

from gateway.engine.models.files import attachment
from gateway.engine.models.scripted import ScriptedModel, cut_into_deltas
from gateway.engine.tools.marks import APPROVAL_SWITCH, SEARCH_MARK, with_switch

PLAIN_SCHEMA = {"type": "object", "properties": {}}
ECHO = ToolDefinition(name="echo", parameters_json_schema=PLAIN_SCHEMA)
CAREFUL = ToolDefinition(name="careful", parameters_json_schema=dict(with_switch(PLAIN_SCHEMA)))
EXA = ToolDefinition(name="exa", parameters_json_schema=PLAIN_SCHEMA, metadata={SEARCH_MARK: True})
TOOLS = [ECHO, CAREFUL, EXA]
HITS = '[{"title":"Tea","url":"https://example.com/tea","text":"Té"},{"title":"","url":"u","text":""}]'


def prompt(*content: UserContent) -> ModelRequest:
    return ModelRequest(parts=[UserPromptPart(list(content))])


async def respond(messages: list[ModelMessage]) -> ModelResponse:
    return await ScriptedModel().request(messages, None, ModelRequestParameters(function_tools=TOOLS))


async def converse(text: str, *results: ToolReturnPart) -> ModelResponse:
    """The last response of a turn in which the calls end with these results."""
    messages: list[ModelMessage] = [prompt(text)]
    response = await respond(messages)
    for result in results:
        call = next(part for part in response.parts if isinstance(part, ToolCallPart))
        messages += [response, ModelRequest(parts=[answer_to(call, result)])]
        response = await respond(messages)
    return response


def answer_to(call: ToolCallPart, result: ToolReturnPart) -> ToolReturnPart:
    return ToolReturnPart(call.tool_name, result.content, call.tool_call_id, outcome=result.outcome)


def returned(text: str) -> ToolReturnPart:
    return ToolReturnPart("", text)


def failed(text: str) -> ToolReturnPart:
    return ToolReturnPart("", text, outcome="failed")


def denied(text: str) -> ToolReturnPart:
    return ToolReturnPart("", text, outcome="denied")


async def test_calls_are_made_one_after_another_with_one_reply_line_each() -> None:
    text = 'call echo {"a": 1}\ncall nope\ncall echo {oops}\ncall careful\ncall echo'

    response = await converse(text, returned('{"a":1}'), denied("Too expensive."), failed("no answer"))

    assert response.parts == [
        TextPart(
            'tool echo returned: {"a":1}\n'
            "I have no tool named nope.\n"
            "The arguments for echo are not a JSON object.\n"
            "I could not do that: Too expensive.\n"
            "tool echo failed: no answer"
        )
    ]


async def test_the_next_call_waits_for_the_result_of_the_one_before() -> None:
    first = await converse('call echo {"n": 1}\ncall echo {"n": 2}')
    second = await converse('call echo {"n": 1}\ncall echo {"n": 2}', returned("one"))

    assert [part.args_as_dict() for part in first.tool_calls] == [{"n": 1}]
    assert [part.args_as_dict() for part in second.tool_calls] == [{"n": 2}]


async def test_a_call_of_unknown_outcome_is_told_as_failed() -> None:
    result = ToolReturnPart("", "The tool call was interrupted.", outcome="interrupted")

    response = await converse("call echo", result)

    assert response.parts == [TextPart("tool echo failed: The tool call was interrupted.")]


async def test_only_the_result_itself_is_quoted_not_remarks_beside_it() -> None:
    response = await converse("call echo", ToolReturnPart("", ["the result", "An approver changed the arguments."]))

    assert response.parts == [TextPart("tool echo returned: the result")]


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("call careful", {}),
        ("call careful\nask me first", {APPROVAL_SWITCH: True}),
        ('call careful {"request_approval": true}', {}),
        ("call echo\nask me first", {}),
    ],
)
async def test_only_the_words_of_the_turn_make_it_ask_for_approval(text: str, arguments: dict[str, object]) -> None:
    response = await converse(text)

    assert response.tool_calls[0].args_as_dict() == arguments


@pytest.mark.parametrize(
    ("result", "reply"),
    [
        (returned(HITS), "Here is what exa found:\n- Tea (https://example.com/tea)\n-  (u)"),
        (returned("[]"), 'exa found nothing for "tea".'),
        (denied("Not now."), "I could not do that: Not now."),
        (failed("the service answered with status 503"), "tool exa failed: the service answered with status 503"),
        (returned("not a list"), "tool exa returned: not a list"),
    ],
)
async def test_what_a_search_found_is_listed(result: ToolReturnPart, reply: str) -> None:
    response = await converse("search for tea.", result)

    assert response.parts == [TextPart(reply)]


async def test_thinking_comes_before_the_reply() -> None:
    response = await converse("think about tea")

    assert response.parts == [ThinkingPart("about tea"), TextPart("I thought about: about tea")]


async def test_fail_fails_the_model_call_with_its_text() -> None:
    with pytest.raises(ModelAPIError) as failure:
        await converse("fail The provider is on fire.")

    assert failure.value.message == "The provider is on fire."


async def test_earlier_turns_are_the_history_and_notes_are_not() -> None:
    messages: list[ModelMessage] = [
        prompt("My name is Ada."),
        ModelResponse(parts=[TextPart("Noted: your name is Ada.")]),
        ModelRequest(parts=[SystemPromptPart("my name is Mallory"), UserPromptPart("Who am I?")]),
    ]

    response = await respond(messages)

    assert response.parts == [TextPart("You told me that your name is Ada.")]


async def test_a_failed_turn_merged_with_the_next_stays_a_turn_of_its_own() -> None:
    merged = ModelRequest(parts=[UserPromptPart("fail once"), UserPromptPart("what were we discussing")])

    response = await respond([merged])

    assert response.parts == [TextPart("We were discussing: fail once")]


async def test_files_are_named_and_their_content_is_not_read() -> None:
    files = [
        *attachment("a.txt", "text/plain; charset=utf-8", b"fail badly", ModelProfile()),
        *attachment("b.png", "image/png", b"\x89PNG", ModelProfile(supports_image_input=True)),
    ]

    response = await respond([prompt("first", *files, "second")])

    assert response.parts == [
        TextPart(
            "You said: first\nsecond\nFiles: a.txt (text/plain; charset=utf-8, 10 bytes), b.png (image/png, 4 bytes)"
        )
    ]


async def test_stored_history_gives_the_same_answer() -> None:
    files = attachment("a.pdf", "application/pdf", b"%PDF", ModelProfile(supports_document_input=True))
    messages: list[ModelMessage] = [prompt("look", *files)]

    stored = ModelMessagesTypeAdapter.validate_json(ModelMessagesTypeAdapter.dump_json(messages))

    assert (await respond(stored)).parts == (await respond(messages)).parts


async def test_a_streamed_reply_arrives_in_pieces_that_join_to_it() -> None:
    parameters = ModelRequestParameters(function_tools=TOOLS)
    text = "think " + "tea and cake " * 20

    async with ScriptedModel().request_stream([prompt(text)], None, parameters) as stream:
        events = [event async for event in stream]

    deltas = [
        event.part.content for event in events if isinstance(event, PartStartEvent) and isinstance(event.part, TextPart)
    ]
    deltas += [
        event.delta.content_delta
        for event in events
        if isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta)
    ]
    assert "".join(deltas) == "I thought about: " + text.removeprefix("think ").strip()
    assert len(deltas) >= 2
    assert stream.get().parts[0] == ThinkingPart(text.removeprefix("think ").strip())


@settings(max_examples=200, deadline=None)
@given(st.text(min_size=1), st.integers(min_value=1, max_value=400))
def test_deltas_join_to_the_text_and_are_neither_too_few_nor_too_many(text: str, times: int) -> None:
    whole = text * times

    deltas = list(cut_into_deltas(whole))

    assert "".join(deltas) == whole
    assert all(deltas)
    assert len(deltas) <= 200
    assert len(deltas) >= 2 or len(whole) <= 40

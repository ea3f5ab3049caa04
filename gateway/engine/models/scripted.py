"""The scripted model as pydantic-ai knows models: it reads messages, answers with calls or text, and streams.

It keeps no state: each request is decided from the messages alone, so a turn that was paused for a person goes on from
the stored history, in any process. The rules themselves are in `script`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias, assert_never, overload

from pydantic_ai.exceptions import ModelAPIError
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequestPart,
    ModelResponse,
    ModelResponsePart,
    TextContent,
    TextPart,
    ThinkingPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.models.function import (
    AgentInfo,
    DeltaThinkingCalls,
    DeltaThinkingPart,
    DeltaToolCall,
    DeltaToolCalls,
    FunctionModel,
)
from pydantic_ai.tools import ToolDefinition

from gateway.engine.models.files import FILE_MARK
from gateway.engine.models.script import (
    CallLine,
    CallTools,
    Fail,
    Heard,
    Offered,
    Plan,
    PostedFile,
    Say,
    SearchWith,
    Think,
    decide,
    wants_to_be_asked,
)
from gateway.engine.tools.marks import APPROVAL_SWITCH, SEARCH_MARK, has_switch

MODEL_NAME = "scripted"

_MIN_DELTA = 24
_MAX_DELTAS = 150

_Part: TypeAlias = ModelRequestPart | ModelResponsePart
_Streamed: TypeAlias = AsyncIterator[str | DeltaToolCalls | DeltaThinkingCalls]


class ScriptedModel(FunctionModel):
    """A model that needs no network, no key and no weights."""

    def __init__(self) -> None:
        super().__init__(_answer, stream_function=_stream, model_name=MODEL_NAME)

    def prepare_messages(
        self, messages: list[ModelMessage], model_request_parameters: ModelRequestParameters | None = None
    ) -> list[ModelMessage]:
        """As they are: what providers need of a history is nothing to a model that reads words, calls and results."""
        return messages


@dataclass(frozen=True, slots=True)
class _Result:
    """How a call of this turn ended."""

    outcome: Literal["returned", "denied", "failed"]
    text: str


@dataclass(frozen=True, slots=True)
class _Situation:
    """What the messages say: the turn, and the results of its calls so far, in the order of the calls."""

    heard: Heard
    results: Sequence[_Result]


async def _answer(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    return ModelResponse(parts=_respond(messages, info.function_tools))


async def _stream(messages: list[ModelMessage], info: AgentInfo) -> _Streamed:
    for index, part in enumerate(_respond(messages, info.function_tools)):
        match part:
            case TextPart():
                for delta in cut_into_deltas(part.content):
                    yield delta
            case ThinkingPart():
                yield {index: DeltaThinkingPart(content=part.content)}
            case ToolCallPart():
                yield {index: DeltaToolCall(part.tool_name, part.args_as_json_str(), tool_call_id=part.tool_call_id)}


def cut_into_deltas(text: str) -> Iterator[str]:
    """Pieces that join to the text: two or more past 40 characters, never more than 200."""
    size = max(_MIN_DELTA, -(-len(text) // _MAX_DELTAS))
    for start in range(0, len(text), size):
        yield text[start : start + size]


def _respond(
    messages: Sequence[ModelMessage], tools: Sequence[ToolDefinition]
) -> list[TextPart | ThinkingPart | ToolCallPart]:
    situation = _read(messages)
    offered = [Offered(tool.name, is_search=bool((tool.metadata or {}).get(SEARCH_MARK))) for tool in tools]
    plan: Plan = decide(situation.heard, offered)
    match plan:
        case Say(text):
            return [TextPart(text)]
        case Think(thought, text):
            return [ThinkingPart(thought), TextPart(text)]
        case Fail(error):
            raise ModelAPIError(MODEL_NAME, error)
        case CallTools(lines):
            return _call_next(lines, situation, tools)
        case SearchWith(name, query):
            if not situation.results:
                return [_call(name, {"query": query}, situation.heard.text, tools)]
            return [TextPart(_search_reply(name, query, situation.results[0]))]
        case _:
            assert_never(plan)


def _call_next(
    lines: Sequence[CallLine], situation: _Situation, tools: Sequence[ToolDefinition]
) -> list[TextPart | ThinkingPart | ToolCallPart]:
    results = iter(situation.results)
    replies = []
    for line in lines:
        if not line.is_offered:
            replies.append(f"I have no tool named {line.name}.")
        elif line.arguments is None:
            replies.append(f"The arguments for {line.name} are not a JSON object.")
        elif result := next(results, None):
            replies.append(_call_reply(line.name, result))
        else:
            return [_call(line.name, line.arguments, situation.heard.text, tools)]
    return [TextPart("\n".join(replies))]


def _call(name: str, arguments: dict[str, object], text: str, tools: Sequence[ToolDefinition]) -> ToolCallPart:
    tool = next(tool for tool in tools if tool.name == name)
    if has_switch(tool.parameters_json_schema):
        arguments = {key: value for key, value in arguments.items() if key != APPROVAL_SWITCH}
        if wants_to_be_asked(text):
            arguments[APPROVAL_SWITCH] = True
    return ToolCallPart(name, arguments)


def _call_reply(name: str, result: _Result) -> str:
    match result.outcome:
        case "returned":
            return f"tool {name} returned: {result.text}"
        case "denied":
            return f"I could not do that: {result.text}"
        case "failed":
            return f"tool {name} failed: {result.text}"


def _search_reply(name: str, query: str, result: _Result) -> str:
    hits = _hits(result.text) if result.outcome == "returned" else None
    if hits is None:
        return _call_reply(name, result)
    if not hits:
        return f'{name} found nothing for "{query}".'
    return "\n".join([f"Here is what {name} found:", *(f"- {hit['title']} ({hit['url']})" for hit in hits)])


def _hits(text: str) -> list[dict[str, Any]] | None:
    try:
        hits = json.loads(text)
    except ValueError:
        return None
    if not isinstance(hits, list) or not all(isinstance(hit, dict) and {"title", "url"} <= hit.keys() for hit in hits):
        return None
    return hits


def _read(messages: Sequence[ModelMessage]) -> _Situation:
    """From the newest prompt on. What was said before is read only by those rules that look back."""
    since: list[_Part] = []
    for index in range(len(messages) - 1, -1, -1):
        since = [*messages[index].parts, *since]
        prompts = [(place, part) for place, part in enumerate(since) if isinstance(part, UserPromptPart)]
        if prompts:
            *merged, (place, prompt) = prompts  # a turn that failed stands in one message with the next
            earlier = _Earlier(messages[:index], [part for _, part in merged])
            return _Situation(
                Heard(_text_of(prompt), tuple(_files_of(prompt)), earlier), tuple(_results(since[place + 1 :]))
            )
    return _Situation(Heard(""), ())


class _Earlier(Sequence[str]):
    """The texts of earlier prompts, read when somebody asks for them: most rules do not, and histories are long."""

    def __init__(self, messages: Sequence[ModelMessage], newest: Sequence[UserPromptPart]) -> None:
        self._messages = messages
        self._newest = newest

    @cached_property
    def _texts(self) -> Sequence[str]:
        parts = (part for message in self._messages for part in message.parts)
        prompts = [part for part in parts if isinstance(part, UserPromptPart)]
        return [_text_of(prompt) for prompt in (*prompts, *self._newest)]

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...

    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        return self._texts[index]

    def __len__(self) -> int:
        return len(self._texts)


def _text_of(prompt: UserPromptPart) -> str:
    if isinstance(prompt.content, str):
        return prompt.content
    return "\n".join(item for item in prompt.content if isinstance(item, str))


def _files_of(prompt: UserPromptPart) -> Iterator[PostedFile]:
    for item in prompt.content:
        if isinstance(item, TextContent) and isinstance(item.metadata, dict) and FILE_MARK in item.metadata:
            file = item.metadata[FILE_MARK]
            yield PostedFile(file["name"], file["mime_type"], file["size"])


def _results(parts: Sequence[_Part]) -> Iterator[_Result]:
    returns = {part.tool_call_id: part for part in parts if isinstance(part, ToolReturnPart)}
    for part in parts:
        if isinstance(part, ToolCallPart):
            yield _result(returns.get(part.tool_call_id))


def _result(part: ToolReturnPart | None) -> _Result:
    if part is None:
        return _Result("failed", "it was interrupted before it gave a result")
    text = _first_text(part)
    if part.outcome == "success":
        return _Result("returned", text)
    return _Result("denied" if part.outcome == "denied" else "failed", text)


def _first_text(part: ToolReturnPart) -> str:
    """The result itself; what else stands in a list are remarks for models that read prose."""
    if isinstance(part.content, list) and part.content and isinstance(part.content[0], str):
        return part.content[0]
    return part.model_response_str(wrap_if_error=False)

"""One request to a model: what it is sent, and what it says while it answers.

The tool loop is ours, around single requests: every step of a turn is recorded before the next, and an agent loop of
the library would not wait for that. Everything about providers is the library's.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from pydantic_ai.direct import model_request_stream
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    ModelResponseStreamEvent,
    PartDeltaEvent,
    PartEndEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ThinkingPart,
    ToolCallPart,
)
from pydantic_ai.models import Model, ModelRequestParameters

from gateway.engine.errors import TurnFailed
from gateway.engine.models import checked, explain
from gateway.engine.models.names import with_legal_definitions, with_legal_names, with_own_names
from gateway.engine.models.scripted import ScriptedModel
from gateway.engine.tools.base import RunnableTool
from gateway.engine.turns.calls import with_storable_arguments

MAX_STEPS = 60  # requests to the model in one turn
MAX_CALLS = 120  # tool calls in one turn


@dataclass(frozen=True, slots=True)
class Thought:
    """A piece of the model's thinking that is complete."""

    text: str


async def ask(
    model: Model, messages: Sequence[ModelMessage], tools: Sequence[RunnableTool], instructions: str | None
) -> AsyncGenerator[str | Thought | ModelResponse]:
    """Pieces of text and thoughts as they come, at last the whole response. Raises TurnFailed where there is none."""
    definitions, sent = [tool.definition() for tool in tools], _with_instructions(messages, instructions)
    if not isinstance(model, ScriptedModel):  # it reads the tools' own names in the customer's words
        definitions, sent = with_legal_definitions(definitions), with_legal_names(sent)
    parameters = ModelRequestParameters(function_tools=definitions)
    try:
        prepared = model.prepare_messages(sent, parameters)
        async with model_request_stream(model, prepared, model_request_parameters=parameters) as stream:
            async for event in stream:
                if (said := _said(event)) is not None:
                    yield said
            response = with_own_names(checked(stream.get()), [tool.name for tool in tools])
            yield with_storable_arguments(response)
    except Exception as error:  # the boundary to providers: whatever their clients raise, the model did not answer
        raise TurnFailed("model_error", explain(error)) from error


def check_limits(messages: Sequence[ModelMessage]) -> None:
    """Stops a model that only ever calls tools. Raises TurnFailed."""
    responses = [message for message in messages if isinstance(message, ModelResponse)]
    calls = sum(isinstance(part, ToolCallPart) for response in responses for part in response.parts)
    if len(responses) >= MAX_STEPS or calls > MAX_CALLS:
        raise TurnFailed("model_error", "The model kept calling tools and was stopped.")


def _said(event: ModelResponseStreamEvent) -> str | Thought | None:
    match event:
        case PartStartEvent(part=TextPart(content=text)):
            return text
        case PartDeltaEvent(delta=TextPartDelta(content_delta=text)):
            return text
        case PartEndEvent(part=ThinkingPart(content=text)) if text:
            return Thought(text)
        case _:
            return None


def _with_instructions(messages: Sequence[ModelMessage], instructions: str | None) -> list[ModelMessage]:
    """The last request carries the agent's instructions as they are now."""
    *earlier, last = messages
    if not isinstance(last, ModelRequest):
        return list(messages)
    return [*earlier, ModelRequest(parts=last.parts, instructions=instructions or None)]

"""What the model has said in a turn and what it was told back, in pydantic-ai's messages, and what is next by them.

A turn can stop between any two tool calls and go on from its messages alone, in another process or after days.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic_ai.messages import (
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
)

from gateway.engine.turns.reply import SEPARATOR


def load_messages(text: str) -> list[ModelMessage]:
    return ModelMessagesTypeAdapter.validate_json(text)


def dump_messages(messages: Sequence[ModelMessage]) -> str:
    return ModelMessagesTypeAdapter.dump_json(list(messages)).decode()


def unanswered_calls(messages: Sequence[ModelMessage]) -> list[ToolCallPart]:
    """The tool calls of the newest response that have no result yet, in the model's order."""
    calls: dict[str, ToolCallPart] = {}
    for message in messages:
        if isinstance(message, ModelResponse):
            calls = {part.tool_call_id: part for part in message.parts if isinstance(part, ToolCallPart)}
        else:
            for part in message.parts:
                if isinstance(part, ToolReturnPart):
                    calls.pop(part.tool_call_id, None)
    return list(calls.values())


def add_result(messages: list[ModelMessage], result: ToolReturnPart) -> None:
    """Results of one response go back in one request."""
    if messages and isinstance(messages[-1], ModelRequest):
        messages[-1] = ModelRequest(parts=[*messages[-1].parts, result])
    else:
        messages.append(ModelRequest(parts=[result]))


def close_calls(messages: list[ModelMessage], running_call_id: str | None) -> None:
    """Answer every open call of a turn that ends without running it: no model accepts a history with open calls."""
    for call in unanswered_calls(messages):
        unknown = call.tool_call_id == running_call_id
        add_result(
            messages,
            ToolReturnPart(
                tool_name=call.tool_name,
                content=UNKNOWN_OUTCOME if unknown else NOT_RUN,
                tool_call_id=call.tool_call_id,
                outcome="interrupted",
            ),
        )


UNKNOWN_OUTCOME = (
    "interrupted: the outcome of this call is unknown. It may or may not have taken effect, and it was not run again."
)
NOT_RUN = "interrupted: this call was not run."


def said(messages: Sequence[ModelMessage]) -> str:
    """The words of the model so far, as its reply has them."""
    paragraphs = (
        "".join(part.content for part in message.parts if isinstance(part, TextPart))
        for message in messages
        if isinstance(message, ModelResponse)
    )
    return SEPARATOR.join(paragraph for paragraph in paragraphs if paragraph)

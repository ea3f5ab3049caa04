"""A summary of turns that no longer fit, written by the agent's own model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic_ai.direct import model_request
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    TextContent,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import Model

from gateway.engine.models import explain

INSTRUCTIONS = (
    "You write the memory of a support agent. Below is the summary so far, if there is one, and what was said since. "
    "Write one new summary of everything, in at most 400 words: who the customer is and what they said about "
    "themselves, what they want, what was found out, what was done with which ids and amounts, what was refused and "
    "why, and what is still open. Keep names, numbers and ids exactly. Write nothing else."
)
MAX_SUMMARY_CHARS = 8_000
MAX_PART_CHARS = 4_000  # of one message or tool result: a summary needs no more
_CHARS_PER_TOKEN = 3


class SummaryFailed(Exception):
    """The model wrote no summary; the text says why."""


async def summarise(model: Model, summary: str, older: Sequence[Sequence[ModelMessage]], max_tokens: int) -> str:
    """A summary that takes the place of the one before and of these turns. Raises SummaryFailed."""
    max_chars = max(max_tokens, 1_000) * _CHARS_PER_TOKEN // 2
    for chunk in _chunks(["\n".join(_lines(turn)) for turn in older], max_chars):
        summary = await _summarise_chunk(model, summary, chunk)
    return summary


async def _summarise_chunk(model: Model, summary: str, chunk: str) -> str:
    text = f"Summary so far:\n{summary or '(none)'}\n\nSaid since:\n{chunk}"
    request = ModelRequest(parts=[UserPromptPart(text)], instructions=INSTRUCTIONS)
    try:
        response = await model_request(model, [request])
    except Exception as error:
        raise SummaryFailed(explain(error)) from error
    written = "".join(part.content for part in response.parts if isinstance(part, TextPart)).strip()
    if not written:
        raise SummaryFailed("The model wrote nothing.")
    return written[:MAX_SUMMARY_CHARS].replace("\0", "")


def _chunks(texts: Sequence[str], max_chars: int) -> Iterator[str]:
    """Whole turns joined up to the limit; a turn beyond it is cut."""
    chunk = ""
    for text in texts:
        if chunk and len(chunk) + len(text) > max_chars:
            yield chunk
            chunk = ""
        chunk += text[:max_chars] + "\n"
    if chunk:
        yield chunk


def _lines(turn: Sequence[ModelMessage]) -> Iterator[str]:
    for message in turn:
        for part in message.parts:
            match part:
                case UserPromptPart(content=content):
                    said = content if isinstance(content, str) else "\n".join(_words(item) for item in content)
                    yield f"Customer: {said[:MAX_PART_CHARS]}"
                case TextPart(content=text):
                    yield f"Agent: {text[:MAX_PART_CHARS]}"
                case ToolCallPart():
                    yield f"Agent calls {part.tool_name} {part.args_as_json_str()[:MAX_PART_CHARS]}"
                case ToolReturnPart():
                    yield f"{part.tool_name} ({part.outcome}): {part.model_response_str()[:MAX_PART_CHARS]}"
                case _:
                    pass


def _words(item: object) -> str:
    match item:
        case str():
            return item
        case TextContent(content=text):
            return text
        case _:
            return "[a file]"

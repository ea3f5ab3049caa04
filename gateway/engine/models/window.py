"""How much a model can read at once, and about how much a conversation takes.

Both are for deciding when to compact, and so err on the safe side: no tokenizer of any provider is at hand.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic_ai.messages import (
    BinaryContent,
    ModelMessage,
    ModelRequestPart,
    ModelResponsePart,
    TextContent,
    TextPart,
    ThinkingPart,
    ToolCallPart,
    ToolReturnPart,
    UserContent,
    UserPromptPart,
)
from pydantic_ai.messages import SystemPromptPart as _SystemPromptPart
from pydantic_ai.models import Model

from gateway.engine.models.scripted import ScriptedModel

SCRIPTED_WINDOW = 10_000_000  # it reads everything: its answers may not depend on what was compacted
UNKNOWN_WINDOW = 32_000  # of models that nobody has described: small local ones, mostly
_USUAL_WINDOWS = {"google": 1_000_000, "anthropic": 200_000, "openai": 128_000}

_BYTES_PER_TOKEN = 3  # English prose has four, code and most other scripts have fewer
_FILE_TOKENS = 1_600  # an image, or a page of a document
_PAGE_BYTES = 50_000
_PART_TOKENS = 8  # names, ids and frames around each part


def context_window(model: Model) -> int:
    """In tokens."""
    if isinstance(model, ScriptedModel):
        return SCRIPTED_WINDOW
    return model.context_window or _USUAL_WINDOWS.get(model.system, UNKNOWN_WINDOW)


def estimate_tokens(messages: Sequence[ModelMessage]) -> int:
    """About how many tokens these messages take, rather too many than too few."""
    return sum(_PART_TOKENS + _part_tokens(part) for message in messages for part in message.parts)


def _part_tokens(part: ModelRequestPart | ModelResponsePart) -> int:
    match part:
        case UserPromptPart(content=str() as text) | _SystemPromptPart(content=text):
            return _text_tokens(text)
        case UserPromptPart():
            return sum(map(_item_tokens, part.content))
        case TextPart() | ThinkingPart():
            return _text_tokens(part.content)
        case ToolCallPart():
            return _text_tokens(part.tool_name) + _text_tokens(part.args_as_json_str())
        case ToolReturnPart():
            return _text_tokens(part.model_response_str())
        case _:
            return 0


def _item_tokens(item: UserContent) -> int:
    match item:
        case str():
            return _text_tokens(item)
        case TextContent():
            return _text_tokens(item.content)
        case BinaryContent():
            return _FILE_TOKENS * (1 + len(item.data) // _PAGE_BYTES)
        case _:
            return _FILE_TOKENS


def _text_tokens(text: str) -> int:
    return len(text.encode("utf-8", "replace")) // _BYTES_PER_TOKEN + 1

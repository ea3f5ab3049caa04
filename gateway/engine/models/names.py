"""Tool names as providers allow them: letters, digits, `_` and `-`, 64 at most, and no digit first.

An agent's author may call a tool `Web search`. Its own name stands in the history and in what people see; only what
goes over the wire to a provider has another, which follows from the name alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequestPart,
    ModelResponse,
    ModelResponsePart,
    ToolCallPart,
    ToolReturnPart,
)
from pydantic_ai.tools import ToolDefinition

NamedPart = TypeVar("NamedPart", ToolCallPart, ToolReturnPart)

_LEGAL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_ILLEGAL = re.compile(r"[^A-Za-z0-9_-]+")
_DIGEST_CHARS = 8


def legal_name(name: str) -> str:
    """The name itself where every provider takes it, else one that resembles it and is no other tool's."""
    if _LEGAL.fullmatch(name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:_DIGEST_CHARS]
    resembling = _ILLEGAL.sub("_", name).strip("_")[: 60 - _DIGEST_CHARS]
    return f"t_{resembling}_{digest}"


def with_legal_definitions(tools: Sequence[ToolDefinition]) -> list[ToolDefinition]:
    """What a provider is told of the tools."""
    return [replace(tool, name=legal_name(tool.name)) for tool in tools]


def with_legal_names(messages: Sequence[ModelMessage]) -> list[ModelMessage]:
    """A history whose calls and results have the names that its tools are offered under."""
    return [_renamed(message) for message in messages]


def with_own_names(response: ModelResponse, names: Iterable[str]) -> ModelResponse:
    """A provider's response, its calls under the tools' own names."""
    own = {legal_name(name): name for name in names}
    return _response_renamed(response, lambda name: own.get(name, name))


def _renamed(message: ModelMessage) -> ModelMessage:
    if isinstance(message, ModelResponse):
        return _response_renamed(message, legal_name)
    parts: list[ModelRequestPart] = [
        _named(part, legal_name) if isinstance(part, ToolReturnPart) else part for part in message.parts
    ]
    return replace(message, parts=parts)


def _response_renamed(response: ModelResponse, rename: Callable[[str], str]) -> ModelResponse:
    parts: list[ModelResponsePart] = [
        _named(part, rename) if isinstance(part, ToolCallPart) else part for part in response.parts
    ]
    return replace(response, parts=parts)


def _named(part: NamedPart, rename: Callable[[str], str]) -> NamedPart:
    return replace(part, tool_name=rename(part.tool_name))

"""Tool calls as a session tells them, and as the model reads their results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import orjson
from pydantic_ai.messages import ModelResponse, ModelResponsePart, ToolCallPart, ToolReturnPart

from gateway.engine.tools.base import ToolOutcome

CallStatus: TypeAlias = Literal["Running", "Complete", "Error", "Denied"]


@dataclass(frozen=True, slots=True)
class CallLabel:
    """Which call of which tool; an unknown tool has no id."""

    tool_call_id: str
    tool_id: str
    tool_name: str

    def fields(self) -> dict[str, object]:
        return {"tool_call_id": self.tool_call_id, "tool_id": self.tool_id, "tool_name": self.tool_name}


@dataclass(frozen=True, slots=True)
class RunningCall:
    """A call that has started, as the turn's row keeps it until the call has ended."""

    message_id: str
    label: CallLabel
    arguments: Mapping[str, Any]

    def dump(self) -> str:
        return orjson.dumps(self).decode()

    @classmethod
    def load(cls, text: str) -> RunningCall:
        row = orjson.loads(text)
        return cls(row["message_id"], CallLabel(**row["label"]), row["arguments"])


def call_content(label: CallLabel, arguments: Mapping[str, Any], status: CallStatus) -> dict[str, object]:
    return {"type": "tool_call", **label.fields(), "arguments": arguments, "status": status}


def result_content(label: CallLabel, text: str, status: CallStatus) -> dict[str, object]:
    return {
        "type": "tool_result",
        **label.fields(),
        "status": status,
        "is_error": status == "Error",
        "result": text,
    }


def search_content(label: CallLabel, outcome: ToolOutcome) -> dict[str, object]:
    results = [{"title": hit.title, "url": hit.url, "text": hit.text} for hit in outcome.hits]
    return {"type": "search_message", **label.fields(), "query": outcome.query, "results": results}


def read_arguments(call: ToolCallPart) -> Mapping[str, Any] | None:
    """What the model supplied; None where that is no JSON object."""
    if isinstance(call.args, dict):
        return call.args
    try:
        arguments = _storable(json.loads(call.args)) if call.args else {}
    except (ValueError, RecursionError):
        return None
    return arguments if isinstance(arguments, dict) else None


def with_storable_arguments(response: ModelResponse) -> ModelResponse:
    """Models may supply what no row and no frame can hold: numbers beyond 64 bits, halves of characters."""
    return replace(response, parts=[_with_storable_arguments(part) for part in response.parts])


def _with_storable_arguments(part: ModelResponsePart) -> ModelResponsePart:
    if not isinstance(part, ToolCallPart) or not isinstance(part.args, dict):
        return part
    try:
        orjson.dumps(part.args)
    except orjson.JSONEncodeError:
        return ToolCallPart(part.tool_name, _storable(part.args), tool_call_id=part.tool_call_id)
    return part


def _storable(arguments: object) -> Any:
    text = json.dumps(arguments, ensure_ascii=False, default=str)
    return orjson.loads(text.encode("utf-8", "replace"))


def returned(label: CallLabel, outcome: ToolOutcome, note: str | None = None) -> ToolReturnPart:
    """The result for the model. A note of ours follows the exact text."""
    return ToolReturnPart(
        tool_name=label.tool_name,
        content=[outcome.text, note] if note else outcome.text,
        tool_call_id=label.tool_call_id,
        outcome="failed" if outcome.is_error else "success",
    )


def denied(label: CallLabel, reason: str) -> ToolReturnPart:
    return ToolReturnPart(tool_name=label.tool_name, content=reason, tool_call_id=label.tool_call_id, outcome="denied")

"""Approval requests and their answers: what a request shows, how an answer is checked, what it means for the call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic_ai.messages import ToolCallPart

from gateway.engine.errors import Refused
from gateway.engine.protocol.contents import Answer
from gateway.engine.tools.arguments import complaint_about_edit
from gateway.engine.tools.base import RunnableTool


@dataclass(frozen=True, slots=True)
class Decision:
    """An accepted answer, as the turn goes on with it: the call it is about and the arguments that it runs with."""

    tool_call_id: str
    approved: bool
    arguments: Mapping[str, Any]
    edited: tuple[str, ...] = ()  # names of the arguments that the person changed
    reason: str = ""


def request_content(
    tool: RunnableTool, call: ToolCallPart, arguments: Mapping[str, Any], wire_tool: object
) -> dict[str, object]:
    """What the approver sees. The schema lets a dialog offer typed fields; the author's policy goes along unread."""
    policy = wire_tool.get("approval_policy") if isinstance(wire_tool, dict) else None
    return {
        "type": "tool_call_approval",
        "tool_call_id": call.tool_call_id,
        "tool_id": tool.tool_id,
        "tool_name": tool.name,
        "description": tool.description,
        "arguments": arguments,
        "arguments_schema": tool.arguments_schema,
        **({"approval_policy": policy} if policy is not None else {}),
    }


def decide(request: str, answer: Answer) -> Decision:
    """What an answer means for a request, given as its content's JSON. Raises `Refused` where the edit is wrong."""
    content = orjson.loads(request)
    proposed: Mapping[str, Any] = content["arguments"]
    complaint = complaint_about_edit(content["arguments_schema"], proposed, answer.confirm)
    if complaint is not None:
        raise Refused("bad_content", complaint)
    return Decision(
        tool_call_id=content["tool_call_id"],
        approved=answer.approved,
        arguments={**proposed, **answer.confirm},
        edited=tuple(key for key, value in answer.confirm.items() if key not in proposed or proposed[key] != value),
        reason=answer.reason,
    )


def dump_decision(decision: Decision) -> str:
    return orjson.dumps(decision).decode()


def load_decision(text: str) -> Decision:
    row = orjson.loads(text)
    return Decision(**{**row, "edited": tuple(row["edited"])})

"""Tools on the wire, as the tests declare them, and a shorthand for running them."""

from __future__ import annotations

from typing import Any

from gateway.agent.local import LocalTool
from gateway.engine.tools.base import RunnableTool, ToolContext, ToolOutcome
from gateway.engine.tools.catalogue import build_tools
from gateway.engine.tools.config import ToolsConfig
from gateway.engine.tools.services import ToolServices

CONTEXT = ToolContext(session_id="session", tool_call_id="call", agent_id="agent")


def static(value: object) -> dict[str, object]:
    return {"type": "static", "value": value}


def dynamic(description: str = "") -> dict[str, object]:
    return {"type": "dynamic", "value": description}


def tool_frame(kind: str, *, name: str = "tool", approval: str = "auto_run", **value: Any) -> dict[str, Any]:
    return {
        "id": f"{kind}_1",
        "name": name,
        "description": "What it does.",
        "approval_config": approval,
        "value": {"node_type": kind, "task_name": kind, "inputs": {}, **value},
    }


async def built(frame: dict[str, Any], services: ToolServices, *local: LocalTool) -> RunnableTool:
    """The one tool that this frame gives."""
    tools = await build_tools({frame["id"]: frame}, services, {tool.name: tool for tool in local})
    assert len(tools) == 1
    return tools[0]


async def run_once(
    frame: dict[str, Any], arguments: dict[str, Any], config: ToolsConfig | None = None, *local: LocalTool
) -> ToolOutcome:
    """Builds the tool and runs it with what a model supplied."""
    async with ToolServices.open(config or ToolsConfig()) as services:
        tool = await built(frame, services, *local)
        return await tool.run(tool.arguments_to_run(arguments), CONTEXT)

"""`AgentTools.<kind>(…)` makes a tool, `agent.add_tool.<kind>(…)` makes one and adds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from gateway.agent.kinds import (
    CustomTool,
    ExaAiTool,
    GoogleSearchTool,
    McpConnectorTool,
    McpServerTool,
    WikipediaTool,
)
from gateway.agent.tool import Tool, kind_of

if TYPE_CHECKING:
    from gateway.agent.definition import Definition

D = TypeVar("D", bound="Definition")


class AgentTools:
    """The tools that can be made by name. A tool of another kind is made with `Tool(kind, …)`."""

    exa_ai = ExaAiTool
    google_search = GoogleSearchTool
    wikipedia = WikipediaTool
    custom_tool = CustomTool
    mcp_server = McpServerTool
    mcp_connector = McpConnectorTool


KINDS: Mapping[str, type[Tool]] = {
    name: kind for name, kind in vars(AgentTools).items() if isinstance(kind, type) and issubclass(kind, Tool)
}


def tool_from_wire(data: Mapping[str, Any]) -> Tool:
    """A tool that the platform kept; one of a kind that we do not know stays a plain `Tool`."""
    return KINDS.get(kind_of(data), Tool).from_wire(data)


class ToolAdder(Generic[D]):
    """`agent.add_tool(tool)` and `agent.add_tool.<kind>(…)`; both return the agent."""

    def __init__(self, agent: D) -> None:
        self._agent = agent

    def __call__(self, tool: Tool) -> D:
        self._agent.tools.append(tool)
        return self._agent

    def __getattr__(self, kind: str) -> Callable[..., D]:
        if kind not in KINDS:
            raise AttributeError(f"there is no tool kind {kind!r}, only {', '.join(KINDS)}; or use Tool({kind!r}, …)")

        def add(*args: Any, **kwargs: Any) -> D:
            return self(KINDS[kind](*args, **kwargs))

        return add

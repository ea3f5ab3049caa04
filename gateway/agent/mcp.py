"""A handle to an MCP server that the platform knows by its id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.agent.platform import Platform


@dataclass(frozen=True, slots=True)
class McpServer:
    """Only the id counts; the rest is for people. Such servers are set up on the platform, not from here."""

    id: str
    name: str = ""
    url: str = ""
    description: str = ""

    def list_tools(self, platform: Platform | None = None) -> dict[str, Any]:
        """The server's tools in the form that an agent's definition keeps: name → argument → input."""
        return _catalogue((platform or Platform()).request("GET", self._endpoint))

    async def alist_tools(self, platform: Platform | None = None) -> dict[str, Any]:
        """`list_tools`, without blocking the event loop."""
        return _catalogue(await (platform or Platform()).arequest("GET", self._endpoint))

    @property
    def _endpoint(self) -> str:
        return f"/mcp-server/{self.id}/tools"


def _catalogue(answer: dict[str, Any]) -> dict[str, Any]:
    tools = answer.get("tool_config")
    return tools if isinstance(tools, dict) else {}

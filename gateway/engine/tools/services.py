"""What the tools share while the engine runs: one HTTP client, the MCP connections, the knowledge base."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from gateway.engine.tools.config import ToolsConfig
from gateway.engine.tools.knowledge.base import KnowledgeBase
from gateway.engine.tools.mcp_servers import McpServers
from gateway.engine.tools.web import WebClient


@dataclass(frozen=True, slots=True)
class ToolServices:
    """Opened once per engine process."""

    config: ToolsConfig
    web: WebClient
    mcp: McpServers
    knowledge: KnowledgeBase | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, config: ToolsConfig) -> AsyncIterator[ToolServices]:
        async with AsyncExitStack() as stack:
            knowledge = None
            if config.knowledge_folder is not None:
                opening = KnowledgeBase.open(config.knowledge_folder, config.knowledge_index)
                knowledge = await stack.enter_async_context(opening)
            yield cls(
                config=config,
                web=await stack.enter_async_context(WebClient()),
                mcp=await stack.enter_async_context(McpServers.open(config.mcp_servers)),
                knowledge=knowledge,
            )

    async def mcp_catalogue(self, server_id: str) -> Mapping[str, Any] | None:
        """The `tool_config` of a server: its tools and their arguments, all dynamic. None for an unknown id.

        Raises `ToolFailure` where the server is known and cannot be reached.
        """
        if not self.mcp.knows(server_id):
            return None
        return {
            name: {argument: {"type": "dynamic", "value": ""} for argument in tool.input_schema.get("properties", {})}
            for name, tool in (await self.mcp.tools(server_id)).items()
        }

"""The MCP servers of this engine, by id: what tools they have, and calls to them.

A listing is kept for a minute. When a new one cannot be had, the turn goes on with the old one, and a call tells in
words what is wrong.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from gateway.engine.tools.base import ToolFailure, ToolOutcome
from gateway.engine.tools.config import McpAddress, McpCommand

if TYPE_CHECKING:
    from gateway.engine.tools.mcp_connection import McpConnection

LISTING_LIFETIME = timedelta(seconds=60)
LISTING_LIMIT = timedelta(seconds=15)
FAILURE_LIFETIME = timedelta(seconds=10)  # so that not every turn waits for a server that is down

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class McpTool:
    """A tool as its server describes it."""

    name: str
    description: str
    input_schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Listing:
    """What a server has, or why that is not known."""

    tools: Mapping[str, McpTool]
    good_until: float
    failure: str = ""


class McpServers:
    """All configured servers. Connections open when they are first needed, and close with this object."""

    def __init__(
        self,
        servers: Mapping[str, McpAddress | McpCommand],
        owner: asyncio.TaskGroup,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._servers = servers
        self._owner = owner
        self._clock = clock
        self._connections: dict[str, McpConnection] = {}
        self._listings: dict[str, _Listing] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, servers: Mapping[str, McpAddress | McpCommand]) -> AsyncIterator[McpServers]:
        async with asyncio.TaskGroup() as owner:
            opened = cls(servers, owner)
            try:
                yield opened
            finally:
                opened.close()

    def close(self) -> None:
        """Lets every connection end; their owner waits for that."""
        for connection in self._connections.values():
            connection.retire()

    def knows(self, server_id: str) -> bool:
        """Whether this engine has an address for the id."""
        return server_id in self._servers

    async def tools(self, server_id: str) -> Mapping[str, McpTool]:
        """The server's tools by name. Raises `ToolFailure` where they cannot be read and never were."""
        listing = self._listings.get(server_id)
        if listing is None or self._clock() >= listing.good_until:
            listing = self._listings[server_id] = await self._listing(server_id, listing)
        if listing.failure:
            raise ToolFailure(listing.failure)
        return listing.tools

    async def _listing(self, server_id: str, former: _Listing | None) -> _Listing:
        try:
            async with asyncio.timeout(LISTING_LIMIT.total_seconds()):
                tools = await self._list(server_id)
        except (TimeoutError, ToolFailure) as error:
            log.warning("mcp.listing_failed", server_id=server_id, error=type(error).__name__)
            good_until = self._clock() + FAILURE_LIFETIME.total_seconds()
            if former is not None and former.tools:
                return replace(former, good_until=good_until)
            return _Listing({}, good_until, str(error) or "the MCP server did not list its tools in time")
        good_until = self._clock() + LISTING_LIFETIME.total_seconds()
        return _Listing({tool.name: tool for tool in tools}, good_until)

    async def call(self, server_id: str, name: str, arguments: Mapping[str, Any]) -> ToolOutcome:
        """Runs a tool once, and gives its answer as text. Raises `ToolFailure`."""
        return await self._connection(server_id).call_tool(name, arguments)

    async def _list(self, server_id: str) -> Sequence[McpTool]:
        """Reading is harmless: where a connection has died since, a new one is tried once."""
        former = self._connections.get(server_id)
        try:
            return await self._connection(server_id).list_tools()
        except ToolFailure:
            if former is None or former is not self._connections[server_id]:
                raise  # it was new
            return await self._connection(server_id).list_tools()

    def _connection(self, server_id: str) -> McpConnection:
        if server_id not in self._servers:
            raise ToolFailure(f"this engine has no MCP server {server_id}")
        # Imported for the first server: most engines have none, and should start fast.
        from gateway.engine.tools.mcp_connection import McpConnection

        connection = self._connections.get(server_id)
        if connection is None or connection.is_retired:
            connection = self._connections[server_id] = McpConnection(self._servers[server_id])
            connection.start(self._owner)
        return connection

"""An MCP server for the tests. As a program it serves its standard input and output; `serve_http` serves a port.

Every call is written to the file that is named in `MCP_LOG`, so that tests can count how often one ran.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError


def program(log: Path) -> MCPServer:
    server = MCPServer("test")

    def note(what: str) -> None:
        with log.open("a") as file:
            file.write(f"{what}\n")

    @server.tool()
    def search_code(query: str, limit: int = 3) -> str:
        """Search the code."""
        note(f"search_code {query} {limit}")
        return f"{limit} results for {query}"

    @server.tool()
    def refuse(reason: str) -> str:
        """Always fails."""
        note("refuse")
        raise ToolError(reason)

    @server.tool()
    async def hang() -> str:
        """Never answers."""
        note("hang")
        await anyio.sleep_forever()
        return ""

    @server.tool()
    def die() -> str:
        """Ends the server in the middle of a call."""
        note("die")
        os._exit(1)

    return server


@asynccontextmanager
async def serve_http(port: int, log: Path) -> AsyncIterator[str]:
    """Serves the same tools over streamable HTTP; the address is given."""
    app = program(log).streamable_http_app()
    config = uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    # The socket listens from the start, so that nobody is turned away while the server gets ready.
    with socket.create_server(("127.0.0.1", port)) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            server.should_exit = True
            await serving


if __name__ == "__main__":
    anyio.run(program(Path(os.environ.get("MCP_LOG") or sys.argv[1])).run_stdio_async)

"""One live connection to an MCP server. A task of its own opens and closes it, as the protocol's client demands.

Several sessions share it. A connection that failed is retired: nobody new gets it, and it closes when its last call
ends.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import (
    AudioContent,
    CallToolResult,
    ContentBlock,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResourceContents,
)

from gateway.engine.tools.base import ToolFailure, ToolOutcome
from gateway.engine.tools.config import McpAddress, McpCommand
from gateway.engine.tools.mcp_servers import McpTool

CONNECT_LIMIT = timedelta(seconds=10)

_HTTP_TIMEOUT = httpx2.Timeout(30, read=300)  # a server may hold a stream open while it works
_MOST_PAGES = 100  # a server whose listing never ends does not hold up a turn


class McpConnection:
    """Opened by `start`; `use` counts who is at work with it; closed after `retire` when nobody is."""

    def __init__(self, server: McpAddress | McpCommand) -> None:
        self._server = server
        self._client: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
        self._is_retired = False
        self._users = 0
        self._is_over = asyncio.Event()

    def start(self, owner: asyncio.TaskGroup) -> None:
        """The owner waits for the connection's end."""
        owner.create_task(self._live())

    def retire(self) -> None:
        """Closes the connection as soon as its last user is done."""
        self._is_retired = True
        self._close_when_idle()

    @property
    def is_retired(self) -> bool:
        return self._is_retired

    async def list_tools(self) -> list[McpTool]:
        """All pages of the server's listing. Raises `ToolFailure`."""
        async with self._use() as client:
            page = await client.list_tools(cache_mode="refresh")
            tools = list(page.tools)
            for _ in range(_MOST_PAGES):
                if not page.next_cursor:
                    break
                page = await client.list_tools(cursor=page.next_cursor)
                tools += page.tools
            return [McpTool(tool.name, tool.description or "", tool.input_schema) for tool in tools]

    async def call_tool(self, name: str, arguments: Mapping[str, Any]) -> ToolOutcome:
        """Runs the tool once, and gives its answer as text. Raises `ToolFailure`.

        What goes wrong is never tried again: the server may have acted.
        """
        async with self._use() as client:
            result = await client.call_tool(name, dict(arguments))
            return ToolOutcome(_text_of(result), is_error=result.is_error)

    @asynccontextmanager
    async def _use(self) -> AsyncIterator[Client]:
        self._users += 1
        try:
            yield await asyncio.shield(self._client)
        except BaseException as error:
            self._is_retired = True
            if isinstance(error, Exception) and not isinstance(error, ToolFailure):
                raise ToolFailure(_in_words(error)) from error
            raise
        finally:
            self._users -= 1
            self._close_when_idle()

    def _close_when_idle(self) -> None:
        if self._is_retired and not self._users:
            self._is_over.set()

    async def _live(self) -> None:
        try:
            async with AsyncExitStack() as stack:
                async with asyncio.timeout(CONNECT_LIMIT.total_seconds()):
                    client = await stack.enter_async_context(self._opened())
                self._client.set_result(client)
                await self._is_over.wait()
        except TimeoutError:
            self._fail(f"no connection within {CONNECT_LIMIT.total_seconds():g} seconds")
        except Exception as error:  # noqa: BLE001  # foreign code on both sides; its users are told, in words
            self._fail(f"the MCP server cannot be reached: {_in_words(error)}")
        finally:
            self._is_retired = True
            self._client.cancel()

    def _fail(self, reason: str) -> None:
        self._is_retired = True
        if not self._client.done():
            self._client.set_exception(ToolFailure(reason))
            self._client.exception()  # looked at, so that nobody complains where no user is left to be told

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Client]:
        match self._server:
            case McpAddress(url, headers):
                plain = {name: value.get_secret_value() for name, value in headers.items()}
                async with (
                    httpx2.AsyncClient(headers=plain, timeout=_HTTP_TIMEOUT) as http,
                    Client(streamable_http_client(url, http_client=http)) as client,
                ):
                    yield client
            case McpCommand(command, args, env):
                plain = {name: value.get_secret_value() for name, value in env.items()}
                program = StdioServerParameters(command=command, args=list(args), env=plain)
                # What servers print beside the protocol may hold customers' words, and so goes nowhere.
                with open(os.devnull, "w") as nowhere:  # noqa: ASYNC230  # opening the null device does not wait
                    async with Client(stdio_client(program, errlog=nowhere)) as client:
                        yield client


def _in_words(error: BaseException) -> str:
    """The innermost cause: the protocol's client wraps errors in groups."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    message = str(getattr(error, "message", "") or error).strip()
    return message or type(error).__name__


def _text_of(result: CallToolResult) -> str:
    if result.content:
        return "\n".join(map(_block_text, result.content))
    return "" if result.structured_content is None else json.dumps(result.structured_content, ensure_ascii=False)


def _block_text(block: ContentBlock) -> str:
    match block:
        case TextContent():
            return block.text
        case ImageContent() | AudioContent():
            return f"[{block.mime_type}, {len(block.data) * 3 // 4} bytes, which cannot be shown]"
        case ResourceLink():
            return f"{block.title or block.name}: {block.uri}"
        case EmbeddedResource(resource=TextResourceContents() as resource):
            return resource.text
        case EmbeddedResource():
            return f"[{block.resource.uri}, which cannot be shown]"

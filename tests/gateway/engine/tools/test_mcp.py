"""MCP servers over streamable HTTP and as programs: their catalogue, their calls, and every way in which they fail."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from gateway.agent.tool import ToolApprovalConfig
from gateway.engine.tools.base import RunnableTool, ToolFailure, ToolLimits, ToolOutcome
from gateway.engine.tools.catalogue import build_tools
from gateway.engine.tools.config import McpAddress, McpCommand, ToolsConfig
from gateway.engine.tools.mcp_servers import McpServers
from gateway.engine.tools.services import ToolServices
from tests.gateway.engine.tools import mcp_program
from tests.gateway.engine.tools.wire import CONTEXT, dynamic, static, tool_frame

CATALOGUE = {
    "search_code": {"query": dynamic(), "limit": dynamic()},
    "refuse": {"reason": dynamic()},
    "hang": {},
    "die": {},
}


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    log = tmp_path / "calls.log"
    log.touch()
    return log


@pytest.fixture(params=["http", "stdio"])
async def config(request: pytest.FixtureRequest, calls: Path, free_port: int) -> AsyncIterator[ToolsConfig]:
    limits = ToolLimits(timeout=timedelta(seconds=20))
    if request.param == "stdio":
        yield ToolsConfig(mcp_servers={"srv-1": as_program(calls)}, limits=limits)
        return
    async with mcp_program.serve_http(free_port, calls) as url:
        yield ToolsConfig(mcp_servers={"srv-1": McpAddress(url)}, limits=limits)


def as_program(calls: Path) -> McpCommand:
    program = str(Path(mcp_program.__file__))
    return McpCommand(sys.executable, [program], {"MCP_LOG": SecretStr(str(calls))})


def server_frame(server_id: str = "srv-1", **more: Any) -> dict[str, Any]:
    reference = {"object_id": server_id, "object_type": "mcp_server"}
    return tool_frame("mcp_server", name="code", server=static(reference), **more)


def noted(calls: Path) -> list[str]:
    return calls.read_text().splitlines()


async def built(frame: dict[str, Any], services: ToolServices) -> dict[str, RunnableTool]:
    return {tool.name: tool for tool in await build_tools({frame["id"]: frame}, services, {})}


async def run(tool: RunnableTool, **arguments: Any) -> ToolOutcome:
    return await tool.run(tool.arguments_to_run(arguments), CONTEXT)


async def test_the_catalogue_lists_the_tools_and_their_arguments(config: ToolsConfig) -> None:
    async with ToolServices.open(config) as services:
        assert await services.mcp_catalogue("srv-1") == CATALOGUE
        assert await services.mcp_catalogue("srv-2") is None


async def test_each_entry_is_a_tool_with_the_servers_schema_and_the_one_approval(config: ToolsConfig) -> None:
    async with ToolServices.open(config) as services:
        tools = await built(server_frame(approval="requires_approval"), services)

    search = tools["code__search_code"]
    assert list(tools) == ["code__search_code", "code__refuse", "code__hang", "code__die"]
    assert {tool.approval for tool in tools.values()} == {ToolApprovalConfig.REQUIRES_APPROVAL}
    assert {tool.tool_id for tool in tools.values()} == {"mcp_server_1"}
    assert search.description == "Search the code."
    assert search.parameters["properties"]["limit"]["type"] == "integer"
    assert search.parameters["required"] == ["query"]


async def test_a_call_runs_once_and_gives_its_text(config: ToolsConfig, calls: Path) -> None:
    async with ToolServices.open(config) as services:
        tools = await built(server_frame(), services)
        outcome = await run(tools["code__search_code"], query="tea")

    assert outcome == ToolOutcome("3 results for tea")
    assert noted(calls) == ["search_code tea 3"]


async def test_the_wires_catalogue_says_which_entries_are_offered_and_what_is_constant(
    config: ToolsConfig, calls: Path
) -> None:
    frame = server_frame(tools={"search_code": {"query": dynamic("What to find"), "limit": static(7)}})

    async with ToolServices.open(config) as services:
        tools = await built(frame, services)
        outcome = await run(tools["code__search_code"], query="tea", limit=1)

    assert list(tools) == ["code__search_code"]
    assert tools["code__search_code"].parameters["properties"]["query"]["description"] == "What to find"
    assert "limit" not in tools["code__search_code"].parameters["properties"]
    assert outcome.text == "7 results for tea"


async def test_a_failing_tool_and_wrong_arguments_are_errors_in_words(config: ToolsConfig, calls: Path) -> None:
    async with ToolServices.open(config) as services:
        tools = await built(server_frame(), services)
        refused = await run(tools["code__refuse"], reason="closed today")
        wrong = await run(tools["code__search_code"], query=7)

    assert refused.is_error
    assert "closed today" in refused.text
    assert wrong == ToolOutcome("query must be text.", is_error=True)
    assert noted(calls) == ["refuse"]


async def test_an_entry_that_the_server_does_not_have_fails_when_called(config: ToolsConfig) -> None:
    async with ToolServices.open(config) as services:
        tools = await built(server_frame(tools={"gone": {"x": dynamic()}}), services)
        outcome = await run(tools["code__gone"], x=1)

    assert outcome.is_error
    assert "gone" in outcome.text


async def test_a_hanging_call_is_given_up_and_the_next_one_works(calls: Path, free_port: int) -> None:
    limits = ToolLimits(timeout=timedelta(seconds=3))

    async with mcp_program.serve_http(free_port, calls) as url:
        config = ToolsConfig(mcp_servers={"srv-1": McpAddress(url)}, limits=limits)
        async with ToolServices.open(config) as services:
            tools = await built(server_frame(), services)
            hung = await run(tools["code__hang"])
            answered = await run(tools["code__search_code"], query="tea")

    assert hung == ToolOutcome("no answer within 3 seconds", is_error=True)
    assert answered == ToolOutcome("3 results for tea")
    assert noted(calls) == ["hang", "search_code tea 3"]


async def test_a_server_that_dies_in_a_call_is_started_again_and_the_call_is_not_repeated(calls: Path) -> None:
    config = ToolsConfig(mcp_servers={"srv-1": as_program(calls)})

    async with ToolServices.open(config) as services:
        tools = await built(server_frame(), services)
        died = await run(tools["code__die"])
        answered = await run(tools["code__search_code"], query="tea")

    assert died.is_error
    assert answered == ToolOutcome("3 results for tea")
    assert noted(calls) == ["die", "search_code tea 3"]


async def test_a_server_that_came_back_at_its_address_is_used_again(calls: Path, free_port: int) -> None:
    config = ToolsConfig(mcp_servers={"srv-1": McpAddress(f"http://127.0.0.1:{free_port}/mcp")})

    async with ToolServices.open(config) as services:
        async with mcp_program.serve_http(free_port, calls):
            before = await run((await built(server_frame(), services))["code__search_code"], query="one")
        async with mcp_program.serve_http(free_port, calls):
            tools = await built(server_frame(), services)
            outcomes = [await run(tools["code__search_code"], query="two") for _ in range(2)]

    assert not before.is_error
    assert outcomes[-1] == ToolOutcome("3 results for two")


@pytest.mark.parametrize("server_id", ["srv-1", "unknown"])
async def test_a_server_that_cannot_be_reached_leaves_its_catalogue_on_offer(server_id: str, free_port: int) -> None:
    nobody = ToolsConfig(mcp_servers={"srv-1": McpAddress(f"http://127.0.0.1:{free_port}/mcp")})
    frame = server_frame(server_id, tools={"search_code": {"query": dynamic("What to find")}})

    async with ToolServices.open(nobody) as services:
        tools = await built(frame, services)
        outcome = await run(tools["code__search_code"], query="tea")

    assert list(tools) == ["code__search_code"]
    assert outcome.is_error
    assert outcome.text


async def test_the_catalogue_of_a_server_that_cannot_be_reached_is_an_error(free_port: int) -> None:
    nobody = ToolsConfig(mcp_servers={"srv-1": McpAddress(f"http://127.0.0.1:{free_port}/mcp")})

    async with ToolServices.open(nobody) as services:
        with pytest.raises(ToolFailure, match="the MCP server cannot be reached"):
            await services.mcp_catalogue("srv-1")


async def test_a_server_that_is_down_is_not_asked_again_at_every_turn(calls: Path, free_port: int) -> None:
    now = [0.0]
    address = McpAddress(f"http://127.0.0.1:{free_port}/mcp")

    async with asyncio.TaskGroup() as owner:
        servers = McpServers({"srv-1": address}, owner, clock=lambda: now[0])
        with pytest.raises(ToolFailure):
            await servers.tools("srv-1")
        async with mcp_program.serve_http(free_port, calls):
            with pytest.raises(ToolFailure):
                await servers.tools("srv-1")
            now[0] += 11
            listed = list(await servers.tools("srv-1"))
            servers.close()

    assert listed == list(CATALOGUE)


async def test_what_a_server_had_is_offered_while_it_is_down(calls: Path, free_port: int) -> None:
    now = [0.0]

    async with asyncio.TaskGroup() as owner:
        async with mcp_program.serve_http(free_port, calls) as url:
            servers = McpServers({"srv-1": McpAddress(url)}, owner, clock=lambda: now[0])
            before = list(await servers.tools("srv-1"))
        now[0] += 61
        after = list(await servers.tools("srv-1"))
        servers.close()

    assert before == after == list(CATALOGUE)


async def test_a_program_that_does_not_exist_is_an_error_in_words() -> None:
    nothing = ToolsConfig(mcp_servers={"srv-1": McpCommand("/nonexistent/program")})

    async with ToolServices.open(nothing) as services:
        with pytest.raises(ToolFailure, match="the MCP server cannot be reached"):
            await services.mcp_catalogue("srv-1")


async def test_services_close_with_a_call_under_way(calls: Path) -> None:
    config = ToolsConfig(
        mcp_servers={"srv-1": as_program(calls)}, limits=ToolLimits(timeout=timedelta(milliseconds=300))
    )

    async with ToolServices.open(config) as services:
        outcome = await run((await built(server_frame(), services))["code__hang"])

    assert outcome.is_error

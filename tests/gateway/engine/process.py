"""The engine as a process of its own, which tests kill: `python -m tests.gateway.engine.process URL PORT`."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx

from gateway.agent import Agent, AgentType, LlmInfo
from gateway.agent.tool import ToolApprovalConfig
from gateway.engine.config import EngineConfig
from gateway.engine.server import serve
from tests.conftest import find_free_port
from tests.gateway.engine.wire import KEY, PATIENCE_S

AGENT_NAME = "Ledger"
REPOSITORY = Path(__file__).parents[3]


def ledger_agent() -> Agent:
    """Its tools leave a line in a file when they run; `stall` never returns."""
    agent = Agent(
        name=AGENT_NAME, type=AgentType.CONVERSATIONAL, llm_info=LlmInfo(provider="demo", model_id="scripted")
    )

    @agent.tool
    async def stall(path: str) -> str:
        """Leave a line, and never return."""
        _note(path, "stalled")
        await asyncio.Event().wait()
        return "never"

    @agent.tool(approval_config=ToolApprovalConfig.REQUIRES_APPROVAL)
    async def pay(path: str) -> str:
        """Leave a line."""
        _note(path, "paid")
        return "paid"

    return agent


def _note(path: str, line: str) -> None:
    with Path(path).open("a") as file:
        file.write(line + "\n")


class EngineProcess:
    """A running process and its address."""

    def __init__(self, process: subprocess.Popen[bytes], address: str) -> None:
        self.process = process
        self.address = address

    async def kill(self) -> None:
        """As `kill -9` does."""
        self.process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(self.process.wait, PATIENCE_S)

    async def stop(self) -> int:
        """As a deployment does; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self.process.wait, PATIENCE_S)


@asynccontextmanager
async def engine_process(database_url: str) -> AsyncIterator[EngineProcess]:
    """Started and answering; killed at the end if it still runs."""
    port = find_free_port()
    command = [sys.executable, "-m", "tests.gateway.engine.process", database_url, str(port)]
    with subprocess.Popen(command, cwd=REPOSITORY) as process:  # noqa: ASYNC220  # forking blocks for a moment only
        try:
            engine = EngineProcess(process, f"http://127.0.0.1:{port}")
            await _until_healthy(engine)
            yield engine
        finally:
            process.kill()


async def _until_healthy(engine: EngineProcess) -> None:
    async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(PATIENCE_S):
        while not await _is_healthy(http, engine.address):  # noqa: ASYNC110  # another process has no event to wait for
            await asyncio.sleep(0.1)


async def _is_healthy(http: httpx.AsyncClient, address: str) -> bool:
    try:
        return (await http.get(f"{address}/healthz")).status_code == 200
    except httpx.TransportError:
        return False


def process_config(database_url: str, port: int) -> EngineConfig:
    return EngineConfig(
        database_url=database_url,
        api_keys=[KEY],
        port=port,
        agents=[ledger_agent()],
        grace=timedelta(milliseconds=500),
    )


if __name__ == "__main__":
    asyncio.run(serve(process_config(sys.argv[1], int(sys.argv[2]))))

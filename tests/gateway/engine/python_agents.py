"""Agents defined in Python for tests, whose tools stand still until they are told to go on."""

from __future__ import annotations

import asyncio

from gateway.agent import Agent, AgentType, LlmInfo
from tests.gateway.engine.wire import rest


class Gate:
    """A tool call that can be waited for, and held."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.opened = asyncio.Event()
        self.runs = 0

    async def pass_through(self) -> str:
        self.runs += 1
        self.entered.set()
        await self.opened.wait()
        return "through"


def agent_with_gate(gate: Gate) -> Agent:
    """Its tool `hold` returns when the gate is opened."""
    agent = Agent(
        name="Gatekeeper", type=AgentType.CONVERSATIONAL, llm_info=LlmInfo(provider="demo", model_id="scripted")
    )

    @agent.tool
    async def hold() -> str:
        """Wait at the gate."""
        return await gate.pass_through()

    return agent


async def id_of(address: str, name: str) -> str:
    async with rest(address) as http:
        answer = await http.get("/agent", params={"name": name})
    agent_id: str = answer.json()["object"]["_id"]
    return agent_id

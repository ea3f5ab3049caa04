"""Runs with the reference SDK as it is, and prints what it saw as JSON. The guide's own steps are tested elsewhere."""

from __future__ import annotations

import asyncio
import json
import logging
import tempfile
from pathlib import Path
from typing import Any

import vectorshift
from vectorshift.agent import Agent, AgentTools, AgentType, LlmInfo, MemoryConfig
from vectorshift.agent.extra_tools import CustomTool
from vectorshift.agent.object import ConversationalRunActionRequiredError, IoConfig
from vectorshift.agent.tool import ToolApprovalConfig
from vectorshift.events import SessionEventType
from vectorshift.request import AuthenticationError, NotFoundError, async_request_client
from vectorshift.session import Session, SessionError, UserSessionMessage


class Warnings(logging.Handler):
    """The SDK logs a warning for every frame and key that it does not know."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(record.getMessage())


def new_agent(**changes: Any) -> Agent:
    return Agent.new(
        **{
            "name": "SDK agent",
            "type": AgentType.CONVERSATIONAL,
            "llm_info": LlmInfo(provider="demo", model_id="scripted"),
            "memory_config": MemoryConfig(enable_session_memory=True),
            "tools": [echo("echo"), echo("gated", ToolApprovalConfig.REQUIRES_APPROVAL)],
            **changes,
        }
    )


def echo(name: str, approval: ToolApprovalConfig = ToolApprovalConfig.AUTO_RUN) -> CustomTool:
    return CustomTool(
        tool_type="echo", inputs={"text": {"type": "dynamic", "value": ""}}, tool_name=name, approval_config=approval
    )


async def one_shot(agent: Agent) -> Any:
    result = await agent.run("My name is Alice.", keep_alive=True)
    resumed = await agent.run("Who am I?", session_id=result.session_id)
    failed = await agent.run("fail badly")
    return [result.status, result.final_message, resumed.final_message, failed.status, failed.error]


async def one_shot_that_needs_approval(agent: Agent) -> Any:
    try:
        await agent.run('call gated {"text": "a"}')
    except ConversationalRunActionRequiredError as error:
        session = Session(session_id=error.session_id)
        async with session:
            async for event in session.listen():
                if event.type == SessionEventType.APPROVAL_REQUEST:
                    await session.respond_approval(event, approved=True, confirm={"text": "b"})
                if event.is_complete:
                    return [error.event.type, event.text]
    return None


async def files(agent: Agent) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chart.csv"
        path.write_text("a,b\n")
        async with await agent.create_session() as session:
            await session.send("See these.", files=[path, b"\x00\x01"])
            first = await reply(session)
            await session.send_many(["One.", UserSessionMessage(content="Two.", files=[path])])
            second = await reply(session)
            messages = await session.get_messages()
    return [first, second, [[message.is_user, message.text] for message in messages]]


async def reply(session: Session) -> str | None:
    async for event in session.listen():
        if event.is_complete:
            return str(event.text)
    return None


async def refusals(agent: Agent) -> Any:
    seen = []
    for session in (Session(session_id="nobody"), Session(session_id="nobody", api_key="wrong")):
        try:
            await session.connect()
        except SessionError as error:
            seen.append(str(error))
        await session.disconnect()
    async with await agent.create_session() as session:
        await session.send("")
        async for event in session.listen():
            if event.error:
                seen.append(f"{event.data['request_type']}: {event.error}")
                break
    return seen


async def terminated(agent: Agent) -> Any:
    session = await agent.create_session()
    await session.connect()
    await session.send("Before.")
    await reply(session)
    await session.terminate()
    again = Session(session_id=session.session_id)
    async with again:
        await again.send("What were we discussing?")
        return await reply(again)


def agents(agent: Agent) -> Any:
    agent.add_tool(AgentTools.exa_ai(tool_name="search", query="tea", num_results=3))
    agent.instructions = "Be brief."
    saved = agent.save()
    fetched = Agent.fetch(id=agent.id)
    listed = Agent.list(limit=5)
    other = new_agent(name="Short-lived")
    other.delete()
    seen: list[Any] = [isinstance(saved, dict), [tool.name for tool in fetched.tools], fetched.instructions]
    seen += [
        fetched.memory_config.enable_session_memory,
        fetched.agent_type,
        [found.id for found in listed] == [agent.id],
    ]
    try:
        Agent.fetch(id=other.id)
    except NotFoundError as error:
        seen.append(type(error).__name__)
    return seen


def functional() -> Any:
    agent = new_agent(
        type=AgentType.FUNCTIONAL,
        inputs={"topic": IoConfig(io_type="string"), "paper": IoConfig(io_type="file")},
        outputs={"brief": IoConfig(io_type="string")},
        memory_config=None,
    )
    plain = agent.run({"topic": "tea"})
    with_file = agent.run({"topic": "tea", "paper": b"green"})
    gated = agent.run({"topic": '\ncall gated {"text": "a"}'})
    agent.delete()
    return [plain.status, plain.outputs, with_file.outputs, gated.outputs]


def wrong_key(agent: Agent) -> Any:
    vectorshift.api_key = "wrong"
    try:
        Agent.fetch(id=agent.id)
    except AuthenticationError as error:
        return str(error)
    finally:
        vectorshift.api_key = None
    return None


async def main() -> None:
    warnings = Warnings()
    logging.getLogger("vectorshift").addHandler(warnings)
    agent = new_agent()
    print(
        json.dumps(
            {
                "one shot": await one_shot(agent),
                "approval": await one_shot_that_needs_approval(agent),
                "files": await files(agent),
                "refusals": await refusals(agent),
                "terminated": await terminated(agent),
                "agents": agents(agent),
                "functional": functional(),
                "wrong key": wrong_key(agent),
                "warnings": warnings.seen,
            }
        )
    )
    await async_request_client.close()


asyncio.run(main())

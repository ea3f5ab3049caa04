"""The support bot of the guide, step by step. It runs with the SDK, and with us after changing only the imports.

Each step puts what it saw into `seen`, which is printed at the end.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from vectorshift.agent import Agent, AgentTools, AgentType, LlmInfo, MemoryConfig
from vectorshift.agent.tool import ToolApprovalConfig, ToolInput, ToolInputType
from vectorshift.events import SessionEvent, SessionEventType
from vectorshift.session import Session

seen: dict[str, Any] = {}

# Step 1: define the agent

agent = Agent.new(
    name="Acme support",
    type=AgentType.CONVERSATIONAL,
    llm_info=LlmInfo(provider="demo", model_id="scripted"),
    tools=[
        AgentTools.exa_ai(
            tool_name="exa_ai_search",
            query=ToolInput(type=ToolInputType.DYNAMIC, description="What to search"),
            num_results=3,
            approval_config=ToolApprovalConfig.LET_AGENT_DECIDE,
        ),
    ],
    instructions="You are a friendly Acme support agent. If you cannot resolve a request, say so plainly.",
    memory_config=MemoryConfig(enable_session_memory=True),
)
seen["created"] = [agent.name, isinstance(agent.id, str)]

# Step 2: add a gated tool

agent.add_tool.exa_ai(
    tool_name="exa_ai_gated",
    query=ToolInput(type=ToolInputType.DYNAMIC, description="Search query"),
    num_results=ToolInput(type=ToolInputType.STATIC, description="Number of results", value=5),
    approval_config=ToolApprovalConfig.REQUIRES_APPROVAL,
)
seen["tools"] = [tool.name for tool in agent.tools]
agent.save()


# Step 3: start a session and stream the reply


async def stream_one_turn(session: Session) -> str:
    full = ""
    async for event in session.listen(event_types=[SessionEventType.MESSAGE_DELTA, SessionEventType.MESSAGE_COMPLETE]):
        if event.delta:
            full += event.delta
        if event.is_complete:
            seen["streamed"] = full == event.text
            full = event.text or full
            break
    return full


async def stream() -> None:
    async with await agent.create_session() as session:
        await session.send("Hi, can you remind me what your refund policy is?")
        seen["reply"] = await stream_one_turn(session)


# Step 4: observe tool events


async def observe(words: str) -> list[Any]:
    told: list[Any] = []
    async with await agent.create_session() as session:
        await session.send(words)
        async for event in session.listen():
            match event.type:
                case SessionEventType.THINKING:
                    told.append(["thinking", event.data.get("summary", "")])
                case SessionEventType.TOOL_CALL:
                    told.append(["tool call", event.tool_name, event.data.get("status", "")])
                case SessionEventType.SEARCH_RESULT:
                    told.append(["search", len(event.data["results"])])
                case SessionEventType.MESSAGE_COMPLETE:
                    told.append(["reply", event.text])
                    break
                case SessionEventType.ERROR:
                    told.append(["error", event.error])
                    break
                case _:
                    pass
    return told


# Step 5: approve or reject gated tool calls


async def decide(answer: Callable[[Session, SessionEvent], Awaitable[None]]) -> list[Any]:
    told: list[Any] = []
    async with await agent.create_session() as session:
        await session.send("Find current news on quantum computing. Use exa_ai_gated.")
        async for event in session.listen():
            if event.type == SessionEventType.APPROVAL_REQUEST:
                tool = event.data.get("tool_name") or event.data.get("tool_id")
                told.append(["approval", tool, event.data["arguments"]["num_results"]])
                await answer(session, event)
                continue
            if event.type == SessionEventType.TOOL_CALL:
                told.append(["tool call", event.tool_name])
                continue
            if event.type == SessionEventType.TOOL_RESULT:
                told.append(["tool result", str(event.data.get("result", ""))[:200]])
                continue
            if event.is_complete:
                told.append(["reply", event.text])
                break
    return told


async def approve(session: Session, event: SessionEvent) -> None:
    await session.respond(event, approved=True)


async def approve_edited(session: Session, event: SessionEvent) -> None:
    await session.respond_approval(event, approved=True, confirm={"num_results": 2})


async def reject(session: Session, event: SessionEvent) -> None:
    await session.respond(event, approved=False)


async def reject_with_reason(session: Session, event: SessionEvent) -> None:
    await session.respond_approval(event, approved=False, deny_reason="We do not search on Mondays.")


# Step 6: memory over turns


async def remember() -> None:
    async with await agent.create_session() as session:
        await session.send("My name is Alice and I live in Boston.")
        await stream_one_turn(session)
        await session.send("What did I just tell you about myself?")
        seen["remembered"] = await stream_one_turn(session)
        messages = await session.get_messages()
        seen["history"] = [[message.is_user, message.text] for message in messages]
        seen["session_id"] = session.session_id


async def main() -> None:
    agent.save()  # also in a running event loop
    await stream()
    seen["thought"] = await observe("think about the weather")
    seen["searched"] = await observe("What are the latest developments in quantum computing this week?")
    seen["failed"] = await observe("fail the model is tired")
    seen["approved"] = await decide(approve)
    seen["edited"] = await decide(approve_edited)
    seen["rejected"] = await decide(reject)
    seen["rejected with reason"] = await decide(reject_with_reason)
    await remember()


asyncio.run(main())
print(json.dumps(seen))

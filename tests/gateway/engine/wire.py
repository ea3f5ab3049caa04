"""A bare client of the session protocol for tests: frames in, frames out, nothing hidden."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

Frame = dict[str, Any]
PATIENCE_S = 30.0
KEY = "test-key"


class Client:
    """One WebSocket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.session_id = ""

    async def send(self, **frame: Any) -> None:
        await self.socket.send(json.dumps(frame))

    async def next(self) -> Frame:
        frame: Frame = json.loads(await asyncio.wait_for(self.socket.recv(), PATIENCE_S))
        return frame

    async def until(self, is_last: Callable[[Frame], bool]) -> list[Frame]:
        """All frames up to the one that is asked for."""
        frames = [await self.next()]
        while not is_last(frames[-1]):
            frames.append(await self.next())
        return frames

    async def ask(self, **frame: Any) -> Frame:
        """Send a frame and return the next one of its type, or the error."""
        await self.send(**frame)
        wanted = (_ANSWERS.get(frame["type"], frame["type"]), "error")
        return (await self.until(lambda answer: answer["type"] in wanted))[-1]

    async def create(self, agent_id: str) -> str:
        """Create a session and connect to it."""
        created = await self.ask(type="create_session", object_type="agent", object_id=agent_id)
        self.session_id = created["session_id"]
        await self.ask(type="connect_session", session_id=self.session_id)
        return self.session_id

    async def resume(self, session_id: str, **fields: Any) -> Frame:
        self.session_id = session_id
        return await self.ask(type="connect_session", session_id=session_id, **fields)

    async def post(self, content: Any, **fields: Any) -> None:
        await self.send(type="post_message", session_id=self.session_id, content=content, **fields)

    async def turn(self, content: Any, **fields: Any) -> list[Frame]:
        """Post, and return everything up to the end of the turn or its pause."""
        await self.post(content, **fields)
        return await self.until(is_turn_end)

    async def decide(self, request_id: str | None, decision: dict[str, Any], **fields: Any) -> None:
        answer = {"type_string": "response_message", "value": {"tool_call_approval": decision}}
        parent = {} if request_id is None else {"parent_message_id": request_id}
        await self.post(answer, **parent, **fields)

    async def history(self) -> list[Frame]:
        answer = await self.ask(type="get_messages", session_id=self.session_id)
        messages: list[Frame] = answer["messages"]
        return messages


_ANSWERS = {"create_session": "session_created", "ping_session": "pong"}


@asynccontextmanager
async def connected(address: str, key: str = KEY) -> AsyncIterator[Client]:
    """A client of the engine at `http://HOST:PORT`."""
    headers = {"Authorization": f"Bearer {key}"}
    url = address.replace("http", "ws") + "/v1/ws/session"
    async with connect(
        url, additional_headers=headers, max_size=4 * 1024 * 1024, compression=None, close_timeout=1
    ) as socket:
        yield Client(socket)


def rest(address: str, key: str = KEY) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=f"{address}/v1", headers={"Authorization": f"Bearer {key}"}, timeout=PATIENCE_S, trust_env=False
    )


async def make_agent(address: str, key: str = KEY, **changes: Any) -> str:
    """Save an agent with the scripted model; returns its id."""
    async with rest(address, key) as http:
        answer = await http.post("/agent", json=agent_payload(**changes))
    agent_id: str = answer.json()["id"]
    return agent_id


def agent_payload(**changes: Any) -> Frame:
    return {
        "name": "Acme support",
        "agent_type": "conversational",
        "llm_client_key": {"provider": "demo", "model_id": "scripted"},
        "tools": {},
        "instructions": "Be kind.",
        "inputs": {},
        "outputs": {},
        "memory_config": {"enable_session_memory": True, "enable_global_memory": False},
        **changes,
    }


def echo_tool(name: str = "echo", approval: str = "auto_run", **static: Any) -> Frame:
    """The echo tool: it has the arguments `text` and `count`, and whatever is static."""
    inputs = {"text": {"type": "dynamic", "value": "What to say"}, "count": {"type": "dynamic", "value": ""}}
    return {
        "id": f"custom_tool_{name}",
        "name": name,
        "description": "Says it again.",
        "approval_config": approval,
        "value": {
            "node_type": "custom_tool",
            "task_name": "custom_tool",
            "tool_type": "echo",
            "inputs": {**inputs, **{key: {"type": "static", "value": value} for key, value in static.items()}},
        },
    }


def tools(*declared: Frame) -> Frame:
    return {tool["id"]: tool for tool in declared}


def is_turn_end(frame: Frame) -> bool:
    return status_of(frame) in ("Idle", "AwaitingApproval")


def status_of(frame: Frame) -> str | None:
    return frame["message"]["status"] if frame["type"] == "participant_status" else None


def outline(frames: list[Frame]) -> list[str]:
    """Frames in short: types of messages with their status, statuses, acks; deltas as one."""
    lines: list[str] = []
    for frame in frames:
        line = _in_short(frame)
        if line != "delta" or not lines or lines[-1] != "delta":
            lines.append(line)
    return lines


def _in_short(frame: Frame) -> str:
    match frame["type"]:
        case "message_delta":
            return "delta"
        case "participant_status":
            return str(frame["message"]["status"])
        case "message_notification":
            content = frame["message"]["content"]
            status = f" {content['status']}" if content["type"] in ("tool_call", "tool_result") else ""
            return f"{content['type']}{status}"
        case kind:
            return str(kind) + (" failed" if frame.get("success") is False else "")


def contents(frames: list[Frame], kind: str) -> list[Frame]:
    """The contents of the notifications of one type."""
    return [
        frame["message"]["content"]
        for frame in frames
        if frame["type"] == "message_notification" and frame["message"]["content"]["type"] == kind
    ]


def message_of(frames: list[Frame], kind: str) -> Frame:
    """The first notified message of one type."""
    message: Frame = next(
        frame["message"]
        for frame in frames
        if frame["type"] == "message_notification" and frame["message"]["content"]["type"] == kind
    )
    return message


def reply_of(frames: list[Frame]) -> str:
    return str(contents(frames, "data_type_message")[0]["value"])

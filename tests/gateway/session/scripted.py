"""A platform on loopback that answers session frames by rule, and can be told to say or do anything."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

JsonObject = dict[str, Any]
Rule = Callable[[JsonObject], list[JsonObject]]

KEY = "key-1"


class ScriptedPlatform:
    """What came in is in `frames`; what goes out is decided by `rules`, one per frame type."""

    def __init__(self) -> None:
        self.url = ""
        self.frames: list[JsonObject] = []
        self.connections: set[ServerConnection] = set()
        self.rules: dict[str, Rule] = {
            "create_session": lambda frame: [{"type": "session_created", "session_id": "s-1"}],
            "connect_session": ack,
            "post_message": lambda frame: ack(frame, message_id=f"m-{self.count('post_message')}"),
            "post_messages": lambda frame: ack(
                frame, message_ids=[f"m-{at}" for at, _ in enumerate(frame["messages"])]
            ),
            "get_messages": lambda frame: [{**frame, "messages": []}],
            "ping_session": lambda frame: [{"type": "pong", "session_id": frame["session_id"]}],
        }
        self._changed = asyncio.Condition()

    def count(self, kind: str) -> int:
        return sum(frame["type"] == kind for frame in self.frames)

    def of_type(self, kind: str) -> list[JsonObject]:
        return [frame for frame in self.frames if frame["type"] == kind]

    async def received(self, kind: str, times: int = 1) -> JsonObject:
        """Waits until so many frames of a type have come; the last of them."""
        async with asyncio.timeout(30), self._changed:
            await self._changed.wait_for(lambda: self.count(kind) >= times)
        return self.of_type(kind)[times - 1]

    async def nobody_is_left(self) -> None:
        async with asyncio.timeout(30), self._changed:
            await self._changed.wait_for(lambda: not self.connections)

    async def push(self, *frames: JsonObject) -> None:
        """Say something to every connection."""
        for connection in self.connections:
            for frame in frames:
                await connection.send(json.dumps(frame))

    async def push_raw(self, message: str | bytes) -> None:
        for connection in self.connections:
            await connection.send(message)

    async def cut(self) -> None:
        """Drop every connection without a word, as a crash would."""
        for connection in list(self.connections):
            connection.transport.abort()

    async def close(self) -> None:
        """Close every connection politely, as a restart would."""
        for connection in list(self.connections):
            await connection.close(1012, "restarting")

    async def serve(self, connection: ServerConnection) -> None:
        await self._note(lambda: self.connections.add(connection))
        try:
            async for message in connection:
                frame = json.loads(message)
                await self._note(partial(self.frames.append, frame))
                for answer in self.rules.get(frame["type"], silence)(frame):
                    await connection.send(json.dumps(answer))
        finally:
            await self._note(lambda: self.connections.discard(connection))

    async def _note(self, change: Callable[[], object]) -> None:
        async with self._changed:
            change()
            self._changed.notify_all()


def ack(frame: JsonObject, **fields: Any) -> list[JsonObject]:
    return [{"type": frame["type"], "session_id": frame["session_id"], "success": True, **fields}]


def refuse(error: str, code: str) -> Rule:
    """A rule that says no."""
    return lambda frame: [
        {"type": frame["type"], "session_id": frame.get("session_id"), "success": False, "error": error, "code": code}
    ]


def silence(frame: JsonObject) -> list[JsonObject]:
    """A rule that says nothing."""
    return []


def notification(content: JsonObject, message_id: str = "n-1", **fields: Any) -> JsonObject:
    message = {"id": message_id, "session_id": "s-1", "sender": {"object_id": "a-1"}, "content": content}
    return {"type": "message_notification", "session_id": "s-1", "message": message, **fields}


def delta(index: int, value: str) -> JsonObject:
    return {"type": "message_delta", "session_id": "s-1", "message_id": "r-1", "index": index, "value": value}


def reply(text: str) -> JsonObject:
    return notification({"type": "data_type_message", "value": text, "status": "Complete"}, "r-1")


def status(word: str) -> JsonObject:
    return {"type": "participant_status", "session_id": "s-1", "message": {"status": word}}


@asynccontextmanager
async def scripted_platform() -> AsyncIterator[ScriptedPlatform]:
    platform = ScriptedPlatform()

    def check_key(connection: ServerConnection, request: Request) -> Response | None:
        if request.headers.get("Authorization") == f"Bearer {KEY}" and request.path == "/v1/ws/session":
            return None
        return connection.respond(HTTPStatus.UNAUTHORIZED, "unknown key\n")

    server: Server
    async with serve(platform.serve, "127.0.0.1", 0, process_request=check_key, max_size=2**25) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        platform.url = f"http://127.0.0.1:{port}/v1"
        yield platform

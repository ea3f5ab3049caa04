"""The world around what is measured, in the process of the load: Twilio, Slack and an agent platform, all in memory.

Every message carries a key as its first word, and so does what is said back to it: by the key the load learns when
a message was posted to the platform, and when its answer reached the provider. Nothing is verified here, so that the
world costs little; the platform's sessions speak the real protocol, one frame a write, as a model would stream them.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from urllib.parse import parse_qs

import orjson
from aiohttp import WSMsgType, web

DELTAS = 20
WORDS = "Thank you for writing. Your order has left our warehouse and will be with you in two or three working days. "
PIECE = len(WORDS) // DELTAS


class World:
    """Answers providers' APIs and agent sessions, and tells the load what it saw."""

    def __init__(self) -> None:
        self._answered: dict[str, asyncio.Future[float]] = {}
        self.posted_at: dict[str, float] = {}
        self.connections = 0
        self._ids = itertools.count(1)

    def expect(self, key: str) -> asyncio.Future[float]:
        """The time at which an answer to this key reaches a provider."""
        self._answered[key] = asyncio.get_running_loop().create_future()
        return self._answered[key]

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/2010-04-01/Accounts/{account}/Messages.json", self._twilio_message),
            web.post("/api/{method}", self._slack_method),
            web.get("/v1/agents", self._agents),
            web.get("/v1/ws/session", self._session),
        ]

    def _hear(self, text: str) -> None:
        """An answer names all the messages that it is to: those of a burst have one together."""
        for key in text.partition(" ")[0].split(","):
            answer = self._answered.pop(key, None)
            if answer is not None and not answer.done():
                answer.set_result(time.perf_counter())

    async def _twilio_message(self, request: web.Request) -> web.Response:
        fields = parse_qs(await request.text())
        self._hear(fields["Body"][0])
        message = {
            "sid": f"SM{next(self._ids):032x}",
            "account_sid": request.match_info["account"],
            "body": fields["Body"][0],
            "from": fields["From"][0],
            "to": fields["To"][0],
            "status": "queued",
            "date_created": "Mon, 05 Jan 2026 10:00:00 +0000",
            "error_code": None,
            "num_segments": "1",
            "direction": "outbound-api",
            "uri": "/2010-04-01/Accounts/AC/Messages/SM.json",
        }
        return web.json_response(message, status=201, dumps=_dumps)

    async def _slack_method(self, request: web.Request) -> web.Response:
        answer: dict[str, object] = {"ok": True, "user_id": "UBOT", "bot_id": "BBOT", "team_id": "T1", "team": "team"}
        if request.match_info["method"] == "chat.postMessage":
            body = await request.text()
            is_json = request.content_type == "application/json"
            fields = orjson.loads(body) if is_json else {name: values[0] for name, values in parse_qs(body).items()}
            self._hear(fields["text"])
            answer |= {"channel": fields["channel"], "ts": "1767607200.000100", "message": {"text": fields["text"]}}
        return web.json_response(answer, dumps=_dumps)

    async def _agents(self, _request: web.Request) -> web.Response:
        return web.json_response({"objects": [{"_id": "agent-1", "name": "Benchmark"}]}, dumps=_dumps)

    async def _session(self, request: web.Request) -> web.WebSocketResponse:
        self.connections += 1
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self._take(socket, orjson.loads(message.data))
        return socket

    async def _take(self, socket: web.WebSocketResponse, frame: dict[str, object]) -> None:
        kind, session_id = str(frame["type"]), frame.get("session_id")
        match kind:
            case "create_session":
                created = {"type": "session_created", "session_id": f"session-{next(self._ids)}"}
                await socket.send_str(_dumps(created))
            case "connect_session":
                await socket.send_str(_dumps({"type": kind, "session_id": session_id, "success": True}))
            case "post_message":
                await self._run_turn(socket, str(session_id), kind, [str(frame["content"])])
            case "post_messages":
                texts = frame["messages"]
                assert isinstance(texts, list)
                await self._run_turn(socket, str(session_id), kind, [str(text) for text in texts])
            case "ping_session":
                await socket.send_str(_dumps({"type": "pong", "session_id": session_id}))
            case _:
                pass

    async def _run_turn(self, socket: web.WebSocketResponse, session_id: str, kind: str, texts: Sequence[str]) -> None:
        keys = [text.partition(" ")[0] for text in texts]
        self.posted_at.update(dict.fromkeys(keys, time.perf_counter()))
        for answer in _frames(session_id, f"message-{next(self._ids)}", kind, ",".join(keys)):
            await socket.send_str(_dumps(answer))
            await asyncio.sleep(0)


@asynccontextmanager
async def serving(port: int) -> AsyncIterator[World]:
    """A world that listens on this port."""
    world = World()
    app = web.Application()
    app.add_routes(world.routes())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
        yield world
    finally:
        await runner.cleanup()


def _frames(session_id: str, message_id: str, kind: str, keys: str) -> list[dict[str, object]]:
    """Acknowledgement, status, the reply in pieces, the whole reply, status: what a plain turn looks like."""
    participant = {"object_id": "agent-1", "object_type": "agent"}
    text = f"{keys} {WORDS}"
    content = {"type": "data_type_message", "value": text, "data_type": "string", "status": "Complete"}
    seq = itertools.count(1)

    def frame(kind: str, **fields: object) -> dict[str, object]:
        return {"type": kind, "session_id": session_id, **fields, "seq": next(seq)}

    return [
        {"type": kind, "session_id": session_id, "success": True, "message_id": f"{message_id}-in"},
        frame("participant_status", message={"status": "Thinking", "participant": participant}),
        *(
            frame("message_delta", message_id=message_id, index=index, value=WORDS[index * PIECE : (index + 1) * PIECE])
            for index in range(DELTAS)
        ),
        frame("message_notification", message={"id": message_id, "sender": participant, "content": content}),
        frame("participant_status", message={"status": "Idle", "participant": participant}),
    ]


def _dumps(value: object) -> str:
    return orjson.dumps(value).decode()

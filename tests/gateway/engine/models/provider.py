"""A model provider on loopback, which speaks OpenAI's chat completions and Anthropic's messages as they stream.

It answers request after request with the steps that it was given, and remembers what it was asked.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass(frozen=True)
class Stream:
    """Server-sent events, one by one; `is_cut` breaks the connection off after the last."""

    events: Sequence[str]
    is_cut: bool = False


@dataclass(frozen=True)
class Whole:
    """An answer in one piece: a refusal, mostly."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Silence:
    """No answer at all."""


@dataclass
class FakeProvider:
    """`steps` are the answers still to give, `asked` the bodies that came, `keys` the keys that came with them."""

    steps: list[Stream | Whole | Silence] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    url: str = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(await request.json())
        self.keys.append(request.headers["Authorization"])
        step = self.steps.pop(0)
        match step:
            case Whole():
                return web.json_response(step.body, status=step.status, headers=step.headers)
            case Silence():
                await asyncio.Event().wait()
                raise AssertionError("unreachable")
            case Stream():
                return await self._stream(request, step)

    async def _stream(self, request: web.Request, step: Stream) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for event in step.events:
            await response.write(event.encode())
        if step.is_cut:
            assert request.transport is not None
            request.transport.close()
        return response


@asynccontextmanager
async def fake_provider() -> AsyncIterator[FakeProvider]:
    provider = FakeProvider()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", provider.handle)
    app.router.add_post("/v1/messages", provider.handle)
    server = TestServer(app, shutdown_timeout=0)
    await server.start_server()
    provider.url = str(server.make_url("")).rstrip("/")
    try:
        yield provider
    finally:
        await server.close()


def chat_stream(*deltas: Mapping[str, Any], finish: str = "stop", is_cut: bool = False) -> Stream:
    """Chat completion chunks with these deltas; a whole one ends with the reason, the usage and the word DONE."""
    events = [_chat_event([{"index": 0, "delta": delta, "finish_reason": None}]) for delta in deltas]
    if not is_cut:
        usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
        events += [
            _chat_event([{"index": 0, "delta": {}, "finish_reason": finish}]),
            _chat_event([], usage=usage),
            "data: [DONE]\n\n",
        ]
    return Stream(events, is_cut)


def chat_call(arguments: Sequence[str], *, call_id: str = "call_1", name: str = "refund_order") -> list[dict[str, Any]]:
    """A tool call whose arguments come in pieces."""
    begun = {"index": 0, "id": call_id, "type": "function", "function": {"name": name, "arguments": ""}}
    pieces = [{"index": 0, "function": {"arguments": piece}} for piece in arguments]
    return [{"tool_calls": [piece]} for piece in (begun, *pieces)]


def chat_reply(text: str) -> Whole:
    """A whole chat completion in one piece."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return Whole(200, {"id": "c1", "object": "chat.completion", "created": 0, "model": "test", "choices": [choice]})


def claude_stream(*blocks: Sequence[Mapping[str, Any]], stop: str = "end_turn", is_cut: bool = False) -> Stream:
    """A message of content blocks, each its start followed by its deltas."""
    message: dict[str, Any] = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": [],
        "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 11, "output_tokens": 1},
    }  # fmt: skip
    events = [_claude_event("message_start", message=message), _claude_event("ping")]
    for index, (start, *deltas) in enumerate(blocks):
        events.append(_claude_event("content_block_start", index=index, content_block=start))
        events += [_claude_event("content_block_delta", index=index, delta=delta) for delta in deltas]
        if not is_cut:
            events.append(_claude_event("content_block_stop", index=index))
    if not is_cut:
        end = {"stop_reason": stop, "stop_sequence": None}
        events += [_claude_event("message_delta", delta=end, usage={"output_tokens": 7}), _claude_event("message_stop")]
    return Stream(events, is_cut)


def claude_text(*pieces: str) -> list[dict[str, Any]]:
    """A block of text."""
    return [{"type": "text", "text": ""}, *({"type": "text_delta", "text": piece} for piece in pieces)]


def claude_thinking(*pieces: str) -> list[dict[str, Any]]:
    """A block of thinking, signed."""
    deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces]
    return [
        {"type": "thinking", "thinking": "", "signature": ""},
        *deltas,
        {"type": "signature_delta", "signature": "sig"},
    ]


def claude_call(*pieces: str) -> list[dict[str, Any]]:
    """A tool call whose arguments come in pieces."""
    start = {"type": "tool_use", "id": "call_1", "name": "refund_order", "input": {}}
    return [start, *({"type": "input_json_delta", "partial_json": piece} for piece in pieces)]


def chat_error(status: int, message: str, **more: Any) -> Whole:
    """How OpenAI refuses."""
    headers = more.pop("headers", {})
    return Whole(status, {"error": {"message": message, "type": "error", "param": None, "code": None, **more}}, headers)


def claude_error(status: int, kind: str, message: str, **headers: str) -> Whole:
    """How Anthropic refuses."""
    return Whole(status, {"type": "error", "error": {"type": kind, "message": message}}, headers)


def _chat_event(choices: list[dict[str, Any]], **more: Any) -> str:
    chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 0, "model": "test", "choices": choices, **more}
    return f"data: {json.dumps(chunk)}\n\n"


def _claude_event(kind: str, **more: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **more})}\n\n"

"""A search service on loopback that answers as it is told, and remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass
class StandIn:
    """`answer` is sent to every request, with `status`; while `is_silent`, nobody gets an answer at all."""

    answer: Any = field(default_factory=dict)
    raw: bytes | None = None
    status: int = 200
    is_silent: bool = False
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.json() if request.can_read_body else None
        self.asked.append(Asked(request.method, request.path, dict(request.query), body, dict(request.headers)))
        if self.is_silent:
            await asyncio.Event().wait()
        if self.raw is not None:
            return web.Response(body=self.raw, status=self.status)
        return web.json_response(self.answer, status=self.status)


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    headers: Mapping[str, str]


@pytest.fixture
async def stand_in() -> AsyncIterator[StandIn]:
    service = StandIn()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", service.handle)
    server = TestServer(app, shutdown_timeout=0)
    await server.start_server()
    service.url = str(server.make_url("/api"))
    try:
        yield service
    finally:
        await server.close()

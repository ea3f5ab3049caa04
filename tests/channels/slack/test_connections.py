"""One shared HTTP session: many calls, few connections. slack-sdk on its own opens one for each call."""

from __future__ import annotations

from datetime import UTC, datetime

from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.slack.api import SlackApi
from channels.slack.config import SlackConfig
from channels.slack.tokens import OneToken


async def test_many_calls_share_a_connection() -> None:
    connections = set()

    async def answer(request: web.Request) -> web.Response:
        connections.add(request.transport)
        return web.json_response({"ok": True, "ts": "1.2", "team_id": "T0FRONT"})

    app = web.Application()
    app.add_routes([web.route("*", "/api/{method}", answer)])
    async with TestServer(app) as server:
        config = SlackConfig(api_url=str(server.make_url("/api/")))
        async with SlackApi.open(config, OneToken("xoxb-1"), now=lambda: datetime.now(UTC)) as api:
            for number in range(20):
                await api.post(channel="C1", text="hello", key=f"key-{number}")

    assert len(connections) == 1

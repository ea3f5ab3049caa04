"""The web process's application over an open gateway: real Redis, real database, an agent platform that answers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from gateway.app import Gateway, open_gateway
from gateway.settings import Settings
from gateway.web.server import build_app
from tests.gateway.web.providers import ACCOUNT_SID, AUTH_TOKEN, OURS, PUBLIC_URL, SIGNING_SECRET


@pytest.fixture
async def platform() -> AsyncIterator[TestServer]:
    """An agent platform with one agent."""

    async def agents(_request: web.Request) -> web.Response:
        return web.json_response({"objects": [{"_id": "a-1", "name": "Acme support"}]})

    app = web.Application()
    app.router.add_get("/v1/agents", agents)
    server = TestServer(app)
    await server.start_server()
    yield server
    await server.close()


@pytest.fixture
def settings(database_url: str, redis_url: str, platform: TestServer) -> Settings:
    """Everything is on but mail."""
    return Settings(
        database_url=database_url,
        redis_url=redis_url,
        public_url=PUBLIC_URL,
        secret_key=SecretStr("secret"),
        vectorshift_api_key=SecretStr("vs-key"),
        vectorshift_base_url=str(platform.make_url("/v1")),
        slack_bot_token=SecretStr("xoxb-1"),
        slack_signing_secret=SecretStr(SIGNING_SECRET),
        slack_api_url="http://127.0.0.1:1/api/",
        approvers_channel="C0APPROVERS",
        twilio_account_sid=ACCOUNT_SID,
        twilio_auth_token=SecretStr(AUTH_TOKEN),
        twilio_from=OURS,
        debounce_sms=0,
    )


@pytest.fixture
async def gateway(settings: Settings) -> AsyncIterator[Gateway]:
    async with open_gateway(settings) as opened:
        yield opened


@pytest.fixture
async def http(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application. An exception that got out of it would fail the test."""
    async with client(gateway) as opened:
        yield opened


def client(gateway: Gateway) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(build_app(gateway)), base_url=PUBLIC_URL)

"""A console over a deployment that has been at work, and somebody who is signed in to it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from pydantic import SecretStr

from gateway.app import Gateway
from gateway.domain import utcnow
from gateway.settings import Settings
from gateway.web.server import build_app
from tests.gateway.web.console.scene import Known, furnish
from tests.gateway.web.providers import PUBLIC_URL

TOKEN = "a-console-token"
FORM_TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser without scripts: it keeps cookies and sends the forms that it was given."""

    http: httpx.AsyncClient

    async def read(self, path: str) -> str:
        answer = await self.http.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    async def press(self, path: str, **fields: str) -> str:
        """Send a form as a page of this session carries it; returns the page that follows."""
        found = FORM_TOKEN.search(await self.read("/console"))
        assert found is not None
        form = {"form_token": found[1], "back": "/console/deliveries", **fields}
        answer = await self.http.post(path, data=form, headers={"Origin": PUBLIC_URL}, follow_redirects=True)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.text


def unsigned(gateway: Gateway, address: str = "192.0.2.1") -> httpx.AsyncClient:
    """Somebody who has not signed in."""
    transport = httpx.ASGITransport(build_app(gateway), client=(address, 50_000))
    return httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The console is on."""
    return settings.model_copy(update={"console_token": SecretStr(TOKEN)})


@pytest.fixture
async def browser(gateway: Gateway) -> AsyncIterator[Browser]:
    """Somebody who is signed in."""
    async with unsigned(gateway) as http:
        answer = await http.post("/console/login", data={"token": TOKEN})
        assert answer.status_code == 303
        yield Browser(http)


@pytest.fixture
async def known(gateway: Gateway) -> Known:
    """The deployment has been at work."""
    return await furnish(gateway.db, utcnow())

"""Health, readiness and numbers: what does not answer is named, and comes back by itself."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import pytest
from aiohttp.test_utils import TestServer
from prometheus_client.parser import text_string_to_metric_families

from gateway.app import Gateway, open_gateway
from gateway.settings import Settings
from gateway.store.migrate import migrate
from tests.gateway.conftest import LEAVE
from tests.gateway.web.conftest import client
from tests.gateway.web.providers import a_text, post_as_twilio


async def test_a_process_that_lives_says_so(http: httpx.AsyncClient) -> None:
    answer = await http.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_a_process_is_ready_when_everything_answers(http: httpx.AsyncClient) -> None:
    answer = await http.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "problems": {}})


async def test_a_platform_that_is_away_is_named(http: httpx.AsyncClient, platform: TestServer) -> None:
    await platform.close()

    answer = await http.get("/readyz")

    assert answer.status_code == 503
    assert list(answer.json()["problems"]) == ["agent"]
    assert "vs-key" not in answer.text


async def test_a_redis_that_is_away_is_named_and_texts_are_stored_all_the_same(
    http: httpx.AsyncClient, gateway: Gateway
) -> None:
    await gateway.wakeups._redis.shutdown(nosave=True)

    ready = await http.get("/readyz")
    taken = await post_as_twilio(http, a_text())

    assert (ready.status_code, list(ready.json()["problems"])) == (503, ["redis"])
    assert taken.status_code == 200
    assert len(await gateway.db.fetch("SELECT id FROM messages")) == 1


async def test_a_database_that_lost_our_schema_is_named(
    settings: Settings, empty_database_url: str, redis_url: str
) -> None:
    await migrate(empty_database_url)
    async with (
        open_gateway(settings.model_copy(update={"database_url": empty_database_url})) as gateway,
        client(gateway) as http,
    ):
        await gateway.db.execute("ALTER TABLE conversations RENAME TO elsewhere")
        answer = await http.get("/readyz")

    assert answer.status_code == 503
    assert "frontdesk migrate" in answer.json()["problems"]["database"]


async def test_the_numbers_can_be_read_by_prometheus(http: httpx.AsyncClient) -> None:
    await post_as_twilio(http, a_text())

    answer = await http.get("/metrics")

    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert answer.headers["content-type"].startswith("text/plain")
    assert families["frontdesk_conversations_due"].samples[0].value == 1
    assert families["frontdesk_approvals_pending"].samples[0].value == 0
    answered = [sample.labels for sample in families["frontdesk_webhooks"].samples]
    assert {"provider": "twilio", "status": "200"} in answered


class Door:
    """The way to the Postgres server, which can be closed."""

    def __init__(self, url: str, path: Path, folder: Path) -> None:
        self.url = url
        self._path = path
        self._folder = folder

    def open(self) -> None:
        self._path.symlink_to(self._folder)

    async def close(self, server: str) -> None:
        """Nobody gets in, and who is in is thrown out."""
        self._path.unlink()
        admin = await asyncpg.connect(server)
        await admin.execute(LEAVE)
        await admin.close()


@pytest.fixture
def door(postgres_shared: str) -> Door:
    folder = postgres_shared.partition("host=")[2].partition("&")[0]
    path = Path(f"/tmp/frontdesk-{uuid.uuid4().hex[:8]}")
    made = Door(postgres_shared.replace(folder, str(path)), path, Path(folder))
    made.open()
    return made


@pytest.fixture(params=["postgres"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """A file does not go away."""
    return str(request.param)


@pytest.fixture
async def behind_door(settings: Settings, door: Door) -> AsyncIterator[Gateway]:
    async with open_gateway(settings.model_copy(update={"database_url": door.url})) as gateway:
        yield gateway


async def test_while_the_database_is_away_providers_are_told_to_come_again(
    behind_door: Gateway, door: Door, database_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    async with client(behind_door) as http:
        await door.close(database_url)
        text = await post_as_twilio(http, a_text())
        ready = await http.get("/readyz")
        numbers = await http.get("/metrics")
        lives = await http.get("/healthz")
        door.open()
        again = await post_as_twilio(http, a_text())

    assert (text.status_code, ready.status_code, numbers.status_code) == (503, 503, 503)
    assert list(ready.json()["problems"]) == ["database"]
    assert lives.status_code == 200
    assert again.status_code == 200
    assert "Traceback" not in "".join(capfd.readouterr())

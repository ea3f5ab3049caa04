"""The bundled agent, served by a real engine on a database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from gateway.acme.agent import NAME, build_agent
from gateway.acme.shop import Shop
from gateway.agent import LlmInfo
from gateway.store.migrate import migrate
from tests.gateway.engine.python_agents import id_of
from tests.gateway.engine.serving import serving
from tests.gateway.engine.wire import Client, connected

Talk = Callable[..., AbstractAsyncContextManager[Client]]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "shop.db")


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    """Opens a session with the agent: with the scripted model, or with the one that is given."""

    @asynccontextmanager
    async def talking(llm: LlmInfo | None = None) -> AsyncIterator[Client]:
        database_url = f"sqlite:///{tmp_path}/engine.db"
        await migrate(database_url)
        agent = build_agent("demo:scripted", tmp_path / "shop.db")
        if llm is not None:
            agent.update_llm_info(llm)
        async with serving(database_url, agent) as served, connected(served.address) as client:
            await client.create(await id_of(served.address, NAME))
            yield client

    return talking

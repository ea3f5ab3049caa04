"""A platform on a real socket, and a scene on it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from gateway.store.database import Database
from tests.gateway.handoff.scene import Scene
from tests.gateway.plain_platform import PlainPlatform, plain_platform


@pytest.fixture
async def platform() -> AsyncIterator[PlainPlatform]:
    async with plain_platform() as running:
        yield running


@pytest.fixture
async def scene(database: Database, platform: PlainPlatform) -> AsyncIterator[Scene]:
    made = Scene(database, platform=platform)
    yield made
    await made.sessions.close()

"""A scripted platform, and sessions with it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from gateway.session import Session
from tests.gateway.session.scripted import KEY, ScriptedPlatform, scripted_platform


@pytest.fixture
async def platform() -> AsyncIterator[ScriptedPlatform]:
    async with scripted_platform() as running:
        yield running


@pytest.fixture
def new_session(platform: ScriptedPlatform) -> Session:
    """A session that will be created when it connects."""
    return Session(owner_type="agent", owner_id="a-1", api_key=KEY, base_url=platform.url)


@pytest.fixture
async def session(new_session: Session) -> AsyncIterator[Session]:
    """A connected session."""
    async with new_session:
        yield new_session

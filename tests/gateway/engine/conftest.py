"""A served engine on every database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.gateway.engine.serving import Served, serving


@pytest.fixture
async def served(database_url: str) -> AsyncIterator[Served]:
    async with serving(database_url) as engine:
        yield engine


@pytest.fixture
def engine(served: Served) -> str:
    """The address of a running engine."""
    return served.address

"""A platform that keeps agents."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gateway.agent.keeper import Keeper, keeper


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[Keeper]:
    """The platform that the environment names."""
    with keeper() as running:
        monkeypatch.setenv("VECTORSHIFT_BASE_URL", running.url)
        monkeypatch.setenv("VECTORSHIFT_API_KEY", "key-1")
        yield running

"""Whole deployments: real processes, a real Redis, both databases, and the sandbox's simulators as providers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import find_free_port
from tests.flows.deployment import Deployment, deployed


@pytest.fixture
async def deployment(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Deployment]:
    """Engine, web and worker, up and ready, on each of the databases."""
    async with deployed(database_url, redis_url, tmp_path, find_free_port) as running:
        yield running

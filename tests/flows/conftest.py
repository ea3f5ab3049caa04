"""Whole deployments: real processes, a real Redis, both databases, and the sandbox's simulators as providers."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from zlib import crc32

import pytest

from tests.conftest import find_free_port
from tests.flows.browser import CHROMIUM
from tests.flows.deployment import Deployment, deployed


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    """Each story runs on one of the databases: what differs between them is tested statement by statement elsewhere."""
    return ("sqlite", "postgres")[crc32(request.node.name.encode()) % 2]


@pytest.fixture
async def deployment(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Deployment]:
    """Engine, web and worker, up and ready."""
    async with deployed(database_url, redis_url, tmp_path, find_free_port) as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where the browser is. Skipped where there is none, but never in CI."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have a browser: apt-get install chromium")
        pytest.skip("needs chromium (apt-get install chromium)")
    return CHROMIUM

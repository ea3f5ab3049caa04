"""What the Slack tests share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.channels.slack.harness import Deployment, deploy


@pytest.fixture
async def deployment() -> AsyncIterator[Deployment]:
    """The app behind HTTP, and Slack."""
    async with deploy() as running:
        yield running


@pytest.fixture(autouse=True)
def no_proxy_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """slack-sdk's own clients would take one; tests of that set it themselves."""
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)

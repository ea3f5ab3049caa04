"""One deployment of the SMS channel for a test, closed with it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.channels.sms.harness import Deployment, deploy


@pytest.fixture
async def deployment() -> AsyncIterator[Deployment]:
    """The channel between a simulated Twilio and an inbox."""
    async with deploy() as opened:
        yield opened

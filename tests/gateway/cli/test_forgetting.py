"""`frontdesk forget`: asks before it erases, tells what it erased, and may be repeated."""

from __future__ import annotations

import json

import pytest

from tests.gateway.cli.conftest import Fill, Frontdesk
from tests.gateway.world import ALICE, World


@pytest.fixture
def configured(redis_url: str, frontdesk: Frontdesk, monkeypatch: pytest.MonkeyPatch) -> Frontdesk:
    """A deployment that has what a process of it needs."""
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("SECRET_KEY", "secret")
    monkeypatch.setenv("VECTORSHIFT_API_KEY", "key")
    return frontdesk


async def a_text_message(world: World) -> None:
    await world.text("My lamp is broken")


def test_a_customer_is_erased_once_somebody_says_yes(configured: Frontdesk, fill: Fill[None]) -> None:
    fill(a_text_message)

    unasked = configured("forget", ALICE)
    still_there = json.loads(configured("conversations", "list", "--json").out)
    erased = configured("forget", ALICE, "--yes", "--json")
    repeated = configured("forget", ALICE, "--yes")
    verified = configured("audit", "verify")

    assert (unasked.code, "--yes" in unasked.err, len(still_there)) == (2, True, 1)
    assert (erased.code, json.loads(erased.out)["messages"]) == (0, 1)
    assert (repeated.code, "0 conversations" in repeated.out) == (0, True)
    assert verified.code == 0

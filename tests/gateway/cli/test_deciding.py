"""Deciding at the command line: what is decided on is printed, and is what was looked at before."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from gateway.domain import Approval, utcnow
from tests.gateway.cli.conftest import Fill, Frontdesk
from tests.gateway.world import World


@pytest.fixture(autouse=True)
def deployed(frontdesk: Frontdesk, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a command needs to decide."""
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("SECRET_KEY", "0123456789abcdef0123456789abcdef")
    monkeypatch.setenv("VECTORSHIFT_API_KEY", "sk-none")


async def asked(world: World) -> Approval:
    world.clock.advance(utcnow() - world.clock() - timedelta(minutes=1))
    return await world.ask()


async def asked_and_edited(world: World) -> Approval:
    world.required = 2
    world.__post_init__()
    approval = await asked(world)
    await world.edit(approval, amount="5")
    return approval


def test_a_decision_prints_what_it_is_about(frontdesk: Frontdesk, fill: Fill[Approval]) -> None:
    approval = fill(asked)

    denied = frontdesk("approvals", "deny", approval.id, "--reason", "Too old", "--shown", approval.arguments_hash)

    assert (denied.code, denied.err) == (0, "")
    assert denied.out.splitlines() == [
        'refund_order {"amount":25,"order_id":"A-1001"}',
        f"{approval.id} is rejected.",
    ]


def test_what_has_changed_since_somebody_looked_is_not_decided(frontdesk: Frontdesk, fill: Fill[Approval]) -> None:
    seen = fill(asked_and_edited)

    stale = frontdesk("approvals", "approve", seen.id, "--shown", seen.arguments_hash)
    (listed,) = json.loads(frontdesk("approvals", "list", "--json").out)

    assert stale.code == 1
    assert "has changed since you saw it" in stale.err
    assert listed["state"] == "pending"
    assert listed["arguments_hash"] != seen.arguments_hash

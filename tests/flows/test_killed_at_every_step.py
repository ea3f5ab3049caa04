"""Whatever is killed, wherever: each customer sees each answer once, and the refund runs once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import cycle

import pytest

from tests.flows.deployment import WEB, WORKER, Deployment
from tests.flows.stories import REFUND, approve_and_hear, everything_happened_once

# The worker's path, from the claim of the conversation to the record of the answer's sending.
WORKER_POINTS = (
    "after:gateway.store.conversations.claim",
    "after:gateway.outcomes.Outcomes.begin",
    "before:gateway.session.Session.send",
    "after:gateway.session.Session.send",
    "before:gateway.outcomes.Outcomes.conclude",
    "after:gateway.outcomes.Outcomes.conclude",
    "after:gateway.store.deliveries.claim_head",
    "after:gateway.carriers.ChannelCarrier.send",
    "after:channels.slack.desk.desk.SlackDesk.post_card",
    "after:gateway.store.deliveries.finish",
    "after:gateway.store.turns.go_on",
    "after:gateway.session.Session.respond_approval",
    "after:gateway.store.approvals.mark_answered",
)
# The web's path: taking in a text, and taking in a decision.
WEB_POINTS = (
    "after:gateway.store.messages.claim_keys",
    "before:gateway.queue.Wakeups.advance",
    "before:gateway.store.approvals.decide",
    "before:gateway.approvals.Approvals._wake",
)


def alternating(points: Sequence[str]) -> list[tuple[str, str]]:
    """Each point on one of the databases: what differs between them is tested statement by statement elsewhere."""
    return list(zip(points, cycle(("sqlite", "postgres")), strict=False))


@pytest.mark.parametrize(("point", "database_kind"), alternating(WORKER_POINTS))
async def test_a_worker_killed_at_any_step_loses_and_doubles_nothing(deployment: Deployment, point: str) -> None:
    await deployment.kill(WORKER)
    await deployment.start(WORKER, die_at=point)
    await deployment.text(REFUND)
    async with asyncio.TaskGroup() as group:
        group.create_task(approve_and_hear(deployment))
        group.create_task(_die_and_return(deployment, WORKER))

    await everything_happened_once(deployment)


@pytest.mark.parametrize(("point", "database_kind"), alternating(WEB_POINTS))
async def test_a_web_process_killed_at_any_step_loses_and_doubles_nothing(deployment: Deployment, point: str) -> None:
    await deployment.kill(WEB)
    await deployment.start(WEB, die_at=point)
    await deployment.text(REFUND)
    async with asyncio.TaskGroup() as group:
        group.create_task(approve_and_hear(deployment))
        group.create_task(_die_and_return(deployment, WEB))

    await everything_happened_once(deployment)


async def _die_and_return(deployment: Deployment, name: str) -> None:
    await deployment.has_died(name)
    await deployment.start(name)

"""Whatever is killed, wherever: each customer sees each answer once, and the refund runs once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from tests.flows.deployment import WEB, WORKER, Deployment, eventually
from tests.flows.test_a_refund_by_text_message import REFUND

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


@pytest.mark.parametrize("point", WORKER_POINTS)
async def test_a_worker_killed_at_any_step_loses_and_doubles_nothing(deployment: Deployment, point: str) -> None:
    await deployment.kill(WORKER)
    await deployment.start(WORKER, die_at=point)
    await deployment.text(REFUND)
    async with asyncio.TaskGroup() as group:
        group.create_task(_approve_and_hear(deployment))
        group.create_task(_die_and_return(deployment, WORKER))

    await _everything_happened_once(deployment)


@pytest.mark.parametrize("point", WEB_POINTS)
async def test_a_web_process_killed_at_any_step_loses_and_doubles_nothing(deployment: Deployment, point: str) -> None:
    await deployment.kill(WEB)
    await deployment.start(WEB, die_at=point)
    await deployment.text(REFUND)
    async with asyncio.TaskGroup() as group:
        group.create_task(_approve_and_hear(deployment))
        group.create_task(_die_and_return(deployment, WEB))

    await _everything_happened_once(deployment)


async def _approve_and_hear(deployment: Deployment) -> None:
    """The approver presses until the app takes the click; the customer hears that it is checked, and the outcome."""
    card = await deployment.card()
    await eventually(lambda: _is_taken(deployment, card), "the approver's click")
    await deployment.answer(2)


async def _is_taken(deployment: Deployment, card: Mapping[str, Any]) -> bool:
    return await deployment.click("approval.approve", card) == 200


async def _die_and_return(deployment: Deployment, name: str) -> None:
    await deployment.has_died(name)
    await deployment.start(name)


async def _everything_happened_once(deployment: Deployment) -> None:
    """After a while in which a second answer could have come."""
    await eventually(lambda: _is_at_rest(deployment), "rest")
    assert [text.partition(":")[0] for text in deployment.texts()] == [
        "One moment please",
        "tool refund_order returned",
    ]
    assert await deployment.refunds() == 1
    assert len(deployment.cards()) == 1
    assert "approval.approve" not in str(deployment.cards()[0]["blocks"])
    assert await deployment.rows("SELECT state FROM approvals") == [{"state": "approved"}]
    assert await deployment.rows("SELECT state FROM turns") == [{"state": "done"}]


async def _is_at_rest(deployment: Deployment) -> bool:
    """Nothing is left to send, to ask or to do."""
    open_rows = await deployment.rows(
        """
        SELECT id FROM deliveries WHERE state IN ('queued', 'sending', 'unknown')
        UNION ALL SELECT id FROM conversations WHERE due_at IS NOT NULL
        UNION ALL SELECT id FROM turns WHERE state IN ('running', 'paused')
        """
    )
    return not open_rows

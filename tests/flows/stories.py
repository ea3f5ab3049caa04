"""What several stories have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.flows.deployment import Deployment, eventually

REFUND = 'call refund_order {"order_id": "A-1001", "amount": 25}'


async def approve_and_hear(deployment: Deployment) -> None:
    """The approver presses until the app takes the click; the customer hears that it is checked, and the outcome."""
    card = await deployment.card()
    await eventually(lambda: _is_taken(deployment, card), "the approver's click")
    await deployment.answer(2)


async def _is_taken(deployment: Deployment, card: Mapping[str, Any]) -> bool:
    return await deployment.click("approval.approve", card) == 200


async def everything_happened_once(deployment: Deployment) -> None:
    """After a while in which a second answer could have come."""
    await eventually(lambda: is_at_rest(deployment), "rest")
    assert [text.partition(":")[0] for text in deployment.texts()] == [
        "One moment please",
        "tool refund_order returned",
    ]
    assert await deployment.refunds() == 1
    assert len(deployment.cards()) == 1
    assert "approval.approve" not in str(deployment.cards()[0]["blocks"])
    assert await deployment.rows("SELECT state FROM approvals") == [{"state": "approved"}]
    assert await deployment.rows("SELECT state FROM turns") == [{"state": "done"}]


async def is_at_rest(deployment: Deployment) -> bool:
    """Nothing is left to send, to ask or to do."""
    open_rows = await deployment.rows(
        """
        SELECT id FROM deliveries WHERE state IN ('queued', 'sending', 'unknown')
        UNION ALL SELECT id FROM conversations WHERE due_at IS NOT NULL
        UNION ALL SELECT id FROM turns WHERE state IN ('running', 'paused')
        """
    )
    return not open_rows

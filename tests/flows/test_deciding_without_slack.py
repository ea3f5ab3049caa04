"""A decision at the command line while Slack is away: it counts, and the card catches up."""

from __future__ import annotations

from channels.sandbox.faults import Fault, FaultKind
from tests.flows.deployment import Deployment, eventually
from tests.flows.stories import REFUND


async def test_an_operator_approves_while_slack_is_away_and_the_card_catches_up(deployment: Deployment) -> None:
    await deployment.text(REFUND)
    card = await deployment.card()
    (request,) = await deployment.rows("SELECT id FROM approvals")
    deployment.sandbox.slack.faults.plan(Fault(FaultKind.SERVER_ERROR, "*", 1000))
    exit_code, _ = await deployment.frontdesk("approvals", "approve", request["id"])
    answer = await deployment.answer(2)
    before = deployment.cards()[0]["text"]
    deployment.sandbox.slack.faults.clear()
    await eventually(lambda: deployment.cards()[0]["text"].startswith("Approved"), "the card's news")
    late, error = await deployment.frontdesk("approvals", "deny", request["id"], "--reason", "too late")

    assert exit_code == 0
    assert "refund_order returned" in answer
    assert before == card["text"]
    assert late == 1
    assert "Already approved" in error
    assert await deployment.refunds() == 1

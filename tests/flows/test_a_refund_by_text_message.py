"""The spine as a story: a customer texts, the agent wants to refund, a person decides, the customer hears of it."""

from __future__ import annotations

from channels.sandbox.world import APPROVER
from tests.flows.deployment import ENGINE, WEB, WORKER, Deployment, eventually
from tests.flows.stories import REFUND


async def test_an_approved_refund_runs_once_and_is_answered_once(deployment: Deployment) -> None:
    await deployment.text(REFUND)
    checking = await deployment.answer(1)
    card = await deployment.card()
    before = await deployment.refunds()
    await deployment.click("approval.approve", card)
    answer = await deployment.answer(2)

    assert "colleague" in checking
    assert "refund order" in card["text"]
    assert "A-1001" in card["text"]
    assert "25" in card["text"]
    assert before == 0
    assert "refund_order returned" in answer
    assert await deployment.refunds() == 1
    await eventually(lambda: [m.status for m in deployment.received()] == ["delivered", "delivered"])
    await eventually(lambda: _states(deployment, ["delivered", "delivered"]), "the delivered state of both messages")


async def test_a_denied_refund_never_runs_and_the_reason_reaches_the_customer(deployment: Deployment) -> None:
    await deployment.text(REFUND)
    card = await deployment.card()
    await deployment.click("approval.deny", card)
    await eventually(lambda: deployment.sandbox.slack.open_views(APPROVER)[-1:], "the dialog")
    await eventually(
        lambda: deployment.sandbox.slack.open_views(APPROVER)[-1].get("callback_id") == "approval.deny", "the form"
    )
    errors = await deployment.sandbox.slack.submit(APPROVER, {"reason": "The order is too old"})
    answer = await deployment.answer(2)

    assert errors == {}
    assert "The order is too old" in answer
    assert await deployment.refunds() == 0


async def test_the_agent_remembers_over_a_restart_of_every_process(deployment: Deployment) -> None:
    await deployment.text("My name is Alice and I live in Boston.")
    noted = await deployment.answer(1)
    await deployment.restart(ENGINE, WEB, WORKER)
    await deployment.text("What did I just tell you about myself?")
    answer = await deployment.answer(2)

    assert noted == "Noted: your name is Alice and you live in Boston."
    assert answer == "You told me that your name is Alice and that you live in Boston."
    sessions = await deployment.rows("SELECT session_id FROM conversations")
    assert len(sessions) == 1


async def test_what_the_customer_writes_while_people_decide_goes_into_the_next_turn(deployment: Deployment) -> None:
    await deployment.text(REFUND)
    await deployment.card()
    await deployment.text("Are you still there?")
    await eventually(lambda: _card_says(deployment, "a message after this was asked"), "a mark on the card")
    marked = await deployment.card()
    await deployment.click("approval.approve", marked)
    await deployment.answer(2)
    answer = await deployment.answer(3)

    assert answer == "You said: Are you still there?"
    assert len(deployment.texts()) == 3


async def _states(deployment: Deployment, expected: list[str]) -> bool:
    rows = await deployment.rows("SELECT state FROM deliveries WHERE channel = 'sms' ORDER BY seq")
    return [row["state"] for row in rows] == expected


def _card_says(deployment: Deployment, words: str) -> bool:
    return any(words in str(card["blocks"]) for card in deployment.cards())

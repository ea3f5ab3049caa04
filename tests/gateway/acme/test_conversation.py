"""Turns with the bundled agent as a customer has them: a handbook, orders, and refunds that wait for a person."""

from __future__ import annotations

import pytest

from gateway.acme.shop import Shop
from tests.gateway.acme.conftest import Talk
from tests.gateway.engine.wire import is_turn_end, message_of, outline, reply_of

REFUND = 'call refund_order {"order_id": "A-1001", "amount": 25}'


async def test_a_refund_runs_once_it_is_approved(talk: Talk, shop: Shop) -> None:
    async with talk() as client:
        asked = await client.turn(REFUND)
        before = shop.refunds("A-1001")
        await client.decide(message_of(asked, "tool_call_approval")["id"], {"confirm": {}})
        answered = await client.until(is_turn_end)

    refund = shop.refunds("A-1001")[0]
    assert outline(asked)[-2:] == ["tool_call_approval", "AwaitingApproval"]
    assert before == []
    assert len(shop.refunds("A-1001")) == 1
    assert reply_of(answered) == (
        f"tool refund_order returned: Refunded €25.00 of order A-1001. Refund id: {refund.refund_id}"
    )


async def test_a_refund_runs_with_what_the_approver_made_of_it(talk: Talk, shop: Shop) -> None:
    async with talk() as client:
        asked = await client.turn(REFUND)
        await client.decide(
            message_of(asked, "tool_call_approval")["id"], {"confirm": {"amount": 20, "reason": "late"}}
        )
        await client.until(is_turn_end)

    assert [(f"{refund.amount:.2f}", refund.reason) for refund in shop.refunds("A-1001")] == [("20.00", "late")]


async def test_a_refund_that_is_denied_never_runs(talk: Talk, shop: Shop) -> None:
    async with talk() as client:
        asked = await client.turn(REFUND)
        await client.decide(message_of(asked, "tool_call_approval")["id"], {"deny": "Too late."})
        answered = await client.until(is_turn_end)

    assert reply_of(answered) == "I could not do that: Too late."
    assert shop.refunds("A-1001") == []


@pytest.mark.parametrize(
    ("words", "end"), [("", "Idle"), ("\nask me first", "AwaitingApproval")], ids=["by itself", "on the agent's wish"]
)
async def test_an_address_change_asks_when_the_agent_wants_it(talk: Talk, words: str, end: str) -> None:
    async with talk() as client:
        frames = await client.turn(f'call update_address {{"order_id": "A-1004", "address": "1 New Street"}}{words}')

    assert outline(frames)[-1] == end


async def test_the_handbook_answers_with_its_source(talk: Talk) -> None:
    async with talk() as client:
        frames = await client.turn('call knowledge_base {"query": "how does a refund come back"}')

    assert "refunds.md › Refunds › How the money comes back" in reply_of(frames)

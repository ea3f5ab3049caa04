"""Providers that drop, refuse and repeat; a Redis that forgets; an engine that dies: every answer still comes once."""

from __future__ import annotations

import asyncio
import re

import pytest
from redis.asyncio import Redis

from channels.sandbox.faults import Fault, FaultKind
from tests.flows.deployment import ENGINE, WEB, WORKER, Deployment, eventually
from tests.flows.stories import REFUND, approve_and_hear, everything_happened_once, is_at_rest


async def test_a_text_that_twilio_delivers_twice_is_answered_once(deployment: Deployment) -> None:
    deployment.sandbox.faults["twilio"].plan(Fault(FaultKind.DUPLICATE, "webhook"))
    await deployment.text("Hello")
    await deployment.answer(1)
    await deployment.sandbox.twilio.idle()
    await eventually(lambda: is_at_rest(deployment), "rest")

    assert deployment.texts() == ["You said: Hello"]
    assert len(await deployment.rows("SELECT id FROM messages")) == 1


@pytest.mark.parametrize("kind", [FaultKind.DROP_AFTER, FaultKind.DROP_BEFORE, FaultKind.SERVER_ERROR])
async def test_an_answer_whose_outcome_is_lost_is_looked_up_before_it_is_sent_again(
    deployment: Deployment, kind: FaultKind
) -> None:
    deployment.sandbox.faults["twilio"].plan(Fault(kind, "messages.create"))
    await deployment.text("Hello")
    await deployment.answer(1)
    await eventually(lambda: is_at_rest(deployment), "rest")

    assert deployment.texts() == ["You said: Hello"]


async def test_a_rate_limit_delays_an_answer_and_keeps_the_order(deployment: Deployment) -> None:
    deployment.sandbox.faults["twilio"].plan(Fault(FaultKind.RATE_LIMIT, "messages.create", seconds=1))
    await deployment.text("One")
    await eventually(lambda: _turns_done(deployment, 1), "the first turn")
    await deployment.text("Two")
    await deployment.answer(2)

    assert deployment.texts() == ["You said: One", "You said: Two"]


async def test_a_card_whose_outcome_is_lost_stands_once(deployment: Deployment) -> None:
    deployment.sandbox.faults["slack"].plan(Fault(FaultKind.DROP_AFTER, "chat.postMessage"))
    await deployment.text(REFUND)
    await approve_and_hear(deployment)

    await everything_happened_once(deployment)


async def test_ten_approvals_at_once_count_once(deployment: Deployment) -> None:
    await deployment.text(REFUND)
    card = await deployment.card()
    statuses = await asyncio.gather(*(deployment.click("approval.approve", card) for _ in range(10)))
    await deployment.answer(2)

    assert statuses == [200] * 10
    await everything_happened_once(deployment)
    assert await deployment.rows("SELECT member_id FROM decisions") == [{"member_id": "U0ADA"}]


async def test_a_redis_that_comes_back_empty_costs_nothing_but_time(deployment: Deployment) -> None:
    await deployment.text(REFUND)
    card = await deployment.card()
    async with Redis.from_url(deployment.env["REDIS_URL"]) as queue:
        await queue.flushall()
        await deployment.click("approval.approve", card)
        await queue.flushall()
    await deployment.answer(2)

    await everything_happened_once(deployment)


async def test_an_engine_killed_while_people_decide_still_runs_what_they_approved(deployment: Deployment) -> None:
    await deployment.text(REFUND)
    card = await deployment.card()
    await deployment.restart(ENGINE)
    await deployment.click("approval.approve", card)
    await deployment.answer(2)

    await everything_happened_once(deployment)


async def test_an_engine_that_is_away_when_a_text_comes_answers_it_when_it_is_back(deployment: Deployment) -> None:
    await deployment.kill(ENGINE)
    await deployment.text("My name is Alice.")
    await eventually(lambda: _turns_started(deployment, 1), "the turn")
    await deployment.start(ENGINE)

    assert await deployment.answer(1) == "Noted: your name is Alice."


async def test_every_process_killed_at_once_while_people_decide_goes_on(deployment: Deployment) -> None:
    await deployment.text(REFUND)
    card = await deployment.card()
    await deployment.restart(ENGINE, WEB, WORKER)
    await deployment.click("approval.approve", card)
    await deployment.answer(2)

    await everything_happened_once(deployment)


async def test_a_process_that_is_asked_to_stop_does_so_and_loses_nothing(deployment: Deployment) -> None:
    await deployment.text(REFUND)
    card = await deployment.card()
    codes = await deployment.stop(WORKER, WEB, ENGINE)
    await deployment.start(ENGINE, WEB, WORKER)
    await deployment.click("approval.approve", card)
    await deployment.answer(2)

    assert set(codes) <= {0, -15}
    await everything_happened_once(deployment)


async def test_twenty_texts_during_kills_are_answered_in_order_and_once_each(deployment: Deployment) -> None:
    async def send() -> None:
        for number in range(20):
            await deployment.text(f"number {number}")
            await asyncio.sleep(0.2)

    async def kill() -> None:
        for name in (WORKER, ENGINE, WEB, WORKER):
            await asyncio.sleep(1.0)
            await deployment.restart(name)

    async with asyncio.TaskGroup() as group:
        group.create_task(send())
        group.create_task(kill())
    await eventually(lambda: len(_numbers(deployment)) >= 20, "an answer to every text")
    await eventually(lambda: is_at_rest(deployment), "rest")

    assert _numbers(deployment) == await _arrival_order(deployment)


def _numbers(deployment: Deployment) -> list[int]:
    """The numbers that the answers repeat, in the order in which the phone got them."""
    return [int(found) for text in deployment.texts() for found in re.findall(r"number (\d+)", text)]


async def _arrival_order(deployment: Deployment) -> list[int]:
    rows = await deployment.rows("SELECT text FROM messages ORDER BY position")
    return [int(row["text"].split()[1]) for row in rows]


async def _turns_started(deployment: Deployment, count: int) -> bool:
    return len(await deployment.rows("SELECT id FROM turns")) >= count


async def _turns_done(deployment: Deployment, count: int) -> bool:
    return len(await deployment.rows("SELECT id FROM turns WHERE state = 'done'")) >= count

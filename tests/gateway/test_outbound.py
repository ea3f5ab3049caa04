"""What is queued goes out in order and once: a send of unknown outcome is asked about before anything else."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from channels.errors import ChannelDown, PermanentFailure, TemporaryFailure
from channels.message import Consent, DeliveryStatus, Receipt
from gateway.domain import DeliveryId, DeliveryState
from gateway.errors import NotFound
from gateway.outbound import SENDING_LEASE
from gateway.queue import DELIVER
from gateway.store import deliveries
from tests.gateway.world import ALICE, World

DEAF = TemporaryFailure("the provider does not answer", code="timeout")


async def test_the_parts_of_an_answer_go_out_in_order(world: World) -> None:
    lane = await world.queue("one\n\ntwo\n\nthree")

    await world.outbound.deliver(lane)

    assert world.channel.texts == ["one", "two", "three"]
    assert {row["state"] for row in await world.rows("SELECT state FROM deliveries")} == {"sent"}


async def test_answers_of_one_conversation_go_out_in_the_order_of_queueing(world: World) -> None:
    await world.queue("first", "dlv_b")
    lane = await world.queue("second", "dlv_a")

    await world.outbound.deliver(lane)

    assert world.channel.texts == ["first", "second"]


async def test_a_lane_that_many_are_sending_sends_everything_once_and_in_order(world: World) -> None:
    lane = await world.queue("\n\n".join(str(number) for number in range(10)))

    async with asyncio.TaskGroup() as group:
        for _ in range(5):
            group.create_task(world.outbound.deliver(lane))

    assert sorted(world.channel.texts, key=int) == [str(number) for number in range(10)]
    assert world.channel.texts == [str(number) for number in range(10)]


async def test_what_comes_later_waits_behind_a_head_that_has_to_wait(world: World) -> None:
    lane = await world.queue("one\n\ntwo")
    world.channel.problems.append(TemporaryFailure("slow down", code="20429"))

    await world.outbound.deliver(lane)
    await world.outbound.deliver(lane)

    assert world.channel.texts == []
    world.clock.advance(timedelta(seconds=2))
    await world.outbound.deliver(lane)
    assert world.channel.texts == ["one", "two"]


async def test_another_lane_does_not_wait(world: World) -> None:
    await world.queue("to Alice", "dlv_1")
    world.channel.problems.append(TemporaryFailure("slow down"))
    await world.deliver_all()
    await world.queue("to Bob", "dlv_2", to="+15550002")

    await world.deliver_all()

    assert world.channel.texts == ["to Bob"]


async def test_a_providers_wish_to_wait_is_kept(world: World) -> None:
    lane = await world.queue("hello")
    world.channel.problems.append(TemporaryFailure("slow down", code="20429", retry_after=timedelta(seconds=30)))
    world.wakeups.jobs.clear()

    await world.outbound.deliver(lane)

    wanted = world.clock() + timedelta(seconds=30)
    assert world.wakeups.jobs == [(DELIVER, lane, wanted)]
    assert (await world.delivery()).state == "queued"
    world.clock.advance(timedelta(seconds=29))
    await world.outbound.deliver(lane)
    assert world.channel.texts == []


async def test_a_channel_that_refuses_us_is_left_alone_for_a_minute(world: World) -> None:
    lane = await world.queue("hello")
    world.channel.problems.append(ChannelDown("the token is revoked", code="20003"))

    await world.outbound.deliver(lane)
    world.clock.advance(timedelta(seconds=59))
    await world.outbound.deliver(lane)

    assert world.channel.texts == []
    world.clock.advance(timedelta(seconds=1))
    await world.outbound.deliver(lane)
    assert world.channel.texts == ["hello"]


async def test_a_permanent_failure_is_a_dead_letter_and_the_next_goes_on(world: World) -> None:
    lane = await world.queue("one\n\ntwo")
    world.channel.problems.append(PermanentFailure("not a mobile number", code="21614"))

    await world.outbound.deliver(lane)

    failed = await world.delivery("dlv_1:1")
    assert (failed.state, failed.code, failed.reason) == ("failed", "21614", "not a mobile number")
    assert world.channel.texts == ["two"]
    assert await world.audited() == ["delivery.failed"]


async def test_a_recipient_who_is_gone_is_not_written_to_again(world: World) -> None:
    lane = await world.queue("one\n\ntwo")
    world.channel.problems.append(PermanentFailure("unsubscribed", code="21610", suppress=True))

    await world.outbound.deliver(lane)

    second = await world.delivery("dlv_1:2")
    assert (second.state, second.code) == ("failed", "opted_out")
    assert world.channel.texts == []
    assert (await world.row("SELECT address FROM opt_outs"))["address"] == ALICE


async def test_who_opted_out_while_the_agent_thought_hears_nothing(world: World) -> None:
    await world.consent(Consent.STOP, "STOP")
    await world.queue("hello")

    await world.deliver_all()

    assert world.channel.texts == []
    assert (await world.delivery()).code == "opted_out"


async def test_staff_are_told_whatever_customers_want(world: World) -> None:
    await world.consent(Consent.STOP, "STOP")
    approval = await world.ask()

    assert approval.card is not None


async def test_a_message_that_grows_too_old_is_given_up(world: World) -> None:
    lane = await world.queue("hello")
    world.clock.advance(timedelta(hours=5))
    world.channel.problems.append(DEAF)

    await world.outbound.deliver(lane)

    assert (await world.delivery()).state == "failed"
    assert await world.audited() == ["delivery.failed"]


async def test_a_channel_that_was_switched_off_is_named_in_the_dead_letter(world: World) -> None:
    lane = await world.queue("hello")
    world.channels.clear()

    await world.outbound.deliver(lane)

    assert (await world.delivery()).code == "channel_off"


# Unknown outcomes


async def test_a_send_that_was_not_answered_but_taken_is_found(world: World) -> None:
    lane = await world.queue("one\n\ntwo")
    world.channel.forgets = 1
    await world.outbound.deliver(lane)
    waiting = (await world.delivery("dlv_1:1")).state

    await world.outbound.reconcile(DeliveryId("dlv_1:1"))

    assert waiting == "unknown"
    assert world.channel.texts == ["one", "two"]
    assert (await world.delivery("dlv_1:1")).provider_id == "SM1"


async def test_a_send_that_was_not_taken_is_sent_again(world: World) -> None:
    lane = await world.queue("hello")
    world.channel.forgets = 1
    await world.outbound.deliver(lane)
    world.channel.taken.clear()
    world.channel.texts.clear()

    await world.outbound.reconcile(DeliveryId("dlv_1"))

    assert world.channel.texts == ["hello"]
    assert (await world.delivery()).attempts == 2


async def test_nothing_is_sent_while_the_provider_cannot_be_asked(world: World) -> None:
    lane = await world.queue("one\n\ntwo")
    world.channel.forgets = 1
    await world.outbound.deliver(lane)
    world.channel.cannot_be_asked = DEAF
    await world.outbound.reconcile(DeliveryId("dlv_1:1"))
    await world.outbound.deliver(lane)
    state = (await world.delivery("dlv_1:1")).state
    world.channel.cannot_be_asked = None
    world.clock.advance(timedelta(minutes=1))

    await world.outbound.reconcile(DeliveryId("dlv_1:1"))

    assert state == "unknown"
    assert world.channel.texts == ["one", "two"]


async def test_a_question_that_can_never_be_answered_is_for_a_person(world: World) -> None:
    lane = await world.queue("hello")
    world.channel.forgets = 1
    await world.outbound.deliver(lane)
    world.channel.cannot_be_asked = PermanentFailure("the history is gone", code="gone")

    await world.outbound.reconcile(DeliveryId("dlv_1"))

    assert (await world.delivery()).state == "failed"
    assert world.channel.texts == ["hello"]


async def test_a_sender_that_died_is_noticed_when_its_time_is_up(world: World) -> None:
    lane = await world.queue("hello")
    await deliveries.claim_head(world.db, lane, now=world.clock(), until=world.clock() + SENDING_LEASE)
    too_early = await deliveries.due_unknown(world.db, now=world.clock(), limit=10)
    await world.outbound.deliver(lane)
    world.clock.advance(SENDING_LEASE)

    (found,) = await deliveries.due_unknown(world.db, now=world.clock(), limit=10)
    await world.outbound.reconcile(found)

    assert list(too_early) == []
    assert world.channel.texts == ["hello"]
    assert (await world.delivery()).state == "sent"


async def test_many_may_ask_and_one_sends(world: World) -> None:
    lane = await world.queue("hello")
    await deliveries.claim_head(world.db, lane, now=world.clock(), until=world.clock() + SENDING_LEASE)
    world.clock.advance(SENDING_LEASE)

    async with asyncio.TaskGroup() as group:
        for _ in range(5):
            group.create_task(world.outbound.reconcile(DeliveryId("dlv_1")))

    assert world.channel.texts == ["hello"]


async def test_a_sender_that_was_merely_slow_cannot_overwrite_what_was_found_out(world: World) -> None:
    lane = await world.queue("hello")
    slow = await deliveries.claim_head(world.db, lane, now=world.clock(), until=world.clock() + SENDING_LEASE)
    world.clock.advance(SENDING_LEASE)
    await world.outbound.reconcile(DeliveryId("dlv_1"))

    assert slow is not None
    is_recorded = await deliveries.finish(world.db, slow.delivery, slow.delivery.state, now=world.clock())

    assert not is_recorded
    assert (await world.delivery()).state == "sent"


# People


async def test_a_person_may_retry_a_dead_letter_once_a_click(world: World) -> None:
    lane = await world.queue("hello")
    world.channel.problems.append(PermanentFailure("not now", code="30001"))
    await world.outbound.deliver(lane)

    await world.outbound.retry(DeliveryId("dlv_1"), actor="cli")
    with pytest.raises(NotFound):
        await world.outbound.retry(DeliveryId("dlv_1"), actor="cli")
    await world.outbound.deliver(lane)

    assert world.channel.texts == ["hello"]
    assert await world.audited() == ["delivery.failed", "delivery.retried"]
    assert (await world.delivery()).code == ""


async def test_what_was_sent_cannot_be_retried(world: World) -> None:
    lane = await world.queue("hello")
    await world.outbound.deliver(lane)

    with pytest.raises(NotFound, match="dlv_1"):
        await world.outbound.retry(DeliveryId("dlv_1"), actor="cli")


async def test_news_of_the_failed_attempt_does_not_touch_the_retry(world: World) -> None:
    lane = await world.queue("hello")
    await world.outbound.deliver(lane)
    await world.news(DeliveryStatus.FAILED, code="30003")
    await world.outbound.retry(DeliveryId("dlv_1"), actor="cli")

    await world.news(DeliveryStatus.FAILED, event_id="repeated", code="30003")

    assert (await world.delivery()).state == "queued"


# Stopping


async def test_a_send_under_way_is_finished_when_its_job_is_cancelled(world: World) -> None:
    lane = await world.queue("hello")
    begun, go_on = asyncio.Event(), asyncio.Event()
    send = world.channel.send

    async def slow_send(part: object) -> Receipt:
        begun.set()
        await go_on.wait()
        return await send(part)  # type: ignore[arg-type]  # handed on as it came

    world.channel.send = slow_send  # type: ignore[method-assign]  # the provider takes its time
    job = asyncio.create_task(world.outbound.deliver(lane))
    await begun.wait()

    job.cancel()
    await asyncio.wait([job])
    go_on.set()
    await world.outbound.drain()

    assert job.cancelled()
    assert world.channel.texts == ["hello"]
    assert (await world.delivery()).state == "sent"


async def test_there_is_nothing_to_wait_for_where_nothing_is_sent(world: World) -> None:
    await world.outbound.drain()


# The lanes that the sweep wakes


async def test_the_sweep_finds_what_is_queued_and_due(world: World) -> None:
    lane = await world.queue("hello")

    assert await deliveries.due_lanes(world.db, now=world.clock(), limit=10) == [lane]
    await world.outbound.deliver(lane)
    assert await deliveries.due_lanes(world.db, now=world.clock(), limit=10) == []


async def test_a_key_that_was_queued_is_not_queued_again(world: World) -> None:
    await world.queue("hello")

    await world.queue("hello")
    await world.deliver_all()

    assert world.channel.texts == ["hello"]


async def test_a_dropped_message_is_never_sent_and_the_next_goes_out(world: World) -> None:
    lane = await world.queue("First\n\nSecond")
    world.channel.problems.append(PermanentFailure("not a mobile number", code="21614"))
    await world.outbound.deliver(lane)

    await world.outbound.drop(DeliveryId("dlv_1:1"), actor="console")

    assert (await world.delivery("dlv_1:1")).state is DeliveryState.CANCELLED
    assert world.channel.texts == ["Second"]
    assert (await world.audited())[-1] == "delivery.dropped"
    with pytest.raises(NotFound):
        await world.outbound.drop(DeliveryId("dlv_1:2"), actor="console")

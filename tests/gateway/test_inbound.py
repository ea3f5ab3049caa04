"""What comes in is stored once, whatever the provider repeats, and nobody is forgotten who should be woken."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from arq import ArqRedis

from channels.message import ChannelName, Consent, DeliveryStatus, Ignored, MessageDeleted, MessageEdited
from gateway.inbound import BURST_CAP, REMOVED, Inbound
from gateway.queue import ADVANCE, Wakeups
from gateway.store import messages
from tests.gateway.world import ALICE, World, a_text

BOB = "+15550002"


async def test_a_message_is_stored_and_somebody_is_woken_for_the_end_of_its_burst(world: World) -> None:
    conversation_id = await world.text("hello")

    stored = await messages.at(world.db, conversation_id, 1)
    assert stored.text == "hello"
    assert stored.sender.address == ALICE
    assert world.wakeups.jobs == [(ADVANCE, conversation_id, world.clock() + world.debounce)]


@pytest.mark.parametrize("repeated", ["id-1", "key-a", "key-b"])
async def test_a_redelivery_is_recognised_by_any_of_its_keys(world: World, repeated: str) -> None:
    await world.inbound.accept(a_text("hello", "id-1", also_known_as=("key-a", "key-b")))

    await world.inbound.accept(a_text("hello", "id-2", also_known_as=("key-c", repeated)))

    assert len(await world.rows("SELECT id FROM messages")) == 1
    assert (await world.row("SELECT arrived FROM conversations"))["arrived"] == 1
    assert len(world.wakeups.jobs) == 1


async def test_a_refused_redelivery_claims_no_key_of_its_own(world: World) -> None:
    await world.inbound.accept(a_text("hello", "id-1"))
    await world.inbound.accept(a_text("hello", "id-2", also_known_as=("id-1",)))

    await world.inbound.accept(a_text("another", "id-2"))

    assert [row["text"] for row in await world.rows("SELECT text FROM messages ORDER BY position")] == [
        "hello",
        "another",
    ]


async def test_the_same_id_on_another_channel_is_another_message(world: World) -> None:
    await world.inbound.accept(a_text("hello", "1700.1"))
    await world.inbound.accept(a_text("hello", "1700.1", channel=ChannelName.SLACK))

    assert len(await world.rows("SELECT id FROM messages")) == 2


async def test_ten_redeliveries_at_once_store_one_message(world: World) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(10):
            group.create_task(world.inbound.accept(a_text("hello", "SM1", also_known_as=("key-a",))))

    assert len(await world.rows("SELECT id FROM messages")) == 1
    assert (await world.row("SELECT arrived FROM conversations"))["arrived"] == 1
    assert len(world.wakeups.jobs) == 1


async def test_first_messages_of_one_thread_at_once_open_one_conversation(world: World) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(10):
            group.create_task(world.inbound.accept(a_text(f"number {number}", f"SM{number}")))

    assert (await world.row("SELECT arrived FROM conversations"))["arrived"] == 10
    positions = await world.rows("SELECT position FROM messages ORDER BY position")
    assert [row["position"] for row in positions] == list(range(1, 11))
    assert len(world.wakeups.of(ADVANCE)) == 1


async def test_more_of_a_burst_moves_the_turn_back(world: World) -> None:
    conversation_id = await world.text("one")
    world.clock.advance(world.debounce / 2)

    await world.text("two")

    assert await world.due_at(conversation_id) == world.clock() + world.debounce


async def test_an_endless_burst_is_answered_after_its_cap(world: World) -> None:
    began = world.clock()
    conversation_id = await world.text("0")
    for number in range(1, 30):
        world.clock.advance(world.debounce / 2)
        await world.text(str(number))

    assert await world.due_at(conversation_id) == began + BURST_CAP * world.debounce


async def test_after_a_turn_a_new_burst_has_its_whole_time(world: World) -> None:
    conversation_id = await world.text("one")
    claimed, _turn = await world.begin(conversation_id)
    await world.outcomes.leave(claimed)
    world.clock.advance(timedelta(hours=1))

    await world.text("two")

    assert await world.due_at(conversation_id) == world.clock() + world.debounce


async def test_a_name_that_is_learnt_later_is_kept(world: World) -> None:
    await world.text("one")
    await world.inbound.accept(a_text("two", sender=a_text().sender.__class__(ALICE, "Alice")))
    await world.text("three")

    assert (await world.row("SELECT name FROM conversations"))["name"] == "Alice"


async def test_what_a_channel_ignores_is_not_stored(world: World) -> None:
    await world.inbound.accept(Ignored(ChannelName.SLACK, "Ev1", "own_message"))

    assert await world.rows("SELECT key FROM message_keys") == []


async def test_a_lost_wake_up_does_not_lose_the_message(world: World, free_port: int) -> None:
    redis = ArqRedis.from_url(f"redis://127.0.0.1:{free_port}/0")
    inbound = Inbound(world.db, Wakeups(redis), debounce={}, clock=world.clock)

    await inbound.accept(a_text("hello"))
    await redis.aclose()

    assert (await world.row("SELECT text FROM messages"))["text"] == "hello"
    assert (await world.row("SELECT due_at FROM conversations"))["due_at"] is not None


# Consent


async def test_stop_cancels_what_is_queued_and_says_so_in_the_audit(world: World) -> None:
    await world.queue("one\n\ntwo")

    await world.consent(Consent.STOP, "STOP")
    await world.deliver_all()

    assert [row["state"] for row in await world.rows("SELECT state FROM deliveries")] == ["cancelled", "cancelled"]
    assert world.channel.texts == []
    assert await world.audited() == ["consent.stopped"]


async def test_stop_concerns_its_sender_alone(world: World) -> None:
    await world.queue("to Alice", "dlv_1")
    await world.queue("to Bob", "dlv_2", to=BOB)

    await world.consent(Consent.STOP, "STOP", from_=BOB)
    await world.deliver_all()

    assert world.channel.texts == ["to Alice"]


async def test_stop_starts_no_turn_and_is_not_a_message(world: World) -> None:
    await world.consent(Consent.STOP, "STOP")

    assert await world.rows("SELECT id FROM messages") == []
    assert world.wakeups.jobs == []


async def test_a_second_stop_changes_nothing(world: World) -> None:
    await world.consent(Consent.STOP, "STOP", "SM1")
    await world.consent(Consent.STOP, "STOP", "SM1")
    await world.consent(Consent.STOP, "stop", "SM2")

    assert await world.audited() == ["consent.stopped"]


async def test_start_lifts_the_suppression_and_wakes_what_waits(world: World) -> None:
    await world.consent(Consent.STOP, "STOP")
    conversation_id = await world.text("Is anybody there?")
    claimed = await world.claim(conversation_id)
    await world.outcomes.leave(claimed)
    world.wakeups.jobs.clear()

    await world.consent(Consent.START, "START")

    assert claimed.is_suppressed
    assert world.wakeups.of(ADVANCE) == [conversation_id]
    assert await world.due_at(conversation_id) == world.clock()
    assert not (await world.claim(conversation_id)).is_suppressed
    assert await world.audited() == ["consent.stopped", "consent.started"]


async def test_a_start_that_lifted_something_is_not_a_message(world: World) -> None:
    await world.consent(Consent.STOP, "STOP")

    await world.consent(Consent.START, "START")

    assert await world.rows("SELECT id FROM messages") == []


async def test_a_yes_that_lifts_nothing_is_an_ordinary_message(world: World) -> None:
    await world.consent(Consent.START, "YES")

    assert (await world.row("SELECT text FROM messages"))["text"] == "YES"
    assert len(world.wakeups.of(ADVANCE)) == 1


async def test_a_redelivered_start_does_not_become_a_message(world: World) -> None:
    await world.consent(Consent.STOP, "STOP", "SM1")

    await world.consent(Consent.START, "START", "SM2")
    await world.consent(Consent.START, "START", "SM2")

    assert await world.rows("SELECT id FROM messages") == []


async def test_a_redelivered_stop_does_not_undo_a_later_start(world: World) -> None:
    await world.consent(Consent.STOP, "STOP", "SM1")
    await world.consent(Consent.START, "START", "SM2")

    await world.consent(Consent.STOP, "STOP", "SM1")

    assert await world.rows("SELECT address FROM opt_outs") == []


async def test_a_redelivered_start_does_not_undo_a_later_stop(world: World) -> None:
    await world.consent(Consent.STOP, "STOP", "SM1")
    await world.consent(Consent.START, "START", "SM2")
    await world.consent(Consent.STOP, "STOP", "SM3")

    await world.consent(Consent.START, "START", "SM2")

    assert (await world.row("SELECT address FROM opt_outs"))["address"] == ALICE


async def test_help_is_left_to_the_provider(world: World) -> None:
    await world.consent(Consent.HELP, "HELP")

    assert await world.rows("SELECT id FROM messages") == []
    assert world.wakeups.jobs == []


# News of deliveries


async def test_news_moves_a_delivery_forward_only(world: World) -> None:
    await world.queue("hello")
    await world.deliver_all()

    await world.news(DeliveryStatus.DELIVERED)
    await world.news(DeliveryStatus.SENT)

    assert (await world.delivery()).state == "delivered"


async def test_a_failure_after_delivery_does_not_count_and_reading_does(world: World) -> None:
    await world.queue("hello")
    await world.deliver_all()

    await world.news(DeliveryStatus.DELIVERED)
    await world.news(DeliveryStatus.FAILED)
    delivered = (await world.delivery()).state
    await world.news(DeliveryStatus.READ)

    assert delivered == "delivered"
    assert (await world.delivery()).state == "read"


async def test_a_failure_is_a_dead_letter_with_its_code(world: World) -> None:
    await world.queue("hello")
    await world.deliver_all()

    await world.news(DeliveryStatus.FAILED, code="30006", reason="landline")

    failed = await world.delivery()
    assert (failed.state, failed.code, failed.reason) == ("failed", "30006", "landline")
    assert await world.audited() == ["delivery.failed"]


async def test_repeated_news_is_audited_once(world: World) -> None:
    await world.queue("hello")
    await world.deliver_all()

    async with asyncio.TaskGroup() as group:
        for _ in range(5):
            group.create_task(world.news(DeliveryStatus.FAILED, code="30006"))

    assert await world.audited() == ["delivery.failed"]


async def test_news_that_says_never_again_suppresses_the_recipient(world: World) -> None:
    await world.queue("hello")
    await world.deliver_all()

    await world.news(DeliveryStatus.FAILED, code="21610", suppress=True)

    assert (await world.row("SELECT address FROM opt_outs"))["address"] == ALICE


async def test_news_from_before_the_record_of_the_send_is_applied_later(world: World) -> None:
    await world.queue("hello")
    await world.news(DeliveryStatus.DELIVERED)
    await world.deliver_all()
    before = (await world.delivery()).state

    await world.inbound.apply_early_news()

    assert before == "sent"
    assert (await world.delivery()).state == "delivered"


async def test_early_news_is_applied_in_the_order_in_which_it_came(world: World) -> None:
    await world.queue("hello")
    await world.news(DeliveryStatus.DELIVERED)
    world.clock.advance(timedelta(seconds=1))
    await world.news(DeliveryStatus.READ)
    await world.deliver_all()

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(world.inbound.apply_early_news())

    assert (await world.delivery()).state == "read"


async def test_news_of_a_send_that_was_never_ours_is_given_up_after_a_day(world: World) -> None:
    await world.news(DeliveryStatus.DELIVERED, "SM-unknown")
    await world.inbound.apply_early_news()
    kept = await world.row("SELECT applied FROM receipts")
    world.clock.advance(timedelta(days=2))

    await world.inbound.apply_early_news()

    assert kept["applied"] == 0
    assert (await world.row("SELECT applied FROM receipts"))["applied"] == 1


# Edits


async def test_an_edit_in_time_is_what_the_agent_reads(world: World) -> None:
    conversation_id = await world.text("helo", "1700.1")

    await world.inbound.accept(MessageEdited(ChannelName.SMS, "1700.1", "hello", world.clock()))

    assert (await messages.at(world.db, conversation_id, 1)).text == "hello"


async def test_an_edit_after_the_turn_began_changes_nothing(world: World) -> None:
    conversation_id = await world.text("refund 25", "1700.1")
    await world.begin(conversation_id)

    await world.inbound.accept(MessageEdited(ChannelName.SMS, "1700.1", "refund 2500", world.clock()))

    assert (await messages.at(world.db, conversation_id, 1)).text == "refund 25"


async def test_a_message_taken_back_in_time_is_not_read(world: World) -> None:
    conversation_id = await world.text("my password is hunter2", "1700.1")

    await world.inbound.accept(MessageDeleted(ChannelName.SMS, "1700.1", world.clock()))

    assert (await messages.at(world.db, conversation_id, 1)).text == REMOVED


async def test_an_edit_of_a_message_that_nobody_knows_is_no_trouble(world: World) -> None:
    await world.inbound.accept(MessageEdited(ChannelName.SMS, "1700.9", "hello", world.clock()))

    assert await world.rows("SELECT id FROM messages") == []

"""One worker at a time holds a conversation, and whatever happens meanwhile nobody's message is stranded."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from gateway import leases
from gateway.domain import ConversationId
from gateway.errors import LeaseLost
from gateway.leases import LEASE, Leases
from gateway.relay import Failed, Paused, Replied
from gateway.store import conversations, turns
from gateway.store.database import Database
from tests.flows.deployment import eventually
from tests.gateway.world import World, asked

MANY = 50


async def test_a_conversation_is_claimed_when_its_burst_is_over_and_not_before(world: World) -> None:
    conversation_id = await world.text()

    too_early = await world.leases.claim(conversation_id)
    world.clock.advance(world.debounce)
    claimed = await world.leases.claim(conversation_id)

    assert too_early is None
    assert claimed is not None


async def test_of_ten_who_claim_at_once_one_holds(world: World) -> None:
    conversation_id = await world.text()
    world.clock.advance(world.debounce)

    claims = await asyncio.gather(*(Leases(world.db, clock=world.clock).claim(conversation_id) for _ in range(10)))

    assert sum(claimed is not None for claimed in claims) == 1


async def test_what_is_held_is_not_found_by_the_sweep_until_its_holder_is_dead(world: World) -> None:
    conversation_id = await world.text()
    await world.claim(conversation_id)

    held = await conversations.due(world.db, now=world.clock(), limit=10)
    world.clock.advance(LEASE)
    left = await conversations.due(world.db, now=world.clock(), limit=10)

    assert list(held) == []
    assert list(left) == [conversation_id]


async def test_a_message_during_a_turn_is_seen_when_the_turn_ends(world: World) -> None:
    conversation_id = await world.text("one")
    claimed, turn = await world.begin(conversation_id)
    await world.text("two")

    step = await world.outcomes.conclude(claimed, turn, Replied("hello"), posted=1, tools=())

    assert step.due_at == world.clock() + world.debounce
    assert (await world.begin(conversation_id))[1].first_position == 2


async def test_a_conversation_in_which_nothing_waits_is_left_alone(world: World) -> None:
    conversation_id = await world.text("one")
    claimed, turn = await world.begin(conversation_id)

    step = await world.outcomes.conclude(claimed, turn, Replied("hello"), posted=1, tools=())

    assert step.due_at is None
    assert await world.due_at(conversation_id) is None


@pytest.mark.parametrize(
    "ending", [Replied("hello"), Failed("broken"), Paused((asked(),))], ids=lambda e: type(e).__name__
)
async def test_who_lost_the_lease_writes_nothing_at_all(world: World, ending: Replied | Failed | Paused) -> None:
    conversation_id = await world.text("one")
    claimed, turn = await world.begin(conversation_id)
    world.clock.advance(LEASE)
    assert await Leases(world.db, clock=world.clock).claim(conversation_id) is not None
    before = await _everything(world)

    with pytest.raises(LeaseLost):
        await world.outcomes.conclude(claimed, turn, ending, posted=1, tools=())

    assert await _everything(world) == before


async def test_who_lost_the_lease_starts_no_turn_and_binds_no_session(world: World) -> None:
    conversation_id = await world.text("one")
    claimed = await world.claim(conversation_id)
    world.clock.advance(LEASE)
    other = await Leases(world.db, clock=world.clock).claim(conversation_id)
    assert other is not None
    turn = await world.start_turn(other)
    before = await _everything(world)

    with pytest.raises(LeaseLost):
        await world.start_turn(claimed)
    with pytest.raises(LeaseLost):
        await conversations.bind_session(world.db, claimed.lease, "session-1")
    with pytest.raises(LeaseLost):
        await turns.set_cursor(world.db, turn.id, claimed.lease, 7)
    with pytest.raises(LeaseLost):
        await turns.go_on(world.db, turn.id, claimed.lease, deadline_at=world.clock())
    with pytest.raises(LeaseLost):
        await world.outcomes.leave(claimed)

    assert await _everything(world) == before


async def test_a_session_is_bound_once_for_life(world: World) -> None:
    claimed = await world.claim(await world.text())
    await conversations.bind_session(world.db, claimed.lease, "session-1")

    with pytest.raises(LeaseLost):
        await conversations.bind_session(world.db, claimed.lease, "session-2")

    assert (await world.row("SELECT session_id FROM conversations"))["session_id"] == "session-1"


# Renewal


async def test_all_leases_of_a_process_are_renewed_together(world: World) -> None:
    ids = [await world.text(from_=f"+1555{number:04}") for number in range(MANY)]
    world.clock.advance(world.debounce)
    fences = {}
    for conversation_id in ids:
        claimed = await world.leases.claim(conversation_id)
        assert claimed is not None
        fences[conversation_id] = claimed.lease.fence
    owner = (await world.rows("SELECT DISTINCT lease_owner FROM conversations"))[0]["lease_owner"]
    until = world.clock() + timedelta(minutes=1)

    renewed = await conversations.extend_all(world.db, owner, now=world.clock(), until=until)

    assert renewed == fences
    assert {await world.due_at(ids[0]), await world.due_at(ids[-1])} == {until}


async def test_a_renewal_keeps_what_happened_meanwhile(world: World) -> None:
    conversation_id = await world.text("one")
    claimed, turn = await world.begin(conversation_id)
    await world.text("two")
    expected = await world.due_at(conversation_id)

    await conversations.extend_all(
        world.db, claimed.lease.owner, now=world.clock(), until=world.clock() + timedelta(minutes=1)
    )
    step = await world.outcomes.conclude(claimed, turn, Replied("hello"), posted=1, tools=())

    assert step.due_at == expected


async def test_a_lease_that_ran_out_is_not_renewed(world: World) -> None:
    claimed = await world.claim(await world.text())
    world.clock.advance(LEASE)

    renewed = await conversations.extend_all(
        world.db, claimed.lease.owner, now=world.clock(), until=world.clock() + LEASE
    )

    assert renewed == {}


async def test_work_is_cancelled_when_somebody_else_has_taken_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "RENEW_EVERY_S", 0.02)
    conversation_id = await world.text()
    claimed = await world.claim(conversation_id)
    begun = asyncio.Event()

    async def work() -> None:
        async with world.leases.held(claimed.lease):
            begun.set()
            await asyncio.Event().wait()

    keeper = asyncio.create_task(world.leases.keep())
    worker = asyncio.create_task(work())
    await begun.wait()
    await _take_over(world, conversation_id)

    with pytest.raises(LeaseLost):
        await asyncio.wait_for(worker, 60)
    keeper.cancel()
    await asyncio.wait([keeper])


async def test_work_that_has_just_given_its_lease_back_is_not_cancelled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "RENEW_EVERY_S", 0.02)
    conversation_id = await world.text()
    claimed = await world.claim(conversation_id)
    looked = asyncio.Semaphore(0)
    find_fences = conversations.fences

    async def note(db: Database, ids: Sequence[ConversationId]) -> Mapping[ConversationId, int]:
        found = await find_fences(db, ids)
        looked.release()
        return found

    monkeypatch.setattr(conversations, "fences", note)
    keeper = asyncio.create_task(world.leases.keep())

    async with world.leases.held(claimed.lease):
        await conversations.let_go(world.db, claimed.lease)  # its commit is through, and we have not heard of it yet
        for _ in range(2):
            await asyncio.wait_for(looked.acquire(), 60)
        went_on = True

    keeper.cancel()
    await asyncio.wait([keeper])
    assert went_on


async def test_work_goes_on_as_long_as_its_lease_is_renewed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "RENEW_EVERY_S", 0.02)
    conversation_id = await world.text()
    claimed = await world.claim(conversation_id)
    keeper = asyncio.create_task(world.leases.keep())

    async with world.leases.held(claimed.lease):
        world.clock.advance(LEASE / 2)
        await eventually(lambda: _is_renewed(world, conversation_id), "the renewal")
        world.clock.advance(LEASE * 2 / 3)
        is_free = await conversations.due(world.db, now=world.clock(), limit=1)

    keeper.cancel()
    await asyncio.wait([keeper])
    assert list(is_free) == []


async def test_being_stopped_is_not_the_same_as_losing_the_lease(world: World) -> None:
    claimed = await world.claim(await world.text())

    async def work() -> None:
        async with world.leases.held(claimed.lease):
            await asyncio.Event().wait()

    worker = asyncio.create_task(work())
    await asyncio.sleep(0)
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker


async def _take_over(world: World, conversation_id: ConversationId) -> None:
    """Another machine, whose clock is ahead, thinks that we are dead."""
    now = world.clock() + LEASE
    assert await conversations.claim(world.db, conversation_id, owner="other", now=now, until=now + LEASE)


async def _is_renewed(world: World, conversation_id: ConversationId) -> bool:
    return await world.due_at(conversation_id) == world.clock() + LEASE


async def _everything(world: World) -> object:
    tables = ("conversations", "messages", "turns", "approvals", "deliveries", "audit_events")
    return [await world.rows(f"SELECT * FROM {table} ORDER BY 1") for table in tables]  # noqa: S608  # our own tables

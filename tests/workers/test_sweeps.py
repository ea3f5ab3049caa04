"""The sweep finds whatever no wake-up told of."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from channels.message import DeliveryStatus
from channels.staff import ApprovalState
from gateway.leases import LEASE
from gateway.outbound import SENDING_LEASE
from gateway.queue import ADVANCE, DELIVER, RECONCILE
from gateway.session import Session
from gateway.sessions import Sessions
from gateway.store import deliveries
from gateway.store.database import Database
from tests.gateway.world import TTL, World
from workers import sweeps
from workers.sweeps import sweep


@pytest.fixture
def world(database: Database, monkeypatch: pytest.MonkeyPatch) -> World:
    """A gateway whose wake-ups get lost, and a sweep with the same clock."""
    made = World(database)
    monkeypatch.setattr(sweeps, "utcnow", made.clock)
    return made


async def swept(world: World) -> None:
    """All wake-ups until now were lost; a sweep comes round."""
    world.wakeups.jobs.clear()
    gateway = SimpleNamespace(
        db=world.db,
        wakeups=world.wakeups,
        inbound=world.inbound,
        upkeep=world.upkeep,
        approvals=world.approvals,
        sessions=Sessions(_nobody),
    )
    await sweep({"gateway": gateway})


async def _nobody(_session_id: str | None) -> Session:
    raise AssertionError("a sweep opens no session")


async def test_a_message_whose_wake_up_was_lost_is_found(world: World) -> None:
    conversation_id = await world.text()
    world.clock.advance(world.debounce)

    await swept(world)

    assert world.wakeups.of(ADVANCE) == [conversation_id]


async def test_a_burst_that_is_not_over_is_left_alone(world: World) -> None:
    await world.text()

    await swept(world)

    assert world.wakeups.of(ADVANCE) == []


async def test_a_conversation_whose_worker_died_is_found(world: World) -> None:
    conversation_id = await world.text()
    await world.begin(conversation_id)
    await swept(world)
    while_alive = world.wakeups.of(ADVANCE)
    world.clock.advance(LEASE)

    await swept(world)

    assert while_alive == []
    assert world.wakeups.of(ADVANCE) == [conversation_id]


async def test_a_decision_whose_wake_up_was_lost_is_found(world: World) -> None:
    approval = await world.ask()
    await world.press(approval)

    await swept(world)

    assert world.wakeups.of(ADVANCE) == [approval.conversation_id]
    assert world.wakeups.of(DELIVER) == [f"card:{approval.id}"]


async def test_a_queued_delivery_is_found(world: World) -> None:
    lane = await world.queue("hello")

    await swept(world)

    assert world.wakeups.of(DELIVER) == [lane]


async def test_a_delivery_whose_sender_died_is_asked_about(world: World) -> None:
    lane = await world.queue("hello")
    await deliveries.claim_head(world.db, lane, now=world.clock(), until=world.clock() + SENDING_LEASE)
    world.clock.advance(SENDING_LEASE)

    await swept(world)

    assert world.wakeups.of(RECONCILE) == ["dlv_1"]


async def test_early_news_expiry_and_reminders_come_round_with_it(world: World) -> None:
    await world.queue("hello")
    await world.news(DeliveryStatus.DELIVERED)
    await world.deliver_all()
    approval = await world.ask()
    world.clock.advance(TTL / 2)
    await swept(world)
    reminded = await world.rows("SELECT id FROM deliveries WHERE kind = 'alert'")
    world.clock.advance(TTL)

    await swept(world)

    assert (await world.delivery()).state == "delivered"
    assert len(reminded) == 1
    assert (await world.approval(approval.id)).state is ApprovalState.EXPIRED


async def test_what_is_done_is_not_found(world: World) -> None:
    approval = await world.ask()
    await world.deliver_all()
    world.clock.advance(timedelta(minutes=1))

    await swept(world)

    assert world.wakeups.jobs == []
    assert approval.card is not None

"""The audit chain: nothing can be changed, left out or moved without being noticed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway import audit
from gateway.store.audit_events import AuditEvent
from gateway.store.database import Database
from tests.gateway.fakes import NOON


async def record(database: Database, count: int) -> None:
    """So many facts, one a second."""
    for number in range(1, count + 1):
        async with database.transaction() as tx:
            await audit.record(
                tx,
                "delivery.failed",
                now=NOON + timedelta(seconds=number),
                actor="system",
                subject_id=f"dlv_{number}",
                data={"code": "30006", "attempts": number},
            )


async def events(database: Database) -> list[AuditEvent]:
    return [event async for event in audit.read(database)]


async def test_an_empty_chain_is_whole(database: Database) -> None:
    assert await audit.verify(database) == (0, "")


async def test_every_fact_names_the_one_before_it(database: Database) -> None:
    await record(database, 3)

    chain = await events(database)

    assert [event.number for event in chain] == [1, 2, 3]
    assert [event.previous_hash for event in chain] == [audit.GENESIS, chain[0].hash, chain[1].hash]
    assert await audit.verify(database) == (3, "")


@pytest.mark.parametrize(
    "change",
    [
        "data = '{}'",
        "actor = 'U0EVE'",
        "name = 'delivery.sent'",
        "at = at + 1",
        "subject_id = 'dlv_9'",
        "conversation_id = 'cnv_9'",
    ],
)
async def test_a_changed_fact_is_found(database: Database, change: str) -> None:
    await record(database, 3)
    await database.execute(f"UPDATE audit_events SET {change} WHERE number = 2")  # noqa: S608  # from the list above

    assert await audit.verify(database) == (1, "event 2 has been changed")


async def test_a_changed_fact_with_a_hash_made_to_fit_is_found_by_the_next(database: Database) -> None:
    await record(database, 3)
    chain = await events(database)
    forged = audit._sealed(replace(chain[1], actor="U0EVE"))
    await database.execute("UPDATE audit_events SET actor = $1, hash = $2 WHERE number = 2", forged.actor, forged.hash)

    assert await audit.verify(database) == (2, "event 3 does not follow event 2")


async def test_a_fact_that_was_left_out_is_found(database: Database) -> None:
    await record(database, 3)
    await database.execute("DELETE FROM audit_events WHERE number = 2")

    assert await audit.verify(database) == (1, "event 2 is missing")


async def test_facts_that_changed_places_are_found(database: Database) -> None:
    await record(database, 3)
    for before, after in ((2, 20), (3, 2), (20, 3)):
        await database.execute("UPDATE audit_events SET number = $2 WHERE number = $1", before, after)

    assert (await audit.verify(database))[0] == 1


async def test_many_at_once_make_one_chain(database: Database) -> None:
    async def tell(name: str) -> None:
        async with database.transaction() as tx:
            await audit.record(tx, name, now=NOON)
            await audit.record(tx, f"{name}.again", now=NOON)

    async with asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(tell(f"event.{number}"))

    assert await audit.verify(database) == (40, "")
    names = [event.name for event in await events(database)]
    assert {
        later.removesuffix(".again") == earlier for earlier, later in zip(names[::2], names[1::2], strict=True)
    } == {True}


async def test_a_fact_of_a_transaction_that_failed_leaves_no_gap(database: Database) -> None:
    await record(database, 1)
    with pytest.raises(RuntimeError):
        async with database.transaction() as tx:
            await audit.record(tx, "approval.approved", now=NOON)
            raise RuntimeError
    await record(database, 1)

    assert await audit.verify(database) == (2, "")


async def test_a_long_chain_is_read_page_by_page(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_PAGE", 4)
    await record(database, 9)

    assert [event.number for event in await events(database)] == list(range(1, 10))

"""The demo's count of what was meant for customers, and where something happened last."""

from __future__ import annotations

from gateway.store import tallies
from gateway.store.database import Database


async def test_only_messages_to_customers_are_counted_and_only_those_that_are_meant_to_arrive(
    database: Database,
) -> None:
    for number, (kind, state) in enumerate(
        [("answer", "sent"), ("notice", "queued"), ("relay", "unknown"), ("card", "sent"), ("answer", "cancelled")]
    ):
        await _deliver(database, f"dlv_{number}", kind=kind, state=state)

    assert await tallies.of_customers(database) == tallies.Tally(written=3, under_way=2)


async def test_the_last_active_conversation_is_the_one_that_was_written_to_or_from_last(database: Database) -> None:
    await _converse(database, "cnv_1", at=10)
    await _converse(database, "cnv_2", at=20)
    by_message = await tallies.last_active(database)
    await _deliver(database, "dlv_1", conversation_id="cnv_1", at=30)

    assert (by_message, await tallies.last_active(database)) == ("cnv_2", "cnv_1")


async def test_nothing_is_active_where_nobody_wrote(database: Database) -> None:
    assert await tallies.last_active(database) == ""


async def _converse(database: Database, conversation_id: str, *, at: int) -> None:
    await database.execute(
        "INSERT INTO conversations (id, channel, thread_key, address, created_at, updated_at) "
        "VALUES ($1, 'sms', $1, '+15550001', $2, $2)",
        conversation_id,
        at,
    )


async def _deliver(
    database: Database,
    delivery_id: str,
    *,
    kind: str = "answer",
    state: str = "sent",
    conversation_id: str | None = None,
    at: int = 1,
) -> None:
    await database.execute(
        "INSERT INTO deliveries (id, lane, kind, conversation_id, channel, address, target, state, created_at, "
        "updated_at) VALUES ($1, 'lane', $2, $3, 'sms', '+15550001', '{}', $4, $5, $5)",
        delivery_id,
        kind,
        conversation_id,
        state,
        at,
    )

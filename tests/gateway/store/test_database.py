"""The database port behaves the same on SQLite and Postgres."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.store.database import Database, connect
from gateway.store.migrate import migrate

INSERT = "INSERT INTO opt_outs (channel, address, since, source) VALUES ($1, $2, $3, $4)"


async def test_a_transaction_that_raises_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with database.transaction() as tx:
            await tx.execute(INSERT, "sms", "+1555", 1, "test")
            raise RuntimeError

    assert await database.fetch("SELECT * FROM opt_outs") == []


async def test_a_transaction_that_is_cancelled_leaves_nothing_behind(database: Database) -> None:
    inside = asyncio.Event()

    async def insert_and_hang() -> None:
        async with database.transaction() as tx:
            await tx.execute(INSERT, "sms", "+1555", 1, "test")
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(insert_and_hang())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await database.execute(INSERT, "sms", "+1556", 2, "test")
    rows = await database.fetch("SELECT address FROM opt_outs")
    assert [row["address"] for row in rows] == ["+1556"]


async def test_execute_tells_how_many_rows_changed(database: Database) -> None:
    await database.execute(INSERT, "sms", "+1555", 1, "test")

    changed = await database.execute("UPDATE opt_outs SET since = $1 WHERE since < $1", 5)
    unchanged = await database.execute("UPDATE opt_outs SET since = $1 WHERE since < $1", 5)

    assert (changed, unchanged) == (1, 0)


async def test_a_placeholder_may_be_used_twice_and_out_of_order(database: Database) -> None:
    row = await database.fetch_one(
        "SELECT CAST($2 AS TEXT) AS b, CAST($1 AS TEXT) AS a, CAST($2 AS TEXT) AS again", "one", "two"
    )

    assert row is not None
    assert (row["a"], row["b"], row["again"]) == ("one", "two", "two")


async def test_parallel_transactions_do_not_lose_an_update(database: Database) -> None:
    await database.execute(INSERT, "sms", "+1555", 0, "test")

    async def add_one() -> None:
        async with database.transaction() as tx:
            await tx.execute("UPDATE opt_outs SET since = since + 1 WHERE address = $1", "+1555")

    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(add_one())

    row = await database.fetch_one("SELECT since FROM opt_outs")
    assert row is not None
    assert row["since"] == 20


async def test_migrations_may_run_twice_and_side_by_side(empty_database_url: str) -> None:
    await asyncio.gather(*(migrate(empty_database_url) for _ in range(4)))
    await migrate(empty_database_url)

    database = await connect(empty_database_url)
    assert await database.fetch("SELECT * FROM conversations") == []
    await database.close()


async def test_an_unknown_kind_of_database_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mysql"):
        await connect("mysql://localhost/frontdesk")

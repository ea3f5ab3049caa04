"""What shares a commit shares its fate, and nothing else: neither a neighbour's failure nor another process's lock."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from gateway.store.database import DatabaseUnavailable
from gateway.store.sqlite import SqliteDatabase

INSERT = "INSERT INTO notes (text) VALUES ($1)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "notes.db"


@pytest.fixture
async def db(path: Path) -> AsyncIterator[SqliteDatabase]:
    opened = await SqliteDatabase.open(str(path))
    await opened.execute("CREATE TABLE notes (text TEXT NOT NULL UNIQUE)")
    yield opened
    await opened.close()


async def test_a_failure_takes_nothing_from_those_who_share_its_commit(db: SqliteDatabase) -> None:
    outcomes = await asyncio.gather(
        *(_write(db, str(number), fails=number % 3 == 0) for number in range(30)), return_exceptions=True
    )

    assert [isinstance(outcome, Mishap) for outcome in outcomes] == [number % 3 == 0 for number in range(30)]
    assert await _stored(db) == {str(number) for number in range(30) if number % 3}


async def test_a_violated_constraint_rolls_back_the_whole_of_its_own_transaction_only(db: SqliteDatabase) -> None:
    await db.execute(INSERT, "taken")

    async def clash() -> None:
        async with db.transaction() as tx:
            await tx.execute(INSERT, "first of two")
            await tx.execute(INSERT, "taken")

    outcomes = await asyncio.gather(clash(), _write(db, "neighbour"), return_exceptions=True)

    assert isinstance(outcomes[0], sqlite3.IntegrityError)
    assert await _stored(db) == {"taken", "neighbour"}


async def test_a_full_disk_is_told_to_all_who_wrote_and_the_next_may_write_again(db: SqliteDatabase) -> None:
    pages = (await db.fetch("SELECT page_count FROM pragma_page_count()"))[0]["page_count"]
    await db.fetch(f"PRAGMA max_page_count = {pages}")

    outcomes = await asyncio.gather(_write(db, "a" * 100_000), _write(db, "b" * 100_000), return_exceptions=True)
    after_failure = await _stored(db)
    await db.fetch("PRAGMA max_page_count = 1000000")
    await _write(db, "again")

    assert [type(outcome) for outcome in outcomes] == [DatabaseUnavailable, DatabaseUnavailable]
    assert after_failure == set()
    assert await _stored(db) == {"again"}


async def test_writers_wait_for_another_process_and_then_all_write(db: SqliteDatabase, path: Path) -> None:
    with _writing(path) as other:
        waiting = [asyncio.create_task(_write(db, str(number))) for number in range(5)]
        await asyncio.sleep(0)
        reading = await _stored(db)
        other.execute("COMMIT")
        await asyncio.gather(*waiting)

    assert reading == set()
    assert await _stored(db) == {str(number) for number in range(5)}


async def test_a_lock_that_is_never_given_back_is_the_database_being_away(
    db: SqliteDatabase, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.store.sqlite.BUSY_TIMEOUT_S", 0.05)

    with _writing(path) as other:
        outcomes = await asyncio.gather(_write(db, "one"), _write(db, "two"), return_exceptions=True)
        other.execute("ROLLBACK")
    await _write(db, "three")

    assert [type(outcome) for outcome in outcomes] == [DatabaseUnavailable, DatabaseUnavailable]
    assert await _stored(db) == {"three"}


async def test_who_is_cancelled_while_the_commit_is_under_way_has_written(db: SqliteDatabase) -> None:
    inside = asyncio.Event()

    async def write() -> None:
        async with db.transaction() as tx:
            await tx.execute(INSERT, "kept")
            inside.set()

    task = asyncio.create_task(write())
    await inside.wait()
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    await _write(db, "later")

    assert await _stored(db) == {"kept", "later"}


async def test_scrubbing_leaves_nothing_of_deleted_rows_in_the_files(db: SqliteDatabase, path: Path) -> None:
    await db.execute(INSERT, "a secret " * 1000)
    await db.execute("DELETE FROM notes")

    await asyncio.gather(db.scrub(), _write(db, "written meanwhile"))

    assert not any(b"a secret" in file.read_bytes() for file in path.parent.glob("notes.db*"))
    assert await _stored(db) == {"written meanwhile"}


class Mishap(Exception):
    """What goes wrong in the middle of a transaction."""


async def _write(db: SqliteDatabase, text: str, *, fails: bool = False) -> None:
    async with db.transaction() as tx:
        await tx.execute(INSERT, text)
        await asyncio.sleep(0)
        if fails:
            raise Mishap


async def _stored(db: SqliteDatabase) -> set[str]:
    return {row["text"] for row in await db.fetch("SELECT text FROM notes")}


@contextmanager
def _writing(path: Path) -> Iterator[sqlite3.Connection]:
    """Another process that holds the write lock."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other

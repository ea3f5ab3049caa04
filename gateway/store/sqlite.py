"""The database port over SQLite in WAL mode: one connection that writes, one that reads.

SQLite has one writer at a time: within the process a lock queues the writers, between processes SQLite's own lock
does. `synchronous=FULL`: what was acknowledged survives a power cut too, which Postgres gives by default.

What costs is not SQL but the way to another thread and the sync of the disk, so both are spent per commit and not
per statement. A transaction holds the write lock, so its statements have nothing to wait for: they run where they are
asked for, in microseconds. Transactions that queue up while a commit is under way share the next one, each inside
a savepoint of its own. Commits, and reads outside of transactions, run on aiosqlite's threads.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiosqlite

from gateway.store.database import NOT_MIGRATED, DatabaseUnavailable, Dialect, Row, Statements, WrongSchema

BUSY_TIMEOUT_S = 15.0
# SQLite's own waiting sleeps up to 100 ms between tries, and in a thread.
BUSY_RETRY_S = 0.001
# The last two: it rolled the whole transaction back by itself, as it does where the disk is full.
_AWAY = ("locked", "disk", "unable to open", "no transaction is active", "no such savepoint")


class SqliteStatements:
    """Statements inside a transaction, run at once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def execute(self, sql: str, *args: Any) -> int:
        return self._connection.execute(sql, _numbered(args)).rowcount

    async def fetch(self, sql: str, *args: Any) -> Sequence[Row]:
        return self._connection.execute(sql, _numbered(args)).fetchall()

    async def fetch_one(self, sql: str, *args: Any) -> Row | None:
        rows = await self.fetch(sql, *args)
        return next(iter(rows), None)


class SqliteDatabase:
    """An open SQLite file."""

    dialect: Dialect = "sqlite"

    def __init__(
        self, path: Path, writing: sqlite3.Connection, writer: aiosqlite.Connection, reader: aiosqlite.Connection
    ) -> None:
        self.path = path
        self._writing = writing  # the connection inside `writer`
        self._writer = writer
        self._reader = reader
        self._statements = SqliteStatements(writing)
        self._write_lock = asyncio.Lock()  # first come, first served: the commit is one of those who come
        self._commit: asyncio.Task[None] | None = None  # of the transaction that is open

    @classmethod
    async def open(cls, path: str) -> SqliteDatabase:
        """Open (and create, with its folder) the file at `path`."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        writing = _connect(path)
        writer = await aiosqlite.Connection(lambda: writing, iter_chunk_size=64)
        await _set_up(writer, busy_timeout_s=0)
        reader = await aiosqlite.Connection(lambda: _connect(path), iter_chunk_size=64)
        await _set_up(reader, busy_timeout_s=BUSY_TIMEOUT_S)
        return cls(Path(path), writing, writer, reader)

    async def execute(self, sql: str, *args: Any) -> int:
        async with self.transaction() as tx:
            return await tx.execute(sql, *args)

    async def fetch(self, sql: str, *args: Any) -> Sequence[Row]:
        if _only_reads(sql):
            with _translated():
                rows: Sequence[Row] = await self._reader.execute_fetchall(sql, _numbered(args))  # type: ignore[assignment]  # sqlite3.Row reads like a mapping
                return rows
        async with self.transaction() as tx:
            return await tx.fetch(sql, *args)

    async def fetch_one(self, sql: str, *args: Any) -> Row | None:
        rows = await self.fetch(sql, *args)
        return next(iter(rows), None)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Statements]:
        with _translated():
            async with self._write_lock:
                commit = self._commit or await self._begin()
                self._writing.execute("SAVEPOINT ours")
                try:
                    yield self._statements
                except BaseException:
                    self._writing.execute("ROLLBACK TO ours")
                    raise
                finally:
                    self._writing.execute("RELEASE ours")
            await asyncio.shield(commit)

    async def _begin(self) -> asyncio.Task[None]:
        """Open a transaction; its commit queues behind those who are waiting to write by now."""
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + BUSY_TIMEOUT_S
        while not self._try_to_begin(is_last_try=loop.time() > give_up_at):  # noqa: ASYNC110  # another process holds it
            await asyncio.sleep(BUSY_RETRY_S)
        self._commit = loop.create_task(self._commit_together())
        return self._commit

    def _try_to_begin(self, *, is_last_try: bool) -> bool:
        """False: another process is writing."""
        try:
            self._writing.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if is_last_try or "locked" not in str(error):
                raise
            return False
        return True

    async def _commit_together(self) -> None:
        async with self._write_lock:
            self._commit = None
            try:
                await self._writer.execute("COMMIT")
            except BaseException:
                await asyncio.shield(self._writer.rollback())
                raise

    async def scrub(self) -> None:
        """Write the file anew, without the remains of deleted rows, and empty the log beside it."""
        with _translated():
            while True:
                async with self._write_lock:
                    if self._commit is None:
                        await self._writer.execute_fetchall(f"PRAGMA busy_timeout={BUSY_TIMEOUT_S * 1000:.0f}")
                        await self._writer.execute("VACUUM")
                        await self._writer.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
                        await self._writer.execute_fetchall("PRAGMA busy_timeout=0")
                        return
                    open_now = self._commit
                await asyncio.wait([open_now])

    async def close(self) -> None:
        if self._commit is not None:
            await asyncio.wait([self._commit])
        await self._reader.close()
        await self._writer.close()


def _connect(path: str) -> sqlite3.Connection:
    # One thread at a time: the write lock and aiosqlite's queue see to that.
    return sqlite3.connect(path, isolation_level=None, cached_statements=512, check_same_thread=False)


async def _set_up(connection: aiosqlite.Connection, *, busy_timeout_s: float) -> None:
    connection.row_factory = sqlite3.Row
    for pragma in (
        # The first connection to a file changes its mode, which other processes may be doing as well.
        f"busy_timeout={BUSY_TIMEOUT_S * 1000:.0f}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        f"busy_timeout={busy_timeout_s * 1000:.0f}",
    ):
        await connection.execute(f"PRAGMA {pragma}")


def _numbered(args: tuple[Any, ...]) -> dict[str, Any]:
    """SQLite reads `$1` as a parameter named "1"."""
    return {str(number): arg for number, arg in enumerate(args, start=1)}


def _only_reads(sql: str) -> bool:
    return sql.lstrip()[:6].upper() == "SELECT"


@contextmanager
def _translated() -> Iterator[None]:
    """A locked, full or unreadable file is the database being away, not a fault of the statement."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if any(sign in str(error) for sign in _AWAY):
            raise DatabaseUnavailable(str(error)) from error
        if "no such table" in str(error) or "no such column" in str(error):
            raise WrongSchema(NOT_MIGRATED) from error
        raise

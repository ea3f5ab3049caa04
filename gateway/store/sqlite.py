"""The database port over aiosqlite: one connection that writes, one that reads, in WAL mode.

SQLite has one writer at a time. Within the process a lock queues the writers, between processes SQLite's own lock does
(`busy_timeout`). `synchronous=FULL`: what was acknowledged survives a power cut too, which Postgres gives by default.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import aiosqlite

from gateway.store.database import DatabaseUnavailable, Dialect, Row, Statements

BUSY_TIMEOUT_MS = 15_000


class SqliteStatements:
    """Statements on one connection, each in one hop to its thread."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def execute(self, sql: str, *args: Any) -> int:
        cursor = await self._connection.execute(sql, _numbered(args))
        return cursor.rowcount

    async def fetch(self, sql: str, *args: Any) -> Sequence[Row]:
        return await self._connection.execute_fetchall(sql, _numbered(args))  # type: ignore[return-value]  # sqlite3.Row reads like a mapping

    async def fetch_one(self, sql: str, *args: Any) -> Row | None:
        rows = await self.fetch(sql, *args)
        return next(iter(rows), None)


class SqliteDatabase:
    """An open SQLite file."""

    dialect: Dialect = "sqlite"

    def __init__(self, writer: aiosqlite.Connection, reader: aiosqlite.Connection) -> None:
        self._writer = writer
        self._reader = reader
        self._write_lock = asyncio.Lock()
        self._writing = SqliteStatements(writer)
        self._reading = SqliteStatements(reader)

    @classmethod
    async def open(cls, path: str) -> SqliteDatabase:
        """Open (and create, with its folder) the file at `path`."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        return cls(await _open_connection(path), await _open_connection(path))

    async def execute(self, sql: str, *args: Any) -> int:
        async with self._write_lock:
            with _translated():
                return await self._writing.execute(sql, *args)

    async def fetch(self, sql: str, *args: Any) -> Sequence[Row]:
        if _only_reads(sql):
            with _translated():
                return await self._reading.fetch(sql, *args)
        async with self._write_lock:
            with _translated():
                return await self._writing.fetch(sql, *args)

    async def fetch_one(self, sql: str, *args: Any) -> Row | None:
        rows = await self.fetch(sql, *args)
        return next(iter(rows), None)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Statements]:
        async with self._write_lock:
            with _translated():
                try:
                    await self._writer.execute("BEGIN IMMEDIATE")
                    yield self._writing
                except BaseException:
                    # Also where BEGIN itself was cancelled: its thread may still have run it.
                    await asyncio.shield(self._roll_back())
                    raise
                await asyncio.shield(self._writer.execute("COMMIT"))

    async def _roll_back(self) -> None:
        with suppress(sqlite3.OperationalError):  # "no transaction is active"
            await self._writer.execute("ROLLBACK")

    async def close(self) -> None:
        await self._reader.close()
        await self._writer.close()


async def _open_connection(path: str) -> aiosqlite.Connection:
    connection = await aiosqlite.connect(path, isolation_level=None, cached_statements=512)
    connection.row_factory = sqlite3.Row
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
    ):
        await connection.execute(f"PRAGMA {pragma}")
    return connection


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
        if "locked" in str(error) or "disk" in str(error) or "unable to open" in str(error):
            raise DatabaseUnavailable(str(error)) from error
        raise

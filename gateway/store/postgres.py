"""The database port over an asyncpg pool."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg

from gateway.store.database import NOT_MIGRATED, DatabaseUnavailable, Dialect, Row, Statements, WrongSchema

COMMAND_TIMEOUT_S = 30.0


class PostgresStatements:
    """Statements on one connection of the pool."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def execute(self, sql: str, *args: Any) -> int:
        return _row_count(await self._connection.execute(sql, *args))

    async def fetch(self, sql: str, *args: Any) -> Sequence[Row]:
        rows: Sequence[Row] = await self._connection.fetch(sql, *args)
        return rows

    async def fetch_one(self, sql: str, *args: Any) -> Row | None:
        row: Row | None = await self._connection.fetchrow(sql, *args)
        return row


class PostgresDatabase:
    """A pool of connections to one Postgres database."""

    dialect: Dialect = "postgres"

    def __init__(self, pool: asyncpg.Pool, url: str) -> None:
        self._pool = pool
        self.url = url

    @classmethod
    async def open(cls, url: str, *, pool_size: int) -> PostgresDatabase:
        try:
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=pool_size,
                command_timeout=COMMAND_TIMEOUT_S,
                server_settings={"application_name": "frontdesk", "jit": "off"},
            )
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            # An unknown host, a wrong password, no such database: for whoever wants to start it is all the same.
            raise DatabaseUnavailable(f"the database cannot be opened: {str(error) or 'no answer'}") from error
        return cls(pool, url)

    async def execute(self, sql: str, *args: Any) -> int:
        with _translated():
            return _row_count(await self._pool.execute(sql, *args))

    async def fetch(self, sql: str, *args: Any) -> Sequence[Row]:
        with _translated():
            rows: Sequence[Row] = await self._pool.fetch(sql, *args)
            return rows

    async def fetch_one(self, sql: str, *args: Any) -> Row | None:
        with _translated():
            row: Row | None = await self._pool.fetchrow(sql, *args)
            return row

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Statements]:
        with _translated():
            async with self._pool.acquire() as connection, connection.transaction():
                yield PostgresStatements(connection)

    async def scrub(self) -> None:
        """Autovacuum gives the room of deleted rows to new ones; no query can read them from now on."""

    async def close(self) -> None:
        await self._pool.close()


def _row_count(status: str) -> int:
    """`UPDATE 3` → 3."""
    last = status.rsplit(" ", 1)[-1]
    return int(last) if last.isdigit() else 0


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (
        asyncpg.PostgresConnectionError,
        asyncpg.CannotConnectNowError,
        asyncpg.TooManyConnectionsError,
        OSError,  # also a host that is gone, a name that is not known, and an answer that took too long
    ) as error:
        raise DatabaseUnavailable(str(error) or "no answer") from error
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError) as error:
        raise WrongSchema(NOT_MIGRATED) from error
    except asyncpg.InterfaceError as error:
        if "closed" not in str(error) and "closing" not in str(error):
            raise
        raise DatabaseUnavailable(str(error)) from error

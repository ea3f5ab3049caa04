"""The database port: SQL text, positional arguments, rows. One port for SQLite and Postgres.

SQL is written once, in the subset that both speak: `$1` placeholders (a number may be used twice), `RETURNING`,
`ON CONFLICT`, `TEXT`, `BIGINT`, `BYTEA`/`BLOB`. Times are stored as whole microseconds since 1970 UTC (`BIGINT`),
JSON as `TEXT`, booleans as `SMALLINT` 0 or 1, so that a row reads the same from either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

Row = Mapping[str, Any]
Dialect = Literal["sqlite", "postgres"]


class Statements(Protocol):
    """What can be asked of the database, inside a transaction or outside of one."""

    async def execute(self, sql: str, *args: Any) -> int:
        """Run a statement; returns the number of rows that it changed."""
        ...

    async def fetch(self, sql: str, *args: Any) -> Sequence[Row]:
        """All rows."""
        ...

    async def fetch_one(self, sql: str, *args: Any) -> Row | None:
        """The first row, or None."""
        ...


class Database(Statements, Protocol):
    """An open database. Statements outside of `transaction` commit one by one."""

    dialect: Dialect

    def transaction(self) -> AbstractAsyncContextManager[Statements]:
        """A transaction that writes: commits when the block ends, rolls back when it raises.

        On SQLite it takes the write lock at its beginning, so that a read inside cannot be overtaken by another writer.
        """
        ...

    async def scrub(self) -> None:
        """Leave nothing of deleted rows in the files, as far as the database lets a client do that."""
        ...

    async def close(self) -> None: ...


class DatabaseUnavailable(Exception):
    """The database cannot be reached, is locked for too long, or lacks our tables. What was begun was rolled back."""


class WrongSchema(DatabaseUnavailable):
    """It has not the tables that this release needs. An operator has to migrate it, or to install another release."""


NOT_MIGRATED = "it has no tables of ours, or old ones: run `frontdesk migrate`"


async def connect(url: str, *, pool_size: int = 10) -> Database:
    """Open the database at `sqlite:///PATH`, `postgres://…` or `postgresql://…`. Whoever opens it closes it.

    Raises `DatabaseUnavailable`, and `WrongSchema` where it is not migrated, or by a newer release.
    """
    from gateway.store.schema import require_current

    opened = await _open(url, pool_size)
    try:
        await require_current(opened)
    except BaseException:
        await opened.close()
        raise
    return opened


async def _open(url: str, pool_size: int) -> Database:
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        from gateway.store.sqlite import SqliteDatabase

        return await SqliteDatabase.open(sqlite_path(url))
    if scheme in ("postgres", "postgresql"):
        # Imported here: asyncpg is an extra.
        from gateway.store.postgres import PostgresDatabase

        return await PostgresDatabase.open(url, pool_size=pool_size)
    raise ValueError(f"DATABASE_URL must begin with sqlite:/// or postgresql://, not {scheme!r}")


def sqlite_path(url: str) -> str:
    """The file behind `sqlite:///relative/path` or `sqlite:////absolute/path`."""
    return url.removeprefix("sqlite:///")

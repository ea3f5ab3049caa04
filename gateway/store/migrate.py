"""Brings a database to the newest schema. Safe to run twice, and by several machines at once.

Alembic does the versions; what is ours is the lock around them: an advisory lock on Postgres, the write lock on
SQLite. All versions run in one transaction, so that a crash leaves the old schema whole.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, event, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from gateway.store.database import WrongSchema, sqlite_path

ADVISORY_LOCK = 0x46524F4E54  # "FRONT"


async def migrate(url: str) -> None:
    """Run every version that the database at `url` has not seen yet. Raises `WrongSchema` for a newer database."""
    async with _locked_connection(url) as connection:
        try:
            await connection.run_sync(_upgrade)
        except CommandError as error:
            # It has a version that we do not.
            raise WrongSchema(f"a newer release has migrated the database: {error}") from error


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@asynccontextmanager
async def _locked_connection(url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(driver_url(url), poolclass=NullPool)
    if url.startswith("sqlite"):
        # The driver would begin a transaction only at the first write, and never around DDL.
        event.listen(engine.sync_engine, "connect", _leave_transactions_to_us)
        event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        async with engine.begin() as connection:
            if not url.startswith("sqlite"):
                await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": ADVISORY_LOCK})
            yield connection
    finally:
        await engine.dispose()


def _leave_transactions_to_us(dbapi_connection: object, _record: object) -> None:
    dbapi_connection.isolation_level = None  # type: ignore[attr-defined]  # the driver's adapter has no type of its own
    cursor = dbapi_connection.cursor()  # type: ignore[attr-defined]  # likewise
    cursor.execute("PRAGMA busy_timeout=30000")
    cursor.close()


def driver_url(url: str) -> str:
    """The same database in SQLAlchemy's words."""
    if url.startswith("sqlite"):
        path = sqlite_path(url)
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        return f"sqlite+aiosqlite:///{path}"
    return url.replace("postgres://", "postgresql://", 1).replace("postgresql://", "postgresql+asyncpg://", 1)

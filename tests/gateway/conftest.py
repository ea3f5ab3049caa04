"""A gateway over each of the databases. The schema is made once, and every test begins without a row."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import asyncpg
import pytest

from gateway.store.database import Database
from gateway.store.migrate import migrate
from tests.gateway.world import World

# Whoever an earlier test left connected, because it was killed.
LEAVE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# Much quicker than another database, and than TRUNCATE.
EMPTY = """
SET session_replication_role = replica;
DO $$ DECLARE name TEXT; BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
END $$;
"""


@pytest.fixture(scope="session")
def postgres_shared(postgres_server: str) -> str:
    """The URL of a migrated Postgres database, which all tests use one after another."""
    asyncio.run(_run(postgres_server, "CREATE DATABASE shared"))
    url = postgres_server.replace("/postgres?", "/shared?")
    asyncio.run(migrate(url))
    return url


@pytest.fixture
def prepared(database_kind: str, request: pytest.FixtureRequest) -> Path | str:
    """A file to copy, or a URL to empty."""
    made: Path | str = request.getfixturevalue("sqlite_template" if database_kind == "sqlite" else "postgres_shared")
    return made


@pytest.fixture
async def database_url(prepared: Path | str, tmp_path: Path) -> str:
    """The URL of a migrated database without any row."""
    if isinstance(prepared, Path):
        shutil.copy(prepared, tmp_path / "frontdesk.db")
        return f"sqlite:///{tmp_path}/frontdesk.db"
    await _run(prepared, LEAVE, EMPTY)
    return prepared


@pytest.fixture
def world(database: Database) -> World:
    """A gateway on each of the databases."""
    return World(database)


async def _run(url: str, *statements: str) -> None:
    admin = await asyncpg.connect(url)
    try:
        for sql in statements:
            await admin.execute(sql)
    finally:
        await admin.close()

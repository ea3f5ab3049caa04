"""The engine's schema page and its migration say the same."""

from __future__ import annotations

import re

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.engine.tables import metadata


async def test_a_migrated_database_has_the_tables_of_the_page(database_url: str) -> None:
    engine = create_async_engine(
        re.sub("^postgresql:", "postgresql+asyncpg:", database_url).replace("sqlite:", "sqlite+aiosqlite:")
    )
    async with engine.connect() as connection:
        differences = await connection.run_sync(_differences)
    await engine.dispose()

    assert differences == []


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(
        connection, opts={"include_name": lambda name, kind, _parents: kind != "table" or name.startswith("engine_")}
    )
    return list(compare_metadata(context, metadata))

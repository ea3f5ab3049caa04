"""What a turn costs the database: exact numbers of statements, whatever the length of the session."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.engine import server
from gateway.store.database import Database, Dialect, Row, Statements, connect
from tests.gateway.engine.serving import Served, serving
from tests.gateway.engine.wire import connected, echo_tool, make_agent, tools


class CountedStatements:
    """Notes every statement, and how many rows it gave."""

    def __init__(self, inner: Statements, noted: list[tuple[str, int]]) -> None:
        self._inner = inner
        self.noted = noted

    async def execute(self, sql: str, *args: Any) -> int:
        changed = await self._inner.execute(sql, *args)
        self.noted.append((sql, changed))
        return changed

    async def fetch(self, sql: str, *args: Any) -> Sequence[Row]:
        rows = await self._inner.fetch(sql, *args)
        self.noted.append((sql, len(rows)))
        return rows

    async def fetch_one(self, sql: str, *args: Any) -> Row | None:
        row = await self._inner.fetch_one(sql, *args)
        self.noted.append((sql, 0 if row is None else 1))
        return row


class CountedDatabase(CountedStatements):
    """A database that is watched."""

    def __init__(self, inner: Database) -> None:
        super().__init__(inner, [])
        self._database = inner
        self.dialect: Dialect = inner.dialect

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Statements]:
        async with self._database.transaction() as tx:
            yield CountedStatements(tx, self.noted)

    async def close(self) -> None:
        await self._database.close()

    def of_sessions(self) -> list[tuple[str, int]]:
        """What was noted, without the heartbeat of the process."""
        return [(sql, rows) for sql, rows in self.noted if not _is_housekeeping(sql)]


def _is_housekeeping(sql: str) -> bool:
    return "engine_processes" in sql or "SELECT id FROM engine_sessions" in sql


@pytest.fixture
async def counted(database_url: str) -> CountedDatabase:
    return CountedDatabase(await connect(database_url))


@pytest.fixture
async def watched(
    counted: CountedDatabase, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Served]:
    async def connect_counted(_url: str) -> CountedDatabase:
        return counted

    monkeypatch.setattr(server, "connect", connect_counted)
    async with serving(database_url) as engine:
        yield engine


async def test_a_plain_turn_takes_eight_statements(watched: Served, counted: CountedDatabase) -> None:
    agent_id = await make_agent(watched.address)

    async with connected(watched.address) as client:
        await client.create(agent_id)
        await client.turn("Hello.")
        counted.noted.clear()
        await client.turn("A message that is long enough to be streamed in many pieces, as replies are.")

    assert len(counted.of_sessions()) == 8


async def test_a_tool_call_takes_six_more(watched: Served, counted: CountedDatabase) -> None:
    agent_id = await make_agent(watched.address, tools=tools(echo_tool()))

    async with connected(watched.address) as client:
        await client.create(agent_id)
        counted.noted.clear()
        await client.turn('call echo {"text": "a"}')

    assert len(counted.of_sessions()) == 8 + 6


async def test_a_long_session_costs_no_more_than_a_short_one(watched: Served, counted: CountedDatabase) -> None:
    agent_id = await make_agent(watched.address)

    async with connected(watched.address) as client:
        session_id = await client.create(agent_id)
        for number in range(40):
            await client.turn(f"Message {number}.")
        counted.noted.clear()
        await client.turn("One more.")
        in_turn = counted.of_sessions()
    async with connected(watched.address) as client:
        counted.noted.clear()
        await client.resume(session_id)
        in_resume = counted.of_sessions()

    assert len(in_turn) == 8
    assert max(rows for _, rows in in_turn) <= 2
    assert [rows for _, rows in in_resume] == [1]

"""What a plain turn costs, counted exactly: statements, commits, and connections. Times are measured in benchmarks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from gateway.attachments import Attachments
from gateway.domain import ConversationId
from gateway.queue import Wakeups, open_queue
from gateway.runner import Runner
from gateway.session import Session
from gateway.sessions import Sessions
from gateway.store.database import Database, Dialect, Row, Statements
from gateway.turns import Turns
from tests.gateway.plain_platform import PlainPlatform, plain_platform
from tests.gateway.session.scripted import KEY
from tests.gateway.world import World, a_text


class CountedDatabase:
    """A database that counts what it is asked. `commits` are transactions and single statements that write."""

    def __init__(self, database: Database) -> None:
        self.dialect: Dialect = database.dialect
        self._database = database
        self.statements = 0
        self.commits = 0

    async def execute(self, sql: str, *args: Any) -> int:
        self._count(sql)
        return await self._database.execute(sql, *args)

    async def fetch(self, sql: str, *args: Any) -> Sequence[Row]:
        self._count(sql)
        return await self._database.fetch(sql, *args)

    async def fetch_one(self, sql: str, *args: Any) -> Row | None:
        self._count(sql)
        return await self._database.fetch_one(sql, *args)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Statements]:
        self.commits += 1
        async with self._database.transaction() as tx:
            yield CountedStatements(tx, self)

    async def scrub(self) -> None:
        await self._database.scrub()

    async def close(self) -> None:
        await self._database.close()

    def _count(self, sql: str) -> None:
        self.statements += 1
        self.commits += not sql.lstrip().startswith("SELECT")


class CountedStatements:
    """The statements of one transaction."""

    def __init__(self, tx: Statements, database: CountedDatabase) -> None:
        self._tx = tx
        self._database = database

    async def execute(self, sql: str, *args: Any) -> int:
        self._database.statements += 1
        return await self._tx.execute(sql, *args)

    async def fetch(self, sql: str, *args: Any) -> Sequence[Row]:
        self._database.statements += 1
        return await self._tx.fetch(sql, *args)

    async def fetch_one(self, sql: str, *args: Any) -> Row | None:
        self._database.statements += 1
        return await self._tx.fetch_one(sql, *args)


class Counted:
    """A customer who has written before, and what is counted from then on."""

    def __init__(self, database: Database, platform: PlainPlatform) -> None:
        self.db = CountedDatabase(database)
        self.world = World(self.db, debounce=timedelta())
        self.opened = 0
        self.sessions = Sessions(self._connect)
        runner = Runner(self.db, self.sessions, Attachments(self.db, self.world.channels), clock=self.world.clock)
        self.turns = Turns(
            self.db,
            self.world.leases,
            runner,
            self.world.outcomes,
            self.world.outbound,
            turn_timeout=timedelta(minutes=5),
            clock=self.world.clock,
        )
        self._url = platform.url

    async def _connect(self, session_id: str | None) -> Session:
        self.opened += 1
        owner_id = "" if session_id else "a-1"
        session = Session(owner_type="agent", owner_id=owner_id, session_id=session_id, api_key=KEY, base_url=self._url)
        return await session.connect()

    async def turn(self, text: str) -> ConversationId:
        conversation_id = await self.world.text(text)
        await self.turns.advance(conversation_id)
        return conversation_id

    def start_counting(self) -> None:
        self.db.statements = self.db.commits = self.opened = 0


@pytest.fixture
async def counted(database: Database) -> AsyncIterator[Counted]:
    async with plain_platform() as platform:
        made = Counted(database, platform)
        await made.turn("the first")
        made.start_counting()
        yield made
        await made.sessions.close()


async def test_taking_a_text_in_takes_three_statements_and_one_commit(counted: Counted) -> None:
    await counted.world.inbound.accept(a_text("the second", "SM2"))

    assert counted.db.statements == 3
    assert counted.db.commits == 1


async def test_a_plain_turn_takes_ten_statements_and_four_commits(counted: Counted) -> None:
    conversation_id = await counted.world.text("the second")
    counted.start_counting()
    await counted.turns.advance(conversation_id)

    assert counted.world.channel.texts[-1] == "You said: the second"
    assert counted.db.statements == 10
    assert counted.db.commits == 4


async def test_a_known_customer_costs_no_new_connection_to_the_platform(counted: Counted) -> None:
    await counted.turn("the second")
    await counted.turn("the third")

    assert counted.world.channel.texts[-1] == "You said: the third"
    assert counted.opened == 0


async def test_wake_ups_share_one_connection_to_redis(redis_url: str) -> None:
    redis = await open_queue(redis_url)
    before = (await redis.info("stats"))["total_connections_received"]
    for number in range(20):
        await Wakeups(redis).advance(ConversationId(f"cnv_{number}"))
    after = (await redis.info("stats"))["total_connections_received"]
    await redis.aclose(close_connection_pool=True)

    assert after == before

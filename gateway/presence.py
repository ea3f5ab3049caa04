"""Which processes of the deployment live: each says so in Redis every few seconds, and the console asks.

A hint for people and nothing more: no work depends on it, and an emptied Redis knows it again within seconds.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from gateway.domain import utcnow

KEY = "frontdesk:processes"
SAY_EVERY_S = 5.0
ALIVE_FOR = timedelta(seconds=20)
FORGOTTEN_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Process:
    """One process: what it is, where it runs, since when, and when it was last heard of."""

    kind: str
    host: str
    pid: int
    since: datetime
    seen: datetime

    def is_alive(self, now: datetime) -> bool:
        return now - self.seen <= ALIVE_FOR


class Presence:
    """The processes that share a Redis."""

    def __init__(self, redis: Redis, *, clock: Callable[[], datetime] = utcnow) -> None:
        self._redis = redis
        self._clock = clock

    @asynccontextmanager
    async def shown(self, kind: str) -> AsyncIterator[None]:
        """Say that this process lives while the block runs."""
        name, since = f"{kind}@{socket.gethostname()}:{os.getpid()}", self._clock()
        keeper = asyncio.create_task(self._keep(name, since))
        try:
            yield
        finally:
            keeper.cancel()
            await asyncio.wait([keeper])
            with suppress(RedisError, OSError):
                await self._command("HDEL", KEY, name)

    async def processes(self) -> Sequence[Process]:
        """Everybody who was heard of lately, by kind; the long silent are forgotten. Raises RedisError, OSError."""
        now = self._clock()
        said: Mapping[bytes, bytes] = await self._command("HGETALL", KEY)
        known = {name.decode(): _process(name.decode(), orjson.loads(words)) for name, words in said.items()}
        gone = [name for name, process in known.items() if now - process.seen > FORGOTTEN_AFTER]
        if gone:
            await self._command("HDEL", KEY, *gone)
        return [process for name, process in sorted(known.items()) if name not in gone]

    async def _command(self, *words: str | bytes) -> Any:
        return await self._redis.execute_command(*words)  # type: ignore[no-untyped-call]  # redis types it for two clients

    async def _keep(self, name: str, since: datetime) -> None:
        while True:
            with suppress(RedisError, OSError):
                words = orjson.dumps([since.timestamp(), self._clock().timestamp()])
                await self._command("HSET", KEY, name, words)
            await asyncio.sleep(SAY_EVERY_S)


def _process(name: str, said: Sequence[float]) -> Process:
    kind, _, where = name.partition("@")
    host, _, pid = where.rpartition(":")
    since, seen = (datetime.fromtimestamp(moment, tz=UTC) for moment in said)
    return Process(kind, host, int(pid), since, seen)

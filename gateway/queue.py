"""Wake-ups over arq: a job is the name of a use case and one id, and may be lost, repeated or late.

The rows know what is to be done, and a sweep finds what no job told of; so a Redis that is away, or came back empty,
costs seconds and nothing else. Jobs are JSON. Their ids are never reused: arq swallows a job whose id is queued or
running.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import orjson
import structlog
from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.constants import job_key_prefix
from arq.jobs import serialize_job
from redis.exceptions import RedisError

from gateway.domain import ConversationId, DeliveryId, new_id
from gateway.errors import QueueUnavailable

log = structlog.get_logger(__name__)

QUEUE = "frontdesk:jobs"
BELL = "frontdesk:bell"  # a list: whoever of the workers waits longest hears of a new job
ADVANCE = "advance"
DELIVER = "deliver"
RECONCILE = "reconcile"
CONNECT_TRIES = 30  # one a second
_EXPIRES_AFTER_MS = 3_600_000


def to_bytes(job: dict[str, Any]) -> bytes:
    return orjson.dumps(job, default=str)


def from_bytes(data: bytes) -> dict[str, Any]:
    job: dict[str, Any] = orjson.loads(data)
    return job


async def open_queue(url: str) -> ArqRedis:
    """Connect to Redis, which may take a while to come up. Whoever opens it closes it. Raises `QueueUnavailable`."""
    settings = RedisSettings.from_dsn(url)
    settings.conn_retries = CONNECT_TRIES
    settings.conn_retry_delay = 1
    try:
        return await create_pool(
            settings, job_serializer=to_bytes, job_deserializer=from_bytes, default_queue_name=QUEUE
        )
    except (RedisError, OSError) as error:
        raise QueueUnavailable(f"the Redis at REDIS_URL does not answer: {type(error).__name__}") from error


class Wakeups:
    """What the gateway tells the workers."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis

    async def advance(self, conversation_id: ConversationId, *, at: datetime | None = None) -> None:
        """Somebody should look at this conversation, at once or at a time."""
        await self._enqueue(ADVANCE, conversation_id, at)

    async def deliver(self, lane: str, *, at: datetime | None = None) -> None:
        """Something in this lane of the outbox can go out."""
        await self._enqueue(DELIVER, lane, at)

    async def reconcile(self, delivery_id: DeliveryId) -> None:
        """Somebody should ask the provider what became of this delivery."""
        await self._enqueue(RECONCILE, delivery_id, None)

    async def check(self) -> str:
        """What is wrong with Redis, in words; "" where it answers."""
        try:
            await self._redis.ping()
        except (RedisError, OSError) as error:
            return f"Redis does not answer: {type(error).__name__}"
        return ""

    async def _enqueue(self, job: str, argument: str, at: datetime | None) -> None:
        """What arq's `enqueue_job` does, in one round trip: an id that is new need not be looked up first."""
        now_ms = int(time.time() * 1000)
        start_ms = now_ms if at is None else int(at.timestamp() * 1000)
        job_id = new_id("job")
        try:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.psetex(
                    job_key_prefix + job_id,
                    start_ms - now_ms + _EXPIRES_AFTER_MS,
                    serialize_job(job, (argument,), {}, None, now_ms, serializer=to_bytes),
                )
                pipe.zadd(QUEUE, {job_id: start_ms})
                pipe.rpush(BELL, b"1")
                await pipe.execute()
        except (RedisError, OSError) as error:
            # The row is stored: the sweep will find it.
            log.warning("wakeup.lost", job=job, error=type(error).__name__)

"""Wake-ups over arq: a job is the name of a use case and one id, and may be lost, repeated or late.

The rows know what is to be done, and a sweep finds what no job told of; so a Redis that is away, or came back empty,
costs seconds and nothing else. Jobs are JSON. Their ids are never reused: arq swallows a job whose id is queued or
running.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
import structlog
from arq.connections import ArqRedis, RedisSettings, create_pool
from redis.exceptions import RedisError

from gateway.domain import ConversationId, DeliveryId

log = structlog.get_logger(__name__)

QUEUE = "frontdesk:jobs"
ADVANCE = "advance"
DELIVER = "deliver"
RECONCILE = "reconcile"
_EXPIRES_AFTER_S = 3600.0


def to_bytes(job: dict[str, Any]) -> bytes:
    return orjson.dumps(job, default=str)


def from_bytes(data: bytes) -> dict[str, Any]:
    job: dict[str, Any] = orjson.loads(data)
    return job


async def open_queue(url: str) -> ArqRedis:
    """Connect to Redis. Whoever opens it closes it."""
    settings = RedisSettings.from_dsn(url)
    settings.conn_retries = 30
    settings.conn_retry_delay = 1
    return await create_pool(settings, job_serializer=to_bytes, job_deserializer=from_bytes, default_queue_name=QUEUE)


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
        try:
            await self._redis.enqueue_job(job, argument, _defer_until=at, _expires=_EXPIRES_AFTER_S)
        except (RedisError, OSError) as error:
            # The row is stored: the sweep will find it.
            log.warning("wakeup.lost", job=job, error=type(error).__name__)

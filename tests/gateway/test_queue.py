"""Wake-ups in Redis: JSON with one id, nothing of a customer, and nobody's loss when Redis forgets them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from arq import ArqRedis
from arq.constants import job_key_prefix

from gateway.domain import ConversationId, DeliveryId, utcnow
from gateway.errors import GatewayError
from gateway.queue import BELL, QUEUE, Wakeups, open_queue

CONVERSATION = ConversationId("cnv_1")


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[ArqRedis]:
    opened = await open_queue(redis_url)
    yield opened
    await opened.aclose(close_connection_pool=True)


async def jobs(redis: ArqRedis) -> list[dict[str, object]]:
    """The jobs in the queue as any program would read them, in the order in which they are due."""
    found = [await redis.get(job_key_prefix + job_id.decode()) for job_id in await redis.zrange(QUEUE, 0, -1)]
    return [json.loads(job) for job in found if job is not None]


async def test_a_wake_up_is_json_with_a_job_and_an_id(redis: ArqRedis) -> None:
    wakeups = Wakeups(redis)

    await wakeups.advance(CONVERSATION)
    await wakeups.deliver("card:apr_1", at=utcnow() + timedelta(seconds=1))
    await wakeups.reconcile(DeliveryId("dlv_1"))

    told = sorted((job["f"], job["a"]) for job in await jobs(redis))
    assert told == [("advance", ["cnv_1"]), ("deliver", ["card:apr_1"]), ("reconcile", ["dlv_1"])]


async def test_the_same_wake_up_twice_is_two_jobs(redis: ArqRedis) -> None:
    wakeups = Wakeups(redis)

    await wakeups.advance(CONVERSATION)
    await wakeups.advance(CONVERSATION)

    assert len(await jobs(redis)) == 2


async def test_a_later_wake_up_waits_for_its_time(redis: ArqRedis) -> None:
    wakeups = Wakeups(redis)
    at = utcnow() + timedelta(hours=1)

    await wakeups.advance(CONVERSATION, at=at)

    ((_, score),) = await redis.zrange(QUEUE, 0, -1, withscores=True)
    assert score == int(at.timestamp() * 1000)


async def test_what_nobody_takes_is_forgotten_in_time(redis: ArqRedis) -> None:
    await Wakeups(redis).advance(CONVERSATION)

    ((job_id, _),) = await redis.zrange(QUEUE, 0, -1, withscores=True)
    assert 0 < await redis.ttl(job_key_prefix + job_id.decode()) <= 2 * 3600


async def test_somebody_is_rung_for(redis: ArqRedis) -> None:
    await Wakeups(redis).advance(CONVERSATION)

    assert await redis.exists(BELL) == 1


async def test_a_redis_that_answers_is_well_and_one_that_does_not_is_named(redis: ArqRedis, free_port: int) -> None:
    away = ArqRedis.from_url(f"redis://127.0.0.1:{free_port}/0")

    assert await Wakeups(redis).check() == ""
    assert "Redis does not answer" in await Wakeups(away).check()
    await away.aclose()


async def test_a_redis_that_does_not_come_up_is_said_in_one_line(
    free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.queue.CONNECT_TRIES", 0)

    with pytest.raises(GatewayError) as caught:
        await open_queue(f"redis://:hunter2@127.0.0.1:{free_port}/0")

    assert "REDIS_URL" in str(caught.value)
    assert "hunter2" not in str(caught.value)

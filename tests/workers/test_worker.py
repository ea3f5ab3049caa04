"""The worker runs what it is woken for, once, and outlives jobs that fail and a Redis that is killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from arq import func
from arq.connections import ArqRedis

from gateway.domain import ConversationId, utcnow
from gateway.queue import ADVANCE, QUEUE, Wakeups, from_bytes, open_queue, to_bytes
from tests.flows.deployment import eventually
from tests.workers.redis_server import RedisServer
from workers.main import MAX_JOBS
from workers.worker import WokenWorker


@pytest.fixture
async def server(free_port: int, tmp_path: Path) -> AsyncIterator[RedisServer]:
    made = RedisServer(free_port, tmp_path)
    await made.start()
    yield made
    await made.kill()


@pytest.fixture
async def redis(server: RedisServer) -> AsyncIterator[ArqRedis]:
    opened = await open_queue(server.url)
    yield opened
    await opened.aclose(close_connection_pool=True)


class Jobs:
    """What the worker's one kind of job did. `begun` and `ended` are the conversations, in order."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.gate = asyncio.Event()

    async def advance(self, _ctx: dict[str, Any], conversation_id: str) -> None:
        self.begun.append(conversation_id)
        if conversation_id == "fails":
            raise RuntimeError("on purpose")
        try:
            if conversation_id == "hangs":
                await self.gate.wait()
        finally:
            self.ended.append(conversation_id)


@asynccontextmanager
async def working(server: RedisServer, jobs: Jobs) -> AsyncIterator[WokenWorker]:
    """A worker process's worker, while the block runs."""
    redis = await open_queue(server.url)
    worker = WokenWorker(
        functions=[func(jobs.advance, name=ADVANCE)],  # type: ignore[arg-type]  # arq's protocol wants a function's name
        redis_pool=redis,
        queue_name=QUEUE,
        handle_signals=False,
        max_jobs=MAX_JOBS,
        job_serializer=to_bytes,
        job_deserializer=from_bytes,
    )
    worker.main_task = asyncio.create_task(worker.main())
    try:
        yield worker
    finally:
        await worker.close()
        await redis.aclose(close_connection_pool=True)


async def test_a_wake_up_is_followed_once(server: RedisServer, redis: ArqRedis) -> None:
    jobs = Jobs()
    async with working(server, jobs):
        await Wakeups(redis).advance(ConversationId("cnv_1"))
        await eventually(lambda: jobs.ended, "the job")

    assert jobs.begun == ["cnv_1"]
    assert await redis.zcard(QUEUE) == 0


async def test_what_was_told_before_the_worker_started_is_found(server: RedisServer, redis: ArqRedis) -> None:
    for number in range(100):
        await Wakeups(redis).advance(ConversationId(f"cnv_{number}"))
    jobs = Jobs()

    async with working(server, jobs):
        await eventually(lambda: len(jobs.ended) == 100, "all jobs")

    assert sorted(jobs.begun) == sorted(f"cnv_{number}" for number in range(100))


async def test_of_several_workers_one_follows(server: RedisServer, redis: ArqRedis) -> None:
    jobs = Jobs()
    async with working(server, jobs), working(server, jobs), working(server, jobs):
        for number in range(30):
            await Wakeups(redis).advance(ConversationId(f"cnv_{number}"))
        await eventually(lambda: len(jobs.ended) >= 30, "all jobs")

    assert len(jobs.begun) == 30


async def test_workers_share_a_burst_and_hear_of_it_by_the_bell_alone(
    server: RedisServer, redis: ArqRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.worker.LOOK_EVERY_S", 3600)  # nobody looks without having been woken
    jobs = Jobs()
    async with working(server, jobs), working(server, jobs), working(server, jobs):
        await eventually(lambda: _listening(redis, 3), "all of them to listen")
        await asyncio.gather(*(Wakeups(redis).advance(ConversationId(f"cnv_{number}")) for number in range(200)))
        await eventually(lambda: len(jobs.ended) >= 200, "all jobs")
        await eventually(lambda: _listening(redis, 3), "all of them to listen again")

    assert sorted(jobs.begun) == sorted(f"cnv_{number}" for number in range(200))
    assert await redis.zcard(QUEUE) == 0


async def test_a_wake_up_for_later_is_not_followed_before(server: RedisServer, redis: ArqRedis) -> None:
    jobs = Jobs()
    at = utcnow() + timedelta(seconds=0.7)
    async with working(server, jobs):
        await Wakeups(redis).advance(ConversationId("cnv_1"), at=at)
        await eventually(lambda: jobs.ended, "the job")
        now = utcnow()

    assert now >= at - timedelta(milliseconds=2)


async def test_a_job_that_waits_does_not_keep_others_waiting(server: RedisServer, redis: ArqRedis) -> None:
    jobs = Jobs()
    async with working(server, jobs):
        for _ in range(50):
            await Wakeups(redis).advance(ConversationId("hangs"))
        await Wakeups(redis).advance(ConversationId("cnv_1"))
        await eventually(lambda: jobs.ended, "the other job")

    assert jobs.ended[0] == "cnv_1"


async def test_a_job_that_fails_is_not_repeated_and_ends_nothing(server: RedisServer, redis: ArqRedis) -> None:
    jobs = Jobs()
    async with working(server, jobs):
        await Wakeups(redis).advance(ConversationId("fails"))
        await Wakeups(redis).advance(ConversationId("cnv_1"))
        await eventually(lambda: jobs.ended, "the next job")

    assert sorted(jobs.begun) == ["cnv_1", "fails"]


async def test_a_worker_that_stops_cancels_its_jobs_and_waits_for_them(server: RedisServer, redis: ArqRedis) -> None:
    jobs = Jobs()
    async with working(server, jobs):
        await Wakeups(redis).advance(ConversationId("hangs"))
        await eventually(lambda: jobs.begun, "the job")

    assert jobs.ended == ["hangs"]


async def test_a_redis_that_is_killed_and_comes_back_empty_is_outlived(server: RedisServer) -> None:
    jobs = Jobs()
    async with working(server, jobs) as worker:
        first = await open_queue(server.url)
        await Wakeups(first).advance(ConversationId("cnv_1"))
        await eventually(lambda: jobs.ended == ["cnv_1"], "the first job")
        await first.aclose(close_connection_pool=True)
        await server.kill()
        await asyncio.sleep(1.0)  # long enough for several looks at a Redis that is away
        await server.start()
        second = await open_queue(server.url)
        await Wakeups(second).advance(ConversationId("cnv_2"))

        await eventually(lambda: jobs.ended == ["cnv_1", "cnv_2"], "the job after the restart")

        await second.aclose(close_connection_pool=True)
        assert worker.main_task is not None
        assert not worker.main_task.done()


async def test_a_job_under_way_does_not_notice_that_redis_is_away(server: RedisServer, redis: ArqRedis) -> None:
    jobs = Jobs()
    async with working(server, jobs):
        await Wakeups(redis).advance(ConversationId("hangs"))
        await eventually(lambda: jobs.begun, "the job")
        await server.kill()
        jobs.gate.set()
        await eventually(lambda: jobs.ended, "its end")
        await server.start()

    assert jobs.ended == ["hangs"]


async def _listening(redis: ArqRedis, count: int) -> bool:
    """So many clients wait for the bell."""
    return int((await redis.info("clients"))["blocked_clients"]) == count

"""The arq worker of our jobs. It takes a job out of the queue to run it, and it is woken instead of polling.

arq leaves a job in its queue until the job ends, and looks at the whole queue, several round trips a job, whenever it
polls. That suits short jobs. Ours wait for agents, thousands of them at once, and may be lost at any time: rows are
the truth, and a sweep finds what no job told of. The jobs stay arq's own, and so does cron.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Sequence
from typing import Any

import structlog
from arq.constants import job_key_prefix
from arq.jobs import deserialize_job_raw
from arq.worker import Worker
from redis.exceptions import RedisError

from gateway.queue import BELL

log = structlog.get_logger(__name__)

# The bell may be lost, and cron has to be looked after: so often the queue is read without it.
LOOK_EVERY_S = 0.5
LISTEN_S = 5
REDIS_TIMEOUT_S = 10.0
REDIS_BACKOFF_S = 0.5
MOST_AT_ONCE = 64
# A job's key outlives its start for a while: by it arq sees that a run of cron has been queued by another worker.
KEY_OUTLIVES_MS = 60_000

_TAKE = """
local jobs = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])) do
    redis.call('ZREM', KEYS[1], id)
    jobs[#jobs + 1] = redis.call('GETEX', ARGV[3] .. id, 'PX', ARGV[4])
end
redis.call('DEL', KEYS[2])
return {jobs, redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] or false}
"""


class WokenWorker(Worker):
    """Runs what is due, for ever; outlives a Redis that is away or restarted."""

    def __init__(self, **options: Any) -> None:
        super().__init__(poll_delay=LOOK_EVERY_S, **options)
        self._take = self.pool.register_script(_TAKE)
        self._running: set[asyncio.Task[None]] = set()
        self._bell: asyncio.Task[object] | None = None

    async def main(self) -> None:
        """Called by its owner, in a task."""
        try:
            while True:
                try:
                    await self._start_due_jobs()
                except (RedisError, OSError) as error:
                    log.warning("redis.away", error=type(error).__name__)
                    await asyncio.sleep(REDIS_BACKOFF_S)
        finally:
            await _cancel([self._bell] if self._bell else [])

    async def close(self) -> None:
        """Cancel what runs, and wait until it has cleaned up. The queue stays open: it belongs to its opener."""
        await _cancel([*([self.main_task] if self.main_task else []), *self._running])

    async def _start_due_jobs(self) -> None:
        """Start all that is due, then wait for the bell, or until something else falls due."""
        await self.heart_beat()  # arq's own: it queues the runs of cron
        room = min(MOST_AT_ONCE, self.max_jobs - len(self._running))
        wait_s = LOOK_EVERY_S
        if room > 0:
            now_ms = int(time.time() * 1000)
            async with asyncio.timeout(REDIS_TIMEOUT_S):
                jobs, next_ms = await self._take(
                    keys=[self.queue_name, BELL], args=[now_ms, room, job_key_prefix, KEY_OUTLIVES_MS]
                )
            for job in jobs:
                self._start(job)
            if next_ms is not None:
                wait_s = min(wait_s, (float(next_ms) - now_ms) / 1000)
        await self._hear_bell(max(0.0, wait_s))

    async def _hear_bell(self, wait_s: float) -> None:
        # The same call goes on through many waits: to cancel it would cost its connection.
        self._bell = self._bell or asyncio.create_task(self._ring())
        await asyncio.wait([self._bell], timeout=wait_s)
        if self._bell.done():
            bell, self._bell = self._bell, None
            await bell

    async def _ring(self) -> object:
        async with asyncio.timeout(LISTEN_S + REDIS_TIMEOUT_S):
            ring: Awaitable[object] = self.pool.blpop([BELL], timeout=LISTEN_S)  # type: ignore[assignment]  # typed for both clients
            return await ring

    def _start(self, job: bytes | None) -> None:
        if job is None:
            return  # it waited for longer than anybody wants it
        name, arguments, *_ = deserialize_job_raw(job, deserializer=self.job_deserializer)
        task = asyncio.create_task(self._run(name, arguments))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _run(self, name: str, arguments: Sequence[str]) -> None:
        function = self.functions[name]
        try:
            async with asyncio.timeout(function.timeout_s):
                await function.coroutine(self.ctx, *arguments)
        except Exception:  # the boundary of a job: its rows say what is to be done again
            log.exception("job.failed", job=name, arguments=arguments)


async def _cancel(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)

"""The `worker` process: arq runs the jobs, and the process keeps its leases while they run."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog
from arq import cron, func
from arq.worker import Worker
from redis.exceptions import RedisError

from gateway.app import Gateway, open_gateway
from gateway.queue import ADVANCE, DELIVER, QUEUE, RECONCILE, from_bytes, open_queue, to_bytes
from gateway.settings import Settings
from gateway.stopping import stop_signal
from workers.deliveries import deliver, reconcile
from workers.retries import retry_at
from workers.sweeps import sweep
from workers.turns import advance

log = structlog.get_logger(__name__)

# A job waits on sockets nearly all its life.
MAX_JOBS = 10_000
POLL_DELAY_S = 0.02
SWEEP_SECONDS = set(range(0, 60, 5))
# No job is ended by arq: turns have deadlines, and every call has a timeout.
JOB_TIMEOUT = timedelta(days=1)
REDIS_BACKOFF_S = 0.5


class PatientWorker(Worker):
    """An arq worker that outlives a Redis which is away or restarted; arq's own ends with the first lost connection."""

    async def _poll_iteration(self) -> None:
        try:
            await super()._poll_iteration()
        except (RedisError, OSError) as error:
            log.warning("redis.away", error=type(error).__name__)
            await asyncio.sleep(REDIS_BACKOFF_S)


async def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT."""
    async with open_gateway(settings, retry_at=retry_at) as gateway:
        worker = await _worker(settings, gateway)
        stop = stop_signal()
        log.info("worker.started")
        await _work_until(stop, worker, gateway)
        await gateway.outbound.drain()
        log.info("worker.stopped")


async def _worker(settings: Settings, gateway: Gateway) -> Worker:
    return PatientWorker(
        functions=[
            func(advance, name=ADVANCE, keep_result=0, max_tries=1),
            func(deliver, name=DELIVER, keep_result=0, max_tries=1),
            func(reconcile, name=RECONCILE, keep_result=0, max_tries=1),
        ],
        cron_jobs=[cron(sweep, second=SWEEP_SECONDS, run_at_startup=True, keep_result=0, max_tries=1, timeout=60)],
        redis_pool=await open_queue(settings.redis_url),
        queue_name=QUEUE,
        ctx={"gateway": gateway},
        handle_signals=False,
        max_jobs=MAX_JOBS,
        job_timeout=JOB_TIMEOUT,
        poll_delay=POLL_DELAY_S,
        retry_jobs=False,
        keep_result=0,
        log_results=False,
        job_serializer=to_bytes,
        job_deserializer=from_bytes,
    )


async def _work_until(stop: asyncio.Event, worker: Worker, gateway: Gateway) -> None:
    async with asyncio.TaskGroup() as group:
        keeper = group.create_task(gateway.leases.keep())
        worker.main_task = group.create_task(worker.main())
        await stop.wait()
        worker.allow_pick_jobs = False
        await worker.close()
        keeper.cancel()

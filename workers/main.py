"""The `worker` process: arq runs the jobs, and the process keeps its leases while they run."""

from __future__ import annotations

import asyncio

import structlog
from arq import ArqRedis, cron, func

from gateway.app import Gateway, open_gateway
from gateway.queue import ADVANCE, DELIVER, QUEUE, RECONCILE, from_bytes, open_queue, to_bytes
from gateway.settings import Settings
from gateway.stopping import stop_signal
from workers.deliveries import deliver, reconcile
from workers.retries import retry_at
from workers.sweeps import sweep
from workers.turns import advance
from workers.worker import WokenWorker

log = structlog.get_logger(__name__)

# A job waits on sockets nearly all its life.
MAX_JOBS = 10_000
SWEEP_SECONDS = set(range(0, 60, 5))
SWEEP_TIMEOUT_S = 60  # no other job has one: turns have deadlines, and every call has a timeout


async def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT."""
    async with open_gateway(settings, retry_at=retry_at) as gateway:
        redis = await open_queue(settings.redis_url)
        try:
            stop = stop_signal()
            log.info("worker.started")
            async with gateway.presence.shown("worker"):
                await _work_until(stop, _worker(redis, gateway), gateway)
            await gateway.outbound.drain()
        finally:
            await redis.aclose(close_connection_pool=True)
        log.info("worker.stopped")


def _worker(redis: ArqRedis, gateway: Gateway) -> WokenWorker:
    return WokenWorker(
        functions=[func(advance, name=ADVANCE), func(deliver, name=DELIVER), func(reconcile, name=RECONCILE)],
        cron_jobs=[cron(sweep, second=SWEEP_SECONDS, run_at_startup=True, timeout=SWEEP_TIMEOUT_S)],
        redis_pool=redis,
        queue_name=QUEUE,
        ctx={"gateway": gateway},
        handle_signals=False,
        max_jobs=MAX_JOBS,
        job_serializer=to_bytes,
        job_deserializer=from_bytes,
    )


async def _work_until(stop: asyncio.Event, worker: WokenWorker, gateway: Gateway) -> None:
    async with asyncio.TaskGroup() as group:
        keeper = group.create_task(gateway.leases.keep())
        worker.main_task = group.create_task(worker.main())
        await stop.wait()
        await worker.close()
        keeper.cancel()

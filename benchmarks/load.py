"""Sends webhooks as customers would, and times what comes of them."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass

import aiohttp

from benchmarks.systems import Processes, Webhook
from benchmarks.world import World

ANSWER_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Timing:
    """One turn, in seconds. `woken_s` is from the acknowledgement to the post in the session."""

    acknowledged_s: float
    answered_s: float
    woken_s: float | None


@dataclass(frozen=True, slots=True)
class Measured:
    """What a load came to."""

    timings: Sequence[Timing]
    elapsed_s: float
    cpu_s: float

    @property
    def turns_per_s(self) -> float:
        return len(self.timings) / self.elapsed_s

    @property
    def cpu_ms_per_turn(self) -> float:
        return self.cpu_s / len(self.timings) * 1000


class Load:
    """Customers of one system."""

    def __init__(self, system: Processes, world: World, http: aiohttp.ClientSession, *, customers: int) -> None:
        self._customers = itertools.cycle(range(customers))
        self._system = system
        self._world = world
        self._http = http
        self._count = itertools.count(1)

    async def in_flight(self, count: int, turns: int) -> Measured:
        """So many at any time: the next customer writes as soon as somebody has their answer."""
        left = iter(range(turns))

        async def one_after_another() -> list[Timing]:
            return [await self._turn() for _ in left]

        return await self._measured([one_after_another() for _ in range(count)])

    async def paced(self, per_s: float, turns: int) -> Measured:
        """So many webhooks a second, whatever became of the earlier ones."""
        start = asyncio.get_running_loop().time()

        async def at_its_time(index: int) -> list[Timing]:
            await asyncio.sleep(start + index / per_s - asyncio.get_running_loop().time())
            return [await self._turn()]

        return await self._measured([at_its_time(index) for index in range(turns)])

    async def _measured(self, parts: Sequence[Coroutine[None, None, list[Timing]]]) -> Measured:
        cpu, start = self._system.cpu_s(), time.perf_counter()
        timings = await asyncio.gather(*parts)
        elapsed = time.perf_counter() - start
        return Measured(list(itertools.chain(*timings)), elapsed, self._system.cpu_s() - cpu)

    async def _turn(self) -> Timing:
        customer = next(self._customers)
        key = f"{customer}-{next(self._count)}"
        unique = f"{key}-{time.time_ns()}"
        webhook = self._system.signer.webhook(customer, f"{key} Where is my order A-1001?", unique=unique)
        answered = self._world.expect(key)
        start = time.perf_counter()
        await self._post(webhook)
        acknowledged = time.perf_counter()
        async with asyncio.timeout(ANSWER_WITHIN_S):
            answered_at = await answered
        posted_at = self._world.posted_at.pop(key, None)
        return Timing(
            acknowledged_s=acknowledged - start,
            answered_s=answered_at - start,
            woken_s=None if posted_at is None else max(0.0, posted_at - acknowledged),
        )

    async def _post(self, webhook: Webhook) -> None:
        async with self._http.post(webhook.url, data=webhook.body, headers=webhook.headers) as response:
            if response.status != 200:
                raise RuntimeError(f"the webhook was answered with {response.status}: {await response.text()}")
            await response.read()

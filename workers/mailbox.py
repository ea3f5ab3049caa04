"""The `mailbox` process: holds one mailbox, listens to it, and takes in what arrives, through every kind of weather.

Several processes may be started for one mailbox: one listens, the others stand by and take over when its lease ends.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog

from channels.email.intake import Intake
from channels.email.mailbox import Hold, LeaseLost, Ledger, LoginRefused, Mailbox, MailboxError, Trouble

log = structlog.get_logger(__name__)

Open = Callable[[], AbstractAsyncContextManager[Mailbox]]


@dataclass(frozen=True, slots=True)
class Pace:
    """How often and how long. All in seconds.

    `idle_s` is short because servers and the boxes in between forget idle connections long before the 29 minutes that
    the standard allows.
    """

    lease_s: float = 15.0
    standby_s: float = 3.0
    idle_s: float = 290.0
    look_back_s: float = 600.0
    first_backoff_s: float = 1.0
    max_backoff_s: float = 300.0
    login_backoff_s: float = 300.0  # a refused login tried again soon gets an account locked


class MailboxListener:
    """Listens to one mailbox until it is cancelled."""

    def __init__(
        self,
        mailbox: str,
        open_mailbox: Open,
        intake: Intake,
        ledger: Ledger,
        *,
        owner: str,
        pace: Pace | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._mailbox = mailbox
        self._open = open_mailbox
        self.intake = intake
        self._ledger = ledger
        self._owner = owner
        self._pace = pace or Pace()
        self._jitter = jitter
        self._failures = 0

    async def run(self) -> None:
        """Hold the mailbox whenever it is free. Ends only by cancellation, and lets go of the mailbox then."""
        while True:
            try:
                async with self._hold() as hold:
                    await self._listen(hold)
            except* LeaseLost:
                log.warning("mailbox.lease_lost", mailbox=self._mailbox)
            except* Exception as errors:  # noqa: BLE001  # the boundary of the process: recorded, and tried again
                # The ledger is away, or something that nobody thought of: the mailbox is let go of and taken anew.
                names = sorted({type(error).__name__ for error in _leaves(errors)})
                log.error("mailbox.stumbled", mailbox=self._mailbox, errors=names)
                await self._back_off()

    @asynccontextmanager
    async def _hold(self) -> AsyncIterator[Hold]:
        """The mailbox's lease, renewed all the while. Losing it ends the block with `LeaseLost`."""
        ttl = timedelta(seconds=self._pace.lease_s)
        hold = await self._acquire(ttl)
        log.info("mailbox.held", mailbox=self._mailbox, fence=hold.fence)
        try:
            async with asyncio.TaskGroup() as group:
                heartbeat = group.create_task(self._keep(hold, ttl))
                yield hold
                heartbeat.cancel()
        finally:
            with suppress(Exception):  # a lease that cannot be given back ends by itself
                await self._ledger.release(hold)

    async def _acquire(self, ttl: timedelta) -> Hold:
        while True:
            hold = await self._ledger.acquire(self._mailbox, owner=self._owner, ttl=ttl)
            if hold is not None:
                return hold
            await asyncio.sleep(self._pace.standby_s)

    async def _keep(self, hold: Hold, ttl: timedelta) -> None:
        while True:
            await asyncio.sleep(self._pace.lease_s / 3)
            await self._ledger.renew(hold, ttl=ttl)

    async def _listen(self, hold: Hold) -> None:
        """Connect again and again."""
        while True:
            # What is stored needs no connection.
            await self.intake.work(hold, None)
            try:
                async with self._open() as mailbox:
                    await self._follow(hold, mailbox)
            except LeaseLost:
                raise
            except LoginRefused:
                self.intake.metrics.refused_logins += 1
                log.error("mailbox.login_refused", mailbox=self._mailbox)
                await self.intake.alert(self._mailbox, Trouble.LOGIN_REFUSED)
                await asyncio.sleep(self._pace.login_backoff_s)
            except MailboxError as error:
                self.intake.metrics.reconnects += 1
                log.warning("mailbox.lost", mailbox=self._mailbox, reason=str(error))
                await self._back_off()

    async def _follow(self, hold: Hold, mailbox: Mailbox) -> None:
        """One connection: search, take in, wait; never a fetch because of what the server pushed."""
        loop = asyncio.get_running_loop()
        epoch = await self.intake.open(hold, mailbox)
        looked_back_at = loop.time()
        while True:
            await self.intake.search(hold, mailbox, epoch)
            await self.intake.work(hold, mailbox)
            self._failures = 0  # only a whole round proves that all is well
            if loop.time() - looked_back_at > self._pace.look_back_s:
                await self.intake.look_back(hold, mailbox, epoch)
                looked_back_at = loop.time()
            await mailbox.wait(self._time_to_wait())

    def _time_to_wait(self) -> float:
        """Until the next try of a mail that failed, or the next search."""
        next_try_in = self.intake.metrics.counts.next_try_in
        if next_try_in is None:
            return self._pace.idle_s
        return min(self._pace.idle_s, max(0.1, next_try_in.total_seconds()))

    async def _back_off(self) -> None:
        """Longer each time, and never at the same moment as everybody else."""
        limit = min(self._pace.first_backoff_s * 2**self._failures, self._pace.max_backoff_s)
        self._failures = min(self._failures + 1, 20)
        await asyncio.sleep(limit * (0.5 + self._jitter() / 2))


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    found: list[BaseException] = []
    for error in group.exceptions:
        found += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found

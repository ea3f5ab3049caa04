"""What keeps sessions going when a process does not: the lease of this process, and the search for what others left.

Every process has one lease for all its turns. The turns of a process whose lease ran out are ended as lost, and turns
that wait for an idle session are started.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import structlog

from gateway.engine.clock import now_us
from gateway.engine.listeners.peers import Peers
from gateway.engine.store import processes, sessions
from gateway.engine.store.sessions import Unfinished
from gateway.engine.turns.runner import Runner
from gateway.store.database import Database, DatabaseUnavailable

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=12)
INTERVAL = timedelta(seconds=3)
FORGET_AFTER_US = 3_600_000_000


class Sweep:
    """The heartbeat of this process."""

    def __init__(self, db: Database, runner: Runner, peers: Peers) -> None:
        self._db = db
        self._runner = runner
        self._peers = peers
        self._suspects: set[Unfinished] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Registered, and sweeping every few seconds."""
        if self._db.dialect == "sqlite":
            await processes.remove_all(self._db)
        await processes.remove_dead(self._db, now_us() - FORGET_AFTER_US)
        await processes.register(self._db, self._runner.process_id, _lease())
        await self._peers.introduce()
        await self.sweep()
        task = asyncio.create_task(self._keep_sweeping(), name="engine-sweep")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])
            with suppress(DatabaseUnavailable):
                await processes.remove(self._db, self._runner.process_id)

    async def sweep(self) -> None:
        """End what was lost, start what waits."""
        unfinished = await sessions.list_unfinished(self._db, self._runner.process_id, now_us())
        ours_adrift = {turn for turn in unfinished if turn.is_ours and not self._is_running(turn)}
        others = {turn for turn in unfinished if not turn.is_ours}
        # A turn of ours may just have been claimed and be about to start: it is lost when it is seen adrift twice.
        for turn in others | (ours_adrift & self._suspects):
            await self._runner.end_lost(turn.session_id, turn.fence, "interrupted")
        self._suspects = ours_adrift
        for session_id in await sessions.list_startable(self._db):
            await self._runner.start_next(session_id)

    def _is_running(self, turn: Unfinished) -> bool:
        return self._runner.is_running(turn.session_id, turn.fence)

    async def _keep_sweeping(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL.total_seconds())
            try:
                await self._beat()
            except DatabaseUnavailable:
                log.warning("sweep.database_unavailable")
            except Exception as error:  # noqa: BLE001  # the heart goes on beating; one bad row must not stop it
                log.error("sweep.failed", error=type(error).__name__)

    async def _beat(self) -> None:
        if not await processes.renew(self._db, self._runner.process_id, now_us(), _lease()):
            log.warning("sweep.lease_lost", process_id=self._runner.process_id)
            await processes.remove(self._db, self._runner.process_id)
            await processes.register(self._db, self._runner.process_id, _lease())
        await self._peers.beat()
        await self.sweep()


def _lease() -> int:
    return now_us() + int(LEASE.total_seconds() * 1_000_000)

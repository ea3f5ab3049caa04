"""Leases on conversations: taken for a short time, renewed for all at once while the process lives.

Who dies stops renewing, and somebody else may take over when the time is up. Who was merely slow finds the fence
raised and can write nothing; as soon as that is noticed, its work is cancelled.
"""

from __future__ import annotations

import asyncio
import os
import socket
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import structlog

from gateway.domain import ConversationId, Lease, utcnow
from gateway.errors import LeaseLost
from gateway.store import conversations
from gateway.store.conversations import Claimed
from gateway.store.database import Database, DatabaseUnavailable

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=15)
RENEW_EVERY_S = 4.0


class Leases:
    """The leases of one process."""

    def __init__(self, db: Database, *, clock: Callable[[], datetime] = utcnow) -> None:
        self._db = db
        self._clock = clock
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._held: dict[ConversationId, tuple[int, asyncio.Task[object]]] = {}

    async def claim(self, conversation_id: ConversationId) -> Claimed | None:
        """Take a conversation that is due and that nobody holds."""
        now = self._clock()
        return await conversations.claim(self._db, conversation_id, owner=self._owner, now=now, until=now + LEASE)

    @asynccontextmanager
    async def held(self, lease: Lease) -> AsyncIterator[None]:
        """Renew the lease while the block runs. Raises `LeaseLost` in it when somebody else has taken over."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # a coroutine always runs in a task
        self._held[lease.conversation_id] = (lease.fence, task)
        try:
            yield
        except asyncio.CancelledError:
            if self._held.get(lease.conversation_id) is None and task.uncancel() == 0:
                raise LeaseLost(lease.conversation_id) from None
            raise
        finally:
            self._held.pop(lease.conversation_id, None)

    async def keep(self) -> None:
        """Renew for ever; runs beside the work."""
        while True:
            await asyncio.sleep(RENEW_EVERY_S)
            if self._held:
                await self._renew()

    async def _renew(self) -> None:
        known = dict(self._held)
        now = self._clock()
        try:
            ours = await conversations.extend_all(self._db, self._owner, now=now, until=now + LEASE)
        except DatabaseUnavailable as error:
            log.warning("lease.renewal_failed", error=str(error))
            return
        doubtful = {key: held for key, held in known.items() if ours.get(key) != held[0]}
        if doubtful:
            await self._cancel_lost(doubtful)

    async def _cancel_lost(self, doubtful: Mapping[ConversationId, tuple[int, asyncio.Task[object]]]) -> None:
        """Stop the work on conversations that somebody else has taken.

        Those that merely nobody holds are not lost: their work has just given them back, and does not know yet that
        its commit is through. Cancelled now, it would forget to send what it has committed.
        """
        try:
            fences = await conversations.fences(self._db, list(doubtful))
        except DatabaseUnavailable as error:
            log.warning("lease.renewal_failed", error=str(error))
            return
        for conversation_id, (fence, task) in doubtful.items():
            is_still_working = self._held.get(conversation_id) == (fence, task)
            if fences.get(conversation_id) != fence and is_still_working:
                del self._held[conversation_id]
                task.cancel()

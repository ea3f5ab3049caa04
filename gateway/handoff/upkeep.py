"""What time does to handoffs: idle ones go back to the agent, owners leave, and marks that nobody set are set."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from channels.errors import SendError
from gateway import audit, wording
from gateway.domain import Handoff, StoredStaffMessage, utcnow
from gateway.handoff.access import StaffAccess
from gateway.handoff.handoffs import Handoffs
from gateway.handoff.lines import handoff_lane, line_delivery
from gateway.handoff.marks import is_final, mark_delivery, mark_lane, verdict
from gateway.queue import Wakeups
from gateway.store import deliveries, handoffs, staff_messages
from gateway.store.database import Database

log = structlog.get_logger(__name__)

CHECK_OWNERS_EVERY = timedelta(minutes=5)
# A provider that has said nothing for so long says nothing more.
NEWS_WITHIN = timedelta(days=1)
BATCH = 200


class Upkeep:
    """Run by every sweep; safe on several workers at once. `idle` of nothing means that only people end handoffs."""

    def __init__(
        self,
        db: Database,
        moves: Handoffs,
        access: StaffAccess,
        wakeups: Wakeups,
        *,
        idle: timedelta = timedelta(),
        clock: Callable[[], datetime] = utcnow,
    ) -> None:
        self._db = db
        self._moves = moves
        self._access = access
        self._wakeups = wakeups
        self._idle = idle
        self._clock = clock

    async def run(self) -> None:
        """Everything whose time has come."""
        await self._warn_and_return()
        await self._release_those_whose_owner_left()
        await self._mark()

    async def _warn_and_return(self) -> None:
        """Three quarters of the time are quiet: staff are warned. All of it: the agent has it again."""
        if not self._idle:
            return
        now = self._clock()
        for handoff in await handoffs.idle_since(self._db, now - self._idle * 0.75, warned_before=None):
            await self._warn(handoff, now)
        for handoff in await handoffs.idle_since(self._db, now - self._idle, warned_before=now - self._idle * 0.25):
            refusal = await self._moves.hand_back(handoff.id, actor=audit.SYSTEM, by="idle")
            log.info("handoff.idle", handoff_id=handoff.id, returned=not refusal)

    async def _warn(self, handoff: Handoff, now: datetime) -> None:
        async with self._db.transaction() as tx:
            if not await handoffs.warn(tx, handoff.id, now=now):
                return
            line = line_delivery(
                handoff.conversation_id,
                handoff.id,
                wording.goes_back_at(now + self._idle * 0.25),
                key=f"idle:{handoff.revision}:{int(handoff.touched_at.timestamp() * 1000)}",
                at=now,
                is_warning=True,
            )
            await deliveries.add(tx, line, now=now)
        await self._wakeups.deliver(handoff_lane(handoff.conversation_id))

    async def _release_those_whose_owner_left(self) -> None:
        now = self._clock()
        for handoff in await handoffs.claim_checks(self._db, before=now - CHECK_OWNERS_EVERY, now=now):
            if not wording.is_member(handoff.owner):
                continue  # somebody at the command line
            try:
                if await self._access.is_here(handoff.owner):
                    continue
            except SendError as error:
                log.warning("handoff.owner_unchecked", handoff_id=handoff.id, code=error.code)
                continue
            await self._moves.release_of(handoff.id, line=wording.owner_left(handoff.owner))

    async def _mark(self) -> None:
        """Marks that got lost, and news that came after the mark."""
        now = self._clock()
        for message in await staff_messages.unsettled(self._db, limit=BATCH):
            await self._look_at(message, now)

    async def _look_at(self, message: StoredStaffMessage, now: datetime) -> None:
        parts = await deliveries.relays_of(self._db, message.id)
        mark = verdict(parts)
        if mark and mark != message.mark:
            await deliveries.add(self._db, mark_delivery(message.id, f"{mark}:{message.mark}"), now=now)
            await self._wakeups.deliver(mark_lane(message.id))
        elif mark and (is_final(parts) or now - message.sent_at > NEWS_WITHIN):
            await staff_messages.settle(self._db, message.id)

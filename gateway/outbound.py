"""The outbox: sends what is queued, lane by lane in order, and never guesses what became of a send.

A delivery is marked `sending` before the provider hears of it. If the answer is lost, or its sender dies, it becomes
`unknown`, and the provider is asked before anything is sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog

from channels.errors import ChannelDown, PermanentFailure, SendError, TemporaryFailure, UnknownOutcome
from channels.message import Receipt
from gateway import audit, undelivered
from gateway.carriers import Carrier
from gateway.domain import TO_CUSTOMERS, Delivery, DeliveryId, DeliveryKind, DeliveryState, utcnow
from gateway.errors import NotFound
from gateway.queue import Wakeups
from gateway.store import deliveries, opt_outs
from gateway.store.database import Database, Statements
from gateway.store.deliveries import ClaimedDelivery

log = structlog.get_logger(__name__)

# How long after its sender's last sign of life a delivery counts as of unknown outcome.
SENDING_LEASE = timedelta(seconds=15)
HOLD_AGAIN_AFTER_S = 5.0
DRAIN_TIMEOUT_S = 7.0
RetrySchedule = Callable[[Delivery, SendError, datetime], datetime | None]


class Outbound:
    """Sends deliveries and records how it went. `retry_at` says when to try again, None for never."""

    def __init__(
        self,
        db: Database,
        carriers: Mapping[DeliveryKind, Carrier],
        wakeups: Wakeups,
        *,
        retry_at: RetrySchedule,
        alert_channel: str = "",
        clock: Callable[[], datetime] = utcnow,
    ) -> None:
        self._db = db
        self._carriers = carriers
        self._wakeups = wakeups
        self._retry_at = retry_at
        self._alert_channel = alert_channel
        self._clock = clock
        self._in_flight: set[asyncio.Task[ClaimedDelivery | None]] = set()

    async def drain(self) -> None:
        """Wait for the sends that are under way, so that a process which stops leaves none of unknown outcome."""
        if self._in_flight:
            await asyncio.wait(self._in_flight, timeout=DRAIN_TIMEOUT_S)

    async def deliver(self, lane: str) -> None:
        """Send what is due in a lane, first to last, until it is empty or its head has to wait."""
        await self.deliver_from(await self.claim(self._db, lane))

    async def deliver_from(self, head: ClaimedDelivery | None) -> None:
        """The same, for a lane whose head is claimed already."""
        while head is not None:
            head = await self._attempted(head)

    async def claim(self, db: Statements, lane: str) -> ClaimedDelivery | None:
        """Take the head of a lane, so that it is ours to send; within a transaction, where one is open."""
        now = self._clock()
        return await deliveries.claim_head(db, lane, now=now, until=now + SENDING_LEASE)

    async def reconcile(self, delivery_id: DeliveryId) -> None:
        """Find out what became of a send that nobody heard the answer of, then go on with its lane."""
        now = self._clock()
        delivery = await deliveries.claim_unknown(self._db, delivery_id, now=now, until=now + SENDING_LEASE)
        if delivery is None:
            return
        try:
            found = await self._carriers[delivery.kind].find(delivery, attempted_at=delivery.attempted_at or now)
        except SendError as error:
            await self._ask_again(delivery, error)
            return
        if found is not None:
            log.info("delivery.found", delivery_id=delivery.id)
            await self._sent(delivery, found)
        else:
            log.info("delivery.not_found", delivery_id=delivery.id)
            await self._finish(delivery, DeliveryState.QUEUED, due_at=self._clock())
        await self.deliver(delivery.lane)

    async def retry(self, delivery_id: DeliveryId, *, actor: str) -> None:
        """Try a dead letter again, because a person says so. Raises `NotFound`."""
        now = self._clock()
        async with self._db.transaction() as tx:
            delivery = await deliveries.retry(tx, delivery_id, now=now)
            if delivery is None:
                raise NotFound(f"no failed delivery {delivery_id}")
            await audit.record(
                tx,
                "delivery.retried",
                now=now,
                actor=actor,
                conversation_id=delivery.conversation_id or "",
                subject_id=delivery.id,
            )
        await self._wakeups.deliver(delivery.lane)

    async def drop(self, delivery_id: DeliveryId, *, actor: str) -> None:
        """Do not send it (any more), because a person says so; what waits behind it goes out. Raises `NotFound`."""
        now = self._clock()
        async with self._db.transaction() as tx:
            delivery = await deliveries.drop(tx, delivery_id, now=now)
            if delivery is None:
                raise NotFound(f"no delivery {delivery_id} that waits or has failed")
            await audit.record(
                tx,
                "delivery.dropped",
                now=now,
                actor=actor,
                conversation_id=delivery.conversation_id or "",
                subject_id=delivery.id,
            )
        await self._wakeups.deliver(delivery.lane)

    async def _attempted(self, claimed: ClaimedDelivery) -> ClaimedDelivery | None:
        """Send it in a task of its own, which goes on to the end when this job is cancelled."""
        task = asyncio.create_task(self._attempt(claimed))
        self._in_flight.add(task)
        task.add_done_callback(self._in_flight.discard)
        # Waiting does not cancel the task. A long send (a large mail) keeps its hold on the delivery meanwhile.
        while not (await asyncio.wait({task}, timeout=HOLD_AGAIN_AFTER_S))[0]:
            await deliveries.hold_on(self._db, claimed.delivery, until=self._clock() + SENDING_LEASE)
        return task.result()

    async def _attempt(self, claimed: ClaimedDelivery) -> ClaimedDelivery | None:
        """Send it once. The lane's next, where it has one and need not wait."""
        delivery = claimed.delivery
        if claimed.is_suppressed and delivery.kind in TO_CUSTOMERS:
            await self._finish(delivery, DeliveryState.FAILED, code="opted_out", reason="they opted out")
            return await self.claim(self._db, delivery.lane)
        try:
            receipt = await self._carriers[delivery.kind].send(delivery)
        except UnknownOutcome as error:
            await self._finish(
                delivery, DeliveryState.UNKNOWN, due_at=self._clock(), code=error.code, reason=error.reason
            )
            log.warning("delivery.unknown", delivery_id=delivery.id, code=error.code)
            return None
        except (TemporaryFailure, ChannelDown) as error:
            may_go_on = await self._try_later(delivery, error)
            return await self.claim(self._db, delivery.lane) if may_go_on else None
        except PermanentFailure as error:
            await self._give_up(delivery, error)
            return await self.claim(self._db, delivery.lane)
        async with self._db.transaction() as tx:
            await deliveries.finish(
                tx, delivery, DeliveryState.SENT, now=self._clock(), provider_id=receipt.provider_id
            )
            return await self.claim(tx, delivery.lane)

    async def _sent(self, delivery: Delivery, receipt: Receipt) -> None:
        await self._finish(delivery, DeliveryState.SENT, provider_id=receipt.provider_id)

    async def _try_later(self, delivery: Delivery, error: SendError) -> bool:
        at = self._retry_at(delivery, error, self._clock())
        if at is None:
            await self._give_up(delivery, error)
            return True
        await self._finish(delivery, DeliveryState.QUEUED, due_at=at, code=error.code, reason=error.reason)
        log.warning("delivery.postponed", delivery_id=delivery.id, attempt=delivery.attempts, code=error.code)
        await self._wakeups.deliver(delivery.lane, at=at)
        return False

    async def _ask_again(self, delivery: Delivery, error: SendError) -> None:
        """The provider could not be asked: the delivery stays unknown, and its lane waits."""
        at = self._retry_at(delivery, error, self._clock())
        if at is None or isinstance(error, PermanentFailure):
            await self._give_up(delivery, error)
            return
        await self._finish(delivery, DeliveryState.UNKNOWN, due_at=at, code=error.code, reason=error.reason)

    async def _give_up(self, delivery: Delivery, error: SendError) -> None:
        """A dead letter: kept with its reason, for a person to look at."""
        now = self._clock()
        async with self._db.transaction() as tx:
            if not await deliveries.finish(
                tx, delivery, DeliveryState.FAILED, now=now, code=error.code, reason=error.reason
            ):
                return
            if isinstance(error, PermanentFailure) and error.suppress:
                await opt_outs.add(
                    tx, delivery.target.channel, delivery.target.address, source=f"delivery {delivery.id}", now=now
                )
            await audit.record(
                tx,
                "delivery.failed",
                now=now,
                conversation_id=delivery.conversation_id or "",
                subject_id=delivery.id,
                data={"code": error.code, "attempts": delivery.attempts},
            )
            alert_lane = await undelivered.tell(
                tx, delivery, undelivered.because(error.reason, error.code), alert_channel=self._alert_channel, now=now
            )
        log.error("delivery.failed", delivery_id=delivery.id, code=error.code)
        if alert_lane:
            await self._wakeups.deliver(alert_lane)

    async def _finish(
        self,
        delivery: Delivery,
        state: DeliveryState,
        *,
        provider_id: str | None = None,
        due_at: datetime | None = None,
        code: str = "",
        reason: str = "",
    ) -> None:
        await deliveries.finish(
            self._db,
            delivery,
            state,
            now=self._clock(),
            provider_id=provider_id,
            due_at=due_at,
            code=code,
            reason=reason,
        )

"""Tells staff of trouble with a mailbox, which no conversation shows: mail stops, and all think that nobody writes.

Once a day for each trouble of a mailbox. What it takes to mend it is an operator's, whom staff know how to reach.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from channels.message import ChannelName, ReplyTarget
from gateway import wording
from gateway.domain import DeliveryId, DeliveryKind, utcnow
from gateway.queue import Wakeups
from gateway.store import deliveries
from gateway.store.database import Database
from gateway.store.deliveries import NewDelivery


class MailboxAlerts:
    """`channels.email.mailbox.Alarm`, as a line in the channel of staff."""

    def __init__(
        self, db: Database, wakeups: Wakeups, *, alert_channel: str, clock: Callable[[], datetime] = utcnow
    ) -> None:
        self._db = db
        self._wakeups = wakeups
        self._alert_channel = alert_channel
        self._clock = clock

    async def __call__(self, mailbox: str, trouble: str) -> None:
        """Queue the line for staff. `trouble` is one of `wording.MAILBOX_TROUBLES`."""
        if not self._alert_channel:
            return
        now = self._clock()
        digest = hashlib.sha256(mailbox.encode()).hexdigest()[:12]
        alert = NewDelivery(
            id=DeliveryId(f"mailbox:{digest}:{trouble}:{now:%Y-%m-%d}"),
            lane=f"alert:mailbox:{digest}",
            kind=DeliveryKind.ALERT,
            target=ReplyTarget(ChannelName.SLACK, "desk", self._alert_channel),
            text=wording.mailbox_trouble(mailbox, trouble),
        )
        async with self._db.transaction() as tx:
            is_new = await deliveries.add(tx, alert, now=now)
        if is_new:
            await self._wakeups.deliver(alert.lane)

"""When a send is tried again: the one place where that is decided."""

from __future__ import annotations

from datetime import datetime, timedelta

from channels.errors import ChannelDown, SendError, TemporaryFailure
from channels.message import ChannelName
from gateway.domain import Delivery, DeliveryKind

FIRST_RETRY = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=10)
# A channel that refuses us altogether needs a person first.
CHANNEL_DOWN_WAIT = timedelta(minutes=1)

# How old a message may grow before it is given up. A text is stale after hours, a mail may take days (RFC 5321
# section 4.5.4.1), and cards and the threads of handoffs are of use as long as they are open.
LIFETIMES = {
    ChannelName.SMS: timedelta(hours=4),
    ChannelName.SLACK: timedelta(hours=24),
    ChannelName.EMAIL: timedelta(days=4),
}


def retry_at(delivery: Delivery, error: SendError, now: datetime) -> datetime | None:
    """The next attempt; None when the message is too old to be worth one."""
    at = now + _wait(delivery, error)
    lifetime = LIFETIMES[delivery.target.channel]
    if delivery.kind in (DeliveryKind.CARD, DeliveryKind.BRIEF, DeliveryKind.LINE):
        lifetime = timedelta(days=7)
    return at if at - delivery.created_at < lifetime else None


def _wait(delivery: Delivery, error: SendError) -> timedelta:
    doublings = max(0, min(delivery.attempts - 1, 20))
    backoff = min(FIRST_RETRY * (1 << doublings), LONGEST_WAIT)
    if isinstance(error, ChannelDown):
        return max(backoff, CHANNEL_DOWN_WAIT)
    if isinstance(error, TemporaryFailure) and error.retry_after is not None:
        return max(error.retry_after, timedelta(milliseconds=50))
    return backoff

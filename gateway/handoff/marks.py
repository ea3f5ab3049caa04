"""What became of a person's words, as the emoji under them says it: read off the rows of the outbox."""

from __future__ import annotations

from collections.abc import Sequence

from channels.message import ChannelName, ReplyTarget
from gateway.domain import Delivery, DeliveryId, DeliveryKind, DeliveryState
from gateway.store.deliveries import NewDelivery

SENT = "white_check_mark"
FAILED = "warning"

_GONE_WRONG = frozenset({DeliveryState.FAILED, DeliveryState.CANCELLED})
_OUT = frozenset({DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.READ})
_FINAL = frozenset({DeliveryState.DELIVERED, DeliveryState.READ, *_GONE_WRONG})


def verdict(parts: Sequence[Delivery]) -> str:
    """The emoji that is due; "" while some part is on its way."""
    states = {part.state for part in parts}
    if states & _GONE_WRONG and states <= _GONE_WRONG | _OUT:
        return FAILED
    return SENT if states and states <= _OUT else ""


def is_final(parts: Sequence[Delivery]) -> bool:
    """Whether no news of it is to be expected."""
    return all(part.state in _FINAL for part in parts)


def reason_of(parts: Sequence[Delivery]) -> str:
    """Why it failed, in words."""
    for part in parts:
        if part.state in _GONE_WRONG:
            return part.reason or part.code or "the provider does not say why"
    return ""


def mark_lane(staff_message_id: str) -> str:
    """Marks of one message are set one after another, and wait for nothing else."""
    return f"mark:{staff_message_id}"


def mark_delivery(staff_message_id: str, key: str = "sent") -> NewDelivery:
    """Bring the emoji under a message up to date, once for each `key`."""
    return NewDelivery(
        id=DeliveryId(f"mark:{staff_message_id}:{key}"),
        lane=mark_lane(staff_message_id),
        kind=DeliveryKind.MARK,
        target=ReplyTarget(ChannelName.SLACK, "desk", ""),
        subject_id=staff_message_id,
    )

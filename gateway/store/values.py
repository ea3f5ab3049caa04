"""How our values look in a row: times as microseconds, JSON as text, reply targets and senders as JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from channels.message import Assurance, ChannelName, ReplyTarget, Sender

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(at: datetime) -> int:
    """Whole microseconds since 1970 UTC."""
    return (at - _EPOCH) // _MICROSECOND


def maybe_micros(at: datetime | None) -> int | None:
    return None if at is None else micros(at)


def moment(value: int) -> datetime:
    """The aware time behind a row's number."""
    return _EPOCH + value * _MICROSECOND


def maybe_moment(value: int | None) -> datetime | None:
    return None if value is None else moment(value)


def to_json(value: Any) -> str:
    return orjson.dumps(value).decode()


def from_json(text: str) -> Any:
    return orjson.loads(text)


def target_to_json(target: ReplyTarget) -> str:
    return to_json(
        {
            "channel": target.channel,
            "address": target.address,
            "thread_key": target.thread_key,
            "details": dict(target.details),
        }
    )


def target_from_json(text: str) -> ReplyTarget:
    value = from_json(text)
    return ReplyTarget(ChannelName(value["channel"]), value["address"], value["thread_key"], value["details"])


def sender_to_json(sender: Sender) -> str:
    return to_json({"address": sender.address, "name": sender.name, "assurance": sender.assurance})


def sender_from_json(text: str) -> Sender:
    value = from_json(text)
    return Sender(value["address"], value["name"], Assurance(value["assurance"]))

"""When people are there, as a deployment writes it: `Mon-Fri 09:00-17:00 Europe/London`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))? (?P<opens>\d\d:\d\d)-(?P<closes>\d\d:\d\d)", re.I)


@dataclass(frozen=True, slots=True)
class Span:
    """The same hours on one day or several."""

    days: frozenset[int]
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours. `written` is how people read them."""

    spans: tuple[Span, ...]
    zone: ZoneInfo
    written: str

    @classmethod
    def parse(cls, written: str) -> Hours | None:
        """Read `Mon-Fri 09:00-17:00, Sat 10:00-14:00 Europe/London`; None for nothing. Raises `ValueError`."""
        if not written.strip():
            return None
        spans_written, _, zone_name = " ".join(written.split()).rpartition(" ")
        try:
            zone = ZoneInfo(zone_name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{zone_name!r} is no time zone; write for example Europe/London at the end") from None
        spans = tuple(_span(part.strip()) for part in spans_written.split(","))
        return cls(spans, zone, f"{spans_written} ({zone_name})")

    def is_open(self, now: datetime) -> bool:
        """Whether somebody is there."""
        here = now.astimezone(self.zone)
        return any(
            here.weekday() in span.days and span.opens <= here.time().replace(tzinfo=None) < span.closes
            for span in self.spans
        )


def _span(written: str) -> Span:
    match = _SPAN.fullmatch(written)
    if match is None:
        raise ValueError(f"{written!r} is not of the form Mon-Fri 09:00-17:00")
    first, last = _day(match["first"]), _day(match["last"] or match["first"])
    days = range(first, last + 1) if first <= last else [*range(first, 7), *range(last + 1)]
    opens, closes = time.fromisoformat(match["opens"]), time.fromisoformat(match["closes"])
    if opens >= closes:
        raise ValueError(f"{written!r} ends before it begins")
    return Span(frozenset(days), opens, closes)


def _day(name: str) -> int:
    if name.lower() not in _DAYS:
        raise ValueError(f"{name!r} is no day of the week; write Mon, Tue, …")
    return _DAYS.index(name.lower())

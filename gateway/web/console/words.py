"""How the console says times, sizes, states and addresses. Values in, words out."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import orjson
from markupsafe import Markup, escape

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))
# Slack mrkdwn that our own words for staff use: shown as plain text.
_SLACK_DATE = re.compile(r"<!date[^|>]*\|([^>]*)>")


def ago(at: datetime | None, now: datetime) -> str:
    """`4 min ago`, `in 2 h`."""
    if at is None:
        return "never"
    passed = now - at
    if abs(passed) < timedelta(seconds=5):
        return "just now"
    length = span(timedelta(seconds=int(abs(passed).total_seconds())))
    return f"{length} ago" if passed > timedelta(0) else f"in {length}"


def span(length: timedelta | float) -> str:
    """`3 d 4 h`, `12 min`, `45 s`, `0.3 s`."""
    seconds = length.total_seconds() if isinstance(length, timedelta) else float(length)
    if seconds < 10:
        return f"{seconds:.1f} s" if seconds % 1 else f"{seconds:.0f} s"
    for size, unit in _UNITS:
        if seconds >= size:
            rest = int(seconds % size * 24 // 86_400) if unit == "d" else 0
            return f"{int(seconds // size)} {unit}{f' {rest} h' if rest else ''}"
    return f"{int(seconds)} s"


def clock(at: datetime | None) -> Markup:
    """A moment for people and for programs: all times of the console are UTC, and its foot says so."""
    if at is None:
        return Markup("—")  # a constant
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(), at.strftime("%a %d %B %Y %H:%M:%S UTC"), at.strftime("%d %b %H:%M")
    )


def size(count: int | None) -> str:
    """Bytes as people say them."""
    if count is None:
        return ""
    for unit, factor in (("MB", 1_000_000), ("kB", 1_000)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} bytes"


def plain(value: Any) -> str:
    """A tool's argument as it runs: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def marked(text: str, words: str) -> Markup:
    """The text with what was searched for marked in it."""
    if not words:
        return escape(text)
    parts = re.split(f"({re.escape(words)})", text, flags=re.IGNORECASE)
    return Markup("").join(
        Markup("<mark>{}</mark>").format(part) if number % 2 else escape(part) for number, part in enumerate(parts)
    )


def from_slack(text: str) -> str:
    """Our own words for staff, without Slack's marks."""
    return _SLACK_DATE.sub(r"\1", text).replace("<@", "").replace(">", "")


def thousands(number: float) -> str:
    """`12 345`, with a thin space."""
    return f"{number:,.0f}".replace(",", "\u2009")

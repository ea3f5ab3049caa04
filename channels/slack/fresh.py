"""Answers of Slack that may be a little old: kept per key for a fixed time, asked for once at a time."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

Value = TypeVar("Value")

_MOST = 10_000


class Fresh(Generic[Value]):
    """A cache whose values are never older than `lifetime`. Failures are not kept."""

    def __init__(self, lifetime: timedelta, now: Callable[[], datetime]) -> None:
        self._lifetime = lifetime
        self._now = now
        self._values: dict[str, tuple[datetime, Value]] = {}
        self._asking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def get(self, key: str, fetch: Callable[[str], Awaitable[Value]]) -> Value:
        """The value of `key`, fetched where it is missing or too old."""
        async with self._asking[key]:
            known = self._values.get(key)
            if known and self._now() - known[0] < self._lifetime:
                return known[1]
            asked_at = self._now()
            value = await fetch(key)
            self._keep(key, asked_at, value)
            return value

    def clear(self) -> None:
        """Forget everything."""
        self._values.clear()

    def _keep(self, key: str, asked_at: datetime, value: Value) -> None:
        if len(self._values) >= _MOST:
            self._values.clear()
            self._asking.clear()
        self._values[key] = (asked_at, value)

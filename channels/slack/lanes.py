"""Rate limits as Slack means them: a 429 stops one method for one workspace, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from channels.errors import TemporaryFailure


class Lanes:
    """Which method of which team must wait, and until when. A lane that waits is not tried."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._held_until: dict[str, datetime] = {}

    def check(self, lane: str) -> None:
        """Raise `TemporaryFailure` while the lane is held."""
        until = self._held_until.get(lane)
        if until is None:
            return
        left = until - self._now()
        if left > timedelta():
            raise TemporaryFailure(f"{lane}: rate limited", code="ratelimited", retry_after=left, lane=lane)
        del self._held_until[lane]

    def hold(self, lane: str, duration: timedelta) -> None:
        """Keep the lane closed; a shorter hold does not end a longer one."""
        until = self._now() + duration
        self._held_until[lane] = max(until, self._held_until.get(lane, until))

"""Was it posted? Asked of Slack after a post of unknown outcome, and answered only when the answer is certain."""

from __future__ import annotations

from datetime import datetime, timedelta

from channels.errors import TemporaryFailure
from channels.slack.api import SlackApi
from channels.slack.web import Json

SETTLE = timedelta(seconds=30)  # until then an accepted post may not be in the history yet
_CLOCK_SKEW = timedelta(seconds=60)


async def find_settled(
    api: SlackApi,
    *,
    channel: str,
    key: str,
    attempted_at: datetime,
    now: datetime,
    thread_ts: str = "",
    team_id: str = "",
) -> Json | None:
    """The message posted under `key`, or None. Raises `TemporaryFailure` while None would not be certain."""
    found = await api.find(
        channel=channel, key=key, oldest=attempted_at - _CLOCK_SKEW, thread_ts=thread_ts, team_id=team_id
    )
    wait = attempted_at + SETTLE - now
    if found is None and wait > timedelta():
        raise TemporaryFailure("too early to be certain that nothing was posted", code="unsettled", retry_after=wait)
    return found

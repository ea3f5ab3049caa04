"""What a customer sees while a turn runs: a status line within a second, then the answer as it grows.

The display may fail in any way and at any time; the answer is complete when it was sent as a part, which then
replaces what stands here. So a stream that Slack ended after its five minutes, or that a crash left half done,
becomes the whole answer in the same message. Native streams only: where Slack allows no more of them, the answer is
posted in one piece. See https://docs.slack.dev/reference/methods/chat.startStream
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from channels.base import Activity
from channels.errors import PermanentFailure, SendError, TemporaryFailure
from channels.message import ReplyTarget
from channels.slack.api import SlackApi
from channels.slack.compose import PART_CHARS, without_mentions

log = structlog.get_logger(__name__)

MESSAGE_TS = "message_ts"  # of a target: the message that was begun for the answer

_THINKING = "is thinking…"
_FIRST = 40  # characters before a message is begun: a short answer comes in one piece
_TITLE = 250
_STARTS_PER_MINUTE = 15  # of the 20 that Slack promises
_GOODBYE_S = 3.0

_TASK_STATES = {Activity.RUNNING: "in_progress", Activity.DONE: "complete", Activity.FAILED: "error"}


@dataclass(frozen=True, slots=True)
class Pace:
    """How often something is shown."""

    heartbeat: timedelta = timedelta(seconds=90)  # Slack ends a status after two minutes
    pause: timedelta = timedelta(seconds=1.5)  # between two additions; Slack takes a hundred a minute in a workspace


class StreamStarts:
    """How many streams may begin: Slack counts by workspace and minute."""

    def __init__(self, now: Callable[[], datetime], *, per_minute: int = _STARTS_PER_MINUTE) -> None:
        self._now = now
        self._per_minute = per_minute
        self._started: dict[str, deque[datetime]] = {}

    def take(self, team_id: str) -> bool:
        """Whether one more may begin now; counts it if so."""
        now = self._now()
        started = self._started.setdefault(team_id, deque())
        while started and now - started[0] > timedelta(minutes=1):
            started.popleft()
        if len(started) >= self._per_minute:
            return False
        started.append(now)
        return True


class SlackProgress:
    """See `channels.base.Progress`. Its methods only note what is to be shown; one task shows it."""

    def __init__(
        self,
        api: SlackApi,
        starts: StreamStarts,
        place: Mapping[str, str],
        target: ReplyTarget,
        begun: Callable[[ReplyTarget], Awaitable[None]],
        pace: Pace,
    ) -> None:
        self._api = api
        self._starts = starts
        self._place = place
        self._target = target
        self._begun = begun
        self._pace = pace
        self._text = ""
        self._tasks: list[dict[str, Any]] = []
        self._status = _THINKING
        self._ts = place.get(MESSAGE_TS, "")
        self._is_open = not self._ts  # what an earlier run began is completed at the end, not added to
        self._written = 0
        self._something_new = asyncio.Event()
        self._beginning: asyncio.Task[None] | None = None

    @classmethod
    @asynccontextmanager
    async def shown(
        cls,
        api: SlackApi,
        starts: StreamStarts,
        place: Mapping[str, str],
        target: ReplyTarget,
        begun: Callable[[ReplyTarget], Awaitable[None]],
        pace: Pace,
    ) -> AsyncIterator[SlackProgress]:
        """Show until the block ends; the status line ends with it."""
        progress = cls(api, starts, place, target, begun, pace)
        showing = asyncio.create_task(progress._show_on())
        try:
            yield progress
        finally:
            showing.cancel()
            with suppress(asyncio.CancelledError):
                await showing
            await progress._end()

    def write(self, text: str) -> None:
        """More of the answer."""
        self._text += text
        self._something_new.set()

    def show(self, title: str, activity: Activity, *, call_id: str) -> None:
        """A tool call: a line of the message where it grows, and the status."""
        title = title[:_TITLE]
        self._tasks.append({"type": "task_update", "id": call_id, "title": title, "status": _TASK_STATES[activity]})
        self._status = f"{title}…" if activity is Activity.RUNNING else _THINKING
        self._something_new.set()

    @property
    def _has_begun(self) -> bool:
        """A message grows in place of the status. One of an earlier run doesn't: Slack has ended it by now."""
        return self._beginning is not None and bool(self._ts)

    async def _show_on(self) -> None:
        try:
            await self._show_until_cancelled()
        except Exception as error:  # noqa: BLE001 (the boundary of the display: a turn does not suffer from it)
            log.warning("slack.progress_failed", error=type(error).__name__)

    async def _show_until_cancelled(self) -> None:
        shown = ""
        while True:
            if not self._has_begun and self._status != shown:
                shown = self._status
                await self._show_status(shown)
            try:
                async with asyncio.timeout(self._pace.heartbeat.total_seconds()):
                    await self._next(shown)
            except TimeoutError:
                shown = ""  # Slack is about to forget it
                continue
            await self._grow()
            await asyncio.sleep(self._pace.pause.total_seconds())

    async def _next(self, shown: str) -> None:
        """Until there is something to show."""
        while True:
            await self._something_new.wait()
            self._something_new.clear()
            grows = self._is_open and (len(self._text) >= _FIRST or self._ts)
            if grows or self._status != shown:
                return

    async def _grow(self) -> None:
        """Put what is new into the message."""
        if not self._is_open or not (len(self._text) >= _FIRST or self._ts):
            return
        try:
            if not self._ts:
                # Not given up half way: a message that was begun has to be known to whoever sends the answer.
                self._beginning = asyncio.create_task(self._begin())
                await asyncio.shield(self._beginning)
            if self._is_open:
                await self._append()
        except TemporaryFailure as failure:
            log.debug("slack.stream_waits", code=failure.code)
            await asyncio.sleep((failure.retry_after or timedelta()).total_seconds())
            self._something_new.set()
        except SendError as failure:
            self._is_open = False
            log.info("slack.stream_ended", code=failure.code)

    async def _begin(self) -> None:
        if not self._starts.take(self._place["team"]):
            self._is_open = False
            return
        # Still empty: if the answer to this call is lost, no words stand there twice.
        self._ts = await self._api.start_stream(
            channel=self._place["slack_channel"],
            thread_ts=self._place["thread_ts"],
            team_id=self._place["team"],
            member_id=self._target.address,
            member_team_id=self._place.get("member_team") or self._place["team"],
        )
        await self._begun(replace(self._target, details={**self._target.details, MESSAGE_TS: self._ts}))

    async def _append(self) -> None:
        # A sign at the very end may be the beginning of a mention.
        ready = self._text[:-1] if self._text.endswith("<") else self._text
        addition = without_mentions(ready)
        tasks = tuple(self._tasks)
        text = [{"type": "markdown_text", "text": addition}] if addition else []
        if self._written + len(addition) > PART_CHARS:
            self._is_open = False  # the rest comes with the parts
        elif tasks or text:
            await self._api.append_stream(
                channel=self._place["slack_channel"], ts=self._ts, team_id=self._place["team"], chunks=[*tasks, *text]
            )
            self._text = self._text[len(ready) :]
            del self._tasks[: len(tasks)]
            self._written += len(addition)

    async def _end(self) -> None:
        """Finish beginning, or clear the status. An answer does that too, but there may be none."""
        if self._beginning is not None:
            await asyncio.wait({self._beginning}, timeout=_GOODBYE_S)
            self._beginning.cancel()
            await asyncio.gather(self._beginning, return_exceptions=True)
        if not self._has_begun:
            with suppress(TimeoutError):
                async with asyncio.timeout(_GOODBYE_S):
                    await self._show_status("")

    async def _show_status(self, status: str) -> None:
        try:
            await self._api.show_status(
                channel=self._place["slack_channel"],
                thread_ts=self._place["thread_ts"],
                team_id=self._place["team"],
                status=status,
            )
        except (TemporaryFailure, PermanentFailure) as failure:
            log.debug("slack.status_not_shown", code=failure.code)
        except SendError as failure:
            log.warning("slack.status_not_shown", code=failure.code)

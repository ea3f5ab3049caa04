"""The heads of handoff threads: posted once, kept up to date, and posted anew where somebody has deleted them.

Whatever is said in a thread goes through `in_thread`, so that a deleted thread loses nothing that comes after it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from channels.base import Desk
from channels.errors import PermanentFailure
from channels.staff import CardRef, HandoffBrief
from gateway.carriers import required
from gateway.domain import Handoff
from gateway.handoff.briefs import Briefs
from gateway.store import handoffs
from gateway.store.database import Database

GONE = "message_not_found"
T = TypeVar("T")


class Heads:
    """Where the threads of handoffs stand."""

    def __init__(self, db: Database, desk: Desk | None, briefs: Briefs) -> None:
        self._db = db
        self._desk = desk
        self._briefs = briefs

    async def brief(self, handoff_id: str) -> HandoffBrief:
        """The head as it should look now."""
        brief = await self._briefs.of(handoff_id)
        if brief is None:
            raise PermanentFailure("the handoff is gone", code="handoff_gone")
        return brief

    async def key(self, handoff_id: str) -> str:
        """Under which its head is posted: every thread of a handoff has its own."""
        return _key(await self._handoff(handoff_id))

    async def post(self, brief: HandoffBrief, slack_channel_id: str) -> CardRef:
        """The first head of a handoff."""
        key = await self.key(brief.handoff_id)
        return await required(self._desk).post_brief(brief, key=key, slack_channel_id=slack_channel_id)

    async def succeed(self, handoff_id: str) -> CardRef:
        """A new thread takes the place of the one that is gone."""
        handoff = await self._handoff(handoff_id)
        lost = _thread(handoff)
        brief = replace(await self.brief(handoff_id), ref=None)
        key = _key(replace(handoff, threads=handoff.threads + 1))
        placed = await required(self._desk).post_brief(brief, key=key, slack_channel_id=lost.slack_channel_id)
        await handoffs.move_thread(self._db, handoff, placed)
        return placed

    async def in_thread(self, handoff_id: str, say: Callable[[CardRef], Awaitable[T]]) -> T:
        """Say something in the thread of a handoff; in its successor, where it is gone."""
        try:
            return await say(await self.thread(handoff_id))
        except PermanentFailure as failure:
            if failure.code != GONE:
                raise
            return await say(await self.succeed(handoff_id))

    async def thread(self, handoff_id: str) -> CardRef:
        """Where it stands. `PermanentFailure` where it was never posted."""
        return _thread(await self._handoff(handoff_id))

    async def _handoff(self, handoff_id: str) -> Handoff:
        handoff = await handoffs.get(self._db, handoff_id)
        if handoff is None:
            raise PermanentFailure("the handoff is gone", code="handoff_gone")
        return handoff


def _key(handoff: Handoff) -> str:
    return f"{handoff.id}:{handoff.threads}" if handoff.threads else handoff.id


def _thread(handoff: Handoff) -> CardRef:
    if handoff.thread is None:
        raise PermanentFailure("the thread of the handoff was never posted", code="no_thread")
    return handoff.thread

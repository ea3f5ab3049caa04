"""News by server-sent events: that something changed, and what waits for people. Pages fetch themselves again.

One reader asks the database for all browsers of this process, and only while somebody listens.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict

import orjson
import structlog
from sse_starlette.event import ServerSentEvent
from sse_starlette.sse import EventSourceResponse
from starlette.responses import Response
from starlette.routing import Route

from gateway.domain import ConversationId
from gateway.store.console.pulse import Pulse, mark_of, pulse
from gateway.store.database import Database, DatabaseUnavailable
from gateway.web.console.page import HEADERS, Visit, guarded

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 1.5
# A browser comes back by itself, and is asked for its session again then.
LISTEN_FOR_S = 900.0
SEND_TIMEOUT_S = 20


class News:
    """How things stand, read at most once in a while however many ask."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = asyncio.Lock()
        self._read_at = float("-inf")
        self._newest: Pulse | None = None

    async def newest(self) -> Pulse:
        loop = asyncio.get_running_loop()
        async with self._lock:
            if self._newest is None or loop.time() - self._read_at >= LOOK_EVERY_S:
                self._newest = await pulse(self._db)
                self._read_at = loop.time()
            return self._newest


async def live(visit: Visit) -> Response:
    """An event whenever something has changed; with `conversation`, in that one too."""
    stopping: asyncio.Event = visit.request.app.state.stopping
    news: News = visit.request.app.state.news
    events = _events(visit, news, stopping, ConversationId(visit.asked("conversation")))
    return EventSourceResponse(events, headers=HEADERS, send_timeout=SEND_TIMEOUT_S)


routes = [Route("/live", guarded(live))]


async def _events(
    visit: Visit, news: News, stopping: asyncio.Event, conversation_id: ConversationId
) -> AsyncIterator[ServerSentEvent]:
    """Until the process stops, or it is time to show the session again."""
    known = ""
    end_at = asyncio.get_running_loop().time() + LISTEN_FOR_S
    while not stopping.is_set() and asyncio.get_running_loop().time() < end_at:
        try:
            standing = await news.newest()
            mark = standing.mark + (await mark_of(visit.gateway.db, conversation_id) if conversation_id else "")
        except DatabaseUnavailable:
            log.warning("console.live_store_unavailable")
            mark = known
        if mark != known:
            known = mark
            counts = {name: value for name, value in asdict(standing).items() if name != "mark"}
            yield ServerSentEvent(orjson.dumps({"mark": mark, **counts}).decode(), event="changed", sep="\n")
        await _wait(stopping)


async def _wait(stopping: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(LOOK_EVERY_S):
            await stopping.wait()
    except TimeoutError:
        return

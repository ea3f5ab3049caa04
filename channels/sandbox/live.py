"""Telling open pages what changed: server-sent events, one for each part of the scene whose content is new.

A page is told everything when it connects, so a stream that was cut needs no memory. Somebody who knows of a change
calls `touch`; besides that every stream looks by itself a few times a second, for what changes without a request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import orjson
from aiohttp import web

Scene = Mapping[str, Any]
LOOK_EVERY_S = 0.25
GATHER_S = 0.03  # changes come in bursts
SAY_SOMETHING_EVERY = 60  # looks without news: a dead connection is found by writing to it


class Live:
    """The streams of one server."""

    def __init__(self) -> None:
        self._watchers: set[asyncio.Event] = set()
        self._is_closing = False

    def touch(self) -> None:
        """Something may have changed: look now."""
        for watcher in self._watchers:
            watcher.set()

    def close(self) -> None:
        """End all streams."""
        self._is_closing = True
        self.touch()

    async def stream(self, request: web.Request, look: Callable[[], Awaitable[Scene]]) -> web.StreamResponse:
        """Answer with events for as long as the page listens. `look` gives the scene as it is now, by part."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        changed = asyncio.Event()
        self._watchers.add(changed)
        try:
            await self._follow(request, response, look, changed)
        except ConnectionError:
            pass  # the page was closed
        finally:
            self._watchers.discard(changed)
        return response

    async def _follow(
        self,
        request: web.Request,
        response: web.StreamResponse,
        look: Callable[[], Awaitable[Scene]],
        changed: asyncio.Event,
    ) -> None:
        told: dict[str, bytes] = {}
        quiet = 0
        while not self._is_closing and request.transport is not None:
            changed.clear()
            news = _news(await look(), told)
            quiet = 0 if news else quiet + 1
            if news or quiet % SAY_SOMETHING_EVERY == 0:
                await response.write(b"".join(news) or b": still here\n\n")
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), LOOK_EVERY_S)
                await asyncio.sleep(GATHER_S)


def _news(scene: Scene, told: dict[str, bytes]) -> list[bytes]:
    """An event for each part that is not as it was told; and from now on it is."""
    news = []
    for part, value in scene.items():
        data = orjson.dumps(value)
        if told.get(part) != data:
            told[part] = data
            news.append(b"event: %s\ndata: %s\n\n" % (part.encode(), data))
    return news

"""Requests of a session that wait for their answer. Answers to one kind of frame come in the order of the frames."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from gateway.session import parse
from gateway.session.compose import JsonObject
from gateway.session.errors import SessionDisconnectedError, SessionError, again

_CONNECTING = ("create_session", "connect_session")


class Requests:
    """What has been sent and not answered yet, by kind of frame."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, list[asyncio.Future[JsonObject] | None]] = defaultdict(list)

    def expect(self, kind: str) -> asyncio.Future[JsonObject]:
        """The answer to a frame that is sent now.

        Whoever gives up cancels it. It keeps its place in the line, so that a late answer is not taken for the next.
        """
        answer: asyncio.Future[JsonObject] = asyncio.get_running_loop().create_future()
        self._waiting[kind].append(answer)
        return answer

    def expect_unheard(self, kind: str) -> None:
        """The answer to a frame that is sent now comes too, and belongs to nobody."""
        self._waiting[kind].append(None)

    def take(self, frame: JsonObject) -> None:
        """Give a frame to whoever waits for it, if somebody does."""
        kind = self._answered_kind(frame)
        waiting = self._waiting.get(kind) if kind else None
        if not waiting:
            return
        answer = waiting.pop(0)
        if answer is None or answer.done():
            return
        if frame["type"] == "error" or parse.has_failed(frame):
            answer.set_exception(SessionError(parse.failure_text(frame), code=parse.failure_code(frame)))
        else:
            answer.set_result(frame)

    def fail(self, error: SessionDisconnectedError) -> None:
        """No answer comes any more."""
        for waiting in self._waiting.values():
            for answer in waiting:
                if answer is not None and not answer.done():
                    answer.set_exception(again(error))
        self._waiting.clear()

    def _answered_kind(self, frame: JsonObject) -> str | None:
        """Which kind of request a frame answers. An error that names none is about connecting."""
        kind = frame.get("type")
        if kind == "session_created":
            return "create_session"
        if kind == "error":
            named = frame.get("request_type")
            if isinstance(named, str) and self._waiting.get(named):
                return named
            return next((step for step in _CONNECTING if self._waiting.get(step)), None)
        return kind if isinstance(kind, str) else None

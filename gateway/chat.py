"""A chat with an agent in the terminal: messages, streamed replies, tools at work, approvals decided on the spot."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from gateway.events import ParticipantStatus, SessionEvent, SessionEventType
from gateway.session import Session, SessionDisconnectedError, SessionError, Subscription
from gateway.terminal import Terminal

QUIT = "/quit"
SHOWN_HISTORY = 20
T = TypeVar("T")


async def chat(session: Session, terminal: Terminal | None = None) -> None:
    """Hold a chat until the input ends, `/quit` or Ctrl-C; the session stays, and how to resume it is said.

    `session` is not connected yet: a new one, or one to resume. Raises SessionError when it cannot be opened, and
    SessionDisconnectedError when the connection is lost.
    """
    terminal = terminal or Terminal()
    resumes = session.session_id is not None
    with session.subscribe() as events:
        async with session:
            try:
                await _Chat(session, events, terminal).run(resumes=resumes)
            finally:
                terminal.note(f"\nresume with: frontdesk chat --session {session.session_id}")


class _Chat:
    """Either the agent is at work and only its events count, or a line is awaited: for a message, or for a decision."""

    def __init__(self, session: Session, events: Subscription, terminal: Terminal) -> None:
        self._session = session
        self._events = events
        self._terminal = terminal
        self._is_busy = False
        self._has_started = False
        self._request: SessionEvent | None = None
        self._answer: Callable[[str], Awaitable[None]] = self._say
        self._shown_prompt = ""

    async def run(self, *, resumes: bool) -> None:
        self._terminal.note(f"session {self._session.session_id}; {QUIT} or Ctrl-C to leave")
        if resumes:
            self._terminal.show_history((await self._session.get_messages())[-SHOWN_HISTORY:])
        async with contextlib.AsyncExitStack() as stack:
            line = _Next(self._terminal.read_line)
            event = _Next(self._events.__anext__)
            stack.push_async_callback(line.stop)
            stack.push_async_callback(event.stop)
            while await self._step(line, event):
                pass

    async def _step(self, line: _Next[str], event: _Next[SessionEvent]) -> bool:
        """One event or, when a line is awaited, one line. False when the chat is over."""
        self._show_prompt()
        waiting: list[asyncio.Future[Any]] = [event.task()] if self._is_busy else [event.task(), line.task()]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if event.task().done():
            self._take(event.result())
            return True
        try:
            words = line.result().strip()
        except EOFError:
            return False
        self._shown_prompt = ""
        if words == QUIT:
            return False
        await self._answer_with(words)
        return True

    def _show_prompt(self) -> None:
        prompts: dict[Any, str] = {
            self._say: "you>",
            self._decide: "[a]pprove, [e]dit or [d]eny?",
            self._edit: "changed arguments as a JSON object (empty: back):",
            self._deny: "reason (may be empty):",
        }
        prompt = "" if self._is_busy else prompts[self._answer]
        if prompt and prompt != self._shown_prompt:
            self._terminal.prompt(prompt)
        self._shown_prompt = prompt

    def _take(self, event: SessionEvent) -> None:
        if event.participant_status is not None:
            self._take_status(event.participant_status)
            return
        if event.type not in _SHOWN or event.data.get("request_type"):
            return  # a refused request has been told where it was made
        self._shown_prompt = ""  # what is printed now stands where the prompt was
        if event.type is SessionEventType.APPROVAL_REQUEST:
            self._take_request(event)
            return
        self._terminal.show(event)
        if event.is_complete or event.type is SessionEventType.ERROR:
            self._is_busy = False
            self._forget_request()  # whoever decided, the turn is over

    def _take_status(self, status: ParticipantStatus) -> None:
        if status is ParticipantStatus.PROCESSING:
            self._has_started = True
        elif status is ParticipantStatus.IDLE and self._has_started:
            self._is_busy = False  # an Idle of the turn before comes too late to end this one

    def _take_request(self, event: SessionEvent) -> None:
        if self._request is None or self._request.message_id != event.message_id:
            self._terminal.show(event)
            self._request = event
        self._is_busy = False
        self._answer = self._decide

    async def _answer_with(self, words: str) -> None:
        try:
            await self._answer(words)
        except SessionDisconnectedError:
            raise
        except SessionError as error:
            self._is_busy = False
            self._terminal.complain(str(error))

    async def _say(self, words: str) -> None:
        if words:
            self._begin_turn()
            await self._session.send(words, wait=True)

    async def _decide(self, words: str) -> None:
        match words[:1].lower():
            case "a":
                await self._respond(approved=True)
            case "e":
                self._answer = self._edit
            case "d":
                self._answer = self._deny
            case _:
                self._terminal.note("a, e or d")

    async def _edit(self, words: str) -> None:
        self._answer = self._decide
        if not words:
            return
        try:
            changed = json.loads(words)
        except ValueError as error:
            self._terminal.complain(f"that is not JSON: {error}")
            return
        if not isinstance(changed, dict):
            self._terminal.complain("that is not a JSON object")
            return
        await self._respond(approved=True, confirm=changed)

    async def _deny(self, words: str) -> None:
        self._answer = self._decide
        await self._respond(approved=False, deny_reason=words or None)

    async def _respond(self, **decision: Any) -> None:
        """A refused answer (a wrong argument) leaves the request open, and asks again."""
        if self._request is None:
            return
        ack = await self._session.respond_approval(self._request, wait=True, **decision)
        self._forget_request()
        if ack.duplicate:
            self._terminal.note("somebody else has decided already")
        else:
            self._begin_turn()

    def _forget_request(self) -> None:
        self._request = None
        self._answer = self._say

    def _begin_turn(self) -> None:
        self._is_busy = True
        self._has_started = False


_SHOWN = {
    SessionEventType.MESSAGE_DELTA,
    SessionEventType.MESSAGE_COMPLETE,
    SessionEventType.THINKING,
    SessionEventType.TOOL_CALL,
    SessionEventType.TOOL_RESULT,
    SessionEventType.SEARCH_RESULT,
    SessionEventType.APPROVAL_REQUEST,
    SessionEventType.ERROR,
}


class _Next(Generic[T]):
    """The next item of a source, waited for in a task that lives until the item is taken."""

    def __init__(self, read: Callable[[], Awaitable[T]]) -> None:
        self._read = read
        self._task: asyncio.Future[T] | None = None

    def task(self) -> asyncio.Future[T]:
        self._task = self._task or asyncio.ensure_future(self._read())
        return self._task

    def result(self) -> T:
        """The item that has come, or the error that came instead of it."""
        task, self._task = self.task(), None
        return task.result()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            _ = self._task.cancelled() or self._task.exception()  # seen, and of no more interest

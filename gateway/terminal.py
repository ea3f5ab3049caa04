"""The terminal of `frontdesk chat`: lines in, without blocking the event loop, and a session's events out, readable.

What an agent, a tool or a customer wrote is printed without control characters: it must not steer the terminal.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from gateway.events import SessionEvent, SessionEventType, SessionMessage

SHOWN_RESULT_CHARS = 300
_CALL_MARKS = {"Running": "…", "Complete": "done", "Error": "failed", "Denied": "denied"}


class Terminal:
    """Where a chat is held. `read_line` gives the next line without its end, and raises EOFError when there is none."""

    def __init__(self, console: Console | None = None, read_line: Callable[[], Awaitable[str]] | None = None) -> None:
        self.console = console or Console(highlight=False)
        self._read_line = read_line or Lines(sys.stdin.fileno()).read
        self._in_reply = False
        self._at_prompt = False

    async def read_line(self) -> str:
        """The next line. Where no terminal shows what is typed, it is printed, so that a transcript can be read."""
        line = await self._read_line()
        self._at_prompt = False  # whoever typed has ended the line
        if not self.console.is_terminal:
            self._write(f"{line}\n")
        return line

    def prompt(self, words: str) -> None:
        """Ask for the next line."""
        self._begin_line()
        self._at_prompt = True
        self._write(f"{words} ", style="bold cyan")

    def note(self, words: str) -> None:
        """Something about the chat itself."""
        self._line(words, style="dim")

    def complain(self, words: str) -> None:
        """Something went wrong."""
        self._line(words, style="red")

    def show_history(self, messages: Iterable[SessionMessage]) -> None:
        """What was said before."""
        for message in messages:
            if message.content_type == "data_type_message" and message.text:
                self._line(f"{'you' if message.is_user else 'agent'}> {message.text}", style="dim")

    def show(self, event: SessionEvent) -> None:
        """One event, in a form that suits it; those that say nothing to a person are passed over."""
        data = event.data
        match event.type:
            case SessionEventType.MESSAGE_DELTA:
                self._begin_reply()
                self._write(event.delta or "")
            case SessionEventType.MESSAGE_COMPLETE:
                if not self._in_reply:
                    self._begin_reply()
                    self._write(event.text or "")
                self._begin_line()
            case SessionEventType.THINKING:
                words = data.get("summary") or data.get("content") or data.get("text") or ""
                self._line(f"  thinking: {_short(words)}", style="italic dim")
            case SessionEventType.TOOL_CALL:
                status = str(data.get("status", ""))
                self._line(
                    f"  tool {event.tool_name}{_arguments(data)} {_CALL_MARKS.get(status, status)}", style="yellow"
                )
            case SessionEventType.TOOL_RESULT:
                self._line(
                    f"  result: {_short(data.get('result', ''))}", style="red" if data.get("is_error") else "dim"
                )
            case SessionEventType.SEARCH_RESULT:
                self._show_found(data.get("results"))
            case SessionEventType.APPROVAL_REQUEST:
                self._show_request(event)
            case SessionEventType.ERROR:
                self.complain(f"error: {event.error}")
            case _:
                pass

    def _show_found(self, results: object) -> None:
        found = [result for result in results if isinstance(result, Mapping)] if isinstance(results, list) else []
        for result in found:
            self._line(f"  found: {result.get('title', '')} ({result.get('url', '')})", style="dim")

    def _show_request(self, event: SessionEvent) -> None:
        self._begin_line()
        arguments = json.dumps(event.data.get("arguments") or {}, indent=2, ensure_ascii=False)
        words = [str(event.data.get("description") or ""), arguments]
        title = f"approve {_plain(event.tool_name or 'a tool')}?"
        body = Text(_plain("\n".join(filter(None, words))))
        self.console.print(Panel(body, title=Text(title), border_style="yellow", expand=False))

    def _begin_reply(self) -> None:
        if not self._in_reply:
            self._begin_line()
            self._in_reply = True
            self._write("agent> ", style="bold green")

    def _begin_line(self) -> None:
        if self._in_reply or self._at_prompt:
            self._in_reply = self._at_prompt = False
            self._write("\n")

    def _line(self, words: str, *, style: str) -> None:
        self._begin_line()
        self._write(f"{words}\n", style=style)

    def _write(self, words: str, *, style: str = "") -> None:
        self.console.print(Text(_plain(words), style=style), end="", soft_wrap=True)


class Lines:
    """Lines from a file descriptor, read only when asked, so that typing ahead waits for its turn.

    No thread: one that is blocked in `input()` outlives a Ctrl-C and would keep the process from ending.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._buffer = b""
        self._ended = False

    async def read(self) -> str:
        while b"\n" not in self._buffer and not self._ended:
            await self._readable()
            chunk = os.read(self._descriptor, 65536)
            self._buffer += chunk
            self._ended = not chunk
        if not self._buffer:
            raise EOFError
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode(errors="replace").rstrip("\r")

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        try:
            loop.add_reader(self._descriptor, _resolve, waiter)
        except PermissionError:  # a plain file, which never blocks and cannot be waited for
            return
        try:
            await waiter
        finally:
            loop.remove_reader(self._descriptor)


def _resolve(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


def _arguments(data: Mapping[str, Any]) -> str:
    arguments = data.get("arguments")
    return (
        f" {_short(json.dumps(arguments, ensure_ascii=False))}" if arguments and data.get("status") == "Running" else ""
    )


def _short(words: object) -> str:
    text = " ".join(str(words).split())
    return text if len(text) <= SHOWN_RESULT_CHARS else f"{text[:SHOWN_RESULT_CHARS]}…"


def _plain(text: str) -> str:
    """Without control characters, but for line ends and tabs."""
    return "".join(char for char in text if char in "\n\t" or (char.isprintable() or not _is_control(char)))


def _is_control(char: str) -> bool:
    return ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0

"""Reads mails in a process of its own, within bounds of time and memory.

A parser that is led into a corner by a hostile mail then costs one child process, not the channel. The child is
started when first needed, kept for the next mails, and ends when its parent does, however that ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import resource
import signal
from datetime import datetime
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

from channels.email.mail import Mail
from channels.email.parse import parse

TIMEOUT_S = 60.0
MAX_MEMORY_BYTES = 2 << 30


class UnreadableMail(Exception):
    """The parser failed, took too long or too much memory. The mail's raw bytes are still there."""


class MailReader:
    """Parses mails one after another. Use it as an async context."""

    def __init__(
        self, *, trusted_authserv: str = "", timeout_s: float = TIMEOUT_S, max_memory_bytes: int = MAX_MEMORY_BYTES
    ) -> None:
        self._trusted_authserv = trusted_authserv
        self._timeout_s = timeout_s
        self._max_memory_bytes = max_memory_bytes
        self._lock = asyncio.Lock()
        self._child: _Child | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._end_child()

    async def read(self, raw: bytes, received_at: datetime) -> Mail:
        """The mail. Raises `UnreadableMail`."""
        async with self._lock:
            if self._child is None:
                self._child = await asyncio.to_thread(_Child, self._max_memory_bytes)
            answer: Mail | str | None = None
            try:
                async with asyncio.timeout(self._timeout_s):
                    answer = await asyncio.to_thread(self._child.ask, (raw, received_at, self._trusted_authserv))
            except TimeoutError:
                raise UnreadableMail("it takes too long to read") from None
            except (EOFError, OSError):
                raise UnreadableMail("its parser died") from None
            finally:
                if answer is None:
                    await self._end_child()
        if isinstance(answer, Mail):
            return answer
        raise UnreadableMail(str(answer))

    async def _end_child(self) -> None:
        if self._child is not None:
            child, self._child = self._child, None
            await asyncio.to_thread(child.end)


class _Child:
    """The other process, and the pipe to it. Its methods block."""

    def __init__(self, max_memory_bytes: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, max_memory_bytes), daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, question: tuple[bytes, datetime, str]) -> Mail | str:
        """A mail, or why it cannot be read."""
        self._pipe.send(question)
        answer: Mail | str = self._pipe.recv()
        return answer

    def end(self) -> None:
        """Kill it; whoever waits for its answer hears of it."""
        self._process.kill()
        self._process.join()
        self._process.close()
        self._pipe.close()


def _serve(pipe: Connection, max_memory_bytes: int) -> None:
    """The child's life: questions until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to end
    resource.setrlimit(resource.RLIMIT_AS, (max_memory_bytes, max_memory_bytes))
    with contextlib.suppress(EOFError, OSError):
        while True:
            raw, received_at, trusted_authserv = pipe.recv()
            pipe.send(_parsed(raw, received_at, trusted_authserv))


def _parsed(raw: bytes, received_at: datetime, trusted_authserv: str) -> Mail | str:
    try:
        return parse(raw, received_at=received_at, trusted_authserv=trusted_authserv)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is this mail's affair and is told to the parent
        return type(error).__name__

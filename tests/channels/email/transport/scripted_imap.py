"""An IMAP server that misbehaves by script: for the weather that real servers do not make to order."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

CAPABILITY = "IMAP4rev1 IDLE"
Behave = Callable[["Line"], Awaitable[None]]


class Line:
    """One connection, from the server's side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.heard: list[str] = []

    async def say(self, *lines: str | bytes) -> None:
        """Send lines."""
        for line in lines:
            self._writer.write((line.encode() if isinstance(line, str) else line) + b"\r\n")
        await self._writer.drain()

    async def hear(self) -> tuple[str, str]:
        """The next command: its tag, and the rest."""
        line = await self._reader.readline()
        if not line:
            raise ConnectionError("the client is gone")
        self.heard.append(line.decode().strip())
        tag, _, rest = line.decode().strip().partition(" ")
        return tag, rest

    async def log_in(self, *, capability: str = CAPABILITY) -> None:
        """Greet, and let the client in."""
        await self.say("* OK ready")
        while True:
            tag, command = await self.hear()
            match command.split()[0].upper():
                case "CAPABILITY":
                    await self.say(f"* CAPABILITY {capability}", f"{tag} OK done")
                case "LOGIN":
                    await self.say(f"{tag} OK [CAPABILITY {capability} MULTIAPPEND] welcome")
                case "SELECT":
                    await self.say("* 0 EXISTS", "* OK [UIDVALIDITY 1] valid", "* OK [UIDNEXT 1] next")
                    await self.say(f"{tag} OK [READ-WRITE] selected")
                    return

    async def answer(self, *lines: str | bytes, result: str = "OK done") -> str:
        """Hear a command and answer it; returns the command."""
        tag, command = await self.hear()
        await self.say(*lines, f"{tag} {result}")
        return command

    async def silence(self) -> None:
        """Say nothing more, and keep the line open."""
        await asyncio.Event().wait()


class ScriptedImap:
    """Serves each connection by `behave`, and closes it after that."""

    def __init__(self, behave: Behave, *, tls: ssl.SSLContext | None = None) -> None:
        self._behave = behave
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()
        self.lines: list[Line] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.sockets[0].getsockname()[1])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        line = Line(reader, writer)
        self.lines.append(line)
        try:
            with suppress(ConnectionError, asyncio.CancelledError):
                await self._behave(line)
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

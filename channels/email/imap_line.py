"""Hears every line of an IMAP connection before aioimaplib does, whoever is asking.

aioimaplib drops announcements of mail while it does not idle, waits on after a goodbye or a greeting that is none, and
calls itself for each line of a burst until Python gives up.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any

from aioimaplib import aioimaplib

MAX_LINES = 100
_EXISTS = re.compile(rb"\* \d+ EXISTS", re.IGNORECASE)


class ImapLine:
    """What was heard: `lost` is done once the connection is gone, `announced` is set when mail was announced."""

    def __init__(self) -> None:
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.announced = asyncio.Event()

    def note_loss(self, _: Exception | None = None) -> None:
        """The connection is gone, or as good as gone."""
        if not self.lost.done():
            self.lost.set_result(None)

    def listen_in(self, protocol: Any) -> None:
        """Hear each line before aioimaplib does. Literals, that is mails, do not come this way."""
        handle = protocol._handle_line

        def hear(line: bytes, command: Any) -> Any:
            if _EXISTS.fullmatch(line):
                self.announced.set()
            elif line[:5].upper() == b"* BYE":
                self.note_loss()
            is_greeting = protocol.state == aioimaplib.CONNECTED
            if is_greeting and not line.upper().startswith((b"* OK", b"* PREAUTH")):
                self.note_loss()
                return None
            return handle(line, command)

        protocol._handle_line = hear
        receive = protocol.data_received

        def receive_in_pieces(data: bytes) -> None:
            for piece in _pieces(data):
                receive(piece)

        protocol.data_received = receive_in_pieces


def _pieces(data: bytes) -> Iterator[bytes]:
    """Data in pieces of few lines: aioimaplib calls itself for each line, and dies of a thousand."""
    start = 0
    while start < len(data):
        end = start
        for _ in range(MAX_LINES):
            end = data.find(b"\n", end) + 1
            if end == 0:
                end = len(data)
                break
        yield data[start:end]
        start = end

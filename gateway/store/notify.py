"""Words between processes that share a Postgres database: `NOTIFY` to say them, `LISTEN` to hear them.

They are hints and may be lost, with the connection or with a process; the rows are the truth. What is said in a
transaction is heard after its commit, in the order of commits, and never when it rolls back.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import asyncpg
import structlog

from gateway.store.database import Statements

log = structlog.get_logger(__name__)

# Postgres takes payloads below 8000 bytes. Longer words go in pieces, which nothing can come between: a transaction's
# notifications are delivered together. Each piece begins with whether more follow, and with a label that no other has:
# of equal payloads in one transaction Postgres delivers only one.
MAX_PIECE_CHARS = 7_900
MORE, LAST = "+", "."
_LABEL_CHARS = 16
RETRY_AFTER = timedelta(seconds=1)
CONNECT_TIMEOUT = timedelta(seconds=10)


async def notify(tx: Statements, channel: str, message: str) -> None:
    """Say something of any length, in ASCII, within a transaction."""
    for piece in pieces_of(message):
        await tx.execute("SELECT pg_notify($1, $2)", channel, piece)


def pieces_of(message: str) -> Iterator[str]:
    starts = range(0, max(len(message), 1), MAX_PIECE_CHARS)
    for start in starts:
        label = secrets.token_hex(_LABEL_CHARS // 2)
        yield (MORE if start != starts[-1] else LAST) + label + message[start : start + MAX_PIECE_CHARS]


class Pieces:
    """Puts pieces together again."""

    def __init__(self, hear: Callable[[str], None]) -> None:
        self._hear = hear
        self._collected: list[str] = []

    def add(self, piece: str) -> None:
        self._collected.append(piece[1 + _LABEL_CHARS :])
        if piece.startswith(LAST):
            message = "".join(self._collected)
            self._collected.clear()
            self._hear(message)


@asynccontextmanager
async def listening(
    url: str, channel: str, hear: Callable[[str], None], reconnected: Callable[[], None]
) -> AsyncIterator[None]:
    """Hear what is said on a channel, on a connection of its own, which is renewed when it breaks.

    What is said meanwhile is lost, so `reconnected` is called once it listens again.
    """
    connection = await _listen(url, channel, hear)
    task = asyncio.create_task(_keep_listening(connection, url, channel, hear, reconnected), name=f"listen-{channel}")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _keep_listening(
    connection: asyncpg.Connection,
    url: str,
    channel: str,
    hear: Callable[[str], None],
    reconnected: Callable[[], None],
) -> None:
    try:
        while True:
            await _until_lost(connection)
            log.warning("notify.connection_lost", channel=channel)
            connection = await _listen_again(url, channel, hear)
            reconnected()
    finally:
        connection.terminate()


async def _until_lost(connection: asyncpg.Connection) -> None:
    lost = asyncio.Event()

    def note(_connection: asyncpg.Connection) -> None:
        lost.set()

    connection.add_termination_listener(note)
    if not connection.is_closed():
        await lost.wait()


async def _listen_again(url: str, channel: str, hear: Callable[[str], None]) -> asyncpg.Connection:
    while True:
        await asyncio.sleep(RETRY_AFTER.total_seconds())
        with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return await _listen(url, channel, hear)


async def _listen(url: str, channel: str, hear: Callable[[str], None]) -> asyncpg.Connection:
    connection = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT.total_seconds())
    pieces = Pieces(hear)

    def note(_connection: asyncpg.Connection, _process_id: int, _channel: str, piece: str) -> None:
        pieces.add(piece)

    await connection.add_listener(channel, note)
    return connection

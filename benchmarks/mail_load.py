"""What a flood of mail costs: `python -m benchmarks.mail_load`. Prints one line of JSON.

Five hundred mails at once, a thread of two hundred replies and a file of 25 MB go through the real reader into a real
database (SQLite), while a clock ticks beside them: how much memory this process took at most beyond what it had, how
much its parser did, and for how long nothing else could run.
"""

from __future__ import annotations

import asyncio
import json
import resource
import tempfile
import time
from base64 import encodebytes
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import structlog

from channels.email.inbound import event_of
from channels.email.reader import MailReader
from channels.email.support_address import SupportAddress
from channels.email.tokens import Signer
from gateway.domain import ConversationId
from gateway.inbound import Inbound
from gateway.queue import Wakeups
from gateway.store.database import Database, connect
from gateway.store.migrate import migrate

AT_ONCE, REPLIES, FILE_BYTES = 500, 200, 25_000_000
TICK_S = 0.02
PROOF = "Authentication-Results: mx.acme.example; dmarc=pass header.from=example.com\r\n"


class Quiet(Wakeups):
    """Nobody is woken: turns are no part of this."""

    def __init__(self) -> None:
        pass

    async def advance(self, conversation_id: ConversationId, *, at: datetime | None = None) -> None: ...

    async def deliver(self, lane: str, *, at: datetime | None = None) -> None: ...


class Stalls:
    """A clock that ticks, and notes how late it was at most."""

    def __init__(self) -> None:
        self.longest_s = 0.0

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        ticking = asyncio.create_task(self._tick())
        try:
            yield
        finally:
            ticking.cancel()
            await asyncio.wait({ticking})

    async def _tick(self) -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(TICK_S)
            self.longest_s = max(self.longest_s, time.monotonic() - began - TICK_S)


async def measure() -> dict[str, float]:
    """Take everything in, and say what it cost."""
    support = SupportAddress.parse("support@acme.example", Signer("a secret"))
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/load.db"
        await migrate(url)
        db = await connect(url)
        stalls, began = Stalls(), time.monotonic()
        try:
            async with MailReader(trusted_authserv="mx.acme.example") as reader:
                inbound = Inbound(db, Quiet(), debounce={})
                await _take(reader, inbound, support, _first("warm-up"))
                before = _peak_bytes(resource.RUSAGE_SELF)
                async with stalls.watched(), asyncio.TaskGroup() as group:
                    for number in range(AT_ONCE):
                        group.create_task(_take(reader, inbound, support, _first(str(number))))
                    group.create_task(_take_each(reader, inbound, support, _thread()))
                    group.create_task(_take(reader, inbound, support, _with_file()))
                after = _peak_bytes(resource.RUSAGE_SELF)
            return {
                "mails": await _count(db, "messages"),
                "conversations": await _count(db, "conversations"),
                "seconds": round(time.monotonic() - began, 1),
                "longest_stall_s": round(stalls.longest_s, 3),
                "grown_by_mb": round((after - before) / 1e6, 1),
                "parser_peak_mb": round(_peak_bytes(resource.RUSAGE_CHILDREN) / 1e6, 1),
            }
        finally:
            await db.close()


async def _take(reader: MailReader, inbound: Inbound, support: SupportAddress, raw: bytes) -> None:
    mail = await reader.read(raw, datetime.now(UTC))
    await inbound.accept(event_of(mail, support=support, source="digest"))


async def _take_each(reader: MailReader, inbound: Inbound, support: SupportAddress, mails: Iterator[bytes]) -> None:
    for raw in mails:
        await _take(reader, inbound, support, raw)


def _first(name: str) -> bytes:
    head = f"{PROOF}From: c{name}@example.com\r\nMessage-ID: <{name}@example.com>\r\nSubject: Order {name}\r\n"
    return f"{head}\r\nWhere is my order {name}?\r\n".encode()


def _thread() -> Iterator[bytes]:
    """Each reply quotes all before it, as people's mails do."""
    quoted = ""
    written_at = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(REPLIES):
        ids = " ".join(f"<t{each}@example.com>" for each in range(number))
        head = f"{PROOF}From: ada@example.com\r\nMessage-ID: <t{number}@example.com>\r\nSubject: Re: Thread\r\n"
        references = f"References: {ids}\r\nIn-Reply-To: <t{number - 1}@example.com>\r\n" if number else ""
        text = f"Answer {'abcdefghij'[number % 10] * (1 + number // 10)}, as promised.\r\n"
        yield f"{head}{references}\r\n{text}\r\n{quoted}".encode()
        written_at += timedelta(hours=1)
        above = f"On {written_at:%a, %d %b %Y at %H:%M}, Acme <support@acme.example> wrote:\r\n\r\n{text}\r\n{quoted}"
        quoted = "".join(f"> {line}\r\n" for line in above.split("\r\n"))[:60_000]


def _with_file() -> bytes:
    head = f"{PROOF}From: bob@example.com\r\nMessage-ID: <file@example.com>\r\nSubject: Log\r\n".encode()
    kind = b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nHere it is.\r\n--b\r\n'
    file = b'Content-Disposition: attachment; filename="log.bin"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    return head + kind + file + encodebytes(bytes(FILE_BYTES)).replace(b"\n", b"\r\n") + b"\r\n--b--\r\n"


async def _count(db: Database, table: str) -> int:
    row = await db.fetch_one(f"SELECT COUNT(*) AS n FROM {table}")  # a word of ours
    return int(row["n"]) if row else 0


def _peak_bytes(whose: int) -> int:
    return resource.getrusage(whose).ru_maxrss * 1024


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    print(json.dumps(asyncio.run(measure())))


if __name__ == "__main__":
    main()

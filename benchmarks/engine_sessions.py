"""What sessions cost the engine: memory of idle ones, time to resume long ones, CPU of a turn.

    python -m benchmarks.engine_sessions [SESSIONS]

The engine runs as a process of its own on a new SQLite file; this process holds the other ends of the sockets. Read the
ratios: absolute times depend on the machine.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import orjson
from websockets.asyncio.client import ClientConnection, connect

from gateway.engine.config import EngineConfig
from gateway.engine.server import serve
from gateway.store.migrate import migrate

KEY = "benchmark"
PORT = 8799
ADDRESS = f"127.0.0.1:{PORT}"
BUDGET_MB = 100.0


async def main(session_count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/engine.db"
        await migrate(url)
        async with engine_process(url) as pid:
            agent_id = await make_agent()
            await warm_up(agent_id)
            await measure_idle_sessions(pid, agent_id, session_count)
            await measure_resume(agent_id)
            await measure_turns(pid, agent_id)


async def measure_idle_sessions(pid: int, agent_id: str, count: int) -> None:
    base = resident_mb(pid)
    async with AsyncExitStack() as stack:
        for _ in range(count):
            socket = await stack.enter_async_context(client())
            await create(socket, agent_id)
        held = resident_mb(pid) - base
        print(f"{count} idle connected sessions: {held:.1f} MB over {base:.0f} MB, {held / count * 1000:.1f} KB each")
        print(f"  of the budget of {BUDGET_MB:.0f} MB for 2,000: {held / count * 2000 / BUDGET_MB:.0%}")


async def measure_resume(agent_id: str) -> None:
    times = {}
    for messages in (10, 1000):
        async with client() as socket:
            session_id = await create(socket, agent_id)
            for number in range(messages // 2):
                await turn(socket, session_id, f"Message {number} of this session.")
        times[messages] = [await time_to_resume(session_id) for _ in range(40)]
    short, long = (statistics.median(times[messages]) * 1000 for messages in (10, 1000))
    print(f"resuming a session of 10 messages {short:.2f} ms, of 1000 messages {long:.2f} ms, ratio {long / short:.2f}")


async def measure_turns(pid: int, agent_id: str) -> None:
    costs = {}
    for earlier in (0, 500):
        async with client() as socket:
            session_id = await create(socket, agent_id)
            for number in range(earlier):
                await turn(socket, session_id, f"Message {number}.")
            before = cpu_s(pid)
            for _ in range(200):
                await turn(socket, session_id, "word " * 96)  # 480 characters: 20 deltas
            costs[earlier] = (cpu_s(pid) - before) / 200 * 1000
    print(
        f"CPU of a turn with 20 deltas {costs[0]:.2f} ms; "
        f"after 500 turns {costs[500]:.2f} ms, ratio {costs[500] / costs[0]:.2f}"
    )


async def time_to_resume(session_id: str) -> float:
    async with client() as socket:
        start = time.perf_counter()
        await ask(socket, "connect_session", "connect_session", session_id=session_id)
        return time.perf_counter() - start


async def warm_up(agent_id: str) -> None:
    """The first turns import and compile what later ones use."""
    async with client() as socket:
        session_id = await create(socket, agent_id)
        for _ in range(20):
            await turn(socket, session_id, "Warm up.")


async def turn(socket: ClientConnection, session_id: str, text: str) -> None:
    await socket.send(orjson.dumps({"type": "post_message", "session_id": session_id, "content": text}).decode())
    while b'"status":"Idle"' not in (await socket.recv(decode=False)):
        pass


async def create(socket: ClientConnection, agent_id: str) -> str:
    created = await ask(socket, "create_session", "session_created", object_type="agent", object_id=agent_id)
    session_id = str(created["session_id"])
    await ask(socket, "connect_session", "connect_session", session_id=session_id)
    return session_id


async def ask(socket: ClientConnection, kind: str, answer: str, **fields: str) -> dict[str, object]:
    await socket.send(orjson.dumps({"type": kind, **fields}).decode())
    while True:
        frame: dict[str, object] = orjson.loads(await socket.recv())
        if frame["type"] == answer:
            return frame


def client() -> connect:
    headers = {"Authorization": f"Bearer {KEY}"}
    return connect(
        f"ws://{ADDRESS}/v1/ws/session", additional_headers=headers, compression=None, ping_interval=None, proxy=None
    )


async def make_agent() -> str:
    payload = {
        "name": "Benchmark",
        "agent_type": "conversational",
        "llm_client_key": {"provider": "demo", "model_id": "scripted"},
    }
    async with httpx.AsyncClient(trust_env=False, headers={"Authorization": f"Bearer {KEY}"}) as http:
        answer = await http.post(f"http://{ADDRESS}/v1/agent", json=payload)
        return str(answer.json()["id"])


@asynccontextmanager
async def engine_process(url: str) -> AsyncIterator[int]:
    command = [sys.executable, "-m", "benchmarks.engine_sessions", "--serve", url]
    with subprocess.Popen(command, cwd=Path(__file__).parents[1]) as process:  # noqa: ASYNC220  # forks for a moment
        try:
            async with httpx.AsyncClient(trust_env=False) as http:
                while not await is_healthy(http):  # noqa: ASYNC110  # another process has no event to wait for
                    await asyncio.sleep(0.1)
            yield process.pid
        finally:
            process.terminate()


async def is_healthy(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get(f"http://{ADDRESS}/healthz")).status_code == 200
    except httpx.TransportError:
        return False


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        import logging

        import structlog

        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        asyncio.run(serve(EngineConfig(database_url=sys.argv[2], api_keys=[KEY], port=PORT)))
    else:
        asyncio.run(main(int(sys.argv[1]) if sys.argv[1:] else 2000))

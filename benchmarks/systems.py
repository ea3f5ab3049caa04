"""The two systems that are compared, each as real processes on a core of its own, and the webhooks that reach them."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlencode

import aiohttp
import orjson
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # ships no types

from benchmarks import bare

READY_WITHIN_S = 60.0
ACCOUNT_SID = "AC" + "1" * 32
AUTH_TOKEN = "twilio-token"
OUR_NUMBER = "+15550100"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A signed request, ready to be sent."""

    url: str
    body: bytes
    headers: Mapping[str, str]


class Signer(Protocol):
    """Makes a system's webhooks: what a customer says, in their own conversation."""

    def webhook(self, customer: int, text: str, *, unique: str) -> Webhook: ...


@dataclass(frozen=True, slots=True)
class Processes:
    """A system that runs."""

    signer: Signer
    web: asyncio.subprocess.Process
    worker: asyncio.subprocess.Process

    def cpu_s(self) -> float:
        """Time on the processor so far, of both processes and all of their threads."""
        return _cpu_s(self.web.pid) + _cpu_s(self.worker.pid)

    def worker_cpu_s(self) -> float:
        return _cpu_s(self.worker.pid)


@dataclass(frozen=True, slots=True)
class TwilioSigner:
    """Text messages to our gateway."""

    url: str

    def webhook(self, customer: int, text: str, *, unique: str) -> Webhook:
        fields = {
            "MessageSid": f"SM{hashlib.md5(unique.encode()).hexdigest()}",
            "AccountSid": ACCOUNT_SID,
            "From": f"+1555{customer:07d}",
            "To": OUR_NUMBER,
            "Body": text,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
            "FromCity": "BOSTON",
            "FromState": "MA",
            "FromCountry": "US",
            "ToCountry": "US",
        }
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": RequestValidator(AUTH_TOKEN).compute_signature(self.url, fields),
            "I-Twilio-Idempotency-Token": unique,
        }
        return Webhook(self.url, urlencode(fields).encode(), headers)


@dataclass(frozen=True, slots=True)
class SlackSigner:
    """Messages to the bare Slack bot."""

    url: str

    def webhook(self, customer: int, text: str, *, unique: str) -> Webhook:
        now = str(int(time.time()))
        event = {
            "type": "message",
            "channel": f"C{customer:09d}",
            "user": f"U{customer:09d}",
            "text": text,
            "ts": f"{now}.{customer:06d}",
            "event_ts": f"{now}.{customer:06d}",
            "channel_type": "im",
            "team": "T1",
        }
        envelope = {
            "token": "legacy",
            "team_id": "T1",
            "api_app_id": "A1",
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{unique}",
            "event_time": int(now),
            "authorizations": [{"team_id": "T1", "user_id": "UBOT", "is_bot": True, "enterprise_id": None}],
            "is_ext_shared_channel": False,
        }
        body = orjson.dumps(envelope)
        digest = hmac.new(bare.SIGNING_SECRET.encode(), f"v0:{now}:".encode() + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Slack-Request-Timestamp": now,
            "X-Slack-Signature": f"v0={digest}",
        }
        return Webhook(self.url, body, headers)


@asynccontextmanager
async def our_gateway(
    database_url: str, redis_url: str, world_url: str, port: int, folder: Path
) -> AsyncIterator[Processes]:
    """`web` and `worker` as the Procfile starts them, with SMS."""
    url = f"http://127.0.0.1:{port}"
    env = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PORT": str(port),
        "PUBLIC_URL": url,
        "SECRET_KEY": "benchmark",
        "VECTORSHIFT_API_KEY": "sk-benchmark",
        "VECTORSHIFT_BASE_URL": f"{world_url}/v1",
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_FROM": OUR_NUMBER,
        "TWILIO_API_URL": world_url,
        "DEBOUNCE_SMS": "0",
        "LOG_FORMAT": "json",
    }
    async with (
        _process("gateway.processes.web", env=env, log=folder / "web.log") as web,
        _process("workers", env=env, log=folder / "worker.log") as worker,
    ):
        await _answers(f"{url}/healthz")
        yield Processes(TwilioSigner(f"{url}/twilio/messages"), web, worker)


@asynccontextmanager
async def bare_bot(redis_url: str, world_url: str, port: int, folder: Path) -> AsyncIterator[Processes]:
    """The bare handler's two processes."""
    url = f"http://127.0.0.1:{port}"
    arguments = (str(port), redis_url, f"{world_url}/api/")
    async with (
        _process("benchmarks.bare", "web", *arguments, log=folder / "bare-web.log") as web,
        _process("benchmarks.bare", "worker", *arguments, log=folder / "bare-worker.log") as worker,
    ):
        await _answers(f"{url}/slack/events")
        yield Processes(SlackSigner(f"{url}/slack/events"), web, worker)


def share_cores() -> None:
    """The load and the world keep to the last core; what is measured gets the first."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})


def _take_first_core() -> None:
    os.sched_setaffinity(0, {0})


@asynccontextmanager
async def _process(
    module: str, *arguments: str, log: Path, env: Mapping[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module, *arguments),
            env={**os.environ, **(env or {})},
            stdout=output,
            stderr=output,
            preexec_fn=_take_first_core,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _answers(url: str) -> None:
    """Wait until somebody answers there, whatever they say."""
    async with asyncio.timeout(READY_WITHIN_S), aiohttp.ClientSession() as http:
        while True:
            try:
                async with http.get(url):
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

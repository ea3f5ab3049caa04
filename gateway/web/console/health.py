"""Whether everything lives: what the gateway needs, its processes, its channels, and how long work waits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from redis.exceptions import RedisError
from starlette.responses import Response
from starlette.routing import Route

from gateway.app import Gateway
from gateway.presence import Process
from gateway.store.console.pulse import backlog
from gateway.store.values import micros
from gateway.web import health
from gateway.web.console.page import Visit, guarded


@dataclass(frozen=True, slots=True)
class Part:
    """Something that the gateway needs; `problem` is "" where it answers."""

    name: str
    about: str
    problem: str


@dataclass(frozen=True, slots=True)
class ChannelStatus:
    """A channel: on by which setting, or off."""

    name: str
    is_on: bool
    about: str


async def index(visit: Visit) -> Response:
    gateway = visit.gateway
    needs, processes = await asyncio.gather(_needs(gateway), _processes(gateway))
    now = visit.console.clock()
    alive = {process.kind for process in processes if process.is_alive(now)}
    return await visit.show(
        "health.html",
        needs=needs,
        processes=processes,
        silent=[kind for kind in _expected(gateway) if kind not in alive],
        channels=_channels(gateway),
        backlog=await backlog(gateway.db, micros(now)),
    )


routes = [Route("/health", guarded(index))]


async def _needs(gateway: Gateway) -> Sequence[Part]:
    found = dict(await health.look(gateway))
    about = {
        "database": f"{gateway.db.dialect}: every fact is a row in it",
        "redis": "wakes the workers; an emptied one costs seconds",
        "agent": "the platform on which sessions live",
    }
    return [Part(name, words, found[name]) for name, words in about.items()]


async def _processes(gateway: Gateway) -> Sequence[Process]:
    try:
        async with asyncio.timeout(health.CHECK_TIMEOUT_S):
            return await gateway.presence.processes()
    except (RedisError, OSError, TimeoutError):
        return []  # the line about Redis says so


def _expected(gateway: Gateway) -> Sequence[str]:
    """The kinds of processes that this configuration needs."""
    settings = gateway.settings
    kinds = ["web", "worker"]
    if settings.has_email:
        kinds.append("mailbox")
    if settings.slack_app_token.get_secret_value():
        kinds.append("slack")
    return kinds


def _channels(gateway: Gateway) -> Sequence[ChannelStatus]:
    settings = gateway.settings
    by_socket = bool(settings.slack_app_token.get_secret_value())
    sender = settings.twilio_from or settings.twilio_messaging_service_sid
    return [
        ChannelStatus("email", settings.has_email, settings.email_address or "EMAIL_ADDRESS is not set"),
        ChannelStatus(
            "sms", settings.has_sms, f"Twilio, from {sender}" if settings.has_sms else "TWILIO_ACCOUNT_SID is not set"
        ),
        ChannelStatus(
            "slack",
            settings.has_slack,
            f"{'Socket Mode' if by_socket else 'Events API'}, approvers in {settings.approvers_channel}"
            if settings.has_slack
            else "SLACK_BOT_TOKEN is not set",
        ),
    ]

"""Examines a deployment: is everything that the configuration names there, and does it let us in?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx

from channels.errors import SendError
from gateway.app import Gateway, open_gateway
from gateway.domain import utcnow
from gateway.errors import ConfigurationError, GatewayError
from gateway.session import SessionError
from gateway.settings import Settings
from gateway.store import mailboxes
from gateway.store.database import DatabaseUnavailable, WrongSchema, connect
from gateway.store.mailboxes import Standing

CHECK_TIMEOUT_S = 15.0
MAILBOX_SILENCE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look came to. `advice` is what to do about it."""

    subject: str
    is_fine: bool
    words: str
    advice: str = ""


async def examine(settings: Settings) -> Sequence[Finding]:
    """Look at the database first, since nothing works without it, then at everything else at once."""
    database = await _database(settings)
    if not database.is_fine:
        return [database]
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S), open_gateway(settings) as gateway:
            checks = [_redis(gateway), _agent(gateway), _slack(gateway), _sms(gateway), _mail(gateway)]
            return [database, *(found for found in await asyncio.gather(*checks) if found is not None)]
    except (TimeoutError, OSError) as error:
        return [database, Finding("redis", False, _words(error), "Start Redis, or correct REDIS_URL.")]


async def _database(settings: Settings) -> Finding:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            db = await connect(settings.database_url)
            await db.close()
    except WrongSchema as error:
        return Finding("database", False, str(error), "Run `frontdesk migrate` of the newest release.")
    except (DatabaseUnavailable, TimeoutError, OSError, ValueError) as error:
        return Finding("database", False, _words(error), "Correct DATABASE_URL, and make sure that the server runs.")
    return Finding("database", True, f"{db.dialect}, migrated")


async def _redis(gateway: Gateway) -> Finding:
    problem = await gateway.wakeups.check()
    return Finding("redis", not problem, problem or "answers", "Start Redis, or correct REDIS_URL." if problem else "")


async def _agent(gateway: Gateway) -> Finding:
    try:
        agent_id = await gateway.platform.agent_id()
    except ConfigurationError as error:
        return Finding("agent", False, str(error), "Set AGENT_ID.")
    except SessionError as error:
        return Finding("agent", False, str(error), "Check VECTORSHIFT_BASE_URL and VECTORSHIFT_API_KEY.")
    return Finding("agent", True, f"answers, agent {agent_id}")


async def _slack(gateway: Gateway) -> Finding | None:
    if gateway.slack is None:
        return Finding("slack", True, "off (SLACK_BOT_TOKEN is not set); nobody can decide approvals")
    settings = gateway.settings
    return await _of_channel(
        "slack",
        lambda: _members(gateway),
        f"Install the app at {settings.reached_at}/slack/install, and invite it to APPROVERS_CHANNEL."
        if settings.slack_client_id
        else "Check SLACK_BOT_TOKEN and its scopes, and invite the app to APPROVERS_CHANNEL.",
        f"answers, approvers in {settings.approvers_channel}",
    )


async def _members(gateway: Gateway) -> None:
    assert gateway.slack is not None  # noqa: S101  # the caller has looked
    await gateway.slack.desk.channel_members(gateway.settings.approvers_channel)


async def _sms(gateway: Gateway) -> Finding | None:
    if gateway.sms is None:
        return Finding("sms", True, "off (TWILIO_ACCOUNT_SID is not set)")
    return await _of_channel(
        "sms", gateway.sms.check, "Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.", "the account lets us in"
    )


async def _mail(gateway: Gateway) -> Finding | None:
    """Sending, the mailboxes, and whether somebody listens to them."""
    if gateway.email is None:
        return Finding("email", True, "off (EMAIL_ADDRESS is not set)")
    found = await _of_channel(
        "email",
        gateway.email.check,
        "Check IMAP_URL and SMTP_URL, and that the mailbox is there; behind XOAUTH2, EMAIL_OAUTH_TOKEN_COMMAND.",
        "the mail servers let us in",
    )
    return found if not found.is_fine else heeded(found, await mailboxes.standings(gateway.db), utcnow())


def heeded(found: Finding, standings: Sequence[Standing], now: datetime) -> Finding:
    """Whether intake keeps up. A mailbox is searched every five minutes, or sooner."""
    if not standings:
        return Finding("email", False, f"{found.words}; nobody has listened yet", "Start `frontdesk mailbox`.")
    latest = max(each.searched_at for each in standings)
    silence = now - latest
    if silence > MAILBOX_SILENCE:
        words = f"{found.words}; last searched {int(silence.total_seconds() / 60)} minutes ago"
        return Finding("email", False, words, "Start `frontdesk mailbox`, or look at its log.")
    quarantined = sum(each.quarantined for each in standings)
    if quarantined:
        words = f"{found.words}; {quarantined} mails could not be read"
        return Finding("email", False, words, "See `frontdesk mails list`.")
    return found


async def _of_channel(subject: str, check: Callable[[], Awaitable[object]], advice: str, fine: str) -> Finding:
    try:
        await check()
    except (SendError, GatewayError, httpx.HTTPError) as error:
        return Finding(subject, False, _words(error), advice)
    return Finding(subject, True, fine)


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__

"""The composition root: opens everything, puts it together, closes it. Nothing else names a concrete channel."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial, reduce
from operator import or_
from typing import TYPE_CHECKING, TypeVar

import httpx
from pydantic import SecretStr

from channels.base import Channel
from channels.errors import SendError
from channels.message import ChannelName
from channels.slack.app import SlackApp
from channels.slack.config import Prompt, SlackConfig
from channels.slack.install import RETURN_PATH, SlackInstall
from channels.slack.installations import AppCredentials, Installations
from channels.slack.manifest import manifest
from channels.sms.adapter import SmsAdapter, SmsConfig
from channels.sms.keywords import ENGLISH, LANGUAGES
from gateway.approvals import Approvals
from gateway.approvers import Approvers
from gateway.attachments import Attachments
from gateway.cards import Cards
from gateway.carriers import carriers
from gateway.domain import Delivery
from gateway.errors import ConfigurationError
from gateway.handoff.access import StaffAccess
from gateway.handoff.briefs import Briefs
from gateway.handoff.carriers import thread_carriers
from gateway.handoff.drafting import Drafting
from gateway.handoff.handoffs import Handoffs
from gateway.handoff.hours import Hours
from gateway.handoff.staff import Staff
from gateway.handoff.upkeep import Upkeep
from gateway.handoff.voice import Voice
from gateway.holding import Holding
from gateway.inbound import Inbound
from gateway.leases import Leases
from gateway.links import transcript
from gateway.outbound import Outbound
from gateway.outcomes import ApprovalRules, Outcomes
from gateway.people import Identities
from gateway.platform import Platform
from gateway.presence import Presence
from gateway.queue import Wakeups, open_queue
from gateway.runner import Runner
from gateway.sessions import Sessions
from gateway.settings import Settings
from gateway.store.database import Database, connect
from gateway.store.mailboxes import MailboxLedger
from gateway.turns import Turns

if TYPE_CHECKING:
    from channels.email.adapter import EmailAdapter

T = TypeVar("T")
RetrySchedule = Callable[[Delivery, SendError, datetime], datetime | None]


@dataclass(frozen=True, slots=True)
class Gateway:
    """Everything that a process may need, open."""

    settings: Settings
    db: Database
    platform: Platform
    wakeups: Wakeups
    inbound: Inbound
    approvals: Approvals
    holding: Holding
    handoffs: Handoffs
    upkeep: Upkeep
    outbound: Outbound
    turns: Turns
    leases: Leases
    sessions: Sessions
    sms: SmsAdapter | None
    slack: SlackApp | None
    email: EmailAdapter | None
    ledger: MailboxLedger
    slack_install: SlackInstall | None
    presence: Presence


def never(_delivery: Delivery, _error: SendError, _now: datetime) -> datetime | None:
    """The retry schedule of a process that sends nothing."""
    return None


@asynccontextmanager
async def open_gateway(settings: Settings, *, retry_at: RetrySchedule = never) -> AsyncIterator[Gateway]:
    """The gateway over the environment's database, Redis, platform and channels. Closes all of it at the end."""
    async with AsyncExitStack() as stack:
        db = await connect(settings.database_url)
        stack.push_async_callback(db.close)
        redis = await open_queue(settings.redis_url)
        stack.push_async_callback(redis.aclose)
        http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
        wakeups = Wakeups(redis)
        alert_channel = settings.handoff_channel or settings.approvers_channel
        cards = Cards(db, transcript=partial(transcript, settings))
        identities = Identities(settings.linked)
        approvers = Approvers(
            slack_channel_id=settings.approvers_channel, approvers=settings.approvers, identities=identities
        )
        approvals = Approvals(
            db,
            approvers,
            cards,
            wakeups,
            escalation_channel=settings.escalation_channel or settings.approvers_channel,
        )
        inbound = Inbound(
            db,
            wakeups,
            debounce=_debounce(settings),
            alert_channel=alert_channel,
        )
        hours = _configured("BUSINESS_HOURS", Hours.parse, settings.business_hours)
        channels: dict[ChannelName, Channel] = {}  # filled as they open: the desk has to know the gateway first
        voice = Voice(channels)
        access = StaffAccess(db, slack_channel_id=alert_channel, approvers=settings.approvers, identities=identities)
        handoffs = Handoffs(db, voice, wakeups, slack_channel_id=alert_channel, hours=hours)
        staff = Staff(db, handoffs, voice, access, wakeups)
        installations, slack_install = await _open_installations(stack, settings)
        slack = await _open_slack(stack, settings, approvals, inbound, staff, installations)
        desk = slack.desk if slack else None
        approvers.desk = access.desk = desk
        sms = await _open_sms(stack, settings)
        ledger = MailboxLedger(db)
        email = await _open_email(stack, settings, ledger)
        channels.update(_channels(sms, slack, email))
        platform = Platform.of(settings, http)
        sessions = Sessions(platform.connect)
        stack.push_async_callback(sessions.close)
        attachments = Attachments(db, channels)
        thread = thread_carriers(
            db,
            channels,
            desk,
            wakeups,
            briefs=Briefs(db, transcript=partial(transcript, settings)),
            attachments=attachments,
            drafting=Drafting(db, sessions),
        )
        outbound = Outbound(
            db,
            {**carriers(channels, desk, cards), **thread},
            wakeups,
            retry_at=retry_at,
            alert_channel=alert_channel,
        )
        leases = Leases(db)
        outcomes = Outcomes(
            db,
            channels,
            rules=ApprovalRules(settings.approvals_required, settings.approval_lifetime),
            alert_channel=alert_channel,
            hours=hours,
        )
        yield Gateway(
            settings=settings,
            db=db,
            platform=platform,
            wakeups=wakeups,
            inbound=inbound,
            approvals=approvals,
            holding=Holding(db, wakeups),
            handoffs=handoffs,
            upkeep=Upkeep(db, handoffs, access, wakeups, idle=timedelta(seconds=settings.handoff_idle)),
            outbound=outbound,
            turns=Turns(
                db,
                leases,
                Runner(
                    db,
                    sessions,
                    attachments,
                    displays={ChannelName.SLACK: slack.channel} if slack else None,
                ),
                outcomes,
                outbound,
                turn_timeout=timedelta(seconds=settings.turn_timeout),
            ),
            leases=leases,
            sessions=sessions,
            sms=sms,
            slack=slack,
            email=email,
            ledger=ledger,
            slack_install=slack_install,
            presence=Presence(redis),
        )


def _channels(
    sms: SmsAdapter | None, slack: SlackApp | None, email: EmailAdapter | None
) -> Mapping[ChannelName, Channel]:
    """The channels that are on."""
    channels: dict[ChannelName, Channel] = {}
    if email:
        channels[ChannelName.EMAIL] = email
    if sms:
        channels[ChannelName.SMS] = sms
    if slack:
        channels[ChannelName.SLACK] = slack.channel
    return channels


async def _open_slack(
    stack: AsyncExitStack,
    settings: Settings,
    approvals: Approvals,
    inbound: Inbound,
    staff: Staff,
    installations: Installations | None,
) -> SlackApp | None:
    if not settings.has_slack:
        return None
    return await stack.enter_async_context(
        SlackApp.open(
            _slack_config(settings),
            decisions=approvals,
            inbox=inbound,
            staff=staff,
            takes_part=inbound.takes_part_in_slack_thread,
            tokens=installations,
            uninstalled=installations.uninstalled if installations else None,
        )
    )


async def _open_installations(
    stack: AsyncExitStack, settings: Settings
) -> tuple[Installations | None, SlackInstall | None]:
    """The workspaces that installed the app, and the pages by which others do. None where it is installed by hand."""
    if not settings.slack_client_id:
        return None, None
    # Imported here: SQLAlchemy is half of what a process would load at its start, and few deployments need it.
    from gateway.store.slack_installations import open_slack_stores

    credentials = AppCredentials(settings.slack_client_id, settings.slack_client_secret.get_secret_value())
    stores = await stack.enter_async_context(open_slack_stores(settings.database_url, client_id=credentials.client_id))

    async def home() -> str:
        return settings.slack_team_id or await stores.installations.first_team_id()

    config = _slack_config(settings)
    installations = await stack.enter_async_context(
        Installations.open(config, credentials, stores.installations, home=home)
    )
    pages = await stack.enter_async_context(
        SlackInstall.open(
            config,
            credentials,
            installations=stores.installations,
            states=stores.states,
            public_url=settings.reached_at,
        )
    )
    return installations, pages


def _slack_config(settings: Settings) -> SlackConfig:
    return SlackConfig(
        bot_token=settings.slack_bot_token.get_secret_value(),
        signing_secrets=_each_of(settings.slack_signing_secret),
        app_token=settings.slack_app_token.get_secret_value(),
        api_url=settings.slack_api_url,
        approvers_channel=settings.approvers_channel,
        staff_channels=frozenset({settings.handoff_channel, settings.escalation_channel}),
        prompts=_prompts(settings),
    )


def _each_of(secrets: SecretStr) -> tuple[str, ...]:
    """The secrets that are accepted while one is being changed, the new one first."""
    return tuple(secret.strip() for secret in secrets.get_secret_value().split(",") if secret.strip())


def _prompts(settings: Settings) -> tuple[Prompt, ...]:
    return tuple(Prompt(title, message) for title, message in settings.slack_prompts)


def slack_manifest(settings: Settings, name: str) -> Mapping[str, object]:
    """The manifest of the Slack app that this deployment needs: by HTTP where it has an address, else by socket."""
    by_socket = bool(settings.slack_app_token.get_secret_value())
    return manifest(
        name=name,
        public_url="" if by_socket else settings.public_url,
        prompts=_prompts(settings),
        return_url=f"{settings.reached_at}{RETURN_PATH}" if settings.slack_client_id else "",
        rotate_tokens=bool(settings.slack_client_id) and not settings.slack_bot_token.get_secret_value(),
    )


async def _open_sms(stack: AsyncExitStack, settings: Settings) -> SmsAdapter | None:
    if not settings.has_sms:
        return None
    token, *previous = _each_of(settings.twilio_auth_token)
    config = SmsConfig(
        account_sid=settings.twilio_account_sid,
        auth_token=token,
        previous_auth_token=next(iter(previous), ""),
        keywords=reduce(or_, (LANGUAGES[name] for name in settings.sms_keywords), ENGLISH),
        public_url=settings.reached_at,
        from_number=settings.twilio_from,
        messaging_service_sid=settings.twilio_messaging_service_sid,
        api_url=settings.twilio_api_url,
    )
    return await stack.enter_async_context(SmsAdapter.open(config))


async def _open_email(stack: AsyncExitStack, settings: Settings, ledger: MailboxLedger) -> EmailAdapter | None:
    if not settings.has_email:
        return None
    # Imported here: mail's libraries are an extra.
    from channels.email.adapter import EmailAdapter
    from channels.email.api import SmtpSender
    from channels.email.imap import connect as connect_imap
    from channels.email.oauth import TokenCommand
    from channels.email.reader import MailReader
    from channels.email.sent import SentFolder
    from channels.email.servers import ImapServer, SmtpServer
    from channels.email.support_address import SupportAddress
    from channels.email.tokens import Signer

    imap = _configured("IMAP_URL", ImapServer.parse, settings.imap_url.get_secret_value())
    smtp = _configured("SMTP_URL", SmtpServer.parse, settings.smtp_url.get_secret_value())
    signer = Signer(*settings.secret_keys)
    support = _configured(
        "EMAIL_ADDRESS",
        lambda written: SupportAddress.parse(written, signer, has_plus=settings.email_plus_addresses),
        settings.email_address,
    )
    token = TokenCommand(settings.email_oauth_token_command) if settings.email_oauth_token_command else None
    reader = await stack.enter_async_context(MailReader(trusted_authserv=settings.email_trusted_authserv))
    sender = await stack.enter_async_context(SmtpSender(smtp, oauth_token=token))
    return EmailAdapter(
        support,
        sender,
        read_mail=reader.read,
        raw_mails=ledger,
        sent_mail=SentFolder(lambda: connect_imap(imap, oauth_token=token)),
    )


def _configured(name: str, parse: Callable[[str], T], value: str) -> T:
    try:
        return parse(value)
    except ValueError as error:
        raise ConfigurationError(f"{name} cannot be used: {error}") from None


def _debounce(settings: Settings) -> Mapping[ChannelName, timedelta]:
    return {
        ChannelName.SMS: timedelta(seconds=settings.debounce_sms),
        ChannelName.SLACK: timedelta(seconds=settings.debounce_slack),
        ChannelName.EMAIL: timedelta(seconds=settings.debounce_email),
    }

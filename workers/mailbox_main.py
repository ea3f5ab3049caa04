"""`python -m workers.mailbox_main`: the `mailbox` process."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from channels.email.adapter import EmailAdapter
from channels.email.imap_mailbox import Watching, open_mailbox
from channels.email.intake import Intake, IntakeRules
from channels.email.oauth import TokenCommand
from channels.email.servers import ImapServer
from gateway.app import Gateway, open_gateway
from gateway.errors import ConfigurationError
from gateway.mailbox_alerts import MailboxAlerts
from gateway.processes.start import start
from gateway.settings import ProcessType, Settings
from gateway.stopping import stop_signal
from workers.mailbox import MailboxListener

log = structlog.get_logger(__name__)


async def listen(settings: Settings) -> None:
    """Listen to the mailbox until SIGTERM or SIGINT."""
    stop = stop_signal()
    async with open_gateway(settings) as gateway:
        if gateway.email is None:
            raise ConfigurationError("Missing in the environment: EMAIL_ADDRESS, IMAP_URL, SMTP_URL")
        owner = f"{socket.gethostname()}:{os.getpid()}"
        listeners = [
            _listener(gateway, gateway.email, server, owner=owner, is_junk=is_junk)
            for server, is_junk in watched(settings)
        ]
        running = [asyncio.create_task(listener.run()) for listener in listeners]
        log.info("mailbox.started", mailboxes=len(running))
        async with gateway.presence.shown("mailbox"):
            await stop.wait()
        for task in running:
            task.cancel()
        await asyncio.wait(running)


def watched(settings: Settings) -> Sequence[tuple[ImapServer, bool]]:
    """The mailbox, and the one for junk where it is watched too: senders in there are trusted less."""
    server = ImapServer.parse(settings.imap_url.get_secret_value())
    junk = settings.imap_junk_mailbox
    return [(server, False), *([(replace(server, mailbox=junk), True)] if junk else [])]


def _listener(
    gateway: Gateway, email: EmailAdapter, server: ImapServer, *, owner: str, is_junk: bool
) -> MailboxListener:
    settings = gateway.settings
    try:
        watching = Watching.parse(settings.imap_done)
    except ValueError as error:
        raise ConfigurationError(f"IMAP_DONE cannot be used: {error}") from None
    command = settings.email_oauth_token_command
    token = TokenCommand(command) if command else None
    alarm = MailboxAlerts(
        gateway.db, gateway.wakeups, alert_channel=settings.handoff_channel or settings.approvers_channel
    )
    rules = IntakeRules(horizon=timedelta(seconds=settings.imap_horizon), is_junk=is_junk)
    return MailboxListener(
        server.name,
        lambda: open_mailbox(server, watching=watching, oauth_token=token),
        Intake(gateway.ledger, email.receive, gateway.inbound, rules=rules, alarm=alarm),
        gateway.ledger,
        owner=owner,
    )


if __name__ == "__main__":
    start(ProcessType.MAILBOX, listen)

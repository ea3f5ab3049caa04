"""`python -m workers.mailbox_main`: the `mailbox` process."""

from __future__ import annotations

import asyncio
import os
import socket
from datetime import timedelta

import structlog

from channels.email.imap_mailbox import open_mailbox
from channels.email.intake import Intake, IntakeRules
from channels.email.servers import ImapServer
from gateway.app import open_gateway
from gateway.errors import ConfigurationError
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
        server = ImapServer.parse(settings.imap_url.get_secret_value())
        listener = MailboxListener(
            server.name,
            lambda: open_mailbox(server),
            Intake(
                gateway.ledger,
                gateway.email.receive,
                gateway.inbound,
                rules=IntakeRules(horizon=timedelta(seconds=settings.imap_horizon)),
            ),
            gateway.ledger,
            owner=f"{socket.gethostname()}:{os.getpid()}",
        )
        running = asyncio.create_task(listener.run())
        log.info("mailbox.started")
        async with gateway.presence.shown("mailbox"):
            await stop.wait()
        running.cancel()
        await asyncio.wait({running})


if __name__ == "__main__":
    start(ProcessType.MAILBOX, listen)

"""The parts around a mailbox listener that its tests need: an inbox that remembers, and a listener ready to run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

from channels.email.imap import ImapTiming
from channels.email.imap_mailbox import Watching, open_mailbox
from channels.email.intake import Intake, IntakeRules, Receive
from channels.email.mailbox import Alarm, Ledger, Trouble
from channels.email.servers import ImapServer
from channels.message import ChannelName, Ignored, InboundEvent
from gateway.store.database import Database
from workers.mailbox import MailboxListener, Open, Pace

Found = TypeVar("Found")
QUICK_PACE = Pace(lease_s=3.0, standby_s=0.1, first_backoff_s=0.05, max_backoff_s=0.2, login_backoff_s=0.1)
QUICK_RULES = IntakeRules(first_delay=timedelta(milliseconds=50))
TABLE = "CREATE TABLE IF NOT EXISTS accepted (provider_id TEXT PRIMARY KEY, times BIGINT NOT NULL)"


class StoredInbox:
    """An inbox that knows a repeat, as the gateway does: by the event's identity, in the database."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.changed = asyncio.Condition()

    async def accept(self, event: InboundEvent) -> None:
        assert isinstance(event, Ignored)
        await self._db.execute(
            """
            INSERT INTO accepted (provider_id, times) VALUES ($1, 1)
            ON CONFLICT (provider_id) DO UPDATE SET times = accepted.times + 1
            """,
            event.provider_id,
        )
        async with self.changed:
            self.changed.notify_all()

    async def accepted(self) -> list[str]:
        """The identities of what was accepted, in no order."""
        return [row["provider_id"] for row in await self._db.fetch("SELECT provider_id FROM accepted")]

    async def has(self, number: int) -> None:
        """Return when that many different mails are there."""
        async with asyncio.timeout(90), self.changed:
            while len(await self.accepted()) < number:
                await self.changed.wait()


class HeardAlarm:
    """An alarm that remembers what it was told, and may fail."""

    def __init__(self, *, fails: bool = False) -> None:
        self.heard: list[Trouble] = []
        self._fails = fails

    async def __call__(self, mailbox: str, trouble: Trouble) -> None:
        self.heard.append(trouble)
        if self._fails:
            raise OSError("nobody to tell")


async def receive_subject(raw: bytes, *, received_at: datetime, digest: str, is_junk: bool = False) -> InboundEvent:
    """A mail's event, named by its subject."""
    subject = raw.partition(b"Subject: ")[2].partition(b"\r\n")[0].decode()
    return Ignored(ChannelName.EMAIL, subject, "test")


def raw_mail(subject: str) -> bytes:
    """A mail with that subject."""
    return f"From: ada@example.com\r\nSubject: {subject}\r\n\r\nHello {subject}\r\n".encode()


def listener(
    server: ImapServer,
    ledger: Ledger,
    inbox: StoredInbox,
    *,
    owner: str = "first",
    receive: Receive = receive_subject,
    rules: IntakeRules = QUICK_RULES,
    watching: Watching | None = None,
    timing: ImapTiming | None = None,
    pace: Pace = QUICK_PACE,
    wrap: Callable[[Open], Open] = lambda opening: opening,
    alarm: Alarm | None = None,
) -> MailboxListener:
    """A listener that does not wait long for anything."""

    def opening() -> object:
        return open_mailbox(server, watching=watching, timing=timing)

    intake = Intake(ledger, receive, inbox, rules=rules, alarm=alarm)
    return MailboxListener(server.name, wrap(opening), intake, ledger, owner=owner, pace=pace)  # type: ignore[arg-type]


async def eventually(look: Callable[[], Awaitable[Found]]) -> Found:
    """What `look` finds, as soon as it finds anything."""
    for _ in range(4500):
        found = await look()
        if found:
            return found
        await asyncio.sleep(0.02)
    raise TimeoutError

"""Takes mails in, each exactly once: announce, store the raw bytes, hand over, mark on the server, in that order.

Every step is written down before the next one begins, and can be repeated after a crash at any point: handing over
twice is harmless because the gateway knows a mail by its identity. One mail that fails does not stop the next one.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from channels.base import Inbox
from channels.email.mailbox import (
    Alarm,
    Counts,
    Entry,
    Epoch,
    Hold,
    IntakeState,
    LeaseLost,
    Ledger,
    Mailbox,
    MailboxError,
    MailboxLost,
    Trouble,
)
from channels.message import InboundEvent

log = structlog.get_logger(__name__)

BATCH = 50
# Servers may show a mail late, with a lower UID than one that we know: so the last days are looked through again.
LOOK_BACK = timedelta(days=2)
MAX_DELAY = timedelta(minutes=10)
_BODY_HEADER = re.compile(rb"^(?:content-[a-z-]+|mime-version):.*\r?\n(?:[ \t].*\r?\n)*", re.IGNORECASE | re.MULTILINE)


class Receive(Protocol):
    """Reads a raw mail (`EmailAdapter.receive`)."""

    def __call__(
        self, raw: bytes, *, received_at: datetime, digest: str, is_junk: bool = False
    ) -> Awaitable[InboundEvent]: ...


@dataclass(frozen=True, slots=True)
class IntakeRules:
    """How mail is taken in. `is_junk` is for a mailbox whose senders are trusted less."""

    horizon: timedelta = timedelta(days=1)
    max_mail_bytes: int = 40_000_000
    max_tries: int = 4
    max_lost_fetches: int = 8
    first_delay: timedelta = timedelta(seconds=2)
    is_junk: bool = False


@dataclass(slots=True)
class IntakeMetrics:
    """Numbers for health and metrics. Health is how old the last search is and what waits, not a socket's state."""

    searched_at: float = field(default_factory=time.monotonic)
    handed_over: int = 0
    duplicates: int = 0
    failures: int = 0
    oversized: int = 0
    refused_marks: int = 0
    renumberings: int = 0
    reconnects: int = 0
    refused_logins: int = 0
    counts: Counts = field(default_factory=Counts)

    @property
    def seconds_since_search(self) -> float:
        return time.monotonic() - self.searched_at


class Intake:
    """Intake for one mailbox, by whoever holds it."""

    def __init__(
        self,
        ledger: Ledger,
        receive: Receive,
        inbox: Inbox,
        *,
        rules: IntakeRules | None = None,
        metrics: IntakeMetrics | None = None,
        alarm: Alarm | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._ledger = ledger
        self._receive = receive
        self._inbox = inbox
        self._rules = rules or IntakeRules()
        self.metrics = metrics or IntakeMetrics()
        self._alarm = alarm
        self._clock = clock

    async def alert(self, mailbox: str, trouble: Trouble) -> None:
        """Tell a person. That this fails must not stop intake: the log has it as well."""
        if self._alarm is None:
            return
        try:
            await self._alarm(mailbox, trouble)
        except Exception as error:  # noqa: BLE001  # the store or the queue are away, and intake goes on without
            log.error("mailbox.alert_failed", mailbox=mailbox, trouble=trouble, error=type(error).__name__)

    async def open(self, hold: Hold, mailbox: Mailbox) -> Epoch:
        """What a new connection begins with: the epoch, mails that became visible late, marks that are missing."""
        epoch = await self._ledger.open_epoch(hold, mailbox.uidvalidity, horizon=self._rules.horizon)
        if epoch.is_new and not epoch.is_first:
            self.metrics.renumberings += 1
            log.warning("mailbox.renumbered", mailbox=hold.mailbox, uidvalidity=epoch.uidvalidity)
            await self.alert(hold.mailbox, Trouble.RENUMBERED)
        await self.look_back(hold, mailbox, epoch)
        for uid in await self._ledger.unmarked(hold, epoch.uidvalidity):
            await self._mark(hold, mailbox, epoch.uidvalidity, uid)
        return epoch

    async def look_back(self, hold: Hold, mailbox: Mailbox, epoch: Epoch) -> None:
        """Announce mails of the last days that are not known yet, wherever their UIDs stand."""
        since = epoch.horizon_at if epoch.is_new else max(epoch.horizon_at, self._clock() - LOOK_BACK)
        # A day earlier: the server's idea of a day may be another one.
        found = await mailbox.search_since((since - timedelta(days=1)).date())
        uids = await self._ledger.unknown(hold, epoch.uidvalidity, found)
        # On a first look everything up to now is seen, though most of it is too old to be announced.
        last_uid = max(mailbox.uidnext - 1, *found, 0) if epoch.is_new and mailbox.uidnext else 0
        await self._announce(hold, mailbox, epoch, uids, last_uid=last_uid)

    async def search(self, hold: Hold, mailbox: Mailbox, epoch: Epoch) -> None:
        """Announce what is new. The server's own announcements are never believed beyond "look again"."""
        found = await mailbox.search_after(await self._ledger.last_uid(hold, epoch.uidvalidity))
        uids = await self._ledger.unknown(hold, epoch.uidvalidity, found)
        await self._announce(hold, mailbox, epoch, uids, last_uid=max(found, default=0))
        self.metrics.searched_at = time.monotonic()

    async def work(self, hold: Hold, mailbox: Mailbox | None) -> None:
        """Take in everything that is due. Without a mailbox, what is stored already is handed over."""
        while due := await self._ledger.pending(hold, limit=BATCH, only_stored=mailbox is None):
            for entry in due:
                await self._take_in(hold, mailbox, entry)
        self.metrics.counts = await self._ledger.counts(hold.mailbox)

    async def _announce(
        self, hold: Hold, mailbox: Mailbox, epoch: Epoch, uids: Sequence[int], *, last_uid: int
    ) -> None:
        for start in range(0, len(uids), BATCH):
            batch = uids[start : start + BATCH]
            await self._ledger.announce(hold, epoch, await mailbox.describe(batch), last_uid=0)
        await self._ledger.announce(hold, epoch, (), last_uid=last_uid)

    async def _take_in(self, hold: Hold, mailbox: Mailbox | None, entry: Entry) -> None:
        """One mail. What fails is the mail's own affair, unless connection, lease or ledger are gone."""
        entry = await self._ledger.begin(hold, entry)
        try:
            stored = entry if entry.digest else await self._store(hold, mailbox, entry)
            if stored is not None:
                await self._hand_over(hold, stored)
        except LeaseLost:
            raise
        except MailboxError:
            await self._lost(hold, entry)
            raise
        except Exception as error:  # noqa: BLE001  # a mail that fails must not stop the next one: it is recorded
            await self._failed(hold, entry, error)
            return
        if mailbox is not None and mailbox.uidvalidity == entry.uidvalidity:
            await self._mark(hold, mailbox, entry.uidvalidity, entry.uid)

    async def _store(self, hold: Hold, mailbox: Mailbox | None, entry: Entry) -> Entry | None:
        if mailbox is None:
            raise MailboxLost("not connected")
        if entry.size > self._rules.max_mail_bytes:
            raw = await self._stand_in(mailbox, entry)
        else:
            raw = await mailbox.fetch(entry.uid)
        if raw is None:
            await self._ledger.finish(hold, entry, IntakeState.GONE, reason="it left the server before it was fetched")
            return None
        return await self._ledger.store(hold, entry, raw)

    async def _stand_in(self, mailbox: Mailbox, entry: Entry) -> bytes | None:
        """A mail that is too large: its headers, and a word about the rest."""
        head = await mailbox.fetch_head(entry.uid)
        if head is None:
            return None
        self.metrics.oversized += 1
        kept = _BODY_HEADER.sub(b"", head).rstrip(b"\r\n")
        note = f"[This mail of {entry.size / 1e6:.0f} MB is too large to be read. It was left in the mailbox.]"
        return kept + f"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{note}\r\n".encode()

    async def _hand_over(self, hold: Hold, entry: Entry) -> None:
        if await self._ledger.was_handed_over(entry.digest):
            self.metrics.duplicates += 1
            await self._ledger.finish(hold, entry, IntakeState.DUPLICATE)
            return
        raw = await self._ledger.load(entry.digest)
        if raw is None:
            await self._ledger.finish(hold, entry, IntakeState.GONE, reason="its raw bytes were erased")
            return
        event = await self._receive(
            raw, received_at=entry.received_at, digest=entry.digest, is_junk=self._rules.is_junk
        )
        await self._inbox.accept(event)
        await self._ledger.finish(hold, entry, IntakeState.HANDED_OVER)
        self.metrics.handed_over += 1
        log.info("mail.handed_over", mailbox=hold.mailbox, uid=entry.uid, kind=type(event).__name__)

    async def _failed(self, hold: Hold, entry: Entry, error: Exception) -> None:
        self.metrics.failures += 1
        reason = type(error).__name__
        # The error's own words may hold the mail's.
        log.error("mail.failed", mailbox=hold.mailbox, uid=entry.uid, tries=entry.tries, error=reason)
        if entry.tries >= self._rules.max_tries:
            await self._quarantine(hold, entry, reason)
        else:
            await self._ledger.postpone(hold, entry, delay=self._delay(entry), reason=reason)

    async def _lost(self, hold: Hold, entry: Entry) -> None:
        """The connection went while this mail was fetched: by chance, or because of it. Others go first next time."""
        if entry.tries >= self._rules.max_lost_fetches:
            await self._quarantine(hold, entry, "the connection is lost whenever it is fetched")
        else:
            await self._ledger.postpone(hold, entry, delay=self._delay(entry), reason="connection lost")

    def _delay(self, entry: Entry) -> timedelta:
        return min(self._rules.first_delay * (1 << 2 * (entry.tries - 1)), MAX_DELAY)

    async def _quarantine(self, hold: Hold, entry: Entry, reason: str) -> None:
        await self._ledger.finish(hold, entry, IntakeState.QUARANTINED, reason=reason)
        log.error("mail.quarantined", mailbox=hold.mailbox, uid=entry.uid, reason=reason)
        await self.alert(hold.mailbox, Trouble.UNREADABLE)

    async def _mark(self, hold: Hold, mailbox: Mailbox, uidvalidity: int, uid: int) -> None:
        is_marked = await mailbox.mark_done(uid)
        if not is_marked:
            self.metrics.refused_marks += 1
        await self._ledger.note_marked(hold, uidvalidity, uid, refused=not is_marked)

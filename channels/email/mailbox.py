"""The ports of mail intake: an open mailbox on a server, and the ledger that says how far we are with it.

The ledger, not the `\\Seen` flag, is the truth: people may open mails in a webmail, and servers may renumber them.
Every mail is named by mailbox, UIDVALIDITY and UID (RFC 3501, 2.3.1.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol


class MailboxError(Exception):
    """Root of what goes wrong with a mailbox."""


class MailboxLost(MailboxError):
    """The connection is gone or not to be trusted any more: open another one."""


class LoginRefused(MailboxError):
    """The server does not let us in. Trying again soon may lock the account."""


class LeaseLost(MailboxError):
    """Somebody else holds the mailbox now: stop at once."""


class IntakeState(StrEnum):
    """How far we are with one mail."""

    ANNOUNCED = "announced"  # seen on the server
    STORED = "stored"  # its raw bytes are ours
    HANDED_OVER = "handed_over"  # the gateway has it
    DUPLICATE = "duplicate"  # the same bytes were handed over before
    SKIPPED = "skipped"  # older than the horizon of the first start
    GONE = "gone"  # it left the server before we had it, or was renumbered
    QUARANTINED = "quarantined"  # it failed too often; a person may replay it


class Trouble(StrEnum):
    """What a person has to hear of, since no mail will tell them."""

    LOGIN_REFUSED = "login_refused"
    RENUMBERED = "renumbered"
    UNREADABLE = "unreadable"  # a mail was quarantined


class Alarm(Protocol):
    """Tells somebody of trouble with a mailbox. Told again and again, it may choose to say it once."""

    async def __call__(self, mailbox: str, trouble: Trouble) -> None: ...


@dataclass(frozen=True, slots=True)
class Headline:
    """What the server says of a mail without being asked for it."""

    uid: int
    size: int  # bytes
    received_at: datetime


class Mailbox(Protocol):
    """An open, selected mailbox. Every method may raise `MailboxLost`, after which nothing else may be asked."""

    uidvalidity: int
    uidnext: int

    async def search_after(self, uid: int) -> Sequence[int]:
        """UIDs above `uid`, ascending."""
        ...

    async def search_since(self, day: date) -> Sequence[int]:
        """UIDs of mails that arrived on `day` or later, ascending."""
        ...

    async def describe(self, uids: Sequence[int]) -> Sequence[Headline]:
        """Size and time of arrival; mails that are gone are left out."""
        ...

    async def fetch(self, uid: int) -> bytes | None:
        """The raw mail, not marked as read by that; None if it is gone."""
        ...

    async def fetch_head(self, uid: int) -> bytes | None:
        """Its header block only; None if it is gone."""
        ...

    async def mark_done(self, uid: int) -> bool:
        """Mark a mail as taken in. False: the server refuses, now and later."""
        ...

    async def wait(self, limit_s: float) -> None:
        """Return when something may have arrived, after `limit_s` at the latest."""
        ...


@dataclass(frozen=True, slots=True)
class Hold:
    """The right to work on a mailbox. Each write names the fence, so that a holder who lost it cannot write."""

    mailbox: str
    owner: str
    fence: int


@dataclass(frozen=True, slots=True)
class Epoch:
    """The time during which UIDs mean the same: from one UIDVALIDITY to the next."""

    uidvalidity: int
    horizon_at: datetime
    is_new: bool
    is_first: bool  # the mailbox was never watched before


@dataclass(frozen=True, slots=True)
class Entry:
    """One mail in the ledger."""

    mailbox: str
    uidvalidity: int
    uid: int
    state: IntakeState
    size: int
    received_at: datetime
    tries: int = 0
    digest: str = ""
    reason: str = ""


class Ledger(Protocol):
    """How far we are. Methods that take a `Hold` raise `LeaseLost` when it is no longer valid."""

    async def acquire(self, mailbox: str, *, owner: str, ttl: timedelta) -> Hold | None:
        """Take the mailbox for `ttl`; None while somebody else has it."""
        ...

    async def renew(self, hold: Hold, *, ttl: timedelta) -> None: ...

    async def release(self, hold: Hold) -> None: ...

    async def open_epoch(self, hold: Hold, uidvalidity: int, *, horizon: timedelta) -> Epoch:
        """The epoch of a UIDVALIDITY. It freezes the others: what they only announced is gone."""
        ...

    async def last_uid(self, hold: Hold, uidvalidity: int) -> int:
        """The highest UID that was seen."""
        ...

    async def unknown(self, hold: Hold, uidvalidity: int, uids: Sequence[int]) -> Sequence[int]:
        """Those of `uids` that the ledger does not know yet."""
        ...

    async def announce(self, hold: Hold, epoch: Epoch, headlines: Sequence[Headline], *, last_uid: int) -> None:
        """Enter mails, and remember `last_uid` as seen. Mails from before the epoch's horizon are skipped."""
        ...

    async def pending(self, hold: Hold, *, limit: int, only_stored: bool = False) -> Sequence[Entry]:
        """Mails to work on now, in their order; or only those whose raw bytes are here."""
        ...

    async def begin(self, hold: Hold, entry: Entry) -> Entry:
        """Count a try, before it is made: one that kills the process counts too."""
        ...

    async def store(self, hold: Hold, entry: Entry, raw: bytes) -> Entry:
        """Make the raw mail durable."""
        ...

    async def was_handed_over(self, digest: str) -> bool:
        """Whether a mail of exactly these bytes has been handed over."""
        ...

    async def load(self, digest: str) -> bytes | None:
        """A raw mail."""
        ...

    async def postpone(self, hold: Hold, entry: Entry, *, delay: timedelta, reason: str) -> None:
        """A try failed: again after `delay`."""
        ...

    async def finish(self, hold: Hold, entry: Entry, state: IntakeState, *, reason: str = "") -> None: ...

    async def unmarked(self, hold: Hold, uidvalidity: int) -> Sequence[int]:
        """UIDs of mails that are done, but not marked as done on the server."""
        ...

    async def note_marked(self, hold: Hold, uidvalidity: int, uid: int, *, refused: bool = False) -> None: ...

    async def counts(self, mailbox: str) -> Counts: ...


@dataclass(frozen=True, slots=True)
class Counts:
    """How many mails wait, and how many need a person."""

    waiting: int = 0
    quarantined: int = 0
    next_try_in: timedelta | None = None  # of those that wait; None where none does

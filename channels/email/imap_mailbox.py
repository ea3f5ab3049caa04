"""A watched mailbox over an IMAP connection: the `Mailbox` port in IMAP's words."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from channels.email.imap import CommandRefused, ImapConnection, ImapTiming, TokenSource, connect
from channels.email.imap_fetch import Lines, read_headlines, read_literal, read_numbers
from channels.email.mailbox import Headline, MailboxLost
from channels.email.servers import ImapServer

MAX_BATCH = 50  # aioimaplib dies of a thousand lines in one burst
_UIDVALIDITY = re.compile(rb"\[UIDVALIDITY (\d+)\]", re.IGNORECASE)
_UIDNEXT = re.compile(rb"\[UIDNEXT (\d+)\]", re.IGNORECASE)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class DoneMark(StrEnum):
    """How a mail that was taken in is marked on the server."""

    SEEN = "seen"
    KEYWORD = "keyword"
    MOVE = "move"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Watching:
    """How a mailbox is watched. `done_name` is the keyword, or the mailbox to move to."""

    poll_s: float = 20.0  # where the server has no IDLE
    done_mark: DoneMark = DoneMark.SEEN
    done_name: str = ""

    @classmethod
    def parse(cls, written: str) -> Watching:
        """From `seen`, `none`, `keyword:NAME` or `move:MAILBOX`. Raises `ValueError`."""
        kind, _, name = written.partition(":")
        mark = DoneMark(kind.strip().lower())
        if (mark in (DoneMark.KEYWORD, DoneMark.MOVE)) != bool(name.strip()):
            raise ValueError(f"it is {mark}:NAME" if not name.strip() else f"{mark} takes no name")
        return cls(done_mark=mark, done_name=name.strip())


class ImapMailbox:
    """A selected mailbox."""

    def __init__(
        self, connection: ImapConnection, selected: Lines, watching: Watching, clock: Callable[[], datetime]
    ) -> None:
        self._connection = connection
        self._watching = watching
        self._clock = clock
        self.uidvalidity = _announced(_UIDVALIDITY, selected)
        self.uidnext = _announced(_UIDNEXT, selected)

    async def search_after(self, uid: int) -> Sequence[int]:
        """UIDs above `uid`. `n:*` always holds the last mail, even if its UID is below n (RFC 3501, 6.4.8)."""
        with _refusals_end_it():
            found = read_numbers(await self._connection.search("UID", f"{uid + 1}:*"))
        return [each for each in found if each > uid]

    async def search_since(self, day: date) -> Sequence[int]:
        """UIDs of mails that arrived on `day` or later, in the server's time zone."""
        # Not strftime: month names are English here, whatever the locale.
        written = f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}"
        with _refusals_end_it():
            return read_numbers(await self._connection.search("SINCE", written))

    async def describe(self, uids: Sequence[int]) -> Sequence[Headline]:
        """Asked in small batches."""
        headlines: list[Headline] = []
        for start in range(0, len(uids), MAX_BATCH):
            batch = ",".join(map(str, uids[start : start + MAX_BATCH]))
            with _refusals_end_it():
                lines = await self._connection.fetch(batch, "(UID RFC822.SIZE INTERNALDATE)")
            headlines += read_headlines(lines, now=self._clock())
        wanted = set(uids)
        return [headline for headline in headlines if headline.uid in wanted]

    async def fetch(self, uid: int) -> bytes | None:
        """`BODY.PEEK` leaves the mail unread."""
        return await self._literal(uid, "(UID BODY.PEEK[])")

    async def fetch_head(self, uid: int) -> bytes | None:
        """The header block."""
        return await self._literal(uid, "(UID BODY.PEEK[HEADER])")

    async def mark_done(self, uid: int) -> bool:
        """A read-only mailbox is no reason not to take mail in."""
        try:
            await self._mark_done(uid)
        except CommandRefused:
            return False
        return True

    async def wait(self, limit_s: float) -> None:
        """IDLE where there is one, else sleep until the next poll."""
        if "IDLE" not in self._connection.capabilities:
            await asyncio.sleep(min(limit_s, self._watching.poll_s))
            return
        with _refusals_end_it():
            await self._connection.idle(limit_s)

    async def _mark_done(self, uid: int) -> None:
        match self._watching.done_mark:
            case DoneMark.SEEN:
                await self._connection.add_flags(uid, "\\Seen")
            case DoneMark.KEYWORD:
                await self._connection.add_flags(uid, self._watching.done_name)
            case DoneMark.MOVE:
                await self._connection.move(uid, self._watching.done_name)
            case DoneMark.NONE:
                pass

    async def _literal(self, uid: int, items: str) -> bytes | None:
        with _refusals_end_it():
            return read_literal(await self._connection.fetch(str(uid), items), uid)


@asynccontextmanager
async def open_mailbox(
    server: ImapServer,
    *,
    watching: Watching | None = None,
    timing: ImapTiming | None = None,
    oauth_token: TokenSource | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> AsyncIterator[ImapMailbox]:
    """Connect, log in and select the server's mailbox. Raises `MailboxLost` or `LoginRefused`."""
    async with connect(server, timing=timing, oauth_token=oauth_token) as connection:
        with _refusals_end_it():
            selected = await connection.select(server.mailbox)
        yield ImapMailbox(connection, selected, watching or Watching(), clock)


@contextmanager
def _refusals_end_it() -> Iterator[None]:
    """A server that refuses to search or fetch is as good as gone: come back later."""
    try:
        yield
    except CommandRefused as error:
        raise MailboxLost(f"the server answered {error}") from error


def _announced(pattern: re.Pattern[bytes], lines: Lines) -> int:
    """A number from the answer to SELECT; 0 where the server does not say (RFC 3501 wants it to)."""
    found = (pattern.search(line) for line in lines)
    return next((int(match[1]) for match in found if match), 0)

"""The ledger of mail intake in SQL: who listens to a mailbox, which mails are known, and their raw bytes.

Every write of a listener checks its fence in the same transaction, so that one that lost its lease changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from channels.email.mailbox import Counts, Entry, Epoch, Headline, Hold, IntakeState, LeaseLost
from gateway.domain import utcnow
from gateway.store.database import Database, Row, Statements
from gateway.store.values import micros, moment

MAX_PLACEHOLDERS = 500
# Mail that came shortly before the last search may have become visible only after it.
RESCAN_MARGIN = timedelta(days=1)
_WAITING = "state IN ('announced', 'stored')"


class MailboxLedger:
    """`channels.email.mailbox.Ledger` over the database."""

    def __init__(self, db: Database, *, clock: Callable[[], datetime] = utcnow) -> None:
        self._db = db
        self._clock = clock

    async def acquire(self, mailbox: str, *, owner: str, ttl: timedelta) -> Hold | None:
        now = self._clock()
        row = await self._db.fetch_one(
            """
            INSERT INTO mailboxes (name, lease_owner, lease_until, fence) VALUES ($1, $2, $3, 1)
            ON CONFLICT (name) DO UPDATE SET lease_owner = $2, lease_until = $3, fence = mailboxes.fence + 1
            WHERE mailboxes.lease_until <= $4
            RETURNING fence
            """,
            mailbox,
            owner,
            micros(now + ttl),
            micros(now),
        )
        return None if row is None else Hold(mailbox, owner, row["fence"])

    async def renew(self, hold: Hold, *, ttl: timedelta) -> None:
        renewed = await self._db.execute(
            "UPDATE mailboxes SET lease_until = $3 WHERE name = $1 AND fence = $2",
            hold.mailbox,
            hold.fence,
            micros(self._clock() + ttl),
        )
        if not renewed:
            raise LeaseLost(hold.mailbox)

    async def release(self, hold: Hold) -> None:
        await self._db.execute(
            "UPDATE mailboxes SET lease_until = 0, lease_owner = NULL WHERE name = $1 AND fence = $2",
            hold.mailbox,
            hold.fence,
        )

    async def open_epoch(self, hold: Hold, uidvalidity: int, *, horizon: timedelta) -> Epoch:
        now = self._clock()
        async with self._fenced(hold) as tx:
            epochs = await tx.fetch("SELECT * FROM mailbox_epochs WHERE mailbox = $1 ORDER BY opened_at", hold.mailbox)
            await _freeze_others(tx, hold.mailbox, uidvalidity, now)
            known = next((row for row in epochs if row["uidvalidity"] == uidvalidity), None)
            if known is not None:
                return Epoch(uidvalidity, moment(known["horizon_at"]), is_new=False, is_first=False)
            horizon_at = _horizon(epochs, now - horizon)
            await tx.execute(
                """
                INSERT INTO mailbox_epochs (mailbox, uidvalidity, horizon_at, opened_at, searched_at)
                VALUES ($1, $2, $3, $4, $4)
                """,
                hold.mailbox,
                uidvalidity,
                micros(horizon_at),
                micros(now),
            )
        return Epoch(uidvalidity, horizon_at, is_new=True, is_first=not epochs)

    async def last_uid(self, hold: Hold, uidvalidity: int) -> int:
        row = await self._db.fetch_one(
            "SELECT last_uid FROM mailbox_epochs WHERE mailbox = $1 AND uidvalidity = $2", hold.mailbox, uidvalidity
        )
        return 0 if row is None else int(row["last_uid"])

    async def unknown(self, hold: Hold, uidvalidity: int, uids: Sequence[int]) -> Sequence[int]:
        known: set[int] = set()
        for start in range(0, len(uids), MAX_PLACEHOLDERS):
            some = uids[start : start + MAX_PLACEHOLDERS]
            places = ", ".join(f"${number}" for number in range(3, 3 + len(some)))
            rows = await self._db.fetch(
                f"SELECT uid FROM mail_intakes WHERE mailbox = $1 AND uidvalidity = $2 AND uid IN ({places})",  # noqa: S608  # only placeholders are put in
                hold.mailbox,
                uidvalidity,
                *some,
            )
            known |= {row["uid"] for row in rows}
        return [uid for uid in uids if uid not in known]

    async def announce(self, hold: Hold, epoch: Epoch, headlines: Sequence[Headline], *, last_uid: int) -> None:
        now = micros(self._clock())
        async with self._fenced(hold) as tx:
            for headline in headlines:
                is_old = headline.received_at < epoch.horizon_at
                await tx.execute(
                    """
                    INSERT INTO mail_intakes (mailbox, uidvalidity, uid, state, size, received_at, due_at, updated_at)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $7) ON CONFLICT DO NOTHING
                    """,
                    hold.mailbox,
                    epoch.uidvalidity,
                    headline.uid,
                    IntakeState.SKIPPED if is_old else IntakeState.ANNOUNCED,
                    headline.size,
                    micros(headline.received_at),
                    now,
                )
            await tx.execute(
                """
                UPDATE mailbox_epochs SET searched_at = $3, last_uid = CASE WHEN last_uid < $4 THEN $4 ELSE last_uid END
                WHERE mailbox = $1 AND uidvalidity = $2
                """,
                hold.mailbox,
                epoch.uidvalidity,
                now,
                last_uid,
            )

    async def pending(self, hold: Hold, *, limit: int, only_stored: bool = False) -> Sequence[Entry]:
        wanted = "state = 'stored'" if only_stored else _WAITING
        rows = await self._db.fetch(
            f"""
            SELECT * FROM mail_intakes WHERE mailbox = $1 AND {wanted} AND due_at <= $2
            ORDER BY uidvalidity, uid LIMIT $3
            """,  # noqa: S608  # a constant of ours is put in
            hold.mailbox,
            micros(self._clock()),
            limit,
        )
        return [_entry(row) for row in rows]

    async def begin(self, hold: Hold, entry: Entry) -> Entry:
        return await self._change(hold, entry, "tries = tries + 1")

    async def store(self, hold: Hold, entry: Entry, raw: bytes) -> Entry:
        digest = hashlib.sha256(raw).hexdigest()
        async with self._fenced(hold) as tx:
            await tx.execute(
                "INSERT INTO raw_mails (digest, raw, stored_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                digest,
                raw,
                micros(self._clock()),
            )
            return await _set(tx, entry, "state = $4, digest = $5", self._clock(), IntakeState.STORED, digest)

    async def was_handed_over(self, digest: str) -> bool:
        found = await self._db.fetch_one(
            "SELECT 1 AS found FROM mail_intakes WHERE digest = $1 AND state = 'handed_over' LIMIT 1", digest
        )
        return found is not None

    async def load(self, digest: str) -> bytes | None:
        row = await self._db.fetch_one("SELECT raw FROM raw_mails WHERE digest = $1", digest)
        return None if row is None else bytes(row["raw"])

    async def postpone(self, hold: Hold, entry: Entry, *, delay: timedelta, reason: str) -> None:
        await self._change(hold, entry, "due_at = $4, reason = $5", micros(self._clock() + delay), reason)

    async def finish(self, hold: Hold, entry: Entry, state: IntakeState, *, reason: str = "") -> None:
        await self._change(hold, entry, "state = $4, reason = $5", state, reason)

    async def unmarked(self, hold: Hold, uidvalidity: int) -> Sequence[int]:
        rows = await self._db.fetch(
            """
            SELECT uid FROM mail_intakes
            WHERE mailbox = $1 AND uidvalidity = $2 AND is_marked = 0 AND state IN ('handed_over', 'duplicate')
            ORDER BY uid
            """,
            hold.mailbox,
            uidvalidity,
        )
        return [row["uid"] for row in rows]

    async def note_marked(self, hold: Hold, uidvalidity: int, uid: int, *, refused: bool = False) -> None:
        await self._db.execute(
            "UPDATE mail_intakes SET is_marked = $4 WHERE mailbox = $1 AND uidvalidity = $2 AND uid = $3",
            hold.mailbox,
            uidvalidity,
            uid,
            2 if refused else 1,
        )

    async def counts(self, mailbox: str) -> Counts:
        row = await self._db.fetch_one(
            f"""
            SELECT SUM(CASE WHEN {_WAITING} THEN 1 ELSE 0 END) AS waiting,
                SUM(CASE WHEN state = 'quarantined' THEN 1 ELSE 0 END) AS quarantined,
                MIN(CASE WHEN {_WAITING} THEN due_at END) AS due_at
            FROM mail_intakes WHERE mailbox = $1 AND (state = 'quarantined' OR {_WAITING})
            """,  # noqa: S608  # a constant of ours is put in
            mailbox,
        )
        if row is None or row["waiting"] is None:
            return Counts()
        next_try_in = None if row["due_at"] is None else moment(row["due_at"]) - self._clock()
        return Counts(row["waiting"], row["quarantined"], next_try_in)

    async def _change(self, hold: Hold, entry: Entry, assignments: str, *args: object) -> Entry:
        async with self._fenced(hold) as tx:
            return await _set(tx, entry, assignments, self._clock(), *args)

    @asynccontextmanager
    async def _fenced(self, hold: Hold) -> AsyncIterator[Statements]:
        async with self._db.transaction() as tx:
            # Changes nothing, but holds the row until the commit: a rival waits for it before it takes the mailbox.
            held = await tx.execute(
                "UPDATE mailboxes SET fence = fence WHERE name = $1 AND fence = $2", hold.mailbox, hold.fence
            )
            if not held:
                raise LeaseLost(hold.mailbox)
            yield tx


@dataclass(frozen=True, slots=True)
class Standing:
    """How far intake is with one mailbox: what to watch it by, whatever its connection seems to be."""

    mailbox: str
    searched_at: datetime  # the last search that succeeded
    waiting: int
    quarantined: int
    oldest_waiting_at: datetime | None


async def standings(db: Statements) -> Sequence[Standing]:
    """Every mailbox that was ever watched. Counted by indexes that hold only what waits or needs a person."""
    searched = await db.fetch("SELECT mailbox, MAX(searched_at) AS at FROM mailbox_epochs GROUP BY mailbox")
    waiting = {
        row["mailbox"]: row
        for row in await db.fetch(
            f"SELECT mailbox, COUNT(*) AS n, MIN(received_at) AS at FROM mail_intakes WHERE {_WAITING} GROUP BY mailbox"  # noqa: S608  # a constant of ours is put in
        )
    }
    quarantine = {
        row["mailbox"]: row["n"]
        for row in await db.fetch(
            "SELECT mailbox, COUNT(*) AS n FROM mail_intakes WHERE state = 'quarantined' GROUP BY mailbox"
        )
    }
    return [
        Standing(
            row["mailbox"],
            moment(row["at"]),
            waiting[row["mailbox"]]["n"] if row["mailbox"] in waiting else 0,
            quarantine.get(row["mailbox"], 0),
            moment(waiting[row["mailbox"]]["at"]) if row["mailbox"] in waiting else None,
        )
        for row in searched
    ]


async def quarantined(db: Statements, *, limit: int = 100) -> Sequence[Entry]:
    """Mails that failed too often, newest first, for a person to look at."""
    rows = await db.fetch(
        "SELECT * FROM mail_intakes WHERE state = 'quarantined' ORDER BY updated_at DESC LIMIT $1", limit
    )
    return [_entry(row) for row in rows]


def name_of(entry: Entry) -> str:
    """What people call a mail of the ledger."""
    return f"{entry.mailbox}:{entry.uidvalidity}:{entry.uid}"


async def replay(db: Statements, entry: Entry, *, now: datetime) -> bool:
    """Give a quarantined mail another set of tries. False if it is not in quarantine (any more)."""
    changed = await db.execute(
        """
        UPDATE mail_intakes SET state = CASE WHEN digest = '' THEN 'announced' ELSE 'stored' END,
            tries = 0, due_at = $4, updated_at = $4
        WHERE mailbox = $1 AND uidvalidity = $2 AND uid = $3 AND state = 'quarantined'
        """,
        entry.mailbox,
        entry.uidvalidity,
        entry.uid,
        micros(now),
    )
    return changed == 1


async def forget_raw(db: Statements, digests: Sequence[str]) -> int:
    """Erase raw mails for good; the ledger keeps only that they were there."""
    return sum([await db.execute("DELETE FROM raw_mails WHERE digest = $1", digest) for digest in digests])


def _horizon(epochs: Sequence[Row], wished: datetime) -> datetime:
    """After a renumbering nothing is missed since the last search, and nothing from before the first start is taken."""
    if not epochs:
        return wished
    last_search = max(moment(row["searched_at"]) for row in epochs)
    return max(moment(epochs[0]["horizon_at"]), min(wished, last_search - RESCAN_MARGIN))


async def _freeze_others(tx: Statements, mailbox: str, uidvalidity: int, now: datetime) -> None:
    """Mails that were only announced cannot be fetched under their old UIDs."""
    await tx.execute(
        """
        UPDATE mail_intakes SET state = 'gone', reason = 'the mailbox was renumbered', updated_at = $3
        WHERE mailbox = $1 AND uidvalidity <> $2 AND state = 'announced'
        """,
        mailbox,
        uidvalidity,
        micros(now),
    )


async def _set(tx: Statements, entry: Entry, assignments: str, now: datetime, *args: object) -> Entry:
    """Change an entry. `assignments` begins to count its placeholders at 4."""
    last = 4 + len(args)
    row = await tx.fetch_one(
        f"""
        UPDATE mail_intakes SET {assignments}, updated_at = ${last}
        WHERE mailbox = $1 AND uidvalidity = $2 AND uid = $3 RETURNING *
        """,  # noqa: S608  # constants of ours are put in
        entry.mailbox,
        entry.uidvalidity,
        entry.uid,
        *args,
        micros(now),
    )
    if row is None:
        raise LookupError(f"no mail {entry.uid} in the ledger")
    return _entry(row)


def _entry(row: Row) -> Entry:
    return Entry(
        mailbox=row["mailbox"],
        uidvalidity=row["uidvalidity"],
        uid=row["uid"],
        state=IntakeState(row["state"]),
        size=row["size"],
        received_at=moment(row["received_at"]),
        tries=row["tries"],
        digest=row["digest"],
        reason=row["reason"],
    )

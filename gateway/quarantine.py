"""Mails that could not be read: a person looks at them, and may have one tried again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from gateway import audit
from gateway.domain import utcnow
from gateway.errors import NotFound
from gateway.store import mailboxes
from gateway.store.database import Database


class Quarantine:
    """The mails of all mailboxes that failed too often."""

    def __init__(self, db: Database, *, clock: Callable[[], datetime] = utcnow) -> None:
        self._db = db
        self._clock = clock

    async def replay(self, name: str, *, actor: str) -> None:
        """Give a mail another set of tries; it is named as `mailboxes.name_of` names it. Raises `NotFound`."""
        now = self._clock()
        async with self._db.transaction() as tx:
            waiting = await mailboxes.quarantined(tx)
            entry = next((one for one in waiting if mailboxes.name_of(one) == name), None)
            if entry is None or not await mailboxes.replay(tx, entry, now=now):
                raise NotFound(f"no quarantined mail {name}")
            await audit.record(
                tx, "mail.replayed", now=now, actor=actor, subject_id=_subject(entry.uidvalidity, entry.uid)
            )


def _subject(uidvalidity: int, uid: int) -> str:
    """The mail in the audit, without the mailbox's own address."""
    return f"mail:{uidvalidity}:{uid}"

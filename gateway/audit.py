"""The audit chain: an append-only list of facts, each sealed with the hash of the one before it.

A fact is written in the transaction of the change that it tells of. Its data holds ids, hashes and words of ours,
never a customer's text or address, so that a person can be forgotten and the chain still verifies.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.domain import canonical_json
from gateway.store import audit_events
from gateway.store.audit_events import AuditEvent
from gateway.store.database import Database, Statements
from gateway.store.values import micros

GENESIS = "0" * 64
SYSTEM = "system"
_PAGE = 500


async def record(
    tx: Statements,
    name: str,
    *,
    now: datetime,
    actor: str = SYSTEM,
    conversation_id: str = "",
    subject_id: str = "",
    data: Mapping[str, Any] | None = None,
) -> None:
    """Append a fact to the chain. `name` is a constant such as `approval.decided`."""
    while True:
        last = await audit_events.newest(tx)
        event = _sealed(
            AuditEvent(
                number=last.number + 1 if last else 1,
                at=now,
                name=name,
                actor=actor,
                conversation_id=conversation_id,
                subject_id=subject_id,
                data=canonical_json(dict(data or {})),
                previous_hash=last.hash if last else GENESIS,
                hash="",
            )
        )
        if await audit_events.add(tx, event):
            return


async def read(db: Database) -> AsyncIterator[AuditEvent]:
    """The whole chain, oldest first."""
    number = 0
    while page := await audit_events.after(db, number, limit=_PAGE):
        for event in page:
            yield event
        number = page[-1].number


async def verify(db: Database) -> tuple[int, str]:
    """Check every link. Returns how many facts stand, and what is wrong with the first that does not, or ""."""
    number, previous_hash = 0, GENESIS
    async for event in read(db):
        if event.number != number + 1:
            return number, f"event {number + 1} is missing"
        if event.previous_hash != previous_hash:
            return number, f"event {event.number} does not follow event {number}"
        if _sealed(event).hash != event.hash:
            return number, f"event {event.number} has been changed"
        number, previous_hash = event.number, event.hash
    return number, ""


def _sealed(event: AuditEvent) -> AuditEvent:
    content = [
        event.number,
        micros(event.at),
        event.name,
        event.actor,
        event.conversation_id,
        event.subject_id,
        event.data,
        event.previous_hash,
    ]
    return replace(event, hash=hashlib.sha256(canonical_json(content).encode()).hexdigest())

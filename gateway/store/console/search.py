"""Searching what was said, newest first and a stretch at a time.

There is no index of words: each of the databases would need another one, and every message would pay for it. A look
goes through one stretch of messages and of answers, says how far it got, and the next look goes on from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.domain import ConversationId
from gateway.store.database import Database, Row
from gateway.store.values import moment

STRETCH = 8_000  # of messages, and as many deliveries
MOST_HITS = 60
_SHOWN_CHARS = 400


@dataclass(frozen=True, slots=True)
class Hit:
    """Somebody said it here. `text` is what they said, around the first place where it says so."""

    conversation_id: ConversationId
    text: str
    at: datetime
    is_ours: bool


@dataclass(frozen=True, slots=True)
class Searched:
    """What one look found, until when it looked, and where the next one begins ("" where nothing is left)."""

    hits: Sequence[Hit]
    until: datetime | None
    next_key: str


async def search(db: Database, words: str, *, after: str) -> Searched:
    """Look for words through one more stretch. `after` is the `next_key` of the look before, "" for the first."""
    message_id, seq = _position(after)
    pattern = f"%{_escaped(words.lower())}%"
    said = await _look(db, _MESSAGES, message_id, pattern)
    answered = await _look(db, _DELIVERIES, seq, pattern)
    hits = [*_hits(said.rows, words, is_ours=False), *_hits(answered.rows, words, is_ours=True)]
    if said.is_over and answered.is_over:
        return Searched(_newest_first(hits), None, "")
    times = [stretch.until for stretch in (said, answered) if stretch.until is not None]
    return Searched(_newest_first(hits), max(times), f"{answered.key if answered.key != '' else 0}.{said.key}")


@dataclass(frozen=True, slots=True)
class _Stretch:
    rows: Sequence[Row]
    key: str | int
    until: datetime | None
    is_over: bool


_MESSAGES = """
    SELECT id AS key, conversation_id, text, stored_at AS at FROM messages WHERE id < $1 ORDER BY id DESC LIMIT $2
"""
_DELIVERIES = """
    SELECT seq AS key, conversation_id, text, created_at AS at FROM deliveries
    WHERE seq < $1 ORDER BY seq DESC LIMIT $2
"""


async def _look(db: Database, stretch: str, before: str | int, pattern: str) -> _Stretch:
    """What a stretch has of it, and where it ends: at its last row, or at the last hit that is wanted."""
    rows = await db.fetch(
        f"SELECT * FROM ({stretch}) AS s WHERE lower(s.text) LIKE $3 ESCAPE '!' AND s.conversation_id IS NOT NULL "  # noqa: S608  # constants of ours are put in
        "ORDER BY s.key DESC LIMIT $4",
        before,
        STRETCH,
        pattern,
        MOST_HITS,
    )
    if len(rows) == MOST_HITS:
        return _Stretch(rows, rows[-1]["key"], moment(rows[-1]["at"]), is_over=False)
    ends = await db.fetch_one(
        f"SELECT MIN(s.key) AS key, MIN(s.at) AS at, COUNT(*) AS n FROM ({stretch}) AS s",  # noqa: S608
        before,
        STRETCH,
    )
    if ends is None or ends["n"] < STRETCH:
        return _Stretch(rows, 0 if isinstance(before, int) else "", None, is_over=True)
    return _Stretch(rows, ends["key"], moment(ends["at"]), is_over=False)


def _hits(rows: Sequence[Row], words: str, *, is_ours: bool) -> Sequence[Hit]:
    return [
        Hit(ConversationId(row["conversation_id"]), _around(row["text"], words), moment(row["at"]), is_ours)
        for row in rows
    ]


def _newest_first(hits: Sequence[Hit]) -> Sequence[Hit]:
    return sorted(hits, key=lambda hit: hit.at, reverse=True)


def _around(text: str, words: str) -> str:
    place = max(text.lower().find(words.lower()), 0)
    start = max(place - _SHOWN_CHARS // 4, 0)
    return (
        f"{'…' if start else ''}{text[start : start + _SHOWN_CHARS]}{'…' if len(text) > start + _SHOWN_CHARS else ''}"
    )


def _escaped(words: str) -> str:
    return words.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _position(key: str) -> tuple[str, int]:
    """The message and the delivery before which to look."""
    seq, _, message_id = key.partition(".")
    return (message_id, int(seq)) if seq.isdecimal() and len(seq) < 19 else ("~", 2**62)

"""What the model remembers of earlier turns: whole turns, and a summary of those that no longer fit its window.

The history of the session is not touched by this. Turns that have ended never change, so a process keeps those of the
sessions it has just served in memory, and reads only what is new.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog
from pydantic_ai.messages import ModelMessage, ModelRequest, SystemPromptPart
from pydantic_ai.models import Model
from pydantic_ai.profiles import ModelProfile

from gateway.engine.models import context_window, estimate_tokens
from gateway.engine.protocol.contents import load_items
from gateway.engine.store import sessions, turns
from gateway.engine.store.sessions import SessionRecord
from gateway.engine.store.turns import PastTurn
from gateway.engine.turns.compaction import SummaryFailed, summarise
from gateway.engine.turns.prompts import user_prompt
from gateway.engine.turns.transcript import load_messages
from gateway.store.database import Database

log = structlog.get_logger(__name__)

WINDOW_SHARE = 0.7  # of the window for everything that is sent: estimates are rough, and the answer needs room
KEPT_SHARE = 0.5  # of what there is room for is kept as it was said when the rest is summarised
CACHED_CHARS = 8_000_000  # of stored turns that a process keeps in memory, all sessions together
SUMMARY_TITLE = "Summary of the earlier conversation:"
_EVERYTHING_SHOWN = ModelProfile(supports_image_input=True, supports_document_input=True)


@dataclass(frozen=True, slots=True)
class Remembered:
    """A turn as the model is told of it."""

    number: int
    tokens: int
    chars: int
    messages: Sequence[ModelMessage] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Cached:
    profile: ModelProfile
    turns: tuple[Remembered, ...]
    chars: int


class Memory:
    """The memory of all sessions."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._cache: OrderedDict[str, _Cached] = OrderedDict()
        self._cached_chars = 0

    async def recall(
        self, session: SessionRecord, model: Model, *, taken: int, share: float = WINDOW_SHARE
    ) -> list[ModelMessage]:
        """What was said before this turn, oldest first, in what the window leaves beside `taken` tokens."""
        room = int(context_window(model) * share) - taken
        past = await self._turns(session, model.profile)
        if _tokens(past) + len(session.summary) // 3 <= room:
            return _told(session.summary, past)
        return await self._compact(session, model, past, room)

    async def _compact(
        self, session: SessionRecord, model: Model, past: Sequence[Remembered], room: int
    ) -> list[ModelMessage]:
        kept = _newest_within(past, int(room * KEPT_SHARE))
        older = past[: len(past) - len(kept)]
        try:
            summary = await summarise(model, session.summary, [turn.messages for turn in older], room)
        except SummaryFailed as error:
            log.warning("memory.summary_failed", session_id=session.id, reason=str(error))
            return _told(session.summary, _newest_within(past, room))
        if older:
            await sessions.record_summary(self._db, session.id, session.fence, older[-1].number, summary)
            log.info("memory.compacted", session_id=session.id, turns=len(older))
        return _told(summary, kept)

    async def _turns(self, session: SessionRecord, profile: ModelProfile) -> Sequence[Remembered]:
        """The ended turns after the summary, from memory as far as possible."""
        cached = self._take(session.id)
        known: tuple[Remembered, ...] = ()
        if cached is not None and cached.profile == profile:
            known = tuple(turn for turn in cached.turns if turn.number > session.compacted)
        after = known[-1].number if known else session.compacted
        new = await turns.list_past(self._db, session.id, after, session.turn)
        told = (*known, *(_remembered(turn, profile) for turn in new))
        self._keep(session.id, _Cached(profile, told, sum(turn.chars for turn in told)))
        return told

    def _take(self, session_id: str) -> _Cached | None:
        cached = self._cache.pop(session_id, None)
        self._cached_chars -= cached.chars if cached else 0
        return cached

    def _keep(self, session_id: str, entry: _Cached) -> None:
        """As the newest; the sessions that were served longest ago make room."""
        self._take(session_id)  # another turn's, where the session was taken meanwhile
        self._cache[session_id] = entry
        self._cached_chars += entry.chars
        while self._cached_chars > CACHED_CHARS:
            self._take(next(iter(self._cache)))


def measure(contents: str, messages: Sequence[ModelMessage]) -> int:
    """The estimated size of a turn in tokens."""
    return estimate_tokens([user_prompt(load_items(contents), _EVERYTHING_SHOWN), *messages])


def _remembered(turn: PastTurn, profile: ModelProfile) -> Remembered:
    messages = [user_prompt(load_items(turn.contents), profile), *load_messages(turn.messages)]
    return Remembered(turn.number, turn.tokens, len(turn.contents) + len(turn.messages), messages)


def _told(summary: str, past: Sequence[Remembered]) -> list[ModelMessage]:
    messages = [message for turn in past for message in turn.messages]
    if not summary:
        return messages
    return [ModelRequest(parts=[SystemPromptPart(f"{SUMMARY_TITLE}\n{summary}")]), *messages]


def _newest_within(past: Sequence[Remembered], room: int) -> Sequence[Remembered]:
    """The newest whole turns that fit."""
    for start in range(len(past)):
        if _tokens(past[start:]) <= room:
            return past[start:]
    return []


def _tokens(past: Sequence[Remembered]) -> int:
    return sum(turn.tokens for turn in past)

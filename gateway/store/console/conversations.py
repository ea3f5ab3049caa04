"""The list of conversations: by activity, filtered, and by what an address begins with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from channels.message import ChannelName
from gateway.domain import Conversation, ConversationId, Holder
from gateway.store.conversations import conversation_from
from gateway.store.database import Database, Row
from gateway.store.values import micros, moment


class Progress(StrEnum):
    """What a conversation waits for."""

    WAITING = "waiting"  # messages that no turn has taken
    WORKING = "working"  # the agent is at it
    PAUSED = "paused"  # for a decision
    QUIET = "quiet"  # for the customer


@dataclass(frozen=True, slots=True)
class Filter:
    """Which conversations; None stands for all."""

    channel: ChannelName | None = None
    progress: Progress | None = None
    holder: Holder | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list."""

    conversation: Conversation
    subject: str
    progress: Progress
    active_at: datetime
    newest_text: str

    @property
    def key(self) -> str:
        """Where the next page begins."""
        return f"{micros(self.active_at)}.{self.conversation.id}"


_OPEN_TURN = "(SELECT state FROM turns WHERE turns.id = c.open_turn_id)"
_PROGRESS = {
    Progress.WAITING: "c.arrived > c.taken AND c.open_turn_id IS NULL",
    Progress.WORKING: f"{_OPEN_TURN} = 'running'",
    Progress.PAUSED: f"{_OPEN_TURN} = 'paused'",
    Progress.QUIET: "c.arrived = c.taken AND c.open_turn_id IS NULL",
}
# Open turns are few, and an index holds just them.
_CANDIDATES = {
    Progress.WORKING: "c.id IN (SELECT conversation_id FROM turns WHERE state IN ('running', 'paused'))",
    Progress.PAUSED: "c.id IN (SELECT conversation_id FROM turns WHERE state IN ('running', 'paused'))",
}
_COLUMNS = f"""
    c.*, {_OPEN_TURN} AS open_turn_state,
    (SELECT m.text FROM messages m WHERE m.conversation_id = c.id AND m.position = c.arrived) AS newest_text
"""  # noqa: S608  # constants of ours are put in


async def page(db: Database, wanted: Filter, *, after: str, limit: int) -> Sequence[Listed]:
    """Those who wrote last come first. `after` is the key of the last line of the page before, "" for the first."""
    at, after_id = _position(after)
    conditions = ["(c.updated_at < $1 OR (c.updated_at = $1 AND c.id < $2))"]
    args: list[object] = [at, after_id]
    if wanted.channel:
        args.append(wanted.channel)
        conditions.append(f"c.channel = ${len(args)}")
    if wanted.holder:
        conditions.append(f"c.holder = '{wanted.holder.value}'")
    if wanted.progress:
        conditions.append(_PROGRESS[wanted.progress])
        conditions += [_CANDIDATES[wanted.progress]] if wanted.progress in _CANDIDATES else []
    args.append(limit)
    rows = await db.fetch(
        f"SELECT {_COLUMNS} FROM conversations c WHERE {' AND '.join(conditions)} "  # noqa: S608  # constants of ours are put in
        f"ORDER BY c.updated_at DESC, c.id DESC LIMIT ${len(args)}",
        *args,
    )
    return [_listed(row) for row in rows]


async def of_ids(db: Database, ids: Sequence[ConversationId]) -> Sequence[Listed]:
    """These conversations, in this order."""
    if not ids:
        return []
    places = ", ".join(f"${number}" for number in range(1, len(ids) + 1))
    rows = await db.fetch(f"SELECT {_COLUMNS} FROM conversations c WHERE c.id IN ({places})", *ids)  # noqa: S608  # only placeholders are put in
    found = {row["id"]: _listed(row) for row in rows}
    return [found[one] for one in ids if one in found]


async def by_address(db: Database, beginning: str, *, limit: int) -> Sequence[ConversationId]:
    """Those whose address begins so, the newest first."""
    last = f"{beginning}\U0010ffff"
    # Postgres compares by the rules of a language, under which a range is no prefix; SQLite's LIKE uses no index.
    is_prefix = (
        "c.address >= $1 AND c.address < $2" if db.dialect == "sqlite" else "starts_with(c.address, $1) AND $2 <> ''"
    )
    channels = ", ".join(f"'{channel.value}'" for channel in ChannelName)
    rows = await db.fetch(
        f"SELECT c.id FROM conversations c WHERE c.channel IN ({channels}) AND {is_prefix} ORDER BY c.id DESC LIMIT $3",  # noqa: S608  # constants of ours are put in
        beginning,
        last,
        limit,
    )
    return [ConversationId(row["id"]) for row in rows]


def _position(key: str) -> tuple[int, str]:
    at, _, conversation_id = key.partition(".")
    return (int(at), conversation_id) if at.isdecimal() and len(at) < 19 else (2**62, "")


def _listed(row: Row) -> Listed:
    return Listed(
        conversation=conversation_from(row),
        subject=row["subject"],
        progress=_progress(row),
        active_at=moment(row["updated_at"]),
        newest_text=row["newest_text"] or "",
    )


def _progress(row: Row) -> Progress:
    if row["open_turn_state"] is not None:
        return Progress.PAUSED if row["open_turn_state"] == "paused" else Progress.WORKING
    return Progress.WAITING if row["arrived"] > row["taken"] else Progress.QUIET

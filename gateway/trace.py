"""From anything that names a conversation to every hop of it: what came in, what the agent did, who decided, what went
out and what became of it. Reads rows and changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.domain import ConversationId
from gateway.store import traces
from gateway.store.database import Database
from gateway.store.values import moment

# https://acme.slack.com/archives/C0123456789/p1700000000000100
_SLACK_LINK = re.compile(r"/archives/(?P<channel>[A-Z0-9]+)/p(?P<seconds>\d{10})(?P<micros>\d{6})")


@dataclass(frozen=True, slots=True)
class Hop:
    """One thing that happened. `what` is an event name, `detail` ids and states, never what somebody wrote."""

    at: datetime
    what: str
    detail: str


async def find_conversations(db: Database, name: str) -> Sequence[ConversationId]:
    """The conversations that a name stands for: an id of any kind, an address, a session, a Slack link."""
    link = _SLACK_LINK.search(name)
    if link:
        return await traces.by_card(db, link["channel"], f"{link['seconds']}.{link['micros']}")
    return await traces.by_name(db, name.strip().strip("<>"))


async def hops(db: Database, conversation_id: ConversationId) -> Sequence[Hop]:
    """Everything that is known of a conversation, in the order in which it happened."""
    rows = await traces.of(db, conversation_id)
    return sorted(_hops(rows), key=lambda hop: hop.at)


def _hops(rows: Iterable[traces.Happening]) -> Iterable[Hop]:
    for row in rows:
        yield Hop(moment(row.at), row.what, " ".join(part for part in row.details if part))

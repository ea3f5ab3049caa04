"""Stops exchanges that no person keeps up: too many mails of one sender, the same words again, answers within seconds.

Robots that mark their mail never get here. These are the others: a helpdesk that thanks for every answer of ours, a
vacation program without a header, a script that has gone wild. The conversation is held for a person, with the reason.
Only mail is looked at (on other channels a program cannot write by accident), by one statement, inside the transaction
that stores it: what cannot be counted is not stored, and so not answered either.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from channels.message import InboundMessage
from gateway.domain import ConversationId
from gateway.store import threads
from gateway.store.database import Statements
from gateway.store.threads import RecentMail

_UNLIKE = re.compile(r"[\W\d_]+")


@dataclass(frozen=True, slots=True)
class Caps:
    """From when on something is too much for one person. A count includes the mail that has just come."""

    per_sender: int = 30  # mails of one address to us in `hour`, over all conversations
    per_conversation: int = 40  # mails in one conversation in `day`
    same_words: int = 3  # mails of one address with the same words in `day`, the last of which answers us
    same_openings: int = 6  # the same, where the last of them opens a conversation
    at_once: int = 3  # mails of one conversation that each came within `reading_time` of an answer of ours
    hour: timedelta = timedelta(hours=1)
    day: timedelta = timedelta(days=1)
    reading_time: timedelta = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Brakes:
    """Looks at a mail that was stored a moment ago, among the others of its sender."""

    caps: Caps = Caps()

    async def pulled_by(
        self, tx: Statements, message: InboundMessage, conversation_id: ConversationId, *, is_reply: bool, now: datetime
    ) -> str:
        """Why a person has to look before the agent answers; "" where nothing speaks against it."""
        caps = self.caps
        if is_reply and message.details.get("reads_automatic"):
            return "it reads like the automatic answer of another program"
        if message.details.get("null_sender"):
            return "it came without a return address, as the mail of programs does"
        recent = await threads.recent_mails(
            tx,
            message.channel,
            message.sender.address,
            conversation_id,
            since=now - caps.day,
            limit=max(caps.per_sender, caps.per_conversation),
        )
        here = [each for each in recent if each.conversation_id == conversation_id]
        if sum(each.stored_at > now - caps.hour for each in recent) >= caps.per_sender:
            return f"{caps.per_sender} mails of this sender within an hour; perhaps a robot writes"
        if len(here) >= caps.per_conversation:
            return f"{caps.per_conversation} mails in this conversation within a day; perhaps a robot answers"
        same = _count_of_same(recent, message)
        if same >= (caps.same_words if is_reply else caps.same_openings):
            return f"the same words {same} times within a day; perhaps a robot writes"
        if sum(_came_at_once(each, caps.reading_time) for each in here) >= caps.at_once:
            return f"{caps.at_once} answers, each within seconds of ours; perhaps a robot answers"
        return ""


def gist(text: str) -> str:
    """A hash of the words alone: ticket numbers, dates and line breaks make no other text of it."""
    words = _UNLIKE.sub(" ", text.casefold()).strip()
    return hashlib.sha256(words.encode()).hexdigest() if words else ""


def _count_of_same(recent: Sequence[RecentMail], message: InboundMessage) -> int:
    own = gist(message.text[: threads.RECENT_CHARS])
    return sum(gist(each.text) == own for each in recent) if own else 0


def _came_at_once(mail: RecentMail, reading_time: timedelta) -> bool:
    return mail.answered_at is not None and mail.stored_at - mail.answered_at < reading_time

"""Forgetting a customer: their messages and whatever else is known of them go, in every table, at the agent platform
and in staff's Slack. The audit chain has nothing personal and stays as it is.

The rows go first, in one transaction, and with them all that was pending. What is erased elsewhere is remembered by
the rows until it is done; asking again goes on where the last attempt stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from channels.errors import SendError
from channels.staff import CardRef
from gateway import audit
from gateway.domain import ApprovalId, new_id, utcnow
from gateway.queue import Wakeups
from gateway.session import SessionError
from gateway.settling import card_delivery, card_lane
from gateway.store import deliveries
from gateway.store import erasure as rows
from gateway.store.database import Database


class Memory(Protocol):
    """Where the agent's sessions are."""

    async def erase_session(self, session_id: str) -> None:
        """Raises `SessionError`."""
        ...


class Board(Protocol):
    """Where staff see what customers said."""

    async def retract(self, ref: CardRef) -> None:
        """Raises `channels.errors.SendError`."""
        ...


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to erase."""

    conversations: int
    messages: int


@dataclass(slots=True)
class Erased:
    """What was erased, and in words what could not be yet."""

    conversations: int = 0
    messages: int = 0
    mails: int = 0
    sessions: int = 0
    posts: int = 0
    problems: list[str] = field(default_factory=list)


class Erasure:
    """Erases customers. `board` is None where no Slack is configured."""

    def __init__(
        self,
        db: Database,
        memory: Memory,
        board: Board | None,
        wakeups: Wakeups,
        *,
        clock: Callable[[], datetime] = utcnow,
    ) -> None:
        self._db = db
        self._memory = memory
        self._board = board
        self._wakeups = wakeups
        self._clock = clock

    async def known_of(self, address: str) -> Known:
        """How much is known of an address now."""
        found = await rows.conversations_of(self._db, address)
        return Known(len(found), sum(one.messages for one in found))

    async def forget(self, address: str, *, actor: str) -> Erased:
        """Erase all that is known of an address, and finish what earlier attempts had to leave."""
        erased = Erased()
        cards = await self._erase_rows(address, erased, actor=actor)
        for approval_id in cards:
            await self._wakeups.deliver(card_lane(approval_id))
        await self._erase_sessions(erased)
        await self._retract_posts(erased)
        await self._db.scrub()
        return erased

    async def _erase_rows(self, address: str, erased: Erased, *, actor: str) -> list[ApprovalId]:
        """Returns the requests whose cards have to be drawn again, without the customer's words."""
        now = self._clock()
        cards: list[ApprovalId] = []
        needles = [address]
        async with self._db.transaction() as tx:
            for conversation in await rows.conversations_of(tx, address):
                needles += await rows.names_of(tx, conversation.id)
                cards += await rows.open_cards(tx, conversation.id)
                await rows.erase(tx, conversation.id, now=now)
                await audit.record(tx, "conversation.erased", now=now, actor=actor, conversation_id=conversation.id)
                erased.conversations += 1
                erased.messages += conversation.messages
            await rows.erase_address(tx, address)
            erased.mails = await rows.erase_mails(tx, needles, now=now)
            for approval_id in cards:
                await deliveries.add(tx, card_delivery(approval_id), now=now)
            if erased.conversations or erased.mails:
                counts = {"conversations": erased.conversations, "messages": erased.messages, "mails": erased.mails}
                await audit.record(
                    tx, "customer.forgotten", now=now, actor=actor, subject_id=new_id("ers"), data=counts
                )
        return cards

    async def _erase_sessions(self, erased: Erased) -> None:
        for conversation in await rows.unfinished(self._db):
            try:
                await self._memory.erase_session(conversation.session_id or "")
            except SessionError as error:
                erased.problems.append(str(error))
                continue
            await rows.note_session_gone(self._db, conversation.id)
            erased.sessions += 1

    async def _retract_posts(self, erased: Erased) -> None:
        for post in await rows.posts(self._db):
            if self._board is None:
                erased.problems.append("posts for staff stand in Slack, which is not configured here")
                return
            try:
                await self._board.retract(post.ref)
            except SendError as error:
                erased.problems.append(f"a post in {post.ref.slack_channel_id} still stands in Slack: {error}")
                continue
            await rows.note_retracted(self._db, post)
            erased.posts += 1

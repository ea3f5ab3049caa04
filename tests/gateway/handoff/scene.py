"""One text conversation that a person takes over: the steps that the tests of this folder repeat."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from channels.message import Attachment
from channels.staff import (
    CardRef,
    DraftSubmitted,
    HandoffAction,
    HandoffPress,
    Member,
    Reply,
    StaffChange,
    StaffMessage,
)
from gateway.attachments import Attachments
from gateway.carriers import carriers
from gateway.domain import ConversationId, Handoff, new_id
from gateway.handoff.briefs import Briefs
from gateway.handoff.carriers import thread_carriers
from gateway.handoff.drafting import Drafting
from gateway.outbound import Outbound
from gateway.runner import Runner
from gateway.session import Session
from gateway.sessions import Sessions
from gateway.store import handoffs
from gateway.turns import Turns
from tests.gateway.plain_platform import PlainPlatform
from tests.gateway.session.scripted import KEY
from tests.gateway.world import ADA, GRACE, TEAM, World
from workers.retries import retry_at

STRANGER = Member("U0STRANGER", "T0OTHER", "Mallory", is_stranger=True)
GUEST = Member("U0GUEST", TEAM, "Guest", is_guest=True)
OUTSIDER = Member("U0OUT", TEAM, "Olga")


@dataclass
class Scene(World):
    """A world in which turns run on a real socket, and staff write in threads."""

    platform: PlainPlatform = field(kw_only=True)
    debounce: timedelta = timedelta()

    def __post_init__(self) -> None:
        World.__post_init__(self)
        for member in (STRANGER, GUEST, OUTSIDER):
            self.desk.members[member.member_id] = member
        self.sessions = Sessions(self._connect)
        self._written = 0

    async def _connect(self, session_id: str | None) -> Session:
        session = Session(
            owner_type="agent",
            owner_id="" if session_id else "a-1",
            session_id=session_id,
            api_key=KEY,
            base_url=self.platform.url,
        )
        return await session.connect()

    def with_drafting(self) -> None:
        """Let this process ask the agent for drafts."""
        self.outbound = Outbound(
            self.db,
            {
                **carriers(self.channels, self.desk, self.cards),
                **thread_carriers(
                    self.db,
                    self.channels,
                    self.desk,
                    self.wakeups,
                    briefs=Briefs(self.db, clock=self.clock),
                    attachments=Attachments(self.db, self.channels),
                    drafting=Drafting(self.db, self.sessions),
                    clock=self.clock,
                ),
            },
            self.wakeups,
            retry_at=retry_at,
            clock=self.clock,
        )

    @property
    def turns(self) -> Turns:
        runner = Runner(self.db, self.sessions, Attachments(self.db, self.channels), clock=self.clock)
        return Turns(
            self.db,
            self.leases,
            runner,
            self.outcomes,
            self.outbound,
            turn_timeout=timedelta(minutes=5),
            clock=self.clock,
        )

    async def says(self, text: str, **changes: Any) -> ConversationId:
        """The customer writes, and everything happens that comes of it."""
        conversation_id = await self.text(text, **changes)
        await self.settle(conversation_id)
        return conversation_id

    async def settle(self, conversation_id: ConversationId) -> None:
        """Everything that is due happens."""
        await asyncio.wait_for(self.turns.advance(conversation_id), 60)
        for _ in range(3):
            await self.deliver_all()
            self.clock.advance(timedelta(seconds=1))

    async def handoff(self, conversation_id: ConversationId) -> Handoff:
        found = await handoffs.newest_of(self.db, conversation_id)
        assert found is not None
        return found

    async def take_over(self, conversation_id: ConversationId, member: Member = ADA) -> Reply:
        return await self.presses(HandoffAction.TAKE_OVER, conversation_id, member)

    async def presses(self, action: HandoffAction, value: str, member: Member = ADA) -> Reply:
        press = HandoffPress(action, value, member.member_id, member.team_id, CardRef("C0HANDOFF", "1"), new_id("prs"))
        return await self.staff.press(press)

    async def edits_draft(self, draft_id: str, text: str, member: Member = ADA) -> Reply:
        return await self.staff.submit_draft(
            DraftSubmitted(draft_id, text, member.member_id, member.team_id, new_id("prs"))
        )

    async def writes(
        self,
        conversation_id: ConversationId,
        text: str,
        member: Member = ADA,
        *,
        ts: str = "",
        change: StaffChange = StaffChange.WRITTEN,
        files: tuple[Attachment, ...] = (),
        mentions: tuple[str, ...] = (),
    ) -> str:
        """Somebody writes in the thread; returns the timestamp of their message."""
        handoff = await self.handoff(conversation_id)
        assert handoff.thread is not None
        self._written += 1
        ts = ts or f"1800000000.{self._written:06}"
        await self.staff.accept_staff(
            StaffMessage(
                thread=handoff.thread,
                message=CardRef(handoff.thread.slack_channel_id, ts),
                member_id=member.member_id,
                team_id=member.team_id,
                text=text,
                sent_at=self.clock(),
                event_id=new_id("evt"),
                change=change,
                attachments=files,
                mentions=mentions,
                member_name=member.name,
            )
        )
        return ts


__all__ = ["ADA", "GRACE", "GUEST", "OUTSIDER", "STRANGER", "Scene"]

"""Who of the staff may speak to customers: members of the handoff channel, and approvers. Checked each time."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from channels.base import Desk
from channels.staff import Member
from gateway.domain import Conversation
from gateway.people import Identities, unfit
from gateway.store import messages
from gateway.store.database import Database


class StaffAccess:
    """The people who may take conversations over. Set `desk` when it opens, as for `Approvers`."""

    def __init__(
        self, db: Database, *, slack_channel_id: str, approvers: Sequence[str], identities: Identities | None = None
    ) -> None:
        self.desk: Desk | None = None
        self._db = db
        self._slack_channel_id = slack_channel_id
        self._approvers = tuple(approvers)
        self._identities = identities or Identities()

    async def refusal(self, member_id: str, team_id: str, conversation: Conversation) -> str:
        """Why this person may not, in words for them; "" where they may. Raises `SendError` where nobody can tell."""
        if self.desk is None:
            return "No desk is configured."
        member = await self.desk.member(member_id)
        if member is None:
            return "I do not know you."
        authors = await messages.authors(self._db, conversation.id, upto=conversation.arrived)
        return (
            unfit(member, team_id, to="speak to customers")
            or self._is_customer(member, {conversation.address, *authors})
            or await self._outside(self.desk, member)
        )

    async def is_here(self, member_id: str) -> bool:
        """Whether somebody still works here. Raises `SendError` where nobody can tell."""
        if self.desk is None:
            return True
        member = await self.desk.member(member_id)
        return member is not None and member.is_active

    async def name(self, member_id: str) -> str:
        """What they are called. Raises `SendError` where nobody can tell."""
        member = await self.desk.member(member_id) if self.desk else None
        return member.name if member else ""

    def _is_customer(self, member: Member, addresses: Collection[str]) -> str:
        """Nobody is their own support, by whatever name they write."""
        return "You are the customer of this conversation." if self._identities.is_one_of(member, addresses) else ""

    async def _outside(self, desk: Desk, member: Member) -> str:
        if member.member_id in self._approvers:
            return ""
        if member.member_id in await desk.channel_members(self._slack_channel_id):
            return ""
        for group_id in (name for name in self._approvers if name.startswith("S")):
            if member.member_id in await desk.group_members(group_id):
                return ""
        return "Only members of the handoff channel and approvers can speak to customers."

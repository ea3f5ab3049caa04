"""Who may decide. Checked at the click and again at the submit of a dialog, and failing closed."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import structlog

from channels.base import Desk
from channels.errors import SendError
from channels.staff import Member
from gateway.domain import Approval, Conversation
from gateway.people import Identities, unfit

log = structlog.get_logger(__name__)


class Approvers:
    """The approver set of a deployment: `approvers` are member and group ids, empty for all of the channel.

    The desk hands decisions to the gateway, and the gateway asks the desk who people are: one of the two has to come
    later, so `desk` is set when it opens.
    """

    def __init__(
        self, *, slack_channel_id: str, approvers: Sequence[str], identities: Identities | None = None
    ) -> None:
        self.desk: Desk | None = None
        self._identities = identities or Identities()
        self._slack_channel_id = slack_channel_id
        self._approvers = tuple(approvers)

    def are_one(self, member_id: str, other: str) -> bool:
        """Whether two who decide are one person under two names, who counts once."""
        return self._identities.are_one(member_id, other)

    async def refusal(
        self,
        member_id: str,
        team_id: str,
        approval: Approval,
        conversation: Conversation,
        *,
        authors: Collection[str] = (),
    ) -> str:
        """Why this person may not decide, in words for them; "" where they may.

        `authors` are the addresses of all who wrote in the conversation.
        """
        if self.desk is None:
            return "No desk is configured."
        try:
            member = await self.desk.member(member_id)
            if member is None:
                return "I do not know you, so you cannot decide this."
            return (
                unfit(member, team_id, to="decide")
                or self._took_part(member, {conversation.address, *authors})
                or await self._outside(member, approval)
            )
        except SendError as error:
            log.warning("approver.unchecked", reason=error.code or type(error).__name__)
            return "I could not check whether you may decide this. Please try again in a moment."

    def _took_part(self, member: Member, addresses: Collection[str]) -> str:
        """Nobody decides on a request of a conversation that they take part in, by whatever name they do."""
        is_customer = self._identities.is_one_of(member, addresses)
        return "You asked for this yourself, so somebody else has to decide." if is_customer else ""

    async def _outside(self, member: Member, approval: Approval) -> str:
        assert self.desk is not None  # noqa: S101  # `refusal` has looked
        allowed = approval.policy.approvers or self._approvers
        if not allowed:
            members = await self.desk.channel_members(self._slack_channel_id)
            return "" if member.member_id in members else "Only members of the approvers channel can decide this."
        if member.member_id in allowed:
            return ""
        for group_id in (name for name in allowed if name.startswith("S")):
            if member.member_id in await self.desk.group_members(group_id):
                return ""
        return f"Only {_named(allowed)} can decide this."


def _named(allowed: Sequence[str]) -> str:
    return ", ".join(f"<!subteam^{name}>" if name.startswith("S") else f"<@{name}>" for name in allowed)

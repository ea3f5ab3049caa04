"""Who may decide. Checked at the click and again at the submit of a dialog, and failing closed."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import structlog

from channels.base import Desk
from channels.errors import SendError
from channels.staff import Member
from gateway.domain import Approval, Conversation

log = structlog.get_logger(__name__)


class Approvers:
    """The approver set of a deployment: `approvers` are member and group ids, empty for all of the channel.

    `linked` tells which names are one person's: member ids, mail addresses, phone numbers.

    The desk hands decisions to the gateway, and the gateway asks the desk who people are: one of the two has to come
    later, so `desk` is set when it opens.
    """

    def __init__(
        self, *, slack_channel_id: str, approvers: Sequence[str], linked: Sequence[Collection[str]] = ()
    ) -> None:
        self.desk: Desk | None = None
        self._linked = [{_canonical(name) for name in names} for names in linked]
        self._slack_channel_id = slack_channel_id
        self._approvers = tuple(approvers)

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
                _unfit(member, team_id)
                or self._took_part(member, {conversation.address, *authors})
                or await self._outside(member, approval)
            )
        except SendError as error:
            log.warning("approver.unchecked", reason=error.code or type(error).__name__)
            return "I could not check whether you may decide this. Please try again in a moment."

    def _took_part(self, member: Member, addresses: Collection[str]) -> str:
        """Nobody decides on a request of a conversation that they take part in, by whatever name they do."""
        own = {_canonical(name) for name in (member.member_id, member.email, member.phone) if name}
        for names in self._linked:
            if own & names:
                own |= names
        taking_part = own & {_canonical(address) for address in addresses}
        return "You asked for this yourself, so somebody else has to decide." if taking_part else ""

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


def _unfit(member: Member, team_id: str) -> str:
    if member.is_bot:
        return "Bots cannot decide."
    if not member.is_active:
        return "This account is deactivated."
    if member.is_stranger or (team_id and member.team_id and member.team_id != team_id):
        return "People of other organisations cannot decide."
    if member.is_guest:
        return "Guests cannot decide."
    return ""


def _canonical(name: str) -> str:
    """One spelling for mail addresses, member ids and phone numbers, however a profile writes them."""
    name = name.strip().casefold().removeprefix("whatsapp:")
    if "@" in name or not _PHONE.fullmatch(name):
        return name
    digits = "".join(sign for sign in name.replace("(0)", "") if sign.isdigit())
    return f"+{digits.removeprefix('00')}"


_PHONE = re.compile(r"(\+|00)[\d\s()./-]{6,}")


def _named(allowed: Sequence[str]) -> str:
    return ", ".join(f"<!subteam^{name}>" if name.startswith("S") else f"<@{name}>" for name in allowed)

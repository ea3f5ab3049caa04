"""Slack as the place where staff decide: the `Desk` port over Slack's Web API.

Who may decide, and what a click means, is the gateway's; this only shows, finds, tells and looks up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from channels.errors import PermanentFailure
from channels.slack.api import Json, SlackApi
from channels.slack.desk.card import compose_card
from channels.slack.fresh import Fresh
from channels.slack.limits import MESSAGE_TEXT
from channels.slack.mrkdwn import harmless, notice, shorten
from channels.slack.settled import find_settled
from channels.staff import ApprovalCard, CardRef, Member

log = structlog.get_logger(__name__)

_FRESH_FOR = timedelta(seconds=60)
# The card stands, but can't be changed any more; the news goes into its thread.
_CARD_IS_FIXED = frozenset({"edit_window_closed", "cant_update_message", "block_mismatch"})


class SlackDesk:
    """The approvers' side of the Slack app."""

    def __init__(self, api: SlackApi, *, approvers_channel: str, now: Callable[[], datetime]) -> None:
        self._api = api
        self._approvers_channel = approvers_channel
        self._now = now
        self._members: Fresh[Member | None] = Fresh(_FRESH_FOR, now)
        self._groups: Fresh[Sequence[str]] = Fresh(_FRESH_FOR, now)
        self._channels: Fresh[Sequence[str]] = Fresh(_FRESH_FOR, now)

    async def post_card(self, card: ApprovalCard, *, key: str) -> CardRef:
        """Show a new card in the approvers channel."""
        message = compose_card(card)
        posted = await self._api.post(
            channel=self._approvers_channel, text=message.text, key=key, blocks=message.blocks
        )
        return _ref(posted)

    async def update_card(self, card: ApprovalCard) -> None:
        """Bring the card at `card.ref` to what `card` says; where Slack no longer allows it, say it in its thread."""
        ref = _placed(card)
        message = compose_card(card)
        try:
            await self._api.update(channel=ref.slack_channel_id, ts=ref.ts, text=message.text, blocks=message.blocks)
        except PermanentFailure as failure:
            if failure.code not in _CARD_IS_FIXED:
                raise
            log.info("slack.card_fixed", approval_id=card.approval_id, code=failure.code)
            await self._say_in_thread(card, ref, message.text)

    async def find_card(
        self, *, key: str, attempted_at: datetime, slack_channel_id: str = "", thread_ts: str = ""
    ) -> CardRef | None:
        """The card or notice that was posted under `key`. None once it is certain that there is none."""
        channel = slack_channel_id or self._approvers_channel
        found = await find_settled(
            self._api, channel=channel, key=key, attempted_at=attempted_at, now=self._now(), thread_ts=thread_ts
        )
        return CardRef(channel, found["ts"]) if found else None

    async def notify(self, text: str, *, key: str, slack_channel_id: str = "", thread_ts: str = "") -> CardRef:
        """Post a notice for staff. Dates and channels come alive in it; it calls nobody."""
        channel = slack_channel_id or self._approvers_channel
        shown = shorten(notice(text), MESSAGE_TEXT)
        return _ref(await self._api.post(channel=channel, text=shown, key=key, thread_ts=thread_ts))

    async def whisper(self, text: str, *, member_id: str, slack_channel_id: str) -> None:
        """Tell one person something that nobody else sees."""
        shown = shorten(harmless(text), MESSAGE_TEXT)
        await self._api.whisper(channel=slack_channel_id, user=member_id, text=shown)

    async def mark(self, message: CardRef, emoji: str) -> None:
        """Put an emoji under a message, for everybody in the thread to see what became of it."""
        await self._api.react(channel=message.slack_channel_id, ts=message.ts, name=emoji)

    async def permalink(self, ref: CardRef) -> str:
        """The address of a card, for the audit and the console."""
        return await self._api.permalink(channel=ref.slack_channel_id, ts=ref.ts)

    async def member(self, member_id: str) -> Member | None:
        """Who this is, at most 60 s old. None where Slack knows nobody of that id."""
        return await self._members.get(member_id, self._fetch_member)

    async def group_members(self, group_id: str) -> Sequence[str]:
        """The member ids of a user group, at most 60 s old."""
        return await self._groups.get(group_id, self._api.group_members)

    async def channel_members(self, slack_channel_id: str) -> Sequence[str]:
        """The member ids of a Slack channel, at most 60 s old."""
        return await self._channels.get(slack_channel_id, self._api.channel_members)

    def forget_membership(self) -> None:
        """Somebody joined or left: ask again before the next decision."""
        for cache in (self._members, self._groups, self._channels):
            cache.clear()

    async def _fetch_member(self, member_id: str) -> Member | None:
        try:
            return _member(await self._api.user(member_id))
        except PermanentFailure as failure:
            if failure.code in ("user_not_found", "user_not_visible"):
                return None
            raise

    async def _say_in_thread(self, card: ApprovalCard, ref: CardRef, text: str) -> None:
        key = f"{card.approval_id}:{card.revision}"
        already = await self._api.find(channel=ref.slack_channel_id, key=key, oldest=card.created_at, thread_ts=ref.ts)
        if already is None:
            await self._api.post(channel=ref.slack_channel_id, text=text, key=key, thread_ts=ref.ts)


def _placed(card: ApprovalCard) -> CardRef:
    if card.ref is None:
        raise PermanentFailure(f"the card of {card.approval_id} was never posted", code="no_card")
    return card.ref


def _ref(posted: Json) -> CardRef:
    return CardRef(str(posted["channel"]), str(posted["ts"]))


def _member(user: Json) -> Member:
    profile = user.get("profile", {})
    return Member(
        member_id=str(user["id"]),
        team_id=str(user.get("team_id", "")),
        name=str(profile.get("display_name") or user.get("real_name") or user.get("name", "")),
        email=str(profile.get("email", "")),
        is_bot=bool(user.get("is_bot")) or user["id"] == "USLACKBOT",
        is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        is_stranger=bool(user.get("is_stranger")),
        is_active=not user.get("deleted", False),
    )

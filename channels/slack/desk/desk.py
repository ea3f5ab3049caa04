"""Slack as the place where staff decide: the `Desk` port over Slack's Web API.

Who may decide, and what a click means, is the gateway's; this only shows, finds, tells and looks up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog

from channels.errors import PermanentFailure
from channels.message import Attachment
from channels.slack.api import SlackApi
from channels.slack.desk.brief import compose_brief
from channels.slack.desk.card import compose_card
from channels.slack.desk.draft import compose_draft
from channels.slack.desk.thread_line import compose_line, heading, with_whole_text
from channels.slack.files import SlackFiles
from channels.slack.fresh import Fresh
from channels.slack.limits import MESSAGE_TEXT
from channels.slack.mrkdwn import harmless, notice, shorten
from channels.slack.settled import find_settled
from channels.slack.thread_files import ThreadFiles
from channels.slack.web import Json
from channels.staff import ApprovalCard, CardRef, DraftCard, HandoffBrief, Member, ThreadLine

log = structlog.get_logger(__name__)

_FRESH_FOR = timedelta(seconds=60)
# The card stands, but can't be changed any more; the news goes into its thread.
_CARD_IS_FIXED = frozenset({"edit_window_closed", "cant_update_message", "block_mismatch"})
# Methods have words of their own for a thread that is gone, and for a channel that is closed.
_SAME_CODE = {
    "thread_not_found": "message_not_found",
    "invalid_thread_ts": "message_not_found",
    "cannot_reply_to_message": "message_not_found",
    "is_inactive": "is_archived",
}


class SlackDesk:
    """The approvers' side of the Slack app."""

    def __init__(
        self, api: SlackApi, files: SlackFiles, *, approvers_channel: str, now: Callable[[], datetime]
    ) -> None:
        self._api = api
        self._files = files
        self._thread_files = ThreadFiles(api)
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
        ref = _placed(card.ref, card.approval_id)
        message = compose_card(card)
        try:
            await self._api.update(channel=ref.slack_channel_id, ts=ref.ts, text=message.text, blocks=message.blocks)
        except PermanentFailure as failure:
            if failure.code not in _CARD_IS_FIXED:
                raise
            log.info("slack.card_fixed", approval_id=card.approval_id, code=failure.code)
            key = f"{card.approval_id}:{card.revision}"
            await self._say_in_thread(ref, message.text, key=key, since=card.created_at)

    async def find_card(
        self, *, key: str, attempted_at: datetime, slack_channel_id: str = "", thread_ts: str = ""
    ) -> CardRef | None:
        """The card or notice that was posted under `key`. None once it is certain that there is none."""
        channel = slack_channel_id or self._approvers_channel
        with _codes_in_one_word():
            found = await find_settled(
                self._api, channel=channel, key=key, attempted_at=attempted_at, now=self._now(), thread_ts=thread_ts
            )
        return CardRef(channel, found["ts"]) if found else None

    async def notify(self, text: str, *, key: str, slack_channel_id: str = "", thread_ts: str = "") -> CardRef:
        """Post a notice for staff. Dates and channels come alive in it; it calls nobody."""
        channel = slack_channel_id or self._approvers_channel
        shown = shorten(notice(text), MESSAGE_TEXT)
        with _codes_in_one_word():
            return _ref(await self._api.post(channel=channel, text=shown, key=key, thread_ts=thread_ts))

    async def whisper(self, text: str, *, member_id: str, slack_channel_id: str, thread_ts: str = "") -> None:
        """Tell one person something that nobody else sees. Slack shows it in a thread only where that has begun."""
        shown = shorten(harmless(text), MESSAGE_TEXT)
        await self._api.whisper(channel=slack_channel_id, user=member_id, text=shown, thread_ts=thread_ts)

    async def post_brief(self, brief: HandoffBrief, *, key: str, slack_channel_id: str) -> CardRef:
        """Open the thread of a handoff with what is known."""
        message = compose_brief(brief)
        with _codes_in_one_word():
            return _ref(
                await self._api.post(channel=slack_channel_id, text=message.text, key=key, blocks=message.blocks)
            )

    async def update_brief(self, brief: HandoffBrief) -> None:
        """Bring the head of the thread to what `brief` says; where Slack no longer allows it, say it in the thread."""
        ref = _placed(brief.ref, brief.handoff_id)
        message = compose_brief(brief)
        try:
            with _codes_in_one_word():
                await self._api.update(
                    channel=ref.slack_channel_id, ts=ref.ts, text=message.text, blocks=message.blocks
                )
        except PermanentFailure as failure:
            if failure.code not in _CARD_IS_FIXED:
                raise
            log.info("slack.brief_fixed", handoff_id=brief.handoff_id, code=failure.code)
            key = f"{brief.handoff_id}:{brief.revision}"
            await self._say_in_thread(ref, message.text, key=key, since=brief.opened_at)

    async def post_line(self, line: ThreadLine, *, thread: CardRef, key: str) -> CardRef:
        """Add a line to a handoff thread: its files first, then its words, by which the whole of it is found again."""
        line = with_whole_text(line)
        lost = tuple(file for file in line.attachments if not file.content)
        with _codes_in_one_word():
            try:
                await self._thread_files.share(
                    line.attachments, thread=thread, key=key, since=line.at, comment=heading(line)
                )
            except PermanentFailure as failure:
                log.warning("slack.files_not_shown", code=failure.code, thread_ts=thread.ts)
                lost = line.attachments
            message = compose_line(line, lost=lost)
            return await self._reply(thread, message.text, key=key, blocks=message.blocks)

    async def post_draft(self, draft: DraftCard, *, thread: CardRef, key: str) -> CardRef:
        """Propose an answer in a handoff thread."""
        message = compose_draft(draft)
        with _codes_in_one_word():
            return await self._reply(thread, message.text, key=key, blocks=message.blocks)

    async def update_draft(self, draft: DraftCard) -> None:
        """Show what became of a draft."""
        ref = _placed(draft.ref, draft.draft_id)
        message = compose_draft(draft)
        with _codes_in_one_word():
            await self._api.update(channel=ref.slack_channel_id, ts=ref.ts, text=message.text, blocks=message.blocks)

    async def mark(self, message: CardRef, emoji: str) -> None:
        """Put an emoji under a message, for everybody in the thread to see what became of it."""
        with _codes_in_one_word():
            await self._api.react(channel=message.slack_channel_id, ts=message.ts, name=emoji)

    async def unmark(self, message: CardRef, emoji: str) -> None:
        """Take our emoji away again."""
        with _codes_in_one_word():
            await self._api.unreact(channel=message.slack_channel_id, ts=message.ts, name=emoji)

    async def fetch(self, attachment: Attachment) -> Attachment:
        """A file that staff sent, with its content; from Slack's own hosts only, and within bounds."""
        return await self._files.fetch(attachment)

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

    async def _say_in_thread(self, ref: CardRef, text: str, *, key: str, since: datetime) -> None:
        already = await self._api.find(channel=ref.slack_channel_id, key=key, oldest=since, thread_ts=ref.ts)
        if already is None:
            await self._api.post(channel=ref.slack_channel_id, text=text, key=key, thread_ts=ref.ts)

    async def _reply(self, thread: CardRef, text: str, *, key: str, blocks: Sequence[Json]) -> CardRef:
        channel = thread.slack_channel_id
        return _ref(await self._api.post(channel=channel, text=text, key=key, thread_ts=thread.ts, blocks=blocks))


@contextmanager
def _codes_in_one_word() -> Iterator[None]:
    try:
        yield
    except PermanentFailure as failure:
        if failure.code not in _SAME_CODE:
            raise
        raise PermanentFailure(failure.reason, code=_SAME_CODE[failure.code]) from failure


def _placed(ref: CardRef | None, subject_id: str) -> CardRef:
    if ref is None:
        raise PermanentFailure(f"the card of {subject_id} was never posted", code="no_card")
    return ref


def _ref(posted: Json) -> CardRef:
    return CardRef(str(posted["channel"]), str(posted["ts"]))


def _member(user: Json) -> Member:
    profile = user.get("profile", {})
    return Member(
        member_id=str(user["id"]),
        team_id=str(user.get("team_id", "")),
        name=str(profile.get("display_name") or user.get("real_name") or user.get("name", "")),
        email=str(profile.get("email", "")),
        phone=str(profile.get("phone") or ""),
        is_bot=bool(user.get("is_bot")) or user["id"] == "USLACKBOT",
        is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        is_stranger=bool(user.get("is_stranger")),
        is_active=not user.get("deleted", False),
    )

"""Slack as a customers' channel: the `Channel` port over Slack's Web API.

An answer goes to the thread of the message that it answers, and nowhere else: never to a channel of the staff.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from channels.base import Limits
from channels.errors import PermanentFailure, SendError
from channels.message import Answer, Attachment, ChannelName, OutboundPart, Receipt, ReplyTarget
from channels.slack.api import SlackApi, metadata
from channels.slack.compose import PART_CHARS, compose, message_of, without_mentions
from channels.slack.files import SlackFiles
from channels.slack.mrkdwn import escape
from channels.slack.progress import MESSAGE_TS, Pace, SlackProgress, StreamStarts
from channels.slack.settled import find_settled
from channels.slack.staff_channels import StaffChannels
from channels.slack.thread_files import ThreadFiles
from channels.slack.web import Json
from channels.staff import CardRef

log = structlog.get_logger(__name__)

_RECENT = timedelta(minutes=10)
_RETRIED_WITHIN = timedelta(days=2)  # a file from longer ago belongs to another message
# What was begun is gone, or can't be changed any more: the answer is posted anew.
_CAN_NOT_BE_COMPLETED = frozenset({"message_not_found", "edit_window_closed", "cant_update_message", "block_mismatch"})
# Slack did not like the blocks; the words alone still say it.
_BLOCKS_REFUSED = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"})


class SlackAdapter:
    """Answers to customers, and the files they sent."""

    name = ChannelName.SLACK
    limits = Limits(max_chars=PART_CHARS, markdown=True, debounce_s=0.3)

    def __init__(
        self,
        api: SlackApi,
        files: SlackFiles,
        *,
        staff_channels: StaffChannels,
        now: Callable[[], datetime],
        pace: Pace,
    ) -> None:
        self._api = api
        self._files = files
        self._thread_files = ThreadFiles(api)
        self._staff_channels = staff_channels
        self._now = now
        self._starts = StreamStarts(now)
        self._pace = pace

    def compose(self, answer: Answer, target: ReplyTarget, *, key: str) -> tuple[OutboundPart, ...]:
        """One message, or several where the answer is long."""
        return compose(answer, target, key=key)

    async def send(self, part: OutboundPart) -> Receipt:
        """Post one part into its thread, once: first its files, then the words by which all of it is found again."""
        place = await self._place(part.target)
        if part.attachments:
            part = replace(part, text=without_mentions(await self._share_files(part, place)))
        try:
            return await self._deliver(place, part.key, message_of(part.text))
        except PermanentFailure as failure:
            if failure.code not in _BLOCKS_REFUSED:
                raise
            log.warning("slack.blocks_refused", code=failure.code, part_key=part.key)
            return await self._deliver(place, part.key, {"text": escape(part.text), "blocks": []})

    @asynccontextmanager
    async def progress(
        self, target: ReplyTarget, *, begun: Callable[[ReplyTarget], Awaitable[None]]
    ) -> AsyncIterator[SlackProgress]:
        """See `channels.base.ShowsProgress`."""
        place = await self._place(target)
        async with SlackProgress.shown(self._api, self._starts, place, target, begun, self._pace) as progress:
            yield progress

    async def find(self, part: OutboundPart, *, attempted_at: datetime) -> Receipt | None:
        """The message that carries the part's key, if it is in the thread."""
        place = await self._place(part.target)
        found = await find_settled(
            self._api,
            channel=place["slack_channel"],
            key=part.key,
            attempted_at=attempted_at,
            now=self._now(),
            thread_ts=place["thread_ts"],
            team_id=place["team"],
        )
        return _receipt(place, found) if found else None

    async def fetch(self, attachment: Attachment) -> Attachment:
        """A customer's file with its content."""
        return await self._files.fetch(attachment)

    async def _share_files(self, part: OutboundPart, place: Json) -> str:
        """Put the part's files into its thread, unless they are there. Returns what is to be said with them."""
        lost = [file for file in part.attachments if not file.content]
        try:
            await self._thread_files.share(
                part.attachments,
                thread=CardRef(place["slack_channel"], place["thread_ts"]),
                key=part.key,
                since=self._now() - _RETRIED_WITHIN,
                team_id=place["team"],
            )
        except PermanentFailure as failure:
            log.warning("slack.files_refused", code=failure.code, part_key=part.key)
            lost = list(part.attachments)
        notes = [f"(The file {file.name} could not be sent.)" for file in lost]
        sent = ", ".join(file.name for file in part.attachments if file not in lost)
        return "\n\n".join(filter(None, [part.text.strip() or sent, *notes]))

    async def _deliver(self, place: Json, key: str, content: Json) -> Receipt:
        """Complete the message that was begun for this answer, or post a new one.

        A message that was begun long ago (an approval came in between) has scrolled away, and to complete it would
        notify nobody: the answer is posted anew, and takes its place.
        """
        if MESSAGE_TS in place and self._is_old(place[MESSAGE_TS]):
            receipt = _receipt(place, await self._post(place, key, content))
            await self._remove(place)
            return receipt
        if MESSAGE_TS in place:
            try:
                return await self._complete(place, key, content)
            except PermanentFailure as failure:
                if failure.code not in _CAN_NOT_BE_COMPLETED:
                    raise
                log.info("slack.begun_message_gone", code=failure.code, part_key=key)
        return _receipt(place, await self._post(place, key, content))

    async def _complete(self, place: Json, key: str, content: Json) -> Receipt:
        where = {"channel": place["slack_channel"], "ts": place[MESSAGE_TS], "team_id": place["team"]}
        await self._api.stop_stream(**where)
        return _receipt(place, await self._api.update(**where, metadata=metadata(key), **content))

    def _is_old(self, ts: str) -> bool:
        return self._now() - datetime.fromtimestamp(float(ts), UTC) > _RECENT

    async def _remove(self, place: Json) -> None:
        try:
            await self._api.delete(channel=place["slack_channel"], ts=place[MESSAGE_TS], team_id=place["team"])
        except SendError as failure:
            log.info("slack.begun_message_stays", code=failure.code)  # the answer is there, which is what counts

    async def _post(self, place: Json, key: str, content: Json) -> Json:
        return await self._api.post(
            channel=place["slack_channel"], thread_ts=place["thread_ts"], team_id=place["team"], key=key, **content
        )

    async def _place(self, target: ReplyTarget) -> Json:
        """Where the target is in Slack."""
        place = target.details
        if not {"team", "slack_channel", "thread_ts"} <= place.keys():
            raise PermanentFailure("the reply target is not one of Slack's", code="no_target")
        if await self._staff_channels.has(place["slack_channel"], team_id=place["team"]):
            raise PermanentFailure("an answer to a customer does not go to a staff channel", code="staff_channel")
        return place


def _receipt(place: Json, message: Json) -> Receipt:
    return Receipt(f"{place['team']}:{place['slack_channel']}:{message['ts']}")

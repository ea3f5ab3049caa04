"""Files that customers send: fetched from the provider once, kept, and given to the agent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog

from channels.base import Channel
from channels.errors import SendError, TemporaryFailure
from channels.message import Attachment, ChannelName
from gateway.domain import Turn
from gateway.store import messages
from gateway.store.database import Database

log = structlog.get_logger(__name__)


class Attachments:
    """Brings the files of a turn."""

    def __init__(self, db: Database, channels: Mapping[ChannelName, Channel]) -> None:
        self._db = db
        self._channels = channels

    async def of(self, turn: Turn) -> Sequence[Attachment]:
        """The turn's files; one without `content` could not be fetched, and its `source` says why in words."""
        found = await messages.attachments_between(
            self._db, turn.conversation_id, turn.first_position, turn.last_position
        )
        return [await self._fetched(attachment_id, attachment, turn) for attachment_id, attachment in found]

    async def _fetched(self, attachment_id: str, attachment: Attachment, turn: Turn) -> Attachment:
        if attachment.content is not None:
            return attachment
        try:
            fetched = await self._with_second_try(attachment, self._channels[turn.reply_to.channel])
        except SendError as error:
            log.warning("attachment.not_fetched", attachment_id=attachment_id, code=error.code)
            await messages.note_attachment_problem(self._db, attachment_id, error.reason)
            return Attachment(attachment.name, attachment.mime_type, attachment.size, source=error.reason)
        await messages.keep_attachment(self._db, attachment_id, fetched.content or b"")
        return fetched

    async def _with_second_try(self, attachment: Attachment, channel: Channel) -> Attachment:
        try:
            return await channel.fetch(attachment)
        except TemporaryFailure:
            return await channel.fetch(attachment)

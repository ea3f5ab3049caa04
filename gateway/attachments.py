"""Files that customers send: fetched from the provider once, kept, and given to the agent or to staff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog

from channels.base import Channel
from channels.errors import SendError, TemporaryFailure
from channels.message import Attachment, ChannelName
from gateway.domain import ConversationId, Turn
from gateway.store import messages
from gateway.store.database import Database

log = structlog.get_logger(__name__)


class Attachments:
    """Brings the files of messages."""

    def __init__(self, db: Database, channels: Mapping[ChannelName, Channel]) -> None:
        self._db = db
        self._channels = channels

    async def of(self, turn: Turn) -> Sequence[Attachment]:
        """The turn's files; one without `content` could not be fetched, and its `source` says why in words."""
        return await self._between(turn.conversation_id, turn.first_position, turn.last_position, turn.reply_to.channel)

    async def at(self, conversation_id: ConversationId, position: int) -> Sequence[Attachment]:
        """The same of one message."""
        message = await messages.at(self._db, conversation_id, position)
        return await self._between(conversation_id, position, position, message.reply_to.channel)

    async def _between(
        self, conversation_id: ConversationId, first: int, last: int, channel: ChannelName
    ) -> Sequence[Attachment]:
        found = await messages.attachments_between(self._db, conversation_id, first, last)
        return [await self._fetched(attachment_id, attachment, channel) for attachment_id, attachment in found]

    async def _fetched(self, attachment_id: str, attachment: Attachment, channel: ChannelName) -> Attachment:
        if attachment.content is not None:
            return attachment
        try:
            fetched = await self._with_second_try(attachment, self._channels[channel])
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

"""Files shown in a thread, once each.

Slack's uploads carry no metadata by which to find them after an unknown outcome. So the name under which a file is
uploaded is made of the message's key, and what stands in the thread already is looked up before anything is shared.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import PurePath

from channels.message import Attachment
from channels.slack.api import SlackApi
from channels.slack.mrkdwn import shorten
from channels.staff import CardRef

_CLOCK_SKEW = timedelta(minutes=1)
_STEM = 100


class ThreadFiles:
    """Uploads into threads."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api

    async def share(
        self,
        files: tuple[Attachment, ...],
        *,
        thread: CardRef,
        key: str,
        since: datetime,
        comment: str = "",
        team_id: str = "",
    ) -> None:
        """Show the files in the thread, in one message, unless they are there. Raises `SendError`s."""
        named = {upload_name(f"{key}.{number}", file.name): file for number, file in enumerate(files) if file.content}
        if not named:
            return
        there = await self._api.file_names(
            channel=thread.slack_channel_id, thread_ts=thread.ts, oldest=since - _CLOCK_SKEW, team_id=team_id
        )
        missing = {name: file for name, file in named.items() if name not in there}
        if not missing:
            return
        uploaded = {
            await self._api.upload_file(name=name, content=file.content or b"", team_id=team_id): file.name or name
            for name, file in missing.items()
        }
        await self._api.share_files(
            uploaded, channel=thread.slack_channel_id, thread_ts=thread.ts, comment=comment, team_id=team_id
        )


def upload_name(key: str, name: str) -> str:
    """The file's name with a mark of its own before the ending. People see its title, which is the plain name."""
    path = PurePath(name.replace("\x00", "") or "file")
    mark = hashlib.sha256(key.encode()).hexdigest()[:12]
    return f"{shorten(path.stem, _STEM)}.{mark}{path.suffix[:20]}"

"""Files that came with a message: fetched only from Slack's own hosts, with the workspace's token, within bounds.

See https://docs.slack.dev/messaging/working-with-files/
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from channels.errors import PermanentFailure
from channels.message import Attachment
from channels.slack.api import SlackApi

MAX_BYTES = 20_000_000


class SlackFiles:
    """Downloads. `hosts` are all that the token is ever shown to."""

    def __init__(self, api: SlackApi, *, hosts: frozenset[str], max_bytes: int = MAX_BYTES) -> None:
        self._api = api
        self._hosts = hosts
        self._max_bytes = max_bytes

    async def fetch(self, attachment: Attachment) -> Attachment:
        """The attachment with its content. Raises `TemporaryFailure` or `PermanentFailure`."""
        if attachment.content is not None:
            return attachment
        team_id, file_id, url = _source(attachment)
        if not url:
            info = await self._api.file(file_id, team_id=team_id)
            url = str(info.get("url_private_download") or info.get("url_private", ""))
        self._check_host(url)
        if attachment.size is not None and attachment.size > self._max_bytes:
            raise PermanentFailure("the file is too large", code="file_too_large")
        content, mime_type = await self._api.download(url, team_id=team_id, max_bytes=self._max_bytes)
        if mime_type == "text/html" and attachment.mime_type != "text/html":
            # The sign-in page: Slack shows it to a token that may not read files.
            raise PermanentFailure("Slack asks to sign in for the file: files:read is missing", code="missing_scope")
        return replace(attachment, content=content, size=len(content))

    def _check_host(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.hostname not in self._hosts or parts.username is not None:
            raise PermanentFailure("the file is not on one of Slack's hosts", code="foreign_host")


def _source(attachment: Attachment) -> tuple[str, str, str]:
    match attachment.source.split(" "):
        case [team_id, file_id, url]:
            return team_id, file_id, url
        case [team_id, file_id]:
            return team_id, file_id, ""
        case _:
            raise PermanentFailure("the attachment is not one of Slack's", code="no_source")

"""How Slack is called: one shared HTTP session, own timeouts, no hidden retry, a lane for each method and workspace.

slack-sdk on its own repeats a post whose connection broke, and opens a connection per call; both are switched off
here. Whether to try again is the caller's decision. Tokens come from `Tokens`, asked for at every call, so that a
rotated token is used at once. What is called is `channels.slack.api`'s.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from channels.errors import PermanentFailure, TemporaryFailure
from channels.slack.config import SlackConfig
from channels.slack.lanes import Lanes
from channels.slack.outcomes import translated
from channels.slack.quiet import quiet_logger
from channels.slack.tokens import Tokens

Json = Mapping[str, Any]  # a Slack object, as JSON

_MAX_PAGES = 20
_UPLOAD_TIMEOUT = aiohttp.ClientTimeout(total=60.0, connect=5.0)


class SlackWeb:
    """Calls and transfers. Every one raises only `SendError`s."""

    def __init__(
        self, config: SlackConfig, session: aiohttp.ClientSession, tokens: Tokens, now: Callable[[], datetime]
    ) -> None:
        self._config = config
        self._session = session
        self._tokens = tokens
        self._lanes = Lanes(now)

    @classmethod
    @asynccontextmanager
    async def open(cls, config: SlackConfig, tokens: Tokens, *, now: Callable[[], datetime]) -> AsyncIterator[SlackWeb]:
        """Calls over connections that are closed at the end."""
        # On the session, since slack-sdk ignores its own timeout once it is given a session.
        timeout = aiohttp.ClientTimeout(total=config.timeout.total_seconds(), connect=5.0)
        async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
            yield cls(config, session, tokens, now)

    def client(self, token: str = "") -> AsyncWebClient:
        """A slack-sdk client on the shared session, for those who need the SDK itself."""
        client = AsyncWebClient(
            token=token or None,
            base_url=self._config.api_url,
            session=self._session,
            retry_handlers=[],
            logger=quiet_logger(),
        )
        client.proxy = self._config.proxy or None  # its constructor takes a proxy from the environment
        return client

    async def call(
        self,
        method: str,
        team_id: str,
        request: Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]],
        *,
        repeatable: bool = False,
    ) -> Json:
        """Call one method. What is `repeatable` may be called again whatever became of it."""
        lane = f"{method}:{team_id}"
        self._lanes.check(lane)
        client = self.client(await self._tokens.bot_token(team_id))
        try:
            with translated(method, lane=lane, repeatable=repeatable):
                answer = await request(client)
        except TemporaryFailure as failure:
            if failure.lane and failure.retry_after:
                self._lanes.hold(failure.lane, failure.retry_after)
            raise
        return dict(answer.data) if isinstance(answer.data, dict) else {}

    async def pages(
        self,
        method: str,
        team_id: str,
        request: Callable[[AsyncWebClient, str | None], Awaitable[AsyncSlackResponse]],
    ) -> AsyncIterator[Json]:
        """All pages of a method that has several. Raises `TemporaryFailure` where they are too many to be certain."""
        cursor: str | None = None
        for _ in range(_MAX_PAGES):
            page = await self.call(method, team_id, partial(_with_cursor, request, cursor), repeatable=True)
            yield page
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
            if cursor is None:
                return
        raise TemporaryFailure(f"{method}: more than {_MAX_PAGES} pages", code="too_many_pages")

    async def download(self, url: str, *, team_id: str, max_bytes: int) -> tuple[bytes, str]:
        """The content of a file and its media type. The caller has checked the host: the token is sent there."""
        token = await self._tokens.bot_token(team_id)
        headers = {"Authorization": f"Bearer {token}"}
        proxy = self._config.proxy or None
        with translated("files.download", lane="", repeatable=True):
            # A redirect would take the token along.
            async with self._session.get(url, headers=headers, allow_redirects=False, proxy=proxy) as response:
                _check("files.download", response.status, refused="file_not_readable")
                content = await response.content.read(max_bytes + 1)
                while len(content) <= max_bytes and (more := await response.content.read(max_bytes + 1 - len(content))):
                    content += more
                if len(content) > max_bytes:
                    raise PermanentFailure("the file is too large", code="file_too_large")
                return content, response.content_type

    async def upload(self, url: str, content: bytes) -> None:
        """Put a file at an address that Slack gave us, which is the permission: no token goes there."""
        proxy = self._config.proxy or None
        with translated("files.upload", lane="", repeatable=True):
            async with self._session.post(url, data=content, proxy=proxy, timeout=_UPLOAD_TIMEOUT) as response:
                _check("files.upload", response.status, refused="file_not_taken")


def _check(what: str, status: int, *, refused: str) -> None:
    if status >= 500 or status == 429:
        raise TemporaryFailure(f"{what}: status {status}", code="cut")
    if status != 200:
        raise PermanentFailure(f"{what}: status {status}", code=refused)


def _with_cursor(
    request: Callable[[AsyncWebClient, str | None], Awaitable[AsyncSlackResponse]],
    cursor: str | None,
    client: AsyncWebClient,
) -> Awaitable[AsyncSlackResponse]:
    return request(client, cursor)

"""The app in several workspaces: their tokens, renewed before they expire, and forgotten when the app is removed.

Where installations are kept is somebody else's: any of slack-sdk's asynchronous installation stores will do, one that
raises `SendError`s best of all.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import aiohttp
import structlog
from slack_sdk.errors import SlackClientError, SlackTokenRotationError
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from channels.errors import ChannelDown, TemporaryFailure
from channels.slack.config import SlackConfig
from channels.slack.fresh import Fresh
from channels.slack.outcomes import translated
from channels.slack.quiet import quiet_logger
from channels.slack.web import Json

log = structlog.get_logger(__name__)

_FRESH_FOR = timedelta(seconds=60)
_RENEW_BEFORE = timedelta(hours=2)  # of the twelve that a token lives


@dataclass(frozen=True, slots=True)
class AppCredentials:
    """What makes the app the app, towards Slack."""

    client_id: str
    client_secret: str = field(repr=False)


class Installations:
    """The `Tokens` of every workspace that installed the app.

    `home` tells the workspace of the staff's desk, which is meant where no team is named. `own_token` is the token of
    an app that was installed by hand there; it then needs no installation.
    """

    def __init__(
        self,
        store: AsyncInstallationStore,
        rotator: AsyncTokenRotator,
        client: AsyncWebClient,
        *,
        home: Callable[[], Awaitable[str]],
        own_token: str,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._rotator = rotator
        self._client = client
        self._home = home
        self._own_token = own_token
        self._own_team_id = ""
        # One at a time asks or renews, however many sends wait for the token.
        self._tokens: Fresh[str] = Fresh(_FRESH_FOR, now)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        config: SlackConfig,
        credentials: AppCredentials,
        store: AsyncInstallationStore,
        *,
        home: Callable[[], Awaitable[str]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> AsyncIterator[Installations]:
        """The installations of one app, with the connection that renews their tokens."""
        async with oauth_client(config) as client:
            rotator = AsyncTokenRotator(
                client_id=credentials.client_id, client_secret=credentials.client_secret, client=client
            )
            yield cls(store, rotator, client, home=home, own_token=config.bot_token, now=now)

    async def bot_token(self, team_id: str) -> str:
        """The token of a workspace, renewed where it is about to expire. Raises `ChannelDown` where there is none."""
        if not team_id and self._own_token:
            return self._own_token
        return await self._tokens.get(team_id or await self._home(), self._current)

    async def home_team(self) -> str:
        """The workspace that is meant where no team is named."""
        return await self._own_team() if self._own_token else await self._home()

    async def uninstalled(self, body: Json) -> None:
        """The app was removed from a workspace, or its bot token revoked: nothing is sent there any more."""
        team_id = str(body["team_id"])
        event = body["event"]
        if await self._is_of_an_earlier_installation(team_id, body):
            log.info("slack.uninstalled_before", team_id=team_id)
            return
        if event["type"] == "app_uninstalled":
            await self._store.async_delete_all(enterprise_id=None, team_id=team_id)
        elif (event.get("tokens") or {}).get("bot"):
            await self._store.async_delete_bot(enterprise_id=None, team_id=team_id)
        self._tokens.clear()
        log.error("slack.uninstalled", team_id=team_id, event_type=event["type"])

    async def _is_of_an_earlier_installation(self, team_id: str, body: Json) -> bool:
        """Events may come late: one from before the app was installed anew says nothing about it."""
        bot = await self._store.async_find_bot(enterprise_id=None, team_id=team_id)
        happened_at = body.get("event_time")
        return bot is not None and isinstance(happened_at, int) and happened_at < int(bot.installed_at)

    async def _current(self, team_id: str) -> str:
        bot = await self._store.async_find_bot(enterprise_id=None, team_id=team_id) if team_id else None
        if bot is None:
            return await self._token_without_installation(team_id)
        try:
            renewed = await self._rotator.perform_bot_token_rotation(
                bot=bot, minutes_before_expiration=int(_RENEW_BEFORE.total_seconds() // 60)
            )
        except (SlackTokenRotationError, SlackClientError, aiohttp.ClientError, TimeoutError) as error:
            return await self._renewed_elsewhere(bot, error)
        if renewed is None:
            return _token(bot)
        await self._store.async_save_bot(renewed)
        log.info("slack.token_renewed", team_id=team_id)
        return _token(renewed)

    async def _renewed_elsewhere(self, bot: Bot, error: Exception) -> str:
        """A refresh token works once: another process may have been first, and have stored what it got."""
        stored = await self._store.async_find_bot(enterprise_id=None, team_id=bot.team_id) or bot
        expires_at = bot.bot_token_expires_at or 0
        if stored.bot_token != bot.bot_token or expires_at > datetime.now(UTC).timestamp():
            return _token(stored)
        raise TemporaryFailure("the bot token has expired and could not be renewed", code="token_expired") from error

    async def _token_without_installation(self, team_id: str) -> str:
        if team_id and self._own_token and team_id == await self._own_team():
            return self._own_token
        raise ChannelDown(f"the app is not installed in {team_id or 'any workspace'}", code="not_installed")

    async def _own_team(self) -> str:
        """The workspace of our own token, asked for once."""
        if not self._own_team_id:
            with translated("auth.test", lane="", repeatable=True):
                self._own_team_id = str((await self._client.auth_test(token=self._own_token))["team_id"])
        return self._own_team_id


@asynccontextmanager
async def oauth_client(config: SlackConfig) -> AsyncIterator[AsyncWebClient]:
    """A client without a token, for the calls that get one."""
    timeout = aiohttp.ClientTimeout(total=config.timeout.total_seconds())
    async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
        client = AsyncWebClient(base_url=config.api_url, session=session, retry_handlers=[], logger=quiet_logger())
        client.proxy = config.proxy or None  # its constructor takes a proxy from the environment
        yield client


def _token(bot: Bot) -> str:
    return str(bot.bot_token)

"""Where the Slack app is installed: slack-sdk's own tables and queries, in our database.

Tokens are kept as slack-sdk keeps them, readable to whoever reads the database. A workspace is known by its team id
alone, which no other has: Slack also names the organisation of some, but not in everything that it sends.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.sqlalchemy import AsyncSQLAlchemyInstallationStore
from slack_sdk.oauth.state_store.sqlalchemy import AsyncSQLAlchemyOAuthStateStore
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from channels.errors import TemporaryFailure
from gateway.store.migrate import driver_url

STATE_LIFETIME_S = 600  # from the consent page to the way back
_BUSY_TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class SlackStores:
    """What an installation leaves behind, and what ties the way back from Slack to its beginning."""

    installations: TeamInstallations
    states: BegunInstallations


@asynccontextmanager
async def open_slack_stores(database_url: str, *, client_id: str) -> AsyncIterator[SlackStores]:
    """The stores of one Slack app in a migrated database."""
    # Asked for once a minute at most, so a connection is opened for each question and none is kept.
    options = {"connect_args": {"timeout": _BUSY_TIMEOUT_S}} if database_url.startswith("sqlite") else {}
    engine = create_async_engine(driver_url(database_url), poolclass=NullPool, **options)
    try:
        yield SlackStores(
            TeamInstallations(client_id, engine),
            BegunInstallations(expiration_seconds=STATE_LIFETIME_S, engine=engine),
        )
    finally:
        await engine.dispose()


class TeamInstallations(AsyncSQLAlchemyInstallationStore):
    """Slack-sdk's store, with what our channel asks of it besides. Raises `TemporaryFailure` while it is away."""

    def __init__(self, client_id: str, engine: AsyncEngine) -> None:
        super().__init__(client_id, engine)

    async def first_team_id(self) -> str:
        """The workspace that installed the app before all others that have it; empty where none has."""
        column = self.bots.c
        query = select(column.team_id).where(column.client_id == self.client_id).order_by(column.id).limit(1)
        with _translated():
            async with self.engine.connect() as connection:
                return str(await connection.scalar(query) or "")

    async def async_save(self, installation: Installation) -> None:
        installation.enterprise_id = None
        with _translated():
            await super().async_save(installation)

    async def async_save_bot(self, bot: Bot) -> None:
        bot.enterprise_id = None
        with _translated():
            await super().async_save_bot(bot)

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        with _translated():
            return await super().async_find_bot(enterprise_id=None, team_id=team_id)

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        with _translated():
            await super().async_delete_bot(enterprise_id=None, team_id=team_id)

    async def async_delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        with _translated():
            await super().async_delete_installation(enterprise_id=None, team_id=team_id, user_id=user_id)


class BegunInstallations(AsyncSQLAlchemyOAuthStateStore):
    """Slack-sdk's store of states, without those that nobody came back with."""

    async def async_issue(self, *args: object, **kwargs: object) -> str:
        now = datetime.now(UTC).replace(tzinfo=None)  # as slack-sdk writes it
        with _translated():
            async with self.engine.begin() as connection:
                await connection.execute(delete(self.oauth_states).where(self.oauth_states.c.expire_at < now))
            return await super().async_issue(*args, **kwargs)


@contextmanager
def _translated() -> Iterator[None]:
    """Without a token nothing was sent: whoever wanted it may try again."""
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise TemporaryFailure("the installations cannot be read", code="store_away") from error

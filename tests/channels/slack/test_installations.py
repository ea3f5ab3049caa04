"""The app in several workspaces: installed from a browser, with tokens that are renewed and taken away."""

from __future__ import annotations

import asyncio
import hmac
import json
import re
import time
from collections.abc import AsyncIterator, Coroutine
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_sdk.oauth.installation_store.sqlalchemy import AsyncSQLAlchemyInstallationStore
from slack_sdk.oauth.state_store.sqlalchemy import AsyncSQLAlchemyOAuthStateStore
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from channels.base import WebhookRequest
from channels.errors import ChannelDown, SendError, TemporaryFailure
from channels.message import ChannelName, OutboundPart, ReplyTarget
from channels.sandbox.faults import Fault, FaultKind
from channels.sandbox.slack import SlackSimulator
from channels.sandbox.slack.oauth import CLIENT_ID, CLIENT_SECRET
from channels.slack.app import SlackApp
from channels.slack.config import SlackConfig
from channels.slack.install import SlackInstall
from channels.slack.installations import AppCredentials, Installations
from tests.channels.slack.receiving import Receiving

# slack-sdk authenticates the app by a class that aiohttp is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")

CREDENTIALS = AppCredentials(CLIENT_ID, CLIENT_SECRET)
TEAM = "T0FRONT"


@pytest.fixture
async def slack() -> AsyncIterator[SlackSimulator]:
    """Slack, with nobody's token but those that it issues."""
    simulator = SlackSimulator(bot_token="xoxb-unused", signing_secret="secret")
    theirs = web.Application()
    theirs.add_routes(simulator.routes())
    async with TestServer(theirs) as provider, simulator:
        simulator.public_url = str(provider.make_url("")).rstrip("/")
        yield simulator


@pytest.fixture
def config(slack: SlackSimulator) -> SlackConfig:
    return SlackConfig(api_url=f"{slack.public_url}/api/", approvers_channel="C0APPROVERS")


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    made = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/slack.db")
    yield made
    await made.dispose()


@pytest.fixture
async def store(engine: AsyncEngine) -> AsyncSQLAlchemyInstallationStore:
    """Slack-sdk's own."""
    kept = AsyncSQLAlchemyInstallationStore(client_id=CLIENT_ID, engine=engine)
    await kept.create_tables()  # type: ignore[no-untyped-call] # slack-sdk leaves it untyped
    return kept


@pytest.fixture
async def states(engine: AsyncEngine) -> AsyncSQLAlchemyOAuthStateStore:
    kept = AsyncSQLAlchemyOAuthStateStore(expiration_seconds=600, engine=engine)
    await kept.create_tables()  # type: ignore[no-untyped-call] # slack-sdk leaves it untyped
    return kept


@pytest.fixture
async def pages(
    config: SlackConfig, store: AsyncSQLAlchemyInstallationStore, states: AsyncSQLAlchemyOAuthStateStore
) -> AsyncIterator[SlackInstall]:
    """The pages of an installation."""
    async with SlackInstall.open(
        config, CREDENTIALS, installations=store, states=states, public_url="https://desk.example"
    ) as install:
        yield install


async def home() -> str:
    return TEAM


def visit(path: str, query: str = "", cookie: str = "") -> WebhookRequest:
    return WebhookRequest("GET", path, query, {"cookie": cookie} if cookie else {}, b"")


async def install(slack: SlackSimulator, pages: SlackInstall) -> int:
    """Go through the installation as a browser does. Returns the last page's status."""
    first = await pages.begin(visit("/slack/install"))
    (state,) = re.findall(r"state=([\w-]+)", first.body.decode())[:1]
    cookie = first.headers["set-cookie"].partition(";")[0]
    query = f"code={slack.oauth.agree()}&state={state}"
    return (await pages.come_back(visit("/slack/oauth_redirect", query, cookie))).status


def mention_in(slack_channel_id: str, *, team_id: str) -> WebhookRequest:
    """Somebody mentions the app in a channel of a workspace."""
    event = {
        "type": "app_mention",
        "channel": slack_channel_id,
        "user": "U0CARLA",
        "text": "<@U0FRONTDESK> hello",
        "ts": "1777887000.000100",
    }
    authorization = {"team_id": team_id, "user_id": "U0FRONTDESK", "is_bot": True}
    envelope = {"type": "event_callback", "event_id": f"Ev{team_id}", "team_id": team_id, "event": event}
    body = json.dumps({**envelope, "authorizations": [authorization]})
    stamp = str(int(time.time()))
    sign = hmac.new(b"secret", f"v0:{stamp}:{body}".encode(), "sha256").hexdigest()
    headers = {
        "content-type": "application/json",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": f"v0={sign}",
    }
    return WebhookRequest("POST", "/slack/events", "", headers, body.encode())


async def code_of(sending: Coroutine[object, object, object]) -> str:
    """Why it could not be sent."""
    with pytest.raises(SendError) as failure:
        await sending
    return failure.value.code


async def expire_soon(store: AsyncSQLAlchemyInstallationStore) -> str:
    """Let the stored token be about to expire. Returns it."""
    bot = await store.async_find_bot(enterprise_id=None, team_id=TEAM)
    assert bot is not None
    bot.bot_token_expires_at = int(time.time()) + 60
    await store.async_save_bot(bot)
    return str(bot.bot_token)


async def test_an_installed_workspace_can_be_written_to(
    slack: SlackSimulator, config: SlackConfig, store: AsyncSQLAlchemyInstallationStore, pages: SlackInstall
) -> None:
    status = await install(slack, pages)

    async with (
        Installations.open(config, CREDENTIALS, store, home=home) as tokens,
        SlackApp.open(config, tokens=tokens) as app,
    ):
        await app.desk.notify("hello", key="n1")

    assert status == 200
    assert [message["text"] for message in slack.messages("C0APPROVERS")] == ["hello"]


async def test_a_channel_elsewhere_that_has_the_id_of_the_staffs_is_a_customers(
    slack: SlackSimulator, config: SlackConfig, store: AsyncSQLAlchemyInstallationStore, pages: SlackInstall
) -> None:
    await install(slack, pages)
    elsewhere = ReplyTarget(
        ChannelName.SLACK,
        "U0CARLA",
        "T0OTHER:C0APPROVERS:1.1",
        {"team": "T0OTHER", "slack_channel": "C0APPROVERS", "thread_ts": "1.1"},
    )
    at_home = replace(elsewhere, details={**elsewhere.details, "team": TEAM})
    inbox = Receiving()

    async with (
        Installations.open(config, CREDENTIALS, store, home=home) as tokens,
        SlackApp.open(replace(config, signing_secrets=("secret",)), tokens=tokens, inbox=inbox, staff=inbox) as app,
    ):
        for team_id in ("T0OTHER", TEAM):
            assert (await app.receive(mention_in("C0APPROVERS", team_id=team_id))).status == 200
        refused = await code_of(app.channel.send(OutboundPart("k1", at_home, "hello")))
        not_installed = await code_of(app.channel.send(OutboundPart("k2", elsewhere, "hello")))

    assert [message.thread_key for message in inbox.messages] == ["T0OTHER:C0APPROVERS:1777887000.000100"]
    assert (refused, not_installed) == ("staff_channel", "not_installed")


async def test_the_consent_page_asks_for_what_is_used(pages: SlackInstall) -> None:
    page = (await pages.begin(visit("/slack/install"))).body.decode()

    assert "chat:write" in page
    assert "https://slack.com/oauth/v2/authorize" in page


@pytest.mark.parametrize("query", ["code=code-1&state=forged", "code=code-1", "error=access_denied", ""])
async def test_a_way_back_that_nobody_began_installs_nothing(
    config: SlackConfig, store: AsyncSQLAlchemyInstallationStore, pages: SlackInstall, query: str
) -> None:
    await pages.come_back(visit("/slack/oauth_redirect", query))

    assert await store.async_find_bot(enterprise_id=None, team_id=TEAM) is None


async def test_a_workspace_without_the_app_is_down(
    config: SlackConfig, store: AsyncSQLAlchemyInstallationStore
) -> None:
    async with Installations.open(config, CREDENTIALS, store, home=home) as tokens:
        with pytest.raises(ChannelDown) as failure:
            await tokens.bot_token("T0OTHER")

    assert failure.value.code == "not_installed"


async def test_a_token_is_renewed_once_for_all_that_wait_for_it(
    slack: SlackSimulator, config: SlackConfig, store: AsyncSQLAlchemyInstallationStore, pages: SlackInstall
) -> None:
    await install(slack, pages)
    old = await expire_soon(store)

    async with Installations.open(config, CREDENTIALS, store, home=home) as tokens:
        given = await asyncio.gather(*(tokens.bot_token(TEAM) for _ in range(100)))

    calls = [arguments for method, arguments in slack.calls_made if method == "oauth.v2.access"]
    assert len([call for call in calls if call.get("grant_type") == "refresh_token"]) == 1
    assert len(set(given)) == 1
    assert old not in given
    stored = await store.async_find_bot(enterprise_id=None, team_id=TEAM)
    assert stored is not None
    assert stored.bot_token == given[0]


async def test_a_token_that_another_process_renewed_is_taken_from_the_store(
    slack: SlackSimulator, config: SlackConfig, store: AsyncSQLAlchemyInstallationStore, pages: SlackInstall
) -> None:
    await install(slack, pages)
    await expire_soon(store)

    async with (
        Installations.open(config, CREDENTIALS, store, home=home) as one,
        Installations.open(config, CREDENTIALS, store, home=home) as other,
    ):
        first, second = await asyncio.gather(one.bot_token(TEAM), other.bot_token(TEAM))

    assert {first, second} <= slack.oauth.bot_tokens


async def test_a_token_that_can_not_be_renewed_serves_until_it_expires(
    slack: SlackSimulator, config: SlackConfig, store: AsyncSQLAlchemyInstallationStore, pages: SlackInstall
) -> None:
    await install(slack, pages)
    old = await expire_soon(store)
    slack.faults.plan(Fault(FaultKind.SERVER_ERROR, "oauth.v2.access", times=9))

    async with Installations.open(config, CREDENTIALS, store, home=home) as tokens:
        assert await tokens.bot_token(TEAM) == old


async def test_an_expired_token_that_can_not_be_renewed_is_a_matter_of_time(
    slack: SlackSimulator, config: SlackConfig, store: AsyncSQLAlchemyInstallationStore, pages: SlackInstall
) -> None:
    await install(slack, pages)
    await expire_soon(store)
    bot = await store.async_find_bot(enterprise_id=None, team_id=TEAM)
    assert bot is not None
    bot.bot_token_expires_at = int(time.time()) - 60
    await store.async_save_bot(bot)
    slack.faults.plan(Fault(FaultKind.SERVER_ERROR, "oauth.v2.access", times=9))

    async with Installations.open(config, CREDENTIALS, store, home=home) as tokens:
        with pytest.raises(TemporaryFailure):
            await tokens.bot_token(TEAM)


@pytest.mark.parametrize(
    "event", [{"type": "app_uninstalled"}, {"type": "tokens_revoked", "tokens": {"bot": ["U0FRONTDESK"]}}]
)
async def test_after_an_uninstall_nothing_is_sent_any_more(
    slack: SlackSimulator,
    config: SlackConfig,
    store: AsyncSQLAlchemyInstallationStore,
    pages: SlackInstall,
    event: dict[str, object],
) -> None:
    await install(slack, pages)

    async with (
        Installations.open(config, CREDENTIALS, store, home=home) as tokens,
        SlackApp.open(config, tokens=tokens, uninstalled=tokens.uninstalled) as app,
    ):
        await app.desk.notify("before", key="n1")
        await tokens.uninstalled({"team_id": TEAM, "event": event})
        with pytest.raises(ChannelDown):
            await app.desk.notify("after", key="n2")

    assert [message["text"] for message in slack.messages("C0APPROVERS")] == ["before"]


async def test_an_uninstall_that_is_heard_of_late_leaves_the_new_installation_alone(
    slack: SlackSimulator, config: SlackConfig, store: AsyncSQLAlchemyInstallationStore, pages: SlackInstall
) -> None:
    await install(slack, pages)
    late = {"team_id": TEAM, "event_time": int(time.time()) - 3600, "event": {"type": "app_uninstalled"}}

    async with Installations.open(config, CREDENTIALS, store, home=home) as tokens:
        await tokens.uninstalled(late)

        assert await tokens.bot_token(TEAM) in slack.oauth.bot_tokens


async def test_a_workspace_where_the_app_was_installed_by_hand_uses_that_token(
    config: SlackConfig, store: AsyncSQLAlchemyInstallationStore
) -> None:
    by_hand = replace(config, bot_token="xoxb-unused")

    async with Installations.open(by_hand, CREDENTIALS, store, home=home) as tokens:
        assert await tokens.bot_token("") == "xoxb-unused"
        assert await tokens.bot_token(TEAM) == "xoxb-unused"
        with pytest.raises(ChannelDown):
            await tokens.bot_token("T0OTHER")

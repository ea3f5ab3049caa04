"""Several workspaces: installed from a browser through `web`, each then written to with its own token."""

from __future__ import annotations

import json
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from channels.errors import ChannelDown
from channels.message import ChannelName, OutboundPart, ReplyTarget
from channels.sandbox.slack import SlackSimulator
from channels.sandbox.slack.oauth import CLIENT_ID, CLIENT_SECRET
from gateway.app import Gateway, open_gateway
from gateway.settings import Settings
from tests.gateway.web.providers import SIGNING_SECRET, post_as_slack

# slack-sdk authenticates the app by a class that aiohttp is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")

HOME, OTHER = "T0FRONT", "T0OTHER"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Provider:
    """Slack, and the tokens that posts came with."""

    def __init__(self) -> None:
        self.slack = SlackSimulator(bot_token="xoxb-unused", signing_secret=SIGNING_SECRET)
        self.tokens: deque[str] = deque()

    @web.middleware
    async def note(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.endswith("/chat.postMessage"):
            self.tokens.append(request.headers["Authorization"].removeprefix("Bearer "))
        return await handler(request)


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    made = Provider()
    app = web.Application(middlewares=[made.note])
    app.add_routes(made.slack.routes())
    async with TestServer(app) as server, made.slack:
        made.slack.public_url = str(server.make_url("")).rstrip("/")
        yield made


@pytest.fixture
def settings(settings: Settings, provider: Provider) -> Settings:
    """The app has no token but those of its installations."""
    changes = {
        "slack_bot_token": SecretStr(""),
        "slack_client_id": CLIENT_ID,
        "slack_client_secret": SecretStr(CLIENT_SECRET),
        "slack_team_id": HOME,
        "slack_api_url": f"{provider.slack.public_url}/api/",
    }
    return settings.model_copy(update=changes)


async def install(http: httpx.AsyncClient, provider: Provider, team_id: str) -> httpx.Response:
    """What a browser does when somebody adds the app to a workspace."""
    consent = await http.get("/slack/install")
    state = re.findall(r"state=([\w-]+)", consent.text)[0]
    code = provider.slack.oauth.agree(team_id)
    cookie = consent.headers["set-cookie"].partition(";")[0]
    return await http.get(f"/slack/oauth_redirect?code={code}&state={state}", headers={"Cookie": cookie})


def part(team_id: str, root: str) -> OutboundPart:
    place = {"team": team_id, "slack_channel": "C0SUPPORT", "thread_ts": root}
    return OutboundPart(key=f"key-{team_id}", target=ReplyTarget(ChannelName.SLACK, "U0ADA", "", place), text="hello")


async def test_each_workspace_is_written_to_with_its_own_token_until_it_removes_the_app(
    settings: Settings, gateway: Gateway, http: httpx.AsyncClient, provider: Provider
) -> None:
    installed = [await install(http, provider, HOME), await install(http, provider, OTHER)]

    # The worker is another process: it knows of the installations by the database alone.
    async with open_gateway(settings) as worker:
        assert worker.slack is not None
        root = provider.slack.workspace.post("C0SUPPORT", {"user": "U0ADA", "text": "hi"})["ts"]
        await worker.slack.channel.send(part(HOME, root))
        await worker.slack.channel.send(part(OTHER, root))
        await worker.slack.desk.notify("for staff", key="n-1")
    removed = await post_as_slack(http, _uninstall(OTHER))

    assert [page.status_code for page in installed] == [200, 200]
    first, second, third = provider.tokens
    assert first == third != second
    assert removed.status_code == 200
    assert gateway.slack is not None
    await gateway.slack.channel.send(part(HOME, root))
    with pytest.raises(ChannelDown, match=OTHER):
        await gateway.slack.channel.send(part(OTHER, root))


async def test_an_installation_that_nobody_began_is_refused(http: httpx.AsyncClient, provider: Provider) -> None:
    forged = await http.get(f"/slack/oauth_redirect?code={provider.slack.oauth.agree()}&state=forged")

    assert forged.status_code == 400
    assert forged.headers["referrer-policy"] == "no-referrer"


async def test_a_workspace_of_an_organisation_is_found_by_its_own_id(
    gateway: Gateway, http: httpx.AsyncClient, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue = provider.slack.oauth._issue
    monkeypatch.setattr(
        type(provider.slack.oauth),
        "_issue",
        lambda _self, team: {**issue(team), "enterprise": {"id": "E1", "name": ""}},
    )

    await install(http, provider, HOME)

    assert gateway.slack is not None
    await gateway.slack.desk.notify("for staff", key="n-1")


def _uninstall(team_id: str) -> bytes:
    return json.dumps(
        {
            "type": "event_callback",
            "team_id": team_id,
            "api_app_id": "A0FRONT",
            "event_id": "Ev1",
            "event_time": int(time.time()) + 1,
            "event": {"type": "app_uninstalled"},
        }
    ).encode()

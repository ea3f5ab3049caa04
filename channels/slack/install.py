"""Installing the app into a workspace from a browser: Slack's consent page and the way back from it.

Bolt's OAuth flow does the work; state and installations live in the stores that are passed in.
See https://docs.slack.dev/authentication/installing-with-oauth
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from slack_bolt.async_app import AsyncBoltRequest
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from channels.base import WebhookReply, WebhookRequest
from channels.slack.config import SlackConfig
from channels.slack.installations import AppCredentials, oauth_client
from channels.slack.manifest import SCOPES
from channels.slack.quiet import quiet_logger

INSTALL_PATH = "/slack/install"
RETURN_PATH = "/slack/oauth_redirect"


class SlackInstall:
    """The two pages of an installation."""

    def __init__(self, flow: AsyncOAuthFlow) -> None:
        self._flow = flow

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        config: SlackConfig,
        credentials: AppCredentials,
        *,
        installations: AsyncInstallationStore,
        states: AsyncOAuthStateStore,
        public_url: str,
    ) -> AsyncIterator[SlackInstall]:
        """The pages for an app that is reached at `public_url`."""
        async with oauth_client(config) as client:
            # Everything is given: what is left out, bolt takes from the environment or writes to files.
            settings = AsyncOAuthSettings(
                client_id=credentials.client_id,
                client_secret=credentials.client_secret,
                scopes=sorted(SCOPES),
                user_scopes=[],
                redirect_uri=f"{public_url.rstrip('/')}{RETURN_PATH}",
                install_path=INSTALL_PATH,
                redirect_uri_path=RETURN_PATH,
                installation_store=installations,
                state_store=states,
                logger=quiet_logger(),
            )
            yield cls(AsyncOAuthFlow(client=client, settings=settings, logger=quiet_logger()))

    async def begin(self, request: WebhookRequest) -> WebhookReply:
        """`GET /slack/install`: a page that leads to Slack, and a cookie that ties the way back to this browser."""
        return _reply(await self._flow.handle_installation(_bolt_request(request)))

    async def come_back(self, request: WebhookRequest) -> WebhookReply:
        """`GET /slack/oauth_redirect`: the installation is kept, or the page says why not."""
        return _reply(await self._flow.handle_callback(_bolt_request(request)))


def _bolt_request(request: WebhookRequest) -> AsyncBoltRequest:
    return AsyncBoltRequest(body="", query=request.query, headers=dict(request.headers))


def _reply(response: BoltResponse) -> WebhookReply:
    headers = response.first_headers()
    content_type = headers.pop("content-type", "text/html; charset=utf-8")
    return WebhookReply(response.status, response.body.encode(), content_type, headers)

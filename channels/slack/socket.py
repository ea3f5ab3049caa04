"""Socket Mode: the same bolt app, reached over a WebSocket that we open.

The aiohttp flavour of slack-sdk's client, which is back within its ping interval after an abrupt end; the one on
`websockets` takes twice as long.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from channels.slack.api import SlackApi
from channels.slack.config import SlackConfig
from channels.slack.quiet import quiet_logger

log = structlog.get_logger(__name__)

PING_INTERVAL = timedelta(seconds=5)  # also the time until an abrupt end is noticed
SILENT = timedelta(seconds=60)  # without a pong for so long, the connection is taken for dead
_DRAIN = timedelta(seconds=5)


class SocketListener(AsyncSocketModeHandler):
    """One listening connection, replaced by slack-sdk whenever it breaks or Slack says so."""

    def __init__(self, app: AsyncApp, config: SlackConfig, api: SlackApi) -> None:
        super().__init__(
            app,
            app_token=config.app_token,
            logger=quiet_logger(),
            web_client=api.client(),
            ping_interval=PING_INTERVAL.total_seconds(),
        )
        self.client.proxy = config.proxy or None  # its constructor takes a proxy from the environment
        self._handling: set[asyncio.Task[None]] = set()
        self._connected_at = 0.0

    async def handle(  # type: ignore[override] # its parent narrows the client likewise
        self, client: SocketModeClient, req: SocketModeRequest
    ) -> None:
        """Run the app on one envelope; only what the app took is acknowledged."""
        task = asyncio.current_task()
        if task is not None:
            self._handling.add(task)
            task.add_done_callback(self._handling.discard)
        await super().handle(client, req)

    async def connect(self, url: str) -> None:
        """Connect to an address that Slack gave us; slack-sdk asks for later ones itself."""
        self.client.wss_uri = url
        await self.client.connect()  # type: ignore[no-untyped-call] # slack-sdk leaves it untyped
        self._connected_at = time.time()

    async def drain(self) -> None:
        """Let what is being handled be acknowledged, then leave."""
        if self._handling:
            await asyncio.wait(self._handling, timeout=_DRAIN.total_seconds())
        client = self.client
        tasks = (client.message_processor, client.current_session_monitor, client.message_receiver)
        await client.close()  # type: ignore[no-untyped-call] # slack-sdk leaves it untyped
        for task in tasks:
            if task is not None:
                with suppress(asyncio.CancelledError):
                    await task

    @property
    def silence(self) -> timedelta:
        """How long Slack has not answered a ping."""
        heard_at = self.client.last_ping_pong_time or self._connected_at
        return timedelta(seconds=max(0.0, time.time() - heard_at))

    async def is_alive(self) -> bool:
        """Connected, and heard of lately."""
        return self.silence < SILENT and await self.client.is_connected()


@asynccontextmanager
async def listening(app: AsyncApp, config: SlackConfig, api: SlackApi) -> AsyncIterator[SocketListener]:
    """A connected listener. Raises `ChannelDown` at once where Slack refuses the app token."""
    url = await api.socket_url(config.app_token)  # slack-sdk itself would go on trying a wrong token for ever
    listener = SocketListener(app, config, api)
    try:
        await listener.connect(url)
        log.info("slack.socket_connected")
        yield listener
    finally:
        await listener.drain()
        log.info("slack.socket_closed")

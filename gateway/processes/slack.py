"""`slack`: takes in over Socket Mode what Slack would otherwise post to `web`."""

from __future__ import annotations

import asyncio

from gateway.app import open_gateway
from gateway.processes.start import start
from gateway.settings import ProcessType, Settings
from gateway.stopping import stop_signal


async def listen(settings: Settings) -> None:
    """Listen until SIGTERM or SIGINT."""
    stop = stop_signal()
    async with open_gateway(settings) as gateway:
        assert gateway.slack is not None  # noqa: S101  # the settings have been checked
        listening = asyncio.create_task(gateway.slack.listen_socket())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait((listening, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if listening.done():
            await listening
        listening.cancel()


if __name__ == "__main__":
    start(ProcessType.SLACK, listen)

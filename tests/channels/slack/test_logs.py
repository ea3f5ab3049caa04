"""What the log may know of Slack: ids and event names, even at level debug."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta

import pytest
import structlog

from channels.message import Answer
from tests.channels.slack.deciding import refund
from tests.channels.slack.harness import APP_TOKEN, SECRET, TOKEN, Deployment, deploy


async def converse(deployment: Deployment) -> None:
    """A bit of everything: a question with a file, an answer, a card, a dialog, a decision, a failure."""
    await deployment.says("U0CARLA", "dm", "my secret question", files=[("diary.txt", "text/plain", b"dear diary")])
    (message,) = deployment.inbox.messages
    await deployment.app.channel.fetch(message.attachments[0])
    (part,) = deployment.app.channel.compose(Answer("a confidential answer"), message.reply_to, key="out_1")
    await deployment.app.channel.send(part)
    ref = await deployment.ask(refund(quote="private words"))
    await deployment.press("U0ADA", "approval.deny", ref)
    await deployment.slack.submit("U0ADA", {"reason": "an intimate reason"})
    deployment.inbox.failures = 1
    await deployment.says("U0CARLA", "dm", "another secret question")


@pytest.mark.parametrize("socket_mode", [False, True])
async def test_no_secret_and_no_text_reaches_the_log(socket_mode: bool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    with structlog.testing.capture_logs() as entries:
        async with deploy(socket_mode=socket_mode, patience=timedelta(seconds=2)) as deployment:
            listener = asyncio.create_task(deployment.app.listen_socket())
            await deployment.slack.sockets.connected()
            await converse(deployment)
            listener.cancel()
            with suppress(asyncio.CancelledError):
                await listener

    logged = caplog.text + "".join(str({**entry, "exc_info": ""}) for entry in entries)
    assert entries
    for private in (
        TOKEN, APP_TOKEN, SECRET, "secret question", "confidential", "private words", "intimate", "diary",
    ):  # fmt: skip
        assert private not in logged


async def test_a_token_in_the_environment_makes_no_noise(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", TOKEN)

    async with deploy():
        pass

    assert caplog.messages == []

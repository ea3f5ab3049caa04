"""Slack in the channel contract: the adapter against the simulator, with a customer who asked in a channel."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from channels.base import Channel
from channels.message import Attachment, ReplyTarget
from channels.sandbox.faults import Fault, FaultKind
from tests.channels.slack.harness import Deployment, deploy

SUPPORT = "C0SUPPORT"


class SlackSubject:
    """See `tests.contracts.channel_subject.ChannelSubject`."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    @property
    def channel(self) -> Channel:
        return self._deployment.app.channel

    @property
    def target(self) -> ReplyTarget:
        return self._deployment.inbox.messages[0].reply_to

    def shown(self) -> list[str]:
        _, *answers = self._deployment.slack.messages(SUPPORT, self.target.details["thread_ts"])
        return [answer["blocks"][0]["text"] for answer in answers]

    def plan(self, kind: FaultKind, *, times: int = 1, seconds: float = 0.0) -> None:
        self._deployment.slack.faults.plan(Fault(kind, "chat.postMessage", times=times, seconds=seconds))

    def go_silent(self) -> None:
        self._deployment.slack.faults.plan(Fault(FaultKind.SERVER_ERROR, times=1000))

    async def attachment(self, content: bytes) -> Attachment:
        await self._deployment.says("U0CARLA", "dm", "", files=[("file.png", "image/png", content)])
        (attachment,) = self._deployment.inbox.messages[-1].attachments
        return attachment


@asynccontextmanager
async def slack_subject() -> AsyncIterator[SlackSubject]:
    """A customer asked; nothing is answered yet."""
    async with deploy() as deployment:
        await deployment.says("U0CARLA", SUPPORT, "<@U0FRONTDESK> where is my order?")
        yield SlackSubject(deployment)

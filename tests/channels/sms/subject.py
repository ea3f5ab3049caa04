"""The SMS channel as the channel contract sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from channels.message import Attachment, ChannelName, InboundMessage, ReplyTarget
from channels.sandbox.faults import Fault, FaultKind
from channels.sms.adapter import SmsAdapter
from tests.channels.sms.harness import CUSTOMER, OURS, Deployment, deploy


@dataclass(frozen=True, slots=True)
class SmsSubject:
    """See `tests.contracts.channel_subject.ChannelSubject`."""

    deployment: Deployment

    @property
    def channel(self) -> SmsAdapter:
        return self.deployment.adapter

    @property
    def target(self) -> ReplyTarget:
        return ReplyTarget(ChannelName.SMS, CUSTOMER, f"{CUSTOMER}|{OURS}", {"our_address": OURS})

    def shown(self) -> list[str]:
        return [message.body for message in self.deployment.twilio.messages(CUSTOMER) if not message.is_inbound]

    def plan(self, kind: FaultKind, *, times: int = 1, seconds: float = 0.0) -> None:
        self.deployment.faults.plan(Fault(kind, "messages.create", times=times, seconds=seconds))

    def go_silent(self) -> None:
        self.deployment.faults.plan(Fault(FaultKind.DROP_BEFORE, times=1000))

    async def attachment(self, content: bytes) -> Attachment:
        await self.deployment.twilio.receive_sms(CUSTOMER, OURS, "", [(content, "image/png")])
        [event] = await self.deployment.inbox.until(1)
        assert isinstance(event, InboundMessage)
        return event.attachments[0]


@asynccontextmanager
async def sms_subject() -> AsyncIterator[SmsSubject]:
    """The subject, for the time of a test."""
    async with deploy() as deployment:
        yield SmsSubject(deployment)

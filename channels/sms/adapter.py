"""The SMS channel over Twilio: SMS and MMS, and WhatsApp and RCS where the account has them.

Puts verify, parse, compose and api together. What it promises is in `channels.base.Channel`; pace, order of parts,
suppression of those who said STOP and limits on cost are left to whoever sends through it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import aiohttp
import structlog
from twilio.twiml.messaging_response import MessagingResponse  # type: ignore[import-untyped]  # ships no types

from channels.base import Inbox, Limits, WebhookReply, WebhookRequest
from channels.errors import PermanentFailure, TemporaryFailure
from channels.message import (
    Answer,
    Attachment,
    ChannelName,
    DeliveryStatus,
    Ignored,
    OutboundPart,
    Receipt,
    ReplyTarget,
)
from channels.sms.api import TwilioApi, TwilioMessage
from channels.sms.codes import reason_for, suppresses
from channels.sms.compose import compose
from channels.sms.keywords import ENGLISH, Keywords
from channels.sms.media import MAX_BYTES, TwilioMedia
from channels.sms.parse import OUR_ADDRESS, Reading, parse
from channels.sms.parts import MAX_CHARS, MAX_SEGMENTS
from channels.sms.verify import verify

MESSAGES_PATH = "/twilio/messages"
STATUS_PATH = "/twilio/status"

# What Twilio puts before every text of an account that has not paid yet.
_TRIAL_PREFIX = "Sent from your Twilio trial account - "
# `date_created` has whole seconds, and so has the clock that we compare with.
_ROUNDING = timedelta(seconds=2)
_SAY_NOTHING = str(MessagingResponse()).encode()
_FAILED = frozenset({"failed", "undelivered", "canceled"})
_STATUSES = {"delivered": DeliveryStatus.DELIVERED, "read": DeliveryStatus.READ}

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SmsConfig:
    """One Twilio account. Either `from_number` or `messaging_service_sid` says who sends where nobody wrote first."""

    account_sid: str
    auth_token: str = field(repr=False)
    public_url: str
    from_number: str = ""
    messaging_service_sid: str = ""
    api_url: str = "https://api.twilio.com"
    more_numbers: frozenset[str] = frozenset()  # of ours, besides `from_number`, whose messages come here too
    previous_auth_token: str = field(default="", repr=False)  # still accepted while a token is rotated
    shared_keys: Mapping[str, str] = field(default_factory=dict, repr=False)  # webhook key id to secret
    keywords: Keywords = ENGLISH
    max_segments: int = MAX_SEGMENTS
    max_media_bytes: int = MAX_BYTES
    valid_for: timedelta = timedelta(hours=4)  # an answer that Twilio could not send by then is stale
    timeout: timedelta = timedelta(seconds=10)
    settle: timedelta = timedelta(seconds=10)  # how long after a lost attempt Twilio's list is surely complete
    debounce: timedelta = timedelta(seconds=1)

    @property
    def our_numbers(self) -> frozenset[str]:
        """The numbers that we answer for; empty with a messaging service, whose numbers Twilio knows and we don't."""
        if self.messaging_service_sid:
            return frozenset()
        return frozenset(number.rpartition(":")[2] for number in {self.from_number, *self.more_numbers})


class SmsAdapter:
    """See `channels.base.Channel`. Made by `open`, which also closes what it opened."""

    name = ChannelName.SMS

    def __init__(self, config: SmsConfig, api: TwilioApi, media: TwilioMedia, now: Callable[[], datetime]) -> None:
        self.limits = Limits(max_chars=MAX_CHARS, debounce_s=config.debounce.total_seconds())
        self._config = config
        self._api = api
        self._media = media
        self._now = now
        self._reading = Reading(config.our_numbers, config.keywords)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, config: SmsConfig, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> AsyncIterator[SmsAdapter]:
        """An adapter with one connection pool, whose every request ends after `config.timeout`."""
        account = {"account_sid": config.account_sid, "auth_token": config.auth_token, "api_url": config.api_url}
        # No `trust_env`: a proxy variable meant for something else must not carry customers' texts.
        total_s = config.timeout.total_seconds()
        # A connection that was not made in half of the time is certainly not made: that is worth knowing.
        timeout = aiohttp.ClientTimeout(total=total_s, connect=total_s / 2)
        async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
            media = TwilioMedia(session, **account, max_bytes=config.max_media_bytes)
            yield cls(config, TwilioApi(session, **account, now=now), media, now)

    async def receive(self, request: WebhookRequest, inbox: Inbox) -> WebhookReply:
        """Take in one webhook of either kind. The reply, empty TwiML, says nothing to the customer.

        Raises `BadSignature` or `MalformedPayload`, and whatever the inbox raises: then Twilio hears of a failure.
        """
        fields = verify(
            request,
            public_url=self._config.public_url,
            auth_tokens=(self._config.auth_token, self._config.previous_auth_token),
            account_sid=self._config.account_sid,
            shared_keys=self._config.shared_keys,
        )
        token = request.headers.get("i-twilio-idempotency-token", "")
        event = parse(fields, received_at=self._now(), idempotency_token=token, reading=self._reading)
        if isinstance(event, Ignored):
            _log.info("sms_ignored", provider_id=event.provider_id, reason=event.reason)
        await inbox.accept(event)
        return WebhookReply(body=_SAY_NOTHING, content_type="text/xml; charset=utf-8")

    async def receive_message(self, request: WebhookRequest, inbox: Inbox) -> WebhookReply:
        """What came to `MESSAGES_PATH`. See `receive`."""
        return await self.receive(request, inbox)

    async def receive_status(self, request: WebhookRequest, inbox: Inbox) -> WebhookReply:
        """What came to `STATUS_PATH`. See `receive`."""
        return await self.receive(request, inbox)

    def compose(self, answer: Answer, target: ReplyTarget, *, key: str) -> tuple[OutboundPart, ...]:
        return compose(answer, target, key=key, max_segments=self._config.max_segments)

    async def send(self, part: OutboundPart) -> Receipt:
        message = await self._api.create(
            to=part.target.address,
            body=part.text,
            sender=self._sender(part.target),
            service_sid=self._config.messaging_service_sid,
            status_callback=self._config.public_url.rstrip("/") + STATUS_PATH,
            valid_for=self._config.valid_for,
        )
        if message.status in _FAILED:
            # No callback ever tells of the status that a message was born with.
            code = message.error_code
            raise PermanentFailure(reason_for(code), code=code, suppress=suppresses(code))
        return _receipt(message)

    async def find(self, part: OutboundPart, *, attempted_at: datetime) -> Receipt | None:
        """The part as Twilio has it, by recipient, sender, exact text and the time of the attempt.

        An earlier message with the same text does not count, since it was made before the attempt by Twilio's own
        clock. Should there be two since then, the later is ours: parts of a conversation go out one after another.
        """
        sent = await self._api.sent_to(part.target.address)
        attempted = attempted_at + self._api.clock_offset
        latest = attempted + self._config.timeout + self._config.settle
        ours = [
            message
            for message in sent
            if self._is_the_text(message, part) and _was_made_between(message, attempted - _ROUNDING, latest)
        ]
        if ours:
            return _receipt(max(ours, key=lambda message: message.created_at or attempted))
        if self._now() < attempted_at + self._config.timeout + self._config.settle:
            raise TemporaryFailure("too early to be certain", retry_after=self._config.settle)
        return None

    async def fetch(self, attachment: Attachment) -> Attachment:
        if attachment.content is not None:
            return attachment
        file = await self._media.fetch(attachment.source)
        return replace(attachment, content=file.content, size=len(file.content))

    async def discard(self, attachment: Attachment) -> None:
        """Remove a file from Twilio once it is stored here. Raises `TemporaryFailure` or `PermanentFailure`."""
        await self._media.delete(attachment.source)

    async def check(self) -> str:
        """The Twilio account's status, `active` where all is well. Raises `ChannelDown` or `TemporaryFailure`."""
        return await self._api.check()

    def _sender(self, target: ReplyTarget) -> str:
        """The number that the customer wrote to, so that they see one conversation on their phone."""
        ours = target.details.get(OUR_ADDRESS, "")
        if ours or self._config.messaging_service_sid:
            return ours
        medium, colon, _ = target.address.rpartition(":")
        return medium + colon + self._config.from_number.rpartition(":")[2]

    def _is_the_text(self, message: TwilioMessage, part: OutboundPart) -> bool:
        sender = self._sender(part.target)
        from_us = not sender or message.sender in ("", sender)
        return from_us and message.body.removeprefix(_TRIAL_PREFIX).split() == part.text.split()


def _was_made_between(message: TwilioMessage, first: datetime, last: datetime) -> bool:
    return message.created_at is not None and first <= message.created_at <= last


def _receipt(message: TwilioMessage) -> Receipt:
    if message.status in _FAILED:
        return Receipt(message.sid, DeliveryStatus.FAILED)
    return Receipt(message.sid, _STATUSES.get(message.status, DeliveryStatus.SENT))

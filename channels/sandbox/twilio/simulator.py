"""The simulated Twilio as a whole: what a test or the sandbox mounts, and what a customer's phone can do.

Messages travel in the background, one task each, held by the simulator: `async with` bounds its life, and what was
under way at its end is taken up again at the next start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Self

import aiohttp
from aiohttp import web

from channels.sandbox.faults import FaultKind, Faults
from channels.sandbox.journal import Journal
from channels.sandbox.twilio.account import Account
from channels.sandbox.twilio.records import API_VERSION, Message
from channels.sandbox.twilio.rest import RestApi
from channels.sandbox.twilio.webhooks import Retries, WebhookSender

_OPT_OUT_TYPES = {"STOP": "STOP", "START": "START", "UNSTOP": "START", "HELP": "HELP", "INFO": "HELP"}


class TwilioSimulator:
    """One account with its numbers.

    `webhook_url` is where received messages are posted; `public_url` is where this simulator can be reached, for the
    addresses of media. Both may be set later, before the first message. `status_delay_s` is the time that a message
    takes from one status to the next.
    """

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        numbers: Sequence[str],
        journal: Journal,
        faults: Faults,
        webhook_url: str = "",
        *,
        public_url: str = "",
        messaging_service_sid: str = "",
        advanced_opt_out: bool = False,
        status_delay_s: float = 0.05,
        retries: Retries = Retries(),  # noqa: B008  # a frozen value
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.webhook_url = webhook_url
        self.public_url = public_url
        self.account = Account(account_sid, numbers, messaging_service_sid, journal, now)
        self._auth_token = auth_token
        self._faults = faults
        self._advanced_opt_out = advanced_opt_out
        self._status_delay_s = status_delay_s
        self._retries = retries
        self._rest = RestApi(self.account, auth_token, faults, self._carry)
        self._tasks: set[asyncio.Task[None]] = set()
        self._resources = AsyncExitStack()
        self._webhooks: WebhookSender | None = None

    async def __aenter__(self) -> Self:
        session = await self._resources.enter_async_context(aiohttp.ClientSession())
        self._webhooks = WebhookSender(session, self._auth_token, self._faults, self._retries)
        for message in self.account.unfinished():
            if message.is_inbound:
                self._start(self._hand_over(message, {}))
            else:
                self._carry(message)
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._resources.aclose()

    def routes(self) -> list[web.RouteDef]:
        """What to mount at the root of an aiohttp application, so that it answers as `api.twilio.com`."""
        return self._rest.routes()

    async def receive_sms(
        self,
        from_: str,
        to: str,
        body: str,
        media: Sequence[tuple[bytes, str]] = (),
        *,
        fields: Mapping[str, str] | None = None,
    ) -> str:
        """A customer writes; gives the message's sid. `media` are pairs of content and type.

        `fields` are further parameters of the webhook, such as WhatsApp's `ProfileName` or a location.
        """
        message = self.account.receive(from_, to, body, media)
        self.account.answer_keyword(message)
        self._start(self._hand_over(message, fields or {}))
        return message.sid

    def messages(self, address: str) -> tuple[Message, ...]:
        """What the phone with this address shows, oldest first: what it sent, and what arrived or is to arrive."""
        found = (message for message in self.account.messages() if address in (message.sender, message.to))
        return tuple(found)[::-1]

    async def idle(self) -> None:
        """Return once nothing is on its way any more."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _carry(self, message: Message) -> None:
        self._start(self._travel(message))

    async def _travel(self, message: Message) -> None:
        """Through the statuses that Twilio reports, to its end; there is no callback for the first one."""
        path = ["sent", "delivered"]
        if message.status == "accepted":
            path.insert(0, "queued")
        if message.to.startswith("whatsapp:"):
            path.append("read")
        for status in path[path.index(message.status) + 1 if message.status in path else 0 :]:
            await asyncio.sleep(self._status_delay_s)
            fault = self._faults.take("status", FaultKind.REJECT)
            code = fault.code if fault else ""
            message = self.account.move(message.sid, "undelivered" if fault else status, error_code=code)
            await self._report(message)
            if fault:
                return

    async def _report(self, message: Message) -> None:
        if not message.status_callback:
            return
        fields = {
            **self._common_fields(message),
            "MessageStatus": message.status,
            "SmsStatus": message.status,
        }
        if message.error_code:
            fields["ErrorCode"] = message.error_code
        if message.status == "delivered":
            fields["RawDlrDoneDate"] = message.updated_at.strftime("%y%m%d%H%M")
        await self._sender().deliver("status", message.status_callback, fields)

    async def _hand_over(self, message: Message, more: Mapping[str, str]) -> None:
        await self._sender().deliver("webhook", self.webhook_url, {**self._inbound_fields(message), **more})
        self.account.hand_over(message.sid)

    def _inbound_fields(self, message: Message) -> dict[str, str]:
        fields = {
            **self._common_fields(message),
            "SmsMessageSid": message.sid,
            "SmsStatus": "received",
            "Body": message.body,
            "NumSegments": str(message.segments),
            "NumMedia": str(len(message.media)),
        }
        medium, _, number = message.sender.rpartition(":")
        if medium:
            fields |= {"WaId": number.lstrip("+"), "ProfileName": "Sandbox customer"}
        else:
            fields |= dict.fromkeys(("FromCity", "FromState", "FromZip", "FromCountry"), "")
        for index, sid in enumerate(message.media):
            media = self.account.media(sid)
            path = f"/{API_VERSION}/Accounts/{self.account.sid}/Messages/{message.sid}/Media/{sid}"
            fields[f"MediaUrl{index}"] = self.public_url.rstrip("/") + path
            fields[f"MediaContentType{index}"] = media.mime_type if media else ""
        word = message.body.strip().upper()
        if self._advanced_opt_out and word in _OPT_OUT_TYPES:
            fields["OptOutType"] = _OPT_OUT_TYPES[word]
        return fields

    def _common_fields(self, message: Message) -> dict[str, str]:
        fields = {
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "AccountSid": self.account.sid,
            "From": message.sender,
            "To": message.to,
            "ApiVersion": API_VERSION,
        }
        if self.account.service_sid:
            fields["MessagingServiceSid"] = self.account.service_sid
        return fields

    def _sender(self) -> WebhookSender:
        if self._webhooks is None:
            raise RuntimeError("the simulator is not started")
        return self._webhooks

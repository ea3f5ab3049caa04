"""The webhooks of the simulated Twilio: signed, with a token that stays the same over retries, retried as Twilio does.

The signature is computed here from Twilio's description, so that it is a check on our verification and not a copy of
it. https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp
import structlog

from channels.sandbox.faults import Fault, FaultKind, Faults

_TIMEOUT = aiohttp.ClientTimeout(total=15, connect=5)
_KINDS = (
    FaultKind.DROP_BEFORE,
    FaultKind.DROP_AFTER,
    FaultKind.SLOW,
    FaultKind.DUPLICATE,
    FaultKind.REORDER,
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a webhook is tried again. Twilio: once after a failed connection, never after an answer."""

    on_connect: int = 1
    on_server_error: int = 0
    pause_s: float = 0.5


@dataclass(frozen=True, slots=True)
class _Webhook:
    url: str
    fields: Mapping[str, str]
    token: str


class WebhookSender:
    """Delivers webhooks over a session that belongs to somebody else."""

    def __init__(self, session: aiohttp.ClientSession, auth_token: str, faults: Faults, retries: Retries) -> None:
        self._session = session
        self._auth_token = auth_token
        self._faults = faults
        self._retries = retries
        self._held: dict[str, list[_Webhook]] = {}

    async def deliver(self, operation: str, url: str, fields: Mapping[str, str]) -> None:
        """Deliver one webhook, with whatever misbehaviour is planned for it. Failures are logged, as Twilio does."""
        webhook = _Webhook(url, fields, str(uuid.uuid4()))
        fault = self._faults.take(operation, *_KINDS) or Fault(FaultKind.SLOW)
        if fault.kind is FaultKind.REORDER:
            self._held.setdefault(operation, []).append(webhook)
            return
        await asyncio.sleep(fault.seconds)
        await self._attempt(webhook, fault.kind)
        if fault.kind is FaultKind.DUPLICATE:
            await self._attempt(webhook)
        for held in self._held.pop(operation, []):
            await self._attempt(held)

    async def _attempt(self, webhook: _Webhook, kind: FaultKind = FaultKind.SLOW) -> None:
        connects, answers = self._retries.on_connect, self._retries.on_server_error
        while True:
            status = 0 if kind is FaultKind.DROP_BEFORE else await self._post(webhook)
            if kind is FaultKind.DROP_AFTER:
                status = 0  # it arrived, and Twilio does not know
            if 200 <= status < 500:
                break
            connects, answers = (connects - 1, answers) if status == 0 else (connects, answers - 1)
            if min(connects, answers) < 0:
                break
            kind = FaultKind.SLOW
            await asyncio.sleep(self._retries.pause_s)
        if not 200 <= status < 300:
            _log.warning("twilio_webhook_failed", status=status)

    async def _post(self, webhook: _Webhook) -> int:
        """The status of the answer, 0 where there was none."""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "I-Twilio-Idempotency-Token": webhook.token,
            "X-Twilio-Signature": signature(self._auth_token, webhook.url, webhook.fields),
        }
        body = urlencode(webhook.fields)
        try:
            async with self._session.post(webhook.url, data=body, headers=headers, timeout=_TIMEOUT) as response:
                await response.read()
                return response.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0


def signature(auth_token: str, url: str, fields: Mapping[str, str]) -> str:
    """`X-Twilio-Signature`: HMAC-SHA1 over the URL and then each name with its value, sorted by name."""
    signed = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()).decode()

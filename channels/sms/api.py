"""The only I/O of the SMS channel: sending through Twilio's REST API, looking sent messages up, fetching media.

Twilio's errors become ours here, and nowhere else. What decides is whether Twilio may have taken the message: a
refusal with one of its codes is certain, a connection that was never made is certain, everything else is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]  # ships no types
from twilio.rest import Client  # type: ignore[import-untyped]  # ships no types

from channels.errors import ChannelDown, PermanentFailure, SendError, TemporaryFailure, UnknownOutcome
from channels.sms.codes import CODES, Verdict, reason_for
from channels.sms.transport import SdkTransport, TwilioRefusal

# Before Twilio has the request, so that a failure of these is certain.
_NOT_REACHED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_LOST = (aiohttp.ClientError, TimeoutError, ConnectionError)
# What the SDK raises over an answer that is not Twilio's.
_UNREADABLE = (TwilioException, ValueError, AttributeError, TypeError)
# All that one number ever got from us fits; Twilio's largest page.
_LOOK_BACK = 1000
_NOT_EMPTY_ENVIRONMENT = {"TWILIO_EDGE": "", "TWILIO_REGION": ""}


@dataclass(frozen=True, slots=True)
class TwilioMessage:
    """What we look at of Twilio's message resource."""

    sid: str
    body: str
    sender: str  # empty until a messaging service has chosen one
    status: str
    error_code: str
    created_at: datetime | None


class TwilioApi:
    """Twilio's message resource. The session belongs to whoever made it, and brings the limits on time."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        account_sid: str,
        auth_token: str,
        api_url: str,
        now: Callable[[], datetime],
    ) -> None:
        self._transport = SdkTransport(session, now)
        # An empty mapping would make the SDK read the process's environment, where an edge or a region mangles the URL.
        self._client = Client(
            account_sid, auth_token, http_client=self._transport, environment=dict(_NOT_EMPTY_ENVIRONMENT)
        )
        self._client.api.base_url = api_url.rstrip("/")
        self._account_sid = account_sid

    @property
    def clock_offset(self) -> timedelta:
        """Twilio's clock minus ours, as last heard."""
        return self._transport.clock_offset

    async def create(
        self, *, to: str, body: str, sender: str, service_sid: str, status_callback: str, valid_for: timedelta
    ) -> TwilioMessage:
        """Hand Twilio a message. Raises a `SendError`."""
        options: dict[str, Any] = {"from_": sender, "messaging_service_sid": service_sid}
        with _errors_of_a_send(lane=sender or service_sid):
            message = await self._client.messages.create_async(
                to=to,
                body=body,
                status_callback=status_callback,
                validity_period=int(valid_for.total_seconds()),
                # We have folded the text ourselves, and shall look for exactly this one.
                smart_encoded=False,
                **{name: value for name, value in options.items() if value},
            )
            taken = _message(message)
        if not taken.sid:
            raise UnknownOutcome("Twilio's answer names no message")
        return taken

    async def sent_to(self, to: str) -> list[TwilioMessage]:
        """What this account sent to a number, newest first. Raises `TemporaryFailure`.

        Not filtered by Twilio's `DateSent`, which a message has not got while it is queued.
        """
        with _errors_of_a_question():
            found = await self._client.messages.list_async(to=to, limit=_LOOK_BACK)
            return [_message(message) for message in found]

    async def check(self) -> str:
        """The account's status (`active`). Raises `TemporaryFailure` or `ChannelDown`."""
        with _errors_of_a_question(certain=ChannelDown):
            account = await self._client.api.v2010.accounts(self._account_sid).fetch_async()
            return str(account.status)


def refusal(error: TwilioRefusal, *, lane: str = "") -> SendError:
    """What a refused send means to the caller."""
    known = CODES.get(error.code)
    if error.status == 429 or (known is not None and known.verdict is Verdict.TEMPORARY):
        reason = reason_for(error.code or "20429")
        return TemporaryFailure(reason, code=error.code or "429", retry_after=error.retry_after, lane=lane)
    if known is not None and known.verdict is Verdict.PERMANENT:
        return PermanentFailure(known.reason, code=error.code, suppress=known.suppress)
    if known is not None:
        return ChannelDown(known.reason, code=error.code)
    if error.status in (401, 403):
        return ChannelDown("Twilio refuses our account SID or auth token", code=error.code or str(error.status))
    if error.code and 400 <= error.status < 500:
        return PermanentFailure(reason_for(error.code), code=error.code)
    # A 5xx, a timeout of some gateway, a page that is not Twilio's: the message may have been taken all the same.
    return UnknownOutcome(f"Twilio answered {error.status}", code=str(error.status))


@contextmanager
def _errors_of_a_send(*, lane: str) -> Iterator[None]:
    try:
        yield
    except TwilioRefusal as error:
        raise refusal(error, lane=lane) from error
    except _NOT_REACHED as error:
        raise TemporaryFailure("Twilio cannot be reached") from error
    except _LOST as error:
        raise UnknownOutcome("no answer from Twilio") from error
    except _UNREADABLE as error:
        raise UnknownOutcome("Twilio's answer cannot be read") from error


@contextmanager
def _errors_of_a_question(*, certain: type[SendError] = TemporaryFailure) -> Iterator[None]:
    """Asking can be repeated. `certain` is raised where Twilio does not know us."""
    try:
        yield
    except TwilioRefusal as error:
        if error.status in (401, 403, 404):
            raise certain(reason_for(error.code), code=error.code) from error
        raise TemporaryFailure(f"Twilio answered {error.status}", retry_after=error.retry_after) from error
    except _LOST as error:
        raise TemporaryFailure("no answer from Twilio") from error
    except _UNREADABLE as error:
        raise TemporaryFailure("Twilio's answer cannot be read") from error


def _message(resource: Any) -> TwilioMessage:
    return TwilioMessage(
        sid=str(resource.sid or ""),
        body=str(resource.body or ""),
        sender=str(resource.from_ or ""),
        status=str(resource.status or ""),
        error_code=str(resource.error_code or ""),
        created_at=resource.date_created,
    )

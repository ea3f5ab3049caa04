"""What the Twilio SDK sends its requests through: one shared aiohttp session, with limits on time.

The SDK's own asynchronous client ignores its timeout, logs the recipient's number, and loses `Retry-After`, since
its exceptions carry no headers. So a refusal is raised here, before the SDK sees it. Nothing is ever retried: a
second POST would be a second text message.
"""

from __future__ import annotations

import base64
import contextlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp
import orjson
from twilio.http import AsyncHttpClient  # type: ignore[import-untyped]  # ships no types
from twilio.http.response import Response  # type: ignore[import-untyped]  # ships no types
from yarl import URL


@dataclass(frozen=True, slots=True)
class TwilioRefusal(Exception):
    """Twilio answered, and the answer is no. `code` is Twilio's own, empty where the body is not Twilio's JSON."""

    status: int
    code: str = ""
    retry_after: timedelta | None = None


class SdkTransport(AsyncHttpClient):  # type: ignore[misc]  # the SDK's classes are untyped
    """The SDK's HTTP client, over somebody else's session. Raises aiohttp's errors and `TwilioRefusal`."""

    def __init__(self, session: aiohttp.ClientSession, now: Callable[[], datetime]) -> None:
        super().__init__(logging.getLogger(__name__), is_async=True)
        self._session = session
        self._now = now
        # Twilio's clock minus ours, as last heard: their times are what a sent message is looked up by.
        self.clock_offset = timedelta()

    async def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # part of the SDK's signature; the session's limit holds
        allow_redirects: bool = False,
    ) -> Response:
        """One request, once."""
        query = f"?{urlencode(params, doseq=True)}" if params else ""
        async with self._session.request(
            method.upper(),
            URL(uri + query, encoded=True),
            data=urlencode(data, doseq=True) if data else None,
            headers={**(headers or {}), **(basic_auth(*auth) if auth else {})},
            allow_redirects=False,
        ) as response:
            text = await response.text(errors="replace")
            self._read_clock(response.headers)
            if not 200 <= response.status < 300:
                raise TwilioRefusal(response.status, _code(text), retry_after(response.headers))
            return Response(response.status, text, response.headers)

    def _read_clock(self, headers: Mapping[str, str]) -> None:
        with contextlib.suppress(ValueError, TypeError):
            self.clock_offset = parsedate_to_datetime(headers.get("Date", "")) - self._now()


def basic_auth(username: str, password: str) -> dict[str, str]:
    """The header of HTTP Basic authentication."""
    return {"Authorization": "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()}


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """How long the provider asks us to wait, where it gives seconds; Twilio never gives a date."""
    value = headers.get("Retry-After", "")
    return timedelta(seconds=int(value)) if value.isascii() and value.isdecimal() else None


def _code(text: str) -> str:
    try:
        content: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        return ""
    return str(content.get("code") or "") if isinstance(content, dict) else ""

"""Fetches the files that customers send, and nothing else: only from Twilio, only so much, never a web page.

Twilio asks for HTTP Basic authentication and then redirects to a storage host, which must not get our credentials.
https://www.twilio.com/docs/messaging/api/media-resource
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import aiohttp
from yarl import URL

from channels.errors import PermanentFailure, TemporaryFailure
from channels.sms.transport import basic_auth, retry_after

MAX_BYTES = 5 * 1024 * 1024  # Twilio takes no more for all files of a message together

_API_HOST = "api.twilio.com"
_STORAGE_HOSTS = ("mms.twiliocdn.com", "media.twiliocdn.com", "s3-external-1.amazonaws.com")
_MAX_REDIRECTS = 3
_PAGE_STARTS = (b"<!doctype html", b"<html")


@dataclass(frozen=True, slots=True)
class File:
    """A fetched file, with the type that its server gave it."""

    content: bytes
    mime_type: str


class TwilioMedia:
    """Twilio's media resource. The session belongs to whoever made it, and brings the limits on time."""

    def __init__(
        self, session: aiohttp.ClientSession, *, account_sid: str, auth_token: str, api_url: str, max_bytes: int
    ) -> None:
        self._session = session
        self._auth = basic_auth(account_sid, auth_token)
        self._api = URL(api_url)
        self._max_bytes = max_bytes

    async def fetch(self, source: str) -> File:
        """The file at a media URL. Raises `TemporaryFailure` or `PermanentFailure`."""
        with _translated_errors():
            url = URL(source)
            for _ in range(1 + _MAX_REDIRECTS):
                self._check_allowed(url)
                headers = self._auth if self._is_api(url) else {}
                async with self._session.get(url, headers=headers, allow_redirects=False) as response:
                    if response.status in (301, 302, 303, 307, 308):
                        url = url.join(URL(response.headers.get("Location", "")))
                        continue
                    _raise_for_status(response)
                    return await self._read(response)
        raise PermanentFailure("the file is redirected without end")

    async def delete(self, source: str) -> None:
        """Remove the file from Twilio, once it is stored here. One that is gone already is fine."""
        with _translated_errors():
            url = URL(source)
            if not self._is_api(url):
                raise PermanentFailure("the file does not lie at Twilio")
            async with self._session.delete(url, headers=self._auth, allow_redirects=False) as response:
                if response.status != 404:
                    _raise_for_status(response)

    def _is_api(self, url: URL) -> bool:
        ours = url.origin() == self._api.origin() and url.path.startswith("/2010-04-01/")
        return ours or (url.scheme == "https" and url.host == _API_HOST)

    def _check_allowed(self, url: URL) -> None:
        if not url.is_absolute() or url.host is None:
            raise PermanentFailure("the file has no address")
        is_storage = url.scheme == "https" and url.host in _STORAGE_HOSTS
        if not (is_storage or url.origin() == self._api.origin() or self._is_api(url)):
            raise PermanentFailure("the file does not lie at Twilio")

    async def _read(self, response: aiohttp.ClientResponse) -> File:
        too_large = PermanentFailure(f"the file is larger than {self._max_bytes // 1024} KiB", code="too_large")
        if (response.content_length or 0) > self._max_bytes:
            raise too_large
        content = bytearray()
        async for chunk in response.content.iter_chunked(64 * 1024):
            content += chunk
            if len(content) > self._max_bytes:
                raise too_large
        # An error or sign-in page in the place of the file.
        if response.content_type == "text/html" or bytes(content[:64]).lstrip().lower().startswith(_PAGE_STARTS):
            raise PermanentFailure("a web page came in the place of the file", code="html")
        return File(bytes(content), response.content_type)


def _raise_for_status(response: aiohttp.ClientResponse) -> None:
    if 200 <= response.status < 300:
        return
    code = str(response.status)
    if response.status in (401, 403):
        raise PermanentFailure("Twilio does not give us the file", code=code)
    if response.status in (404, 410):
        raise PermanentFailure("the file is no longer there", code=code)
    wait = retry_after(response.headers)
    raise TemporaryFailure(f"the file's server answered {code}", code=code, retry_after=wait)


@contextmanager
def _translated_errors() -> Iterator[None]:
    try:
        yield
    except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
        raise TemporaryFailure("the file's server does not answer") from error
    except ValueError as error:
        raise PermanentFailure("the file has no readable address") from error

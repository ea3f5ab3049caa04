"""The platform's REST side: where it is, how to ask it, and its errors. What is asked is the callers' business."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import httpx

from gateway.agent.errors import ApiConnectionError, ApiTimeoutError, PlatformError, status_error
from gateway.session.address import Address, is_loopback

JsonObject = dict[str, Any]
Upload = tuple[str, tuple[str, bytes]]  # field, (file name, content)

CONNECT_TIMEOUT_S = 10.0
TIMEOUT_S = 60.0
RUN_TIMEOUT_S = 600.0  # a functional run answers when the agent is done


class _Request(TypedDict, total=False):
    headers: dict[str, str]
    params: dict[str, str]
    json: Any
    data: dict[str, str]
    files: list[Upload]


@dataclass(frozen=True, slots=True)
class Platform:
    """An agent platform: the embedded engine or the hosted one. What is left out comes from `VECTORSHIFT_…`."""

    api_key: str | None = None
    base_url: str | None = None
    ws_url: str | None = None

    @property
    def address(self) -> Address:
        return Address(self.api_key, self.base_url, self.ws_url)

    def request(
        self,
        method: str,
        endpoint: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        files: Sequence[Upload] = (),
        timeout_s: float = TIMEOUT_S,
    ) -> JsonObject:
        """One call, blocking. It works in a running event loop too, as the guide uses it there."""
        with httpx.Client(**self._client_options(timeout_s)) as client:
            try:
                response = client.request(method, self._url(endpoint), **self._options(query, body, form, files))
            except httpx.HTTPError as error:
                raise _unreachable(method, endpoint, error) from error
        return _read(method, endpoint, response)

    async def arequest(
        self,
        method: str,
        endpoint: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        files: Sequence[Upload] = (),
        timeout_s: float = TIMEOUT_S,
    ) -> JsonObject:
        """One call, without blocking the event loop."""
        async with httpx.AsyncClient(**self._client_options(timeout_s)) as client:
            try:
                response = await client.request(method, self._url(endpoint), **self._options(query, body, form, files))
            except httpx.HTTPError as error:
                raise _unreachable(method, endpoint, error) from error
        return _read(method, endpoint, response)

    def _url(self, endpoint: str) -> str:
        return self.address.rest() + endpoint

    def _client_options(self, timeout_s: float) -> dict[str, Any]:
        base = self.address.rest()
        return {
            "timeout": httpx.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S),
            "trust_env": not is_loopback(base),  # no proxy to ourselves
            "verify": base.startswith("https:"),  # without TLS, no time is spent on loading certificates
        }

    def _options(
        self,
        query: Mapping[str, Any] | None,
        body: Mapping[str, Any] | None,
        form: Mapping[str, str] | None,
        files: Sequence[Upload],
    ) -> _Request:
        options = _Request(headers=self.address.headers())
        if query:
            options["params"] = {key: _in_query(value) for key, value in query.items()}
        if files:
            options["data"], options["files"] = dict(form or {}), list(files)
        elif body is not None:
            options["json"] = body
        return options


def _in_query(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _unreachable(method: str, endpoint: str, error: httpx.HTTPError) -> ApiConnectionError:
    reason = str(error) or type(error).__name__
    kind = ApiTimeoutError if isinstance(error, httpx.TimeoutException) else ApiConnectionError
    return kind(f"{method} {endpoint}: {reason}")


def _read(method: str, endpoint: str, response: httpx.Response) -> JsonObject:
    if response.status_code >= 400:
        raise status_error(response.status_code, method, endpoint, response.text)
    try:
        answer = response.json()
    except ValueError as error:
        raise PlatformError(f"{method} {endpoint}: the answer is not JSON") from error
    if not isinstance(answer, dict):
        raise PlatformError(f"{method} {endpoint}: the answer is not a JSON object")
    return answer

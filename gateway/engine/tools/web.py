"""How the search tools reach the internet: one request, a total time limit, a size limit, and errors in words.

Each tool's own module says what is asked and what is read from the answer. What a search found becomes text in one way.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from gateway.engine.tools.base import SearchHit, ToolFailure, ToolOutcome

ANSWER_LIMIT = timedelta(seconds=10)
MAX_ANSWER_BYTES = 8 * 1024 * 1024
USER_AGENT = "frontdesk/0.1 (support agent gateway)"


@dataclass(frozen=True, slots=True)
class Question:
    """A request to a search service."""

    method: str
    url: str
    params: Mapping[str, str] | None = None
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] | None = None


class WebClient:
    """The shared HTTP client of all search tools. Whoever opens it closes it."""

    def __init__(self, *, limit: timedelta = ANSWER_LIMIT) -> None:
        self._limit = limit
        self._http = httpx.AsyncClient(
            headers={"User-Agent": USER_AGENT},
            timeout=limit.total_seconds(),
            # A stand-in service on this machine is reached directly, whatever proxy the outside world needs.
            mounts={"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None},
        )

    async def __aenter__(self) -> WebClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def ask(self, question: Question) -> Mapping[str, Any]:
        """The JSON object that answers, or a `ToolFailure` that names the status or the cause."""
        try:
            async with asyncio.timeout(self._limit.total_seconds()):
                status, raw = await self._fetch(question)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise ToolFailure(f"no answer within {self._limit.total_seconds():g} seconds") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ToolFailure(f"the service could not be reached: {_cause(error)}") from error
        if status >= 400:
            raise ToolFailure(f"the service answered with status {status}")
        return _read_object(raw, status)

    async def _fetch(self, question: Question) -> tuple[int, bytes]:
        request = self._http.build_request(
            question.method, question.url, params=question.params, json=question.body, headers=question.headers
        )
        response = await self._http.send(request, stream=True)
        try:
            raw = bytearray()
            async for chunk in response.aiter_bytes():
                raw += chunk
                if len(raw) > MAX_ANSWER_BYTES:
                    raise ToolFailure(f"the answer is larger than {MAX_ANSWER_BYTES // 1024 // 1024} MB")
            return response.status_code, bytes(raw)
        finally:
            await response.aclose()


def found(query: str, hits: Sequence[SearchHit]) -> ToolOutcome:
    """What a search found, as the compact JSON that models read."""
    listed = [{"title": hit.title, "url": hit.url, "text": hit.text} for hit in hits]
    text = json.dumps(listed, ensure_ascii=False, separators=(",", ":"))
    return ToolOutcome(text, hits=tuple(hits), query=query)


def shortened_hits(hits: Sequence[SearchHit], max_chars: int) -> list[SearchHit]:
    """The same hits with their texts cut to fit together, so that the list stays a list."""
    if sum(len(hit.text) for hit in hits) <= max_chars:
        return list(hits)
    share = max_chars // len(hits)
    return [hit if len(hit.text) <= share else SearchHit(hit.title, hit.url, hit.text[:share] + "…") for hit in hits]


def items_of(answer: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The objects listed under a key; an absent list is empty, anything else cannot be read."""
    items = answer.get(key) or []
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        raise ToolFailure(f"the answer cannot be read: {key} is not a list of objects")
    return items


def text_of(item: Mapping[str, Any], key: str) -> str:
    """A text field, empty where it is missing."""
    value = item.get(key)
    return "" if value is None else str(value).encode("utf-8", "replace").decode("utf-8")


def _read_object(raw: bytes, status: int) -> Mapping[str, Any]:
    try:
        answer = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ToolFailure(f"the answer cannot be read: it is not JSON (status {status})") from error
    if not isinstance(answer, dict):
        raise ToolFailure(f"the answer cannot be read: it is not a JSON object (status {status})")
    return answer


def _cause(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__

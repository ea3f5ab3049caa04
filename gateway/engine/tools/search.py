"""Makes the three search tools ready to run: their inputs, their service, and what they found as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.engine.tools import exa, google, wikipedia
from gateway.engine.tools.base import SearchHit, ToolContext, ToolOutcome, ToolRun, guarded
from gateway.engine.tools.config import ToolsConfig
from gateway.engine.tools.inputs import Input, full_schema, given_of
from gateway.engine.tools.web import Question, WebClient, found, shortened_hits


@dataclass(frozen=True, slots=True)
class SearchKind:
    """A kind of search tool: what it can be asked, and how to ask and to read the answer."""

    inputs: Sequence[Input]
    question: Callable[[Mapping[str, Any], ToolsConfig], Question]
    read: Callable[[Mapping[str, Any], Mapping[str, Any], ToolsConfig], list[SearchHit]]


SEARCH_KINDS: Mapping[str, SearchKind] = {
    exa.KIND: SearchKind(
        exa.INPUTS,
        lambda given, config: exa.question(given, api_url=config.exa_api_url, api_key=config.exa_api_key),
        lambda answer, _given, _config: exa.read(answer),
    ),
    google.KIND: SearchKind(
        google.INPUTS,
        lambda given, config: google.question(
            given,
            api_url=config.google_search_api_url,
            api_key=config.google_search_api_key,
            engine_id=config.google_search_cx,
        ),
        lambda answer, _given, _config: google.read(answer),
    ),
    wikipedia.KIND: SearchKind(
        wikipedia.INPUTS,
        lambda given, config: wikipedia.question(given, api_url=config.wikipedia_api_url),
        lambda answer, given, config: wikipedia.read(answer, given, api_url=config.wikipedia_api_url),
    ),
}


def search_run(kind: SearchKind, web: WebClient, config: ToolsConfig) -> ToolRun:
    """A guarded run of this kind of search. Models send null for what they leave out, which counts as not given."""

    async def search(given: Mapping[str, Any], _context: ToolContext) -> ToolOutcome:
        answer = await web.ask(kind.question(given, config))
        hits = shortened_hits(kind.read(answer, given, config), config.limits.max_result_chars // 2)
        return found(given["query"], hits)

    checked = guarded(search, full_schema(kind.inputs), config.limits)

    async def run(arguments: Mapping[str, Any], context: ToolContext) -> ToolOutcome:
        return await checked(given_of(arguments), context)

    return run

"""The Wikipedia tool: the introductions of the articles that fit a query, whole or in chunks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from gateway.engine.tools.base import SearchHit, ToolFailure
from gateway.engine.tools.inputs import Input, with_defaults
from gateway.engine.tools.web import Question, text_of

KIND = "wikipedia"
DEFAULT_URL = "https://en.wikipedia.org/w/api.php"

_ARTICLES = 5
_HOME = "en.wikipedia.org"

INPUTS = (
    Input("query", "string", "", about="What to look up.", is_required=True),
    Input("chunk_text", "boolean", default=False, about="Give the text in chunks."),
    Input("chunk_size", "integer", 512, about="Characters per chunk.", minimum=1),
    Input("chunk_overlap", "integer", 0, about="Characters that neighbouring chunks share.", minimum=0),
)


def question(given: Mapping[str, Any], *, api_url: str) -> Question:
    """One search. `given` holds the inputs that somebody set."""
    values = with_defaults(INPUTS, given)
    if values["chunk_text"] and values["chunk_overlap"] >= values["chunk_size"]:
        raise ToolFailure("chunk_overlap must be smaller than chunk_size")
    params = {
        "action": "query",
        "format": "json",
        "generator": "search",
        "gsrsearch": values["query"],
        "gsrlimit": str(_ARTICLES),
        "prop": "extracts",
        "exintro": "1",
        "explaintext": "1",
    }
    return Question(method="GET", url=api_url, params=params)


def read(answer: Mapping[str, Any], given: Mapping[str, Any], *, api_url: str) -> list[SearchHit]:
    """The articles, best first. An answer without a query part means that nothing was found."""
    values = with_defaults(INPUTS, given)
    hits = []
    for page in _pages(answer):
        title = text_of(page, "title")
        url = _article_url(title, api_url)
        hits += [SearchHit(title, url, text) for text in _texts(text_of(page, "extract"), values)]
    return hits


def _pages(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if isinstance(error := answer.get("error"), Mapping):
        raise ToolFailure(f"the service refused the query: {text_of(error, 'info') or text_of(error, 'code')}")
    found = answer.get("query") or {}
    pages = found.get("pages") or {} if isinstance(found, Mapping) else None
    listed = list(pages.values()) if isinstance(pages, Mapping) else pages
    if not isinstance(listed, list) or not all(isinstance(page, Mapping) for page in listed):
        raise ToolFailure("the answer cannot be read: it has no pages")
    return sorted(listed, key=_rank)


def _rank(page: Mapping[str, Any]) -> float:
    index = page.get("index")
    return index if isinstance(index, int | float) else float("inf")


def _article_url(title: str, api_url: str) -> str:
    host = urlsplit(api_url).hostname or _HOME
    # A stand-in for the API holds no articles; the real ones live where its language says.
    home = host if host.endswith(".wikipedia.org") else _HOME
    return f"https://{home}/wiki/{quote(title.replace(' ', '_'))}"


def _texts(extract: str, values: Mapping[str, Any]) -> Iterator[str]:
    if not values["chunk_text"] or not extract:
        yield extract
        return
    size, overlap = values["chunk_size"], values["chunk_overlap"]
    for start in range(0, max(len(extract) - overlap, 1), size - overlap):
        yield extract[start : start + size]

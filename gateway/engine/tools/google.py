"""The Google search tool, by way of the Custom Search JSON API.

That API knows web pages and images. The other kinds of search that agents may name (hotels, events, news) have no
counterpart there, and search the web.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from gateway.engine.tools.base import SearchHit, ToolFailure
from gateway.engine.tools.inputs import Input, with_defaults
from gateway.engine.tools.web import Question, items_of, text_of

KIND = "google_search"
DEFAULT_URL = "https://www.googleapis.com/customsearch/v1"

_MOST_RESULTS = 10  # of one request; the API refuses more

INPUTS = (
    Input("query", "string", "", about="What to search for.", is_required=True),
    Input("num_results", "integer", _MOST_RESULTS, about="How many results, ten at most.", minimum=1),
    Input("location", "string", "us", about="A two-letter country code."),
    Input("search_type", "string", "web", choices=("web", "image", "hotels", "events", "news")),
)


def question(given: Mapping[str, Any], *, api_url: str, api_key: SecretStr | None, engine_id: str) -> Question:
    """One search. `given` holds the inputs that somebody set."""
    if api_url == DEFAULT_URL:
        if api_key is None:
            raise ToolFailure("GOOGLE_SEARCH_API_KEY is not set")
        if not engine_id:
            raise ToolFailure("GOOGLE_SEARCH_CX is not set")
    values = with_defaults(INPUTS, given)
    params = {
        "q": values["query"],
        "num": str(min(values["num_results"], _MOST_RESULTS)),
        "gl": values["location"],
    }
    if values["search_type"] == "image":
        params["searchType"] = "image"
    if api_key is not None:
        params["key"] = api_key.get_secret_value()
    if engine_id:
        params["cx"] = engine_id
    return Question(method="GET", url=api_url, params=params)


def read(answer: Mapping[str, Any]) -> list[SearchHit]:
    """The results in the order of the answer; no `items` means that nothing was found."""
    return [
        SearchHit(text_of(item, "title"), text_of(item, "link"), text_of(item, "snippet"))
        for item in items_of(answer, "items")
    ]

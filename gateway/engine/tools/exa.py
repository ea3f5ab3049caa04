"""The Exa search tool: what is asked of its API, and what is read from the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from gateway.engine.tools.base import SearchHit, ToolFailure
from gateway.engine.tools.inputs import Input, with_defaults
from gateway.engine.tools.web import Question, items_of, text_of

KIND = "exa_ai"
DEFAULT_URL = "https://api.exa.ai"

_CATEGORIES = {
    "EXA_AI_SEARCH": "",
    "EXA_AI_SEARCH_COMPANIES": "company",
    "EXA_AI_SEARCH_RESEARCH_PAPERS": "research paper",
    "EXA_AI_SEARCH_NEWS": "news",
    "EXA_AI_SEARCH_TWEETS": "tweet",
    "EXA_AI_SEARCH_FINANCIAL_REPORTS": "financial report",
    "EXA_AI_SEARCH_PERSONAL_SITES": "personal site",
    "EXA_AI_SEARCH_PEOPLE": "people",
}
_DATES = {
    "start_published_date": "startPublishedDate",
    "end_published_date": "endPublishedDate",
    "start_crawl_date": "startCrawlDate",
    "end_crawl_date": "endCrawlDate",
}

INPUTS = (
    Input("query", "string", "", about="What to search for.", is_required=True),
    Input("num_results", "integer", 10, about="How many results.", minimum=1),
    Input("max_characters", "integer", 2000, about="How much text of each result.", minimum=1),
    Input("use_highlights", "boolean", default=False, about="Also ask for the best passages."),
    Input("livecrawl", "boolean", default=True, about="Read pages anew where that is possible."),
    Input("loader_type", "string", "EXA_AI_SEARCH", choices=tuple(_CATEGORIES), about="What kind of pages."),
    Input("search_type", "string", "auto", about="How to search: auto, neural, keyword, fast."),
    *(Input(name, "string", "", about="An ISO 8601 date.") for name in _DATES),
)


def question(given: Mapping[str, Any], *, api_url: str, api_key: SecretStr | None) -> Question:
    """One search. `given` holds the inputs that somebody set; the service has defaults of its own for most others."""
    if api_key is None and api_url.rstrip("/") == DEFAULT_URL:
        raise ToolFailure("EXA_API_KEY is not set")
    return Question(
        method="POST",
        url=f"{api_url.rstrip('/')}/search",
        body=_body(given),
        headers={"x-api-key": api_key.get_secret_value()} if api_key else None,
    )


def read(answer: Mapping[str, Any]) -> list[SearchHit]:
    """The results in the order of the answer."""
    if "results" not in answer:
        raise ToolFailure("the answer cannot be read: it has no results")
    return [
        SearchHit(text_of(result, "title"), text_of(result, "url"), text_of(result, "text"))
        for result in items_of(answer, "results")
    ]


def _body(given: Mapping[str, Any]) -> dict[str, Any]:
    values = with_defaults(INPUTS, given)
    contents: dict[str, Any] = {"text": {"maxCharacters": values["max_characters"]}}
    if values["use_highlights"]:
        contents["highlights"] = True
    if "livecrawl" in given:
        contents["livecrawl"] = "preferred" if given["livecrawl"] else "never"
    body = {"query": values["query"], "numResults": values["num_results"], "contents": contents}
    if "search_type" in given:
        body["type"] = given["search_type"]
    if category := _CATEGORIES[values["loader_type"]]:
        body["category"] = category
    return {**body, **{wire: given[name] for name, wire in _DATES.items() if name in given}}

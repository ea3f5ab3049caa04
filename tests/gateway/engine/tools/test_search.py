"""The three search tools over real HTTP: what they ask, what they read, and every way in which the service can fail."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from gateway.engine.tools.base import SearchHit, ToolFailure
from gateway.engine.tools.config import ToolsConfig
from gateway.engine.tools.web import Question, WebClient
from tests.gateway.engine.tools.conftest import StandIn
from tests.gateway.engine.tools.wire import dynamic, run_once, static, tool_frame

UNSET = ("livecrawl", "loader_type", "search_type", "start_published_date", "end_published_date", "start_crawl_date")
EXA_INPUTS = {"query": dynamic("What to search"), "num_results": static(3), "max_characters": static(500)}
EXA = tool_frame("exa_ai", inputs={**EXA_INPUTS, **{name: dynamic() for name in UNSET}})
GOOGLE = tool_frame("google_search", inputs={"query": dynamic(), "num_results": dynamic(), "location": static("gb")})
WIKIPEDIA = tool_frame("wikipedia", inputs={"query": dynamic(), "chunk_text": static(False)})
CHUNKED = tool_frame(
    "wikipedia",
    inputs={"query": dynamic(), "chunk_text": static(True), "chunk_size": static(4), "chunk_overlap": static(1)},
)


def config(service: StandIn) -> ToolsConfig:
    return ToolsConfig(exa_api_url=service.url, google_search_api_url=service.url, wikipedia_api_url=service.url)


async def test_exa_is_asked_with_the_set_inputs_and_answers_compact_json(stand_in: StandIn) -> None:
    stand_in.answer = {"results": [{"title": "Thé", "url": "https://example.com/é", "text": "vert", "score": 1}]}

    outcome = await run_once(EXA, {"query": "tea", "num_results": 99}, config(stand_in))

    assert outcome.text == '[{"title":"Thé","url":"https://example.com/é","text":"vert"}]'
    assert outcome.hits == (SearchHit("Thé", "https://example.com/é", "vert"),)
    assert outcome.query == "tea"
    asked = stand_in.asked[0]
    assert (asked.method, asked.path) == ("POST", "/api/search")
    assert asked.body == {"query": "tea", "numResults": 3, "contents": {"text": {"maxCharacters": 500}}}
    assert "x-api-key" not in asked.headers


async def test_exa_is_asked_with_everything_that_was_set(stand_in: StandIn) -> None:
    stand_in.answer = {"results": []}
    supplied = {
        "query": "tea",
        "livecrawl": False,
        "search_type": "neural",
        "loader_type": "EXA_AI_SEARCH_RESEARCH_PAPERS",
        "start_published_date": "2025-01-01",
    }
    keyed = ToolsConfig(exa_api_url=stand_in.url, exa_api_key=SecretStr("key"))

    await run_once(tool_frame("exa_ai", inputs={"use_highlights": static(True)}), supplied, keyed)

    assert stand_in.asked[0].headers["x-api-key"] == "key"
    assert stand_in.asked[0].body == {
        "query": "tea",
        "numResults": 10,
        "contents": {"text": {"maxCharacters": 2000}, "highlights": True, "livecrawl": "never"},
        "type": "neural",
        "category": "research paper",
        "startPublishedDate": "2025-01-01",
    }


async def test_google_is_asked_by_its_parameters(stand_in: StandIn) -> None:
    stand_in.answer = {"items": [{"title": "Tea", "link": "https://example.com", "snippet": "Hot"}]}
    keyed = ToolsConfig(
        google_search_api_url=stand_in.url, google_search_api_key=SecretStr("key"), google_search_cx="engine"
    )

    outcome = await run_once(GOOGLE, {"query": "tea & cake", "num_results": 50}, keyed)

    assert outcome.hits == (SearchHit("Tea", "https://example.com", "Hot"),)
    assert stand_in.asked[0].method == "GET"
    assert stand_in.asked[0].query == {"q": "tea & cake", "num": "10", "gl": "gb", "key": "key", "cx": "engine"}


async def test_google_finds_nothing_where_items_are_absent(stand_in: StandIn) -> None:
    outcome = await run_once(GOOGLE, {"query": "tea"}, config(stand_in))

    assert (outcome.text, outcome.is_error, outcome.hits) == ("[]", False, ())
    assert stand_in.asked[0].query == {"q": "tea", "num": "10", "gl": "gb"}


async def test_wikipedia_gives_introductions_in_order_of_rank(stand_in: StandIn) -> None:
    pages = {"7": {"title": "Café au lait", "extract": "Milk", "index": 2}, "9": {"title": "Tea", "index": 1}}
    stand_in.answer = {"query": {"pages": pages}}

    outcome = await run_once(WIKIPEDIA, {"query": "drinks"}, config(stand_in))

    assert outcome.hits == (
        SearchHit("Tea", "https://en.wikipedia.org/wiki/Tea", ""),
        SearchHit("Café au lait", "https://en.wikipedia.org/wiki/Caf%C3%A9_au_lait", "Milk"),
    )
    assert stand_in.asked[0].query == {
        "action": "query",
        "format": "json",
        "generator": "search",
        "gsrsearch": "drinks",
        "gsrlimit": "5",
        "prop": "extracts",
        "exintro": "1",
        "explaintext": "1",
    }


async def test_wikipedia_can_give_its_text_in_chunks(stand_in: StandIn) -> None:
    stand_in.answer = {"query": {"pages": {"1": {"title": "Tea", "extract": "abcdefghi", "index": 1}}}}

    outcome = await run_once(CHUNKED, {"query": "tea"}, config(stand_in))

    assert [hit.text for hit in outcome.hits] == ["abcd", "defg", "ghi"]


async def test_an_overlap_as_long_as_the_chunk_is_refused_in_words(stand_in: StandIn) -> None:
    frame = tool_frame(
        "wikipedia", inputs={"chunk_text": static(True), "chunk_size": static(4), "chunk_overlap": static(4)}
    )

    outcome = await run_once(frame, {"query": "tea"}, config(stand_in))

    assert outcome.is_error
    assert outcome.text == "chunk_overlap must be smaller than chunk_size"


@pytest.mark.parametrize("frame", [EXA, GOOGLE, WIKIPEDIA], ids=["exa", "google", "wikipedia"])
@pytest.mark.parametrize("status", [400, 401, 429, 500, 503])
async def test_a_refused_search_names_the_status(frame: dict[str, Any], status: int, stand_in: StandIn) -> None:
    stand_in.status = status

    outcome = await run_once(frame, {"query": "tea"}, config(stand_in))

    assert outcome.is_error
    assert outcome.text == f"the service answered with status {status}"


@pytest.mark.parametrize(
    ("frame", "raw"),
    [
        (EXA, b"<html>"),
        (EXA, b"[]"),
        (EXA, b"{}"),
        (EXA, b'{"results": [1]}'),
        (EXA, b'{"results": "x"}'),
        (GOOGLE, b'{"items": {}x'),
        (GOOGLE, b'{"items": {"a": 1}}'),
        (WIKIPEDIA, b'{"query": []x}'),
        (WIKIPEDIA, b'{"query": {"pages": 1}}'),
        (WIKIPEDIA, b'{"query": "x"}'),
        (WIKIPEDIA, b"\xff\xfe"),
        (EXA, b"[" * 100_000),
    ],
)
async def test_an_answer_that_cannot_be_read_is_an_error_in_words(
    frame: dict[str, Any], raw: bytes, stand_in: StandIn
) -> None:
    stand_in.raw = raw

    outcome = await run_once(frame, {"query": "tea"}, config(stand_in))

    assert outcome.is_error
    assert outcome.text.startswith("the answer cannot be read: ")


async def test_an_error_that_wikipedia_names_is_passed_on(stand_in: StandIn) -> None:
    stand_in.answer = {"error": {"code": "ratelimited", "info": "You are asking too fast."}}

    outcome = await run_once(WIKIPEDIA, {"query": "tea"}, config(stand_in))

    assert outcome.is_error
    assert outcome.text == "the service refused the query: You are asking too fast."


async def test_a_service_that_is_not_there_is_an_error_in_words(free_port: int) -> None:
    nobody = ToolsConfig(exa_api_url=f"http://127.0.0.1:{free_port}")

    outcome = await run_once(EXA, {"query": "tea"}, nobody)

    assert outcome.is_error
    assert outcome.text.startswith("the service could not be reached: ConnectError")


async def test_a_service_that_stays_silent_is_given_up(stand_in: StandIn) -> None:
    stand_in.is_silent = True

    async with WebClient(limit=timedelta(milliseconds=50)) as web:
        with pytest.raises(ToolFailure, match=r"no answer within 0\.05 seconds"):
            await web.ask(Question("GET", stand_in.url))


async def test_an_endless_answer_is_given_up(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.engine.tools.web.MAX_ANSWER_BYTES", 1024 * 1024)
    stand_in.raw = b"x" * (2 * 1024 * 1024)

    outcome = await run_once(EXA, {"query": "tea"}, config(stand_in))

    assert outcome.is_error
    assert outcome.text == "the answer is larger than 1 MB"


async def test_much_text_is_cut_and_stays_a_list(stand_in: StandIn) -> None:
    stand_in.answer = {"results": [{"title": str(n), "url": "u", "text": "x" * 400_000} for n in range(5)]}

    outcome = await run_once(EXA, {"query": "tea"}, config(stand_in))

    assert len(outcome.text) < 100_000
    assert [hit["title"] for hit in json.loads(outcome.text)] == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("frame", "missing"),
    [(EXA, "EXA_API_KEY is not set"), (GOOGLE, "GOOGLE_SEARCH_API_KEY is not set")],
    ids=["exa", "google"],
)
async def test_the_public_service_needs_a_key(frame: dict[str, Any], missing: str) -> None:
    outcome = await run_once(frame, {"query": "tea"})

    assert outcome.is_error
    assert outcome.text == missing


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "query is missing."),
        ({"query": ""}, "query is missing."),
        ({"query": None}, "query is missing."),
        ({"query": 7}, "query must be text."),
        ({"query": "tea", "livecrawl": "yes"}, "livecrawl must be true or false."),
        ({"query": "tea", "mood": "calm"}, "There is no argument named mood."),
    ],
)
async def test_arguments_that_do_not_fit_are_answered_in_words(
    arguments: dict[str, Any], complaint: str, stand_in: StandIn
) -> None:
    outcome = await run_once(EXA, arguments, config(stand_in))

    assert outcome.is_error
    assert outcome.text == complaint
    assert not stand_in.asked


async def test_what_the_model_leaves_out_or_sends_as_null_takes_its_default(stand_in: StandIn) -> None:
    stand_in.answer = {"results": []}
    frame = tool_frame("exa_ai", inputs={"query": dynamic(), "num_results": dynamic(), "search_type": dynamic()})

    outcome = await run_once(frame, {"query": "tea", "num_results": None, "search_type": ""}, config(stand_in))

    assert not outcome.is_error
    assert stand_in.asked[0].body == {"query": "tea", "numResults": 10, "contents": {"text": {"maxCharacters": 2000}}}

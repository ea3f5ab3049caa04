"""The knowledge base over a real folder: ranked, cited, and up to date after every change."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.engine.tools.config import ToolsConfig
from gateway.engine.tools.knowledge.base import KnowledgeBase
from gateway.engine.tools.knowledge.index import Found, KnowledgeIndex
from tests.gateway.engine.tools.wire import dynamic, run_once, tool_frame


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    (folder / "deep").mkdir(parents=True)
    (folder / "refunds.md").write_text("# Refunds\n\n## How long\nA refund takes five days.\n\n## Who\nA colleague.")
    (folder / "deep" / "shipping.html").write_text("<h1>Shipping</h1><p>Boats are slow. Refunds are not.</p>")
    (folder / "notes.txt").write_text("Tea is served at four.")
    (folder / "ignored.bin").write_bytes(b"\x00refund")
    return folder


@pytest.fixture
def index(folder: Path) -> Iterator[KnowledgeIndex]:
    index = KnowledgeIndex(folder)
    yield index
    index.close()


def test_the_passages_that_fit_best_come_first(index: KnowledgeIndex) -> None:
    found = index.search("How long do refunds take?", 2)

    assert found[0] == Found("refunds.md", "Refunds › How long", "A refund takes five days.")
    assert len(found) == 2


def test_folders_below_are_searched_too(index: KnowledgeIndex) -> None:
    assert index.search("boat", 5)[0].file == "deep/shipping.html"


def test_a_changed_file_is_indexed_again(index: KnowledgeIndex, folder: Path) -> None:
    index.search("tea", 1)

    (folder / "notes.txt").write_text("Coffee is served at eleven o'clock.")

    assert index.search("tea", 1) == []
    assert index.search("coffee", 1)[0].file == "notes.txt"


def test_a_new_file_is_found_and_a_deleted_one_forgotten(index: KnowledgeIndex, folder: Path) -> None:
    index.search("tea", 1)

    (folder / "notes.txt").unlink()
    (folder / "new.md").write_text("# Cake\nCarrot.")

    assert index.search("tea", 1) == []
    assert index.search("carrot", 1) == [Found("new.md", "Cake", "Carrot.")]


def test_a_file_that_was_only_touched_keeps_its_passages_once(index: KnowledgeIndex, folder: Path) -> None:
    index.search("tea", 5)

    os.utime(folder / "notes.txt", ns=(1, 1))

    assert len(index.search("tea", 5)) == 1


def test_an_index_on_disk_survives_and_notices_what_changed_meanwhile(folder: Path, tmp_path: Path) -> None:
    first = KnowledgeIndex(folder, tmp_path / "index.db")
    first.search("tea", 1)
    first.close()
    (folder / "notes.txt").write_text("Coffee only.")

    second = KnowledgeIndex(folder, tmp_path / "index.db")

    assert second.search("tea", 1) == []
    assert len(second.search("refund", 9)) == 3
    second.close()


def test_a_file_that_cannot_be_read_does_not_hide_the_others(index: KnowledgeIndex, folder: Path) -> None:
    (folder / "broken.pdf").write_bytes(b"not a pdf")

    assert index.search("tea", 1)[0].file == "notes.txt"


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    index = KnowledgeIndex(tmp_path / "nowhere")

    assert index.search("tea", 1) == []
    index.close()


async def test_an_answer_cites_file_and_heading(folder: Path) -> None:
    async with KnowledgeBase.open(folder) as knowledge:
        answer = await knowledge.search("five days", limit=1)

    assert answer == "[1] refunds.md › Refunds › How long\nA refund takes five days."


async def test_nothing_found_is_said(folder: Path) -> None:
    async with KnowledgeBase.open(folder) as knowledge:
        assert await knowledge.search("xylophone") == "Nothing in the knowledge base fits this query."


async def test_agents_search_it_by_a_custom_tool(folder: Path) -> None:
    frame = tool_frame("custom_tool", tool_type="knowledge_base", inputs={"query": dynamic()})

    outcome = await run_once(frame, {"query": "tea"}, ToolsConfig(knowledge_folder=folder))

    assert outcome.text == "[1] notes.txt\nTea is served at four."


async def test_without_a_folder_there_is_no_such_tool() -> None:
    frame = tool_frame("custom_tool", tool_type="knowledge_base")

    outcome = await run_once(frame, {"query": "tea"})

    assert outcome.is_error
    assert outcome.text == "this engine has no custom tool of type knowledge_base"


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.one_of(st.text(), st.sampled_from(['"', "NEAR(", "a AND", "tea*", "_", "heading:tea", "-tea", "^tea"])))
def test_any_query_is_words_and_never_an_expression(index: KnowledgeIndex, query: str) -> None:
    found = index.search(query, 3)

    assert len(found) <= 3

"""Contents of posts: from the wire, into rows and back."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.engine.errors import Refused
from gateway.engine.protocol.contents import (
    Answer,
    File,
    Item,
    PostedItem,
    Text,
    dump_items,
    load_items,
    parse_content,
    require_substance,
)

NONSENSE: list[Any] = [None, 5, [], {}, {"raw_bytes": "###"}, {"raw_bytes": 5}, {"tool_call_approval": {}}]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=5,
)
ITEMS = st.one_of(
    st.builds(Text, st.text()), st.builds(File, st.text(min_size=1), st.text(min_size=1), st.binary(max_size=100))
)


@pytest.mark.parametrize("value", NONSENSE)
@pytest.mark.parametrize("kind", ["file", "response_message", "text/plain"])
def test_a_value_that_does_not_fit_its_type_is_refused(kind: str, value: Any) -> None:
    with pytest.raises(Refused) as refused:
        parse_content({"type_string": kind, "value": value})

    assert refused.value.code == "bad_content"


@given(JSON | st.fixed_dictionaries({"type_string": st.sampled_from(["file", "response_message", "x"]), "value": JSON}))
def test_any_json_gives_a_value_or_is_refused(content: Any) -> None:
    parsed: object = None
    with suppress(Refused):
        parsed = parse_content(content)

    assert parsed is None or isinstance(parsed, Text | File | Answer)


@given(st.lists(ITEMS, max_size=3))
def test_items_come_back_from_the_row_as_they_were(items: list[Item]) -> None:
    posted = [PostedItem(str(index), item) for index, item in enumerate(items)]

    assert load_items(dump_items(posted)) == posted


def test_a_file_needs_no_name_and_no_type() -> None:
    parsed = parse_content({"type_string": "file", "value": {"raw_bytes": "YWJj"}})

    assert parsed == File("file", "application/octet-stream", b"abc")


def test_a_denial_without_a_reason_has_the_usual_one() -> None:
    value = {"tool_call_approval": {"deny": ""}}

    assert parse_content({"type_string": "response_message", "value": value}) == Answer(
        approved=False, reason="User denied tool call."
    )


def test_an_answer_nested_beyond_reason_is_refused() -> None:
    nested: Any = "deep"
    for _ in range(400):
        nested = [nested]

    with pytest.raises(Refused):
        parse_content({"type_string": "response_message", "value": {"tool_call_approval": {"confirm": {"a": nested}}}})


@pytest.mark.parametrize("items", [[], [Text("")], [Text(" \n"), Text("")]])
def test_a_post_that_says_nothing_is_refused(items: list[Item]) -> None:
    with pytest.raises(Refused):
        require_substance(items)


def test_a_file_alone_says_enough() -> None:
    require_substance([Text(""), File("a", "b", b"")])

"""Long values are cut to fit a frame, oldest and longest first, and say so."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from gateway.engine.protocol.limits import MAX_FRAME_BYTES, bounded_content, within_limit

LIMIT = 20_000


def message(number: int, text: str) -> dict[str, Any]:
    return {"id": str(number), "content": {"type": "data_type_message", "value": text, "status": "Complete"}}


def test_what_fits_is_left_alone() -> None:
    messages = [message(1, "a" * 9_000), message(2, "b" * 9_000)]

    assert within_limit(messages, LIMIT) == messages


def test_the_longest_value_of_the_oldest_message_is_cut_first() -> None:
    messages = [message(1, "short"), message(2, "b" * 15_000), message(3, "c" * 15_000)]

    kept = within_limit(messages, LIMIT)

    assert kept[0] == messages[0]
    assert kept[1]["content"]["truncated"] is True
    assert messages[1]["content"]["value"].startswith(kept[1]["content"]["value"])
    assert kept[2] == messages[2]


def test_values_inside_of_values_are_cut_too() -> None:
    nested = {"id": "1", "content": {"type": "tool_call", "arguments": {"list": [{"text": "x" * 50_000}]}}}

    kept = within_limit([nested], LIMIT)

    assert kept[0]["content"]["truncated"] is True
    assert kept[0]["content"]["type"] == "tool_call"


@given(st.lists(st.text(max_size=3_000), max_size=60), st.integers(min_value=100, max_value=LIMIT))
def test_whatever_the_history_it_fits(texts: list[str], limit: int) -> None:
    kept = within_limit([message(number, text * 3) for number, text in enumerate(texts)], limit)

    assert len(orjson.dumps(kept)) <= limit + 2
    assert [entry["id"] for entry in kept] == [str(number) for number in range(len(texts))][len(texts) - len(kept) :]


def test_a_single_content_is_cut_to_a_frame() -> None:
    content = orjson.dumps({"type": "tool_result", "result": "ü" * 3_000_000}).decode()

    bounded = bounded_content(content)

    assert len(bounded.encode()) < MAX_FRAME_BYTES
    assert orjson.loads(bounded)["truncated"] is True

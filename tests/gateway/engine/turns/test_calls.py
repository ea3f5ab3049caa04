"""What models supply as arguments, and what can be made of it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart

from gateway.engine.turns.calls import read_arguments, with_storable_arguments
from gateway.engine.turns.transcript import dump_messages, load_messages

UNSTORABLE: dict[str, Any] = {"text": "half \ud800", "number": 10**30, "deep": [{"again": "\udfff"}]}
STORABLE: dict[str, Any] = {"text": "half ?", "number": 1e30, "deep": [{"again": "?"}]}


@pytest.mark.parametrize("args", ["[]", "5", "{", '{"a": ', "null", "not json", "[" * 100_000])
def test_what_is_no_json_object_is_no_arguments(args: str) -> None:
    assert read_arguments(ToolCallPart("tool", args)) is None


@pytest.mark.parametrize("args", [None, "", "{}", {}])
def test_a_call_may_have_no_arguments(args: str | dict[str, Any] | None) -> None:
    assert read_arguments(ToolCallPart("tool", args)) == {}


def test_arguments_that_no_row_can_hold_are_made_holdable() -> None:
    response = ModelResponse([TextPart("Now."), ToolCallPart("tool", UNSTORABLE, tool_call_id="call-1")])

    made = with_storable_arguments(response)

    assert made.parts == [TextPart("Now."), ToolCallPart("tool", STORABLE, tool_call_id="call-1")]
    assert load_messages(dump_messages([made])) == [made]


def test_halves_of_characters_in_json_are_replaced() -> None:
    supplied = read_arguments(
        ToolCallPart("tool", '{"text": "half \\ud800", "number": 1000000000000000000000000000000}')
    )

    assert supplied == {"text": "half ?", "number": 1e30}


@given(st.text() | st.from_regex(r'\{"a": .*\}'))
def test_whatever_a_model_supplies_can_be_stored_or_is_refused(args: str) -> None:
    supplied = read_arguments(ToolCallPart("tool", args))

    assert orjson.dumps(supplied)

"""The inputs of the edit dialog: the right element for each argument, and what was typed on the way back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.sandbox.slack.rules import check_view
from channels.sandbox.slack.views import Refused, filled
from channels.slack.desk import dialogs
from channels.slack.desk.blocks import Block
from channels.slack.desk.dialogs import DialogSubject
from channels.slack.desk.inputs import argument_inputs, raw_values
from channels.slack.limits import view_violations
from tests.channels.slack.deciding import refund

SUBJECT = DialogSubject("apr_1", "sha-1", "C0APPROVERS")


def element_of(declared: dict[str, Any], value: Any, **schema: Any) -> Block:
    """The element for one argument named `x`."""
    (block,) = argument_inputs({"x": value}, {"properties": {"x": declared}, **schema})
    return dict(block["element"])


@pytest.mark.parametrize(
    ("declared", "value", "expected"),
    [
        ({"type": "string"}, "red", {"type": "plain_text_input", "multiline": False, "initial_value": "red"}),
        ({"type": "string"}, "two\nlines", {"type": "plain_text_input", "multiline": True}),
        ({"type": "string", "maxLength": 12}, "red", {"max_length": 12}),
        ({"type": "string", "format": "date"}, "2026-05-04", {"type": "datepicker", "initial_date": "2026-05-04"}),
        ({"type": "string", "enum": ["red", "blue"]}, "red", {"type": "static_select"}),
        ({"type": "integer", "minimum": 1}, 3, {"type": "number_input", "is_decimal_allowed": False, "min_value": "1"}),
        ({"type": "number"}, 2.5, {"type": "number_input", "is_decimal_allowed": True, "initial_value": "2.5"}),
        ({"type": "boolean"}, True, {"type": "radio_buttons"}),
        (
            {"type": "array"},
            [1, 2],
            {"type": "plain_text_input", "multiline": True, "initial_value": "[\n  1,\n  2\n]"},
        ),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, 3, {"type": "number_input"}),
        ({}, {"a": 1}, {"type": "plain_text_input", "multiline": True}),
    ],
)
def test_each_type_gets_its_element(declared: dict[str, Any], value: Any, expected: dict[str, Any]) -> None:
    element = element_of(declared, value)

    assert {name: element[name] for name in expected} == expected
    assert element["action_id"] == "value"


def test_a_reference_within_the_schema_is_followed() -> None:
    colours = {"Colour": {"type": "string", "enum": ["red", "blue"]}}

    element = element_of({"$ref": "#/$defs/Colour"}, "blue", **{"$defs": colours})

    assert element["initial_option"]["value"] == "blue"


def test_more_choices_than_slack_can_list_become_a_text() -> None:
    element = element_of({"enum": [f"choice {number}" for number in range(101)]}, "choice 7")

    assert element["type"] == "plain_text_input"


def test_a_value_too_long_for_an_input_stays_as_it_is() -> None:
    (block,) = argument_inputs({"x": "y" * 3001}, {"properties": {"x": {"type": "string"}}})

    assert block["type"] == "context"


def test_a_secret_is_not_offered_for_editing() -> None:
    (block,) = argument_inputs({"pin": "0000"}, {"properties": {"pin": {"type": "string", "format": "password"}}})

    assert "0000" not in str(block)


def test_only_what_the_schema_requires_must_be_filled() -> None:
    blocks = [*argument_inputs({"a": "1", "b": "2"}, {"properties": {"a": {}, "b": {}}, "required": ["a"]})]

    assert [block["optional"] for block in blocks] == [False, True]


def test_what_was_typed_comes_back_by_argument_name() -> None:
    schema = {
        "properties": {
            "amount": {"type": "number"},
            "is_gift": {"type": "boolean"},
            "colour": {"enum": ["red", "blue"]},
            "day": {"type": "string", "format": "date"},
            "note": {"type": "string"},
        },
    }
    arguments = {"amount": 5, "is_gift": True, "colour": "red", "day": "2026-05-04", "note": "hello"}
    view = dialogs.edit(refund(arguments=arguments, schema=schema), SUBJECT)

    state = filled(view, {"amount": "7.5", "is_gift": False, "colour": "blue", "note": None})

    assert not isinstance(state, Refused)
    assert raw_values(state) == {
        "amount": "7.5", "is_gift": False, "colour": "blue", "day": "2026-05-04", "note": None
    }  # fmt: skip


def test_a_dialog_keeps_ids_and_nothing_else_in_its_metadata() -> None:
    view = dialogs.edit(refund(), SUBJECT)

    assert view["private_metadata"] == '["apr_1","sha-1","C0APPROVERS"]'
    assert DialogSubject.decode(view["private_metadata"]) == SUBJECT


@pytest.mark.parametrize("foreign", ["", "{}", "[1,2,3]", '["a","b"]', "null", "not json"])
def test_metadata_of_others_is_refused(foreign: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        DialogSubject.decode(foreign)


schemas = st.dictionaries(
    st.text(min_size=1, max_size=20),
    st.sampled_from(
        [
            {"type": "string"}, {"type": "number"}, {"type": "integer", "minimum": 0}, {"type": "boolean"},
            {"enum": ["a", "b", 1, None]}, {"type": "array"}, {"anyOf": [{"type": "string"}, {"type": "null"}]},
            {"type": "string", "description": "d" * 3000}, {},
        ]
    ),
    max_size=12,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(schema=schemas, text=st.text(max_size=4000))
def test_any_schema_gives_a_dialog_that_slack_takes(schema: dict[str, Any], text: str) -> None:
    card = refund(arguments=dict.fromkeys(schema, text), schema={"properties": schema}, customer=text)

    for view in (dialogs.edit(card, SUBJECT), dialogs.deny(card, SUBJECT), dialogs.show_all(card)):
        check_view(view)
        assert view_violations(view) == ()

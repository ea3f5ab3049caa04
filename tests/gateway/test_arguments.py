"""What a person typed becomes arguments that fit the schema, or a word on what is wrong, beside its field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from channels.slack.desk.inputs import argument_inputs, raw_values
from gateway.arguments import NEEDED, NOT_EMPTY, NUMBER, SMALLER, UNREADABLE, WHOLE_NUMBER, changed_arguments
from gateway.arguments import edited_arguments as edited
from gateway.domain import canonical_json, hash_arguments

Json = Mapping[str, Any]


def schema_of(declared: Json, *, required: bool = False) -> Json:
    """A tool with one argument `it`."""
    return {"type": "object", "properties": {"it": declared}, "required": ["it"] if required else []}


STRING, INTEGER, NUMERIC, FLAG = ({"type": kind} for kind in ("string", "integer", "number", "boolean"))
ADDRESS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@pytest.mark.parametrize(
    ("declared", "typed", "value"),
    [
        (STRING, " as it is ", " as it is "),
        (STRING, "25", "25"),
        (INTEGER, "3", 3),
        (INTEGER, " 3.0 ", 3),
        (INTEGER, "-3", -3),
        (INTEGER, "12345678901234567", 12345678901234567),
        (NUMERIC, "25", 25),
        (NUMERIC, "12.50", 12.5),
        (NUMERIC, "12,50", 12.5),
        (NUMERIC, "25.0", 25.0),
        (NUMERIC, "1e3", 1000.0),
        ({"type": ["integer", "null"]}, "3", 3),
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, "3.5", 3.5),
        (FLAG, True, True),
        (FLAG, "False", False),
        ({"enum": ["small", "large"]}, "small", "small"),
        ({"enum": [1, 2]}, "2", 2),
        ({"type": "array", "items": {"type": "string"}}, '["a", "b"]', ["a", "b"]),
        (ADDRESS, '{"city": "Boston"}', {"city": "Boston"}),
        ({"type": ["string", "integer"]}, "3", 3),
        ({"type": ["string", "integer"]}, "three", "three"),
        ({}, '{"a": 1}', {"a": 1}),
        ({}, "just words", "just words"),
    ],
)
def test_a_typed_value_gets_the_type_of_its_argument(declared: Json, typed: str | bool, value: object) -> None:
    arguments, errors = edited({"it": typed}, schema=schema_of(declared), current={})

    assert errors == {}
    assert canonical_json(arguments) == canonical_json({"it": value})


@pytest.mark.parametrize(
    ("declared", "typed", "complaint"),
    [
        (INTEGER, "three", WHOLE_NUMBER),
        (INTEGER, "3.5", WHOLE_NUMBER),
        (INTEGER, "1_000", WHOLE_NUMBER),
        (INTEGER, "9" * 30, SMALLER),
        (INTEGER, "9" * 5000, WHOLE_NUMBER),
        (NUMERIC, "25 EUR", NUMBER),
        (NUMERIC, "1.000,50", NUMBER),
        (NUMERIC, "nan", NUMBER),
        (NUMERIC, "inf", NUMBER),
        (NUMERIC, "1e999", NUMBER),
        (NUMERIC, "٣", NUMBER),
        ({"enum": ["small", "large"]}, "medium", "Choose one of: small, large."),
        ({"type": "array"}, "a, b", 'Write JSON, such as ["a", "b"] or {"key": 1}.'),
        (STRING, "a\x00b", "This has characters that cannot be kept."),
        (STRING, "\ud800", "This has characters that cannot be kept."),
        ({"type": "number", "maximum": 100}, "250", "250 is greater than the maximum of 100."),
        (NUMERIC, True, "True is not of type 'number'."),
        (ADDRESS, '{"town": "Boston"}', "'city' is a required property."),
    ],
)
def test_a_value_that_does_not_fit_is_a_word_beside_its_field(
    declared: Json, typed: str | bool, complaint: str
) -> None:
    _arguments, errors = edited({"it": typed}, schema=schema_of(declared), current={})

    assert errors == {"it": complaint}


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        ({"type": "string", "default": "none given"}, "none given"),
        ({"type": ["string", "null"]}, None),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None}, None),
        (STRING, ""),
    ],
)
def test_an_emptied_argument_says_so_instead_of_disappearing(declared: Json, value: object) -> None:
    arguments, errors = edited({"it": None}, schema=schema_of(declared), current={"it": "before"})

    assert errors == {}
    assert arguments == {"it": value}
    assert changed_arguments(arguments, {"it": "before"}) == {"it": value}


def test_an_argument_that_nothing_can_stand_for_may_not_be_emptied() -> None:
    _arguments, errors = edited({"it": None}, schema=schema_of(NUMERIC), current={"it": 3})

    assert errors == {"it": NOT_EMPTY}


@pytest.mark.parametrize("typed", [None, "", "   "])
def test_a_required_number_is_asked_for(typed: str | None) -> None:
    _arguments, errors = edited({"it": typed}, schema=schema_of(NUMERIC, required=True), current={"it": 3})

    assert errors == {"it": NEEDED}


def test_a_required_argument_that_nobody_gave_is_asked_for() -> None:
    schema = {"properties": {"a": STRING, "b": STRING}, "required": ["a", "b"]}

    _arguments, errors = edited({"a": "x"}, schema=schema, current={})

    assert errors == {"b": NEEDED}


def test_what_the_dialog_did_not_ask_for_stays_as_it_is() -> None:
    arguments, errors = edited({"it": "new"}, schema=schema_of(STRING), current={"it": "old", "long": "x" * 5000})

    assert errors == {}
    assert arguments == {"it": "new", "long": "x" * 5000}


def test_an_unknown_argument_is_refused() -> None:
    _arguments, errors = edited({"card_number": "4111"}, schema=schema_of(STRING), current={})

    assert errors == {"card_number": "The tool has no such argument."}


def test_a_fault_of_the_whole_does_not_pass_unseen() -> None:
    schema = {**schema_of(STRING), "additionalProperties": False}

    _arguments, errors = edited({"it": "x"}, schema=schema, current={"smuggled": True})

    assert list(errors) == ["it"]


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"it": {"type": "money"}}},
        {"properties": {"it": {"type": "string", "pattern": "("}}},
        {"properties": ["it"]},
        {"properties": {"it": {"$ref": "#/$defs/nowhere"}}},
        {"properties": {"it": {"$ref": "https://example.com/schema.json"}}},
    ],
)
def test_with_a_schema_that_cannot_be_read_nothing_is_edited(schema: Json) -> None:
    _arguments, errors = edited({"it": "x"}, schema=schema, current={"it": "y"})

    assert errors == {"it": UNREADABLE}


def test_numbers_that_only_look_the_same_are_a_change() -> None:
    changed = changed_arguments({"a": True, "b": 1.0, "c": [1]}, {"a": 1, "b": 1, "c": [1]})

    assert canonical_json(changed) == canonical_json({"a": True, "b": 1.0})


def test_the_hash_does_not_depend_on_the_order_of_arguments() -> None:
    one = hash_arguments("refund_order", {"order_id": "A-1", "amount": 25})
    other = hash_arguments("refund_order", {"amount": 25, "order_id": "A-1"})

    assert one == other
    assert one != hash_arguments("refund_order", {"order_id": "A-1", "amount": 25.0})
    assert one != hash_arguments("refund_orders", {"order_id": "A-1", "amount": 25})


# Properties

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\x00", codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
declarations = st.sampled_from(
    [
        STRING,
        INTEGER,
        NUMERIC,
        FLAG,
        ADDRESS,
        {},
        {"type": "array"},
        {"type": ["string", "null"]},
        {"type": ["string", "integer"]},
        {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        {"enum": ["a", "b"]},
        {"enum": [1, "one", True]},
        {"type": "string", "minLength": 2, "maxLength": 5},
        {"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.01},
        {"$ref": "#/$defs/address"},
        {"type": "string", "default": "x"},
    ]
)
schemas = st.builds(
    lambda properties, required, closed: {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name in required],
        "additionalProperties": not closed,
        "$defs": {"address": ADDRESS},
    },
    st.dictionaries(st.sampled_from("abcd"), declarations, min_size=1),
    st.sets(st.sampled_from("abcd")),
    st.booleans(),
)
raws = st.dictionaries(
    st.sampled_from("abcde"), st.none() | st.booleans() | st.text() | json_values.map(canonical_json), max_size=5
)


@given(schema=schemas, raw=raws, current=st.dictionaries(st.sampled_from("abcd"), json_values))
@settings(max_examples=100, deadline=None)
def test_whatever_is_typed_gives_arguments_that_fit_or_says_what_is_wrong(
    schema: Json, raw: Any, current: Json
) -> None:
    arguments, errors = edited(raw, schema=schema, current=current)

    assert errors or Draft202012Validator(schema).is_valid(arguments)
    assert set(errors) <= {*"abcde", ""}
    hash_arguments("tool", arguments)


@given(schema=json_values.filter(lambda value: isinstance(value, dict)) | st.builds(schema_of, json_values), raw=raws)
@settings(max_examples=60, deadline=None)
def test_whatever_schema_a_tool_brings_nothing_raises(schema: Any, raw: Any) -> None:
    arguments, errors = edited(raw, schema=schema, current={})

    assert isinstance(arguments, dict)
    assert isinstance(errors, dict)


@st.composite
def fitting_calls(draw: st.DrawFn) -> tuple[Json, Json]:
    """A schema, and arguments that fit it."""
    by_kind: dict[str, st.SearchStrategy[Any]] = {
        canonical_json(STRING): st.text(st.characters(exclude_characters="\x00", codec="utf-8"), max_size=20),
        canonical_json(INTEGER): st.integers(-(2**63), 2**63 - 1),
        canonical_json(NUMERIC): st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**9), 10**9),
        canonical_json(FLAG): st.booleans(),
        canonical_json({"enum": ["a", "b"]}): st.sampled_from(["a", "b"]),
        canonical_json({"enum": [1, 2]}): st.sampled_from([1, 2]),
        canonical_json({}): json_values,
        canonical_json({"type": ["string", "null"]}): st.none() | st.text("abc \n5", max_size=5),
        canonical_json({"type": ["string", "integer"]}): st.text("abc5{", max_size=5) | st.integers(0, 99),
        canonical_json(ADDRESS): st.builds(lambda city: {"city": city}, st.text("abc", max_size=5)),
    }
    kinds = draw(st.dictionaries(st.sampled_from("abc"), st.sampled_from(sorted(by_kind)), min_size=1))
    schema = {"type": "object", "properties": {name: orjson.loads(kind) for name, kind in kinds.items()}}
    return schema, {name: draw(by_kind[kind]) for name, kind in kinds.items()}


@given(call=fitting_calls())
@settings(max_examples=100, deadline=None)
def test_a_dialog_that_is_submitted_as_it_was_opened_changes_nothing(call: tuple[Json, Json]) -> None:
    schema, current = call
    state = {
        "values": {
            item["block_id"]: {"value": _as_submitted(item["element"])}
            for item in argument_inputs(current, schema)
            if item["type"] == "input"
        }
    }

    arguments, errors = edited(raw_values(state), schema=schema, current=current)

    assert errors == {}
    assert canonical_json(arguments) == canonical_json(current)


def _as_submitted(element: Mapping[str, Any]) -> Mapping[str, Any]:
    """What Slack sends back for an element that nobody touched."""
    return {
        "type": element["type"],
        "value": element.get("initial_value"),
        "selected_option": element.get("initial_option"),
        "selected_date": element.get("initial_date"),
    }

"""One dialog input per argument, from the tool's JSON schema, and the way back from what was typed.

Values travel as raw text or choice; giving them types and judging them is left to the gateway, which knows the schema
that counts. An argument without an input (too long for one) comes back as nothing at all: unchanged.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from channels.slack.desk import blocks as block
from channels.slack.desk.values import is_secret, words
from channels.slack.limits import ID, INPUT_TEXT, LABEL, OPTION_VALUE, OPTIONS

Json = Mapping[str, Any]

_MULTILINE = 80  # characters from which a text gets more than one line


def argument_inputs(arguments: Json, schema: Json) -> Iterator[block.Block]:
    """An input for each argument of the schema (and for each that the schema does not know), with its present value."""
    properties = schema.get("properties", {})
    required = set(schema.get("required", ()))
    for name in {**properties, **arguments}:
        declared = _resolved(properties.get(name, {}), schema)
        element = _element(declared, arguments.get(name))
        if element is None or is_secret(schema, name) or not 0 < len(name) <= ID:
            yield block.context(f"*{block.text(words(name))['text']}* can't be edited here and stays as it is.")
            continue
        hint = str(declared.get("description", ""))[:LABEL]
        yield block.field_input(name, words(name), element, hint=hint, optional=name not in required)


def raw_values(state: Json) -> dict[str, str | bool | None]:
    """What a submitted dialog holds, by block id: text, choice, or None where nothing was given."""
    return {block_id: _raw(elements.get("value", {})) for block_id, elements in state.get("values", {}).items()}


def _raw(element: Json) -> str | bool | None:
    option = element.get("selected_option")
    if option is not None:
        chosen = str(option["value"])
        return _BOOLEANS.get(chosen, chosen)
    value = element.get("value", element.get("selected_date"))
    return None if value is None else str(value)


_BOOLEANS: dict[str, bool] = {"boolean:true": True, "boolean:false": False}


def _element(declared: Json, value: Any) -> block.Block | None:
    """The element that fits the type, or None where the value is too long for any."""
    if "enum" in declared:
        return _choice(declared["enum"], value)
    match declared.get("type"):
        case "boolean":
            return _yes_or_no(value)
        case "integer" | "number" as kind:
            return _number(declared, value, decimal=kind == "number")
        case "string" if declared.get("format") == "date":
            return {"type": "datepicker", **({"initial_date": value} if value else {})}
        case "string":
            return _text("" if value is None else str(value), declared)
        case _:
            return _text(_as_json(value), {}, multiline=True)


def _choice(choices: list[Any], value: Any) -> block.Block | None:
    options = [block.option(str(choice) or "(empty)", str(choice)) for choice in choices if choice is not None]
    if not 0 < len(options) <= OPTIONS or any(not 0 < len(option["value"]) <= OPTION_VALUE for option in options):
        return _text("" if value is None else str(value), {})
    chosen = next((option for option in options if option["value"] == str(value)), None)
    return {"type": "static_select", "options": options, **({"initial_option": chosen} if chosen else {})}


def _yes_or_no(value: Any) -> block.Block:
    options = [block.option("Yes", "boolean:true"), block.option("No", "boolean:false")]
    chosen = {True: options[0], False: options[1]}.get(value) if isinstance(value, bool) else None
    return {"type": "radio_buttons", "options": options, **({"initial_option": chosen} if chosen else {})}


def _number(declared: Json, value: Any, *, decimal: bool) -> block.Block:
    element: block.Block = {"type": "number_input", "is_decimal_allowed": decimal}
    for name, bound in (("min_value", declared.get("minimum")), ("max_value", declared.get("maximum"))):
        if bound is not None:
            element[name] = str(bound)
    if isinstance(value, int | float) and not isinstance(value, bool):
        element["initial_value"] = str(value)
    return element


def _text(value: str, declared: Json, *, multiline: bool = False) -> block.Block | None:
    if len(value) > INPUT_TEXT:
        return None
    element: block.Block = {
        "type": "plain_text_input",
        "multiline": multiline or len(value) > _MULTILINE or "\n" in value,
        "max_length": max(1, min(INPUT_TEXT, int(declared.get("maxLength", INPUT_TEXT)))),
    }
    return {**element, "initial_value": value} if value else element


def _as_json(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False, indent=2, default=str)


def _resolved(declared: Json, schema: Json) -> Json:
    """The schema of one argument with its local reference and its "or null" taken away."""
    reference = str(declared.get("$ref", ""))
    if reference.startswith("#/$defs/"):
        found = schema.get("$defs", {}).get(reference.removeprefix("#/$defs/"), {})
        return {**found, **{name: value for name, value in declared.items() if name != "$ref"}}
    options = [option for option in declared.get("anyOf", ()) if option.get("type") != "null"]
    if len(options) == 1:
        rest = {name: value for name, value in declared.items() if name != "anyOf"}
        return {**_resolved(options[0], schema), **rest}
    kinds = declared.get("type")
    named = [kind for kind in kinds if kind != "null"] if isinstance(kinds, list) else []
    return {**declared, "type": named[0]} if len(named) == 1 else declared

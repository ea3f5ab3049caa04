"""Checks a call's arguments against a JSON schema, and says in words what is wrong with them.

The words are read by models, which try again, and by people who edit a request. They name the argument and the type
that is wanted, and never repeat a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema
from jsonschema.exceptions import best_match
from referencing import Registry

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def complaint(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> str | None:
    """One sentence on the first thing that is wrong, None where all is well."""
    # An empty registry: a schema that refers to somewhere else must not make us fetch it.
    validator = jsonschema.Draft202012Validator(dict(schema), registry=Registry())
    try:
        error = best_match(validator.iter_errors(dict(arguments)))
    except Exception:  # noqa: BLE001  # a foreign schema that cannot be applied; the tool itself must look
        return None
    return None if error is None else _in_words(error)


def complaint_about_edit(
    schema: Mapping[str, Any], proposed: Mapping[str, Any], confirm: Mapping[str, Any]
) -> str | None:
    """What is wrong with a person's changes to proposed arguments. Nobody is blamed for what they left alone."""
    properties = schema.get("properties", {})
    for name in confirm:
        if name not in properties and name not in proposed:
            return f"There is no argument named {name}."
    edited = {name: properties[name] for name in confirm if name in properties}
    return complaint({**schema, "properties": edited, "required": [], "additionalProperties": True}, confirm)


def _in_words(error: Any) -> str:
    name = ".".join(str(step) for step in error.absolute_path)
    match error.validator:
        case "required":
            missing = next(key for key in error.validator_value if key not in error.instance)
            return f"{_inside(name, missing)} is missing."
        case "additionalProperties":
            unknown = sorted(set(error.instance) - set(error.schema.get("properties", {})))
            return f"There is no argument named {_inside(name, unknown[0])}."
        case "type":
            return f"{name} must be {_types(error.validator_value)}."
        case "enum":
            return f"{name} must be one of {', '.join(map(str, error.validator_value))}."
        case "minLength":
            return f"{name} must not be empty." if error.validator_value == 1 else f"{name} is too short."
        case "minimum" | "exclusiveMinimum" | "maximum" | "exclusiveMaximum" | "maxLength" | "pattern" | "format":
            return f"{name} does not fit: {error.validator} is {error.validator_value}."
        case _:
            return f"{name or 'The arguments'} cannot be used: they do not fit {error.validator}."


def _inside(parent: str, name: str) -> str:
    return f"{parent}.{name}" if parent else name


def _types(names: str | list[str]) -> str:
    listed = [names] if isinstance(names, str) else names
    return " or ".join(_TYPES.get(name, name) for name in listed)

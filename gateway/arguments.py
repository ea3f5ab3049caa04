"""A tool's arguments as a person edits them: raw dialog values become typed values, checked against its JSON schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from jsonschema import Draft202012Validator


def edited_arguments(
    raw: Mapping[str, str | bool | None], *, schema: Mapping[str, Any], current: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The arguments with what was edited put in, and what is wrong with it, in words by argument name.

    An optional field that was emptied goes back to the tool's default where it has one, and else is left out.
    """
    properties: Mapping[str, Any] = schema.get("properties", {})
    arguments, errors = dict(current), dict[str, str]()
    for name, value in raw.items():
        if name not in properties and name not in current:
            errors[name] = "The tool has no such argument."
            continue
        try:
            typed = _typed(value, properties.get(name, {}))
        except ValueError as error:
            errors[name] = str(error)
            continue
        if typed is not None:
            arguments[name] = typed
        else:
            arguments.pop(name, None)
    return arguments, errors or _schema_errors(arguments, schema)


def changed_arguments(edited: Mapping[str, Any], proposed: Mapping[str, Any]) -> dict[str, Any]:
    """What a person changed, by argument name."""
    return {name: value for name, value in edited.items() if name not in proposed or proposed[name] != value}


def _typed(value: str | bool | None, schema: Mapping[str, Any]) -> Any:
    """Raises ValueError in words for the person who typed it."""
    kinds = _kinds(schema)
    if value is None or isinstance(value, bool):
        return value
    if "string" in kinds or not kinds:
        return _chosen(value, schema) if value or "string" in kinds else None
    text = value.strip()
    if not text:
        return None
    if "boolean" in kinds and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if "integer" in kinds or "number" in kinds:
        return _number(text, whole="number" not in kinds)
    return _json(text)


def _kinds(schema: Mapping[str, Any]) -> set[str]:
    """The JSON types that an argument may have; empty where the schema does not say."""
    declared = schema.get("type", [])
    kinds = {declared} if isinstance(declared, str) else set(declared)
    for option in schema.get("anyOf", []):
        kinds |= _kinds(option)
    if not kinds and "enum" in schema:
        kinds = {"string"} if all(isinstance(choice, str) for choice in schema["enum"]) else set()
    return kinds - {"null"}


def _chosen(text: str, schema: Mapping[str, Any]) -> str:
    choices = schema.get("enum")
    if choices and text not in choices:
        raise ValueError(f"Choose one of: {', '.join(map(str, choices))}.")
    return text


def _number(text: str, *, whole: bool) -> int | float:
    try:
        number = float(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text)
    except ValueError:
        raise ValueError("Write a number, such as 25 or 12.50.") from None
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError("Write a number, such as 25 or 12.50.")
    if number.is_integer() and (whole or "." not in text):
        return int(number)
    if whole:
        raise ValueError("Write a whole number, such as 3.")
    return number


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ValueError('Write JSON, such as ["a", "b"] or {"key": 1}.') from None


def _schema_errors(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, str]:
    errors: dict[str, str] = {}
    for error in Draft202012Validator(dict(schema)).iter_errors(dict(arguments)):
        if error.validator == "required":
            for name in error.validator_value:
                if name not in arguments:
                    errors.setdefault(str(name), "This is needed.")
        elif error.absolute_path:
            errors.setdefault(str(error.absolute_path[0]), f"{error.message[:1].upper()}{error.message[1:140]}.")
    return errors

"""A tool's arguments as a person edits them: raw dialog values become typed values, checked against its JSON schema."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from referencing.exceptions import Unresolvable

from gateway.domain import canonical_json

NEEDED = "This is needed."
NOT_EMPTY = "This cannot be left empty: the agent would take its own value."
NUMBER = "Write a number, such as 25 or 12.50."
WHOLE_NUMBER = "Write a whole number, such as 3."
SMALLER = "Write a smaller number."
JSON = 'Write JSON, such as ["a", "b"] or {"key": 1}.'
UNREADABLE = "The tool's schema cannot be read, so nothing can be edited."

# Integers beyond 64 bits have no canonical JSON.
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1


def edited_arguments(
    raw: Mapping[str, str | bool | None], *, schema: Mapping[str, Any], current: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The arguments with what was edited put in, and what is wrong with it, in words by argument name.

    An optional field that was emptied becomes the tool's default where it has one, else null or an empty text where
    those are allowed. It never just disappears: a platform is told what an argument has become, and cannot be told
    that it is gone.
    """
    if not _is_readable(schema):
        return dict(current), dict.fromkeys(raw, UNREADABLE)
    properties: Mapping[str, Any] = schema.get("properties", {})
    arguments, errors = dict(current), dict[str, str]()
    for name, value in raw.items():
        if name not in properties and name not in current:
            errors[name] = "The tool has no such argument."
            continue
        declared = _resolved(properties.get(name, {}), schema)
        try:
            if not _is_empty(value, declared):
                arguments[name] = _typed(value, declared)
            elif name in schema.get("required", ()):
                raise ValueError(NEEDED)
            elif current.get(name) not in (None, ""):
                arguments[name] = _emptied(declared)
        except ValueError as error:
            errors[name] = str(error)
    return arguments, errors or _schema_errors(arguments, schema, blamed=next(iter(raw), ""))


def changed_arguments(edited: Mapping[str, Any], proposed: Mapping[str, Any]) -> dict[str, Any]:
    """What a person changed, by argument name. `1`, `1.0` and `true` are three values, as in the hash."""
    return {
        name: value
        for name, value in edited.items()
        if name not in proposed or canonical_json(value) != canonical_json(proposed[name])
    }


def _is_empty(value: str | bool | None, declared: Mapping[str, Any]) -> bool:
    """Blanks are a text where a text is wanted."""
    return value is None or value == "" or (isinstance(value, str) and not value.strip() and _kinds(declared) != _TEXT)


def _emptied(declared: Mapping[str, Any]) -> Any:
    """What stands for nothing. Raises ValueError where nothing can."""
    if "default" in declared:
        return declared["default"]
    if "null" in _named_types(declared):
        return None
    if _kinds(declared) == _TEXT and "enum" not in declared:
        return ""
    raise ValueError(NOT_EMPTY)


def _typed(value: str | bool | None, declared: Mapping[str, Any]) -> Any:
    """Raises ValueError in words for the person who typed it."""
    if not isinstance(value, str):
        return value
    if "\x00" in value or value != value.encode("utf-8", "replace").decode():
        raise ValueError("This has characters that cannot be kept.")
    if "enum" in declared:
        return _chosen(value, declared["enum"])
    kinds, text = _kinds(declared), value.strip()
    if kinds == _TEXT:
        return value
    if kinds and kinds <= {"integer", "number"}:
        return _number(text, whole="number" not in kinds)
    if kinds == {"boolean"} and text.lower() in ("true", "false"):
        return text.lower() == "true"
    return _json(text, otherwise=value if not kinds or "string" in kinds else None)


_TEXT = {"string"}


def _kinds(declared: Mapping[str, Any]) -> set[str]:
    """The JSON types that an argument may have, null aside; empty where the schema does not say."""
    return _named_types(declared) - {"null"}


def _named_types(declared: Mapping[str, Any]) -> set[str]:
    named = declared.get("type", [])
    kinds = {named} if isinstance(named, str) else set(named)
    for option in declared.get("anyOf", []):
        kinds |= _named_types(option) if isinstance(option, Mapping) else set()
    return kinds


def _resolved(declared: Any, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of one argument, with the definition that it refers to."""
    if not isinstance(declared, Mapping):
        return {}
    found = schema.get("$defs", {}).get(str(declared.get("$ref", "")).removeprefix("#/$defs/"))
    return {**found, **declared} if isinstance(found, Mapping) else declared


def _chosen(text: str, choices: Sequence[Any]) -> Any:
    for choice in choices:
        if str(choice) == text:
            return choice
    raise ValueError(f"Choose one of: {', '.join(map(str, choices))}.")


def _number(text: str, *, whole: bool) -> int | float:
    words = WHOLE_NUMBER if whole else NUMBER
    if "." not in text and text.count(",") == 1:
        text = text.replace(",", ".")
    if not _NUMBER.fullmatch(text):
        raise ValueError(words)
    number = int(text) if _is_whole(text) else float(text)
    if isinstance(number, float) and whole and number.is_integer():
        number = int(number)
    if isinstance(number, float):
        if whole or number in (float("inf"), float("-inf")):
            raise ValueError(words)
        return number
    if not _SMALLEST <= number <= _LARGEST:
        raise ValueError(SMALLER)
    return number


_NUMBER = re.compile(r"[+-]?(\d{1,400}(\.\d{0,400})?|\.\d{1,400})([eE][+-]?\d{1,4})?", re.ASCII)


def _is_whole(text: str) -> bool:
    return text.lstrip("+-").isdigit()


def _json(text: str, *, otherwise: str | None) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        if otherwise is None:
            raise ValueError(JSON) from None
        return otherwise


def _is_readable(schema: Mapping[str, Any]) -> bool:
    try:
        Draft202012Validator.check_schema(dict(schema))
    except SchemaError:
        return False
    return True


def _schema_errors(arguments: Mapping[str, Any], schema: Mapping[str, Any], *, blamed: str) -> dict[str, str]:
    """What is wrong, by argument. What is nobody's own fault is put to `blamed`, so that nothing passes unseen."""
    errors: dict[str, str] = {}
    try:
        for error in Draft202012Validator(dict(schema)).iter_errors(dict(arguments)):
            if error.absolute_path:
                errors.setdefault(str(error.absolute_path[0]), _in_words(error))
            elif error.validator == "required":
                missing = (str(name) for name in error.validator_value if name not in arguments)
                errors.update(dict.fromkeys(missing, NEEDED))
            else:
                errors.setdefault(blamed, _in_words(error))
    except Unresolvable:
        errors[blamed] = UNREADABLE
    return errors


def _in_words(error: ValidationError) -> str:
    return f"{error.message[:1].upper()}{error.message[1:140]}."

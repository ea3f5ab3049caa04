"""A tool call in words: its name, its arguments, and which of them tell most. Plain text, unescaped."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

MASK = "••••••"

_TARGET = re.compile(r"(^|_)(id|to|email|address|phone|number|account|customer|user|order|recipient|name)$")
_AMOUNT = re.compile(r"(^|_)(amount|total|price|sum|quantity|count|limit|credit|refund|currency)$")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_TELLING = 4  # values in the sentence
_SHORT = 60  # characters of a value in the sentence


def words(name: str) -> str:
    """`refund_order` and `refundOrder` as people read them."""
    return _CAMEL.sub(" ", name).replace("_", " ").replace("-", " ").strip().lower() or name


def shown(value: Any) -> str:
    """A value as an approver reads it: exact, and never empty."""
    match value:
        case None:
            return "(none)"
        case bool():
            return "yes" if value else "no"
        case str():
            return value if value.strip() else "(empty)"
        case int() | float():
            return str(value)
        case _:
            return json.dumps(value, ensure_ascii=False, default=str)


def is_secret(schema: Mapping[str, Any], name: str) -> bool:
    """The schema says that a value is not for everybody in the channel."""
    declared = schema.get("properties", {}).get(name, {})
    return declared.get("format") == "password" or bool(declared.get("writeOnly"))


def masked(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, str]:
    """All arguments as text, secrets hidden, in the order in which the schema declares them."""
    declared = [name for name in schema.get("properties", {}) if name in arguments]
    names = [*declared, *(name for name in arguments if name not in declared)]
    return {name: MASK if is_secret(schema, name) else shown(arguments[name]) for name in names}


def telling(arguments: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The few arguments that say what will happen to whom: targets first, then amounts, then what is short."""
    brief = {name: " ".join(value.split()) for name, value in arguments.items() if len(value) <= _SHORT}
    ranked = sorted(brief, key=_rank)[:_TELLING]
    for name in ranked:
        yield words(name), brief[name]


def _rank(name: str) -> int:
    snake = words(name).replace(" ", "_")
    if _TARGET.search(snake):
        return 0
    return 1 if _AMOUNT.search(snake) else 2

"""Keeps own frames below the size that clients refuse, by cutting long values; what was cut says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

MAX_FRAME_BYTES = 3_500_000
_ENVELOPE_BYTES = 2_000  # what a notification has around its content
_CAPS = (1_000_000, 100_000, 20_000, 4_000, 1_000, 200, 40, 0)  # how many characters of a value are kept, ever fewer


def within_limit(messages: Sequence[dict[str, Any]], max_bytes: int) -> Sequence[dict[str, Any]]:
    """The messages, with the longest values of the oldest cut until all fit; the very last resort leaves some out."""
    sizes = [_size(message) for message in messages]
    total = sum(sizes)
    kept = list(messages)
    for cap in _CAPS:
        for index, message in enumerate(kept):
            if total <= max_bytes:
                return kept
            if sizes[index] <= cap:
                continue
            content = shortened(message["content"], cap)
            if content is not message["content"]:
                kept[index] = {**message, "content": {**content, "truncated": True}}
                total += _size(kept[index]) - sizes[index]
                sizes[index] = _size(kept[index])
    while kept and total > max_bytes:
        total -= sizes[len(messages) - len(kept)]
        kept.pop(0)
    return kept


def bounded_content(content: str) -> str:
    """The JSON of one message's content, cut where it alone would be too large for a frame."""
    if len(content) <= MAX_FRAME_BYTES // 4:  # a character is at most four bytes
        return content
    message = {"content": orjson.loads(content)}
    return orjson.dumps(within_limit([message], MAX_FRAME_BYTES - _ENVELOPE_BYTES)[0]["content"]).decode()


def shortened(value: Any, max_chars: int) -> Any:
    """The same JSON with every longer text cut to its beginning; the very object where nothing was cut."""
    match value:
        case str():
            return value if len(value) <= max_chars else value[:max_chars]
        case dict():
            return _shortened_object(value, max_chars)
        case list():
            items = [shortened(item, max_chars) for item in value]
            return value if all(new is old for new, old in zip(items, value, strict=True)) else items
        case _:
            return value


def _shortened_object(value: Mapping[str, Any], max_chars: int) -> Mapping[str, Any]:
    """Short words such as types, ids and names stay whole."""
    items = {
        key: old if isinstance(old, str) and len(old) <= _CAPS[-2] else shortened(old, max_chars)
        for key, old in value.items()
    }
    return value if all(items[key] is value[key] for key in value) else items


def _size(message: Mapping[str, Any]) -> int:
    return len(orjson.dumps(message)) + 1

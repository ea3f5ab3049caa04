"""Message ids in mail headers: which mail this one answers (RFC 5322 §3.6.4, and what senders make of it)."""

from __future__ import annotations

import re

_ID = re.compile(r"<([^<>]{1,998})>")
_BETWEEN_BARE_IDS = re.compile(r"[\s<>,;()\[\]\"]+")
_SPACE = re.compile(r"\s+")


def message_ids(value: str) -> tuple[str, ...]:
    """Every id in a field, in order and once, without angle brackets.

    Takes `<a><b>`, commas, folding inside an id, missing brackets. Words such as "Your message of" are passed over.
    """
    value = value[:65_536]
    found = [_SPACE.sub("", match[1]) for match in _ID.finditer(value)]
    if not found:
        found = [word for word in _BETWEEN_BARE_IDS.split(value) if "@" in word.strip("@")]
    return tuple(dict.fromkeys(identifier.strip("[]") for identifier in found if identifier.strip("[]")))

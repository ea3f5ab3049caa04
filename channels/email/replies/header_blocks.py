"""Recognises the block of From, Sent, To and Subject that Outlook and its kin put above a quoted mail."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from channels.email.replies.words import FIELDS, folded

MAX_LINES = 30

_KINDS = {word: kind for kind, its_words in FIELDS.items() for word in its_words}
_LINE = re.compile(
    r"^[\s>*_|•\u200e\u200f\u202a-\u202e]{0,12}([^\W\d_][^:：*<>@]{0,40}?)[\s*_]{0,4}[:：][\s*_]{0,4}(.*)$"
)
# NetEase writes the block as the rows of a table: `| 发件人 | Ada<ada@example.com> |`.
_ROW = re.compile(r"^\|[ \t]*([^\W\d_][^|:：<>@]{0,40}?)[ \t]*\|([^|]*)\|[ \t]*$")


@dataclass(frozen=True, slots=True)
class HeaderBlock:
    """Lines `start` to `end` (exclusive) and what they say, by the kinds of `words.FIELDS`."""

    start: int
    end: int
    values: dict[str, str]


def header_block(lines: Sequence[str], start: int) -> HeaderBlock | None:
    """The block that begins at line `start`, or None."""
    first = field(lines[start])
    if first is None or first[0] in ("cc", "other"):
        return None
    values: dict[str, str] = {}
    last_kind = ""
    end = number = start
    limit = min(len(lines), start + MAX_LINES)
    blanks = 0
    while number < limit:
        line = lines[number]
        found = field(line)
        if found is not None and found[0] not in values:
            last_kind = found[0]
            values[last_kind] = found[1]
            blanks, end = 0, number + 1
        elif not line.strip(" >|*"):
            blanks += 1
            if blanks > 1 and "subject" in values:
                break
            if blanks > 2:
                break
        elif found is not None and found[0] != "other":
            break
        elif found is not None or _is_continuation(lines, number, last_kind, blanks):
            values[last_kind] = f"{values[last_kind]} {line.strip(' >|*')}"
            end = number + 1
        else:
            break
        number += 1
    return HeaderBlock(start, end, values) if _is_convincing(values) else None


def field(line: str) -> tuple[str, str] | None:
    """The kind and value of a field line, or None."""
    if len(line) > 2000 or not line.strip():
        return None
    match = _ROW.match(line) or _LINE.match(line)
    if match is None:
        return None
    kind = _KINDS.get(folded(match[1]))
    return (kind, match[2].strip()) if kind else None


def _is_continuation(lines: Sequence[str], number: int, last_kind: str, blanks: int) -> bool:
    """Long values are wrapped; the next field must come soon, or this is the mail's text already."""
    line = lines[number].strip()
    if blanks or not last_kind or len(line) > 200:
        return False
    if line.startswith(("<", "[mailto:")) and line.endswith((">", "]")) and "@" in line:
        return True
    following = lines[number + 1 : number + 4]
    if last_kind in ("to", "cc", "from", "reply-to") and "@" in line:
        return True
    soon = [field(other) for other in following if other.strip()]
    return any(found is not None and found[0] != last_kind for found in soon[:2])


def _is_convincing(values: dict[str, str]) -> bool:
    """Customers write `From: London`, `To: Paris`, `Date: Friday` too: an address or a subject must be there."""
    kinds = set(values)
    has_address = any("@" in value for value in values.values())
    is_dated = bool(kinds & {"sent", "date"})
    if "from" in kinds:
        return ("subject" in kinds and (is_dated or "to" in kinds or has_address)) or (
            has_address and bool(kinds & {"sent", "date", "to"})
        )
    return "subject" in kinds and has_address and (is_dated or "to" in kinds)

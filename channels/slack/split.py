"""Markdown in pieces that fit a message: between paragraphs where possible, never through a fence or a table.

A fence that is too long for one message is closed and opened again with the same language; a table repeats its
header. Pure text, no Slack.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})(.*)$")
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$")
_BREAKS = (re.compile(r"\n"), re.compile(r"(?<=[.!?…])\s"), re.compile(r"\s"))


def split_markdown(text: str, limit: int) -> tuple[str, ...]:
    """The text in pieces of at most `limit` characters; at least one, and none of them blank unless all of it is."""
    pieces: list[str] = []
    current = ""
    for segment in _segments(text.split("\n")):
        joined = f"{current}\n{segment.text}" if current else segment.text
        if len(joined) <= limit:
            current = joined
            continue
        pieces.append(current)
        *whole, current = segment.cut(limit)
        pieces.extend(whole)
    pieces.append(current)
    kept = tuple(stripped for piece in pieces if (stripped := piece.strip("\n")).strip())
    return kept or (text.strip()[:limit],)


@dataclass(frozen=True, slots=True)
class _Segment:
    """Lines that belong together, and what every piece of them must begin and end with."""

    lines: Sequence[str]
    opening: Sequence[str] = ()
    closing: Sequence[str] = ()

    @property
    def text(self) -> str:
        return "\n".join([*self.opening, *self.lines, *self.closing])

    def cut(self, limit: int) -> list[str]:
        """In pieces of at most `limit`."""
        if len(self.text) <= limit:
            return [self.text]
        around = len("\n".join([*self.opening, *self.closing])) + 2
        if around > limit // 2:  # a frame that leaves no room is no frame
            return [*_pieces(self.text, limit)]
        bodies = _pieces("\n".join(self.lines), limit - around)
        return ["\n".join([*self.opening, body, *self.closing]) for body in bodies]


def _segments(lines: Sequence[str]) -> Iterator[_Segment]:
    at = 0
    while at < len(lines):
        end, segment = _fence(lines, at) or _table(lines, at) or _paragraph(lines, at)
        yield segment
        at = end


def _fence(lines: Sequence[str], at: int) -> tuple[int, _Segment] | None:
    opening = _FENCE.match(lines[at])
    if opening is None:
        return None
    mark = opening.group(1)
    for end in range(at + 1, len(lines)):
        closing = _FENCE.match(lines[end])
        if closing and closing.group(1).startswith(mark) and not closing.group(2).strip():
            return end + 1, _Segment(lines[at + 1 : end], [lines[at]], [mark])
    return len(lines), _Segment(lines[at + 1 :], [lines[at]], [mark])  # never closed: we do


def _table(lines: Sequence[str], at: int) -> tuple[int, _Segment] | None:
    is_table = "|" in lines[at] and at + 1 < len(lines) and "|" in lines[at + 1] and _TABLE_RULE.match(lines[at + 1])
    if not is_table:
        return None
    end = at + 2
    while end < len(lines) and "|" in lines[end]:
        end += 1
    return end, _Segment(lines[at + 2 : end], lines[at : at + 2])


def _paragraph(lines: Sequence[str], at: int) -> tuple[int, _Segment]:
    end = at + 1
    while end < len(lines) and lines[end - 1].strip() and not _FENCE.match(lines[end]) and _table(lines, end) is None:
        end += 1
    return end, _Segment(lines[at:end])


def _pieces(text: str, limit: int) -> Iterator[str]:
    """The text cut at its last line, sentence or word before the limit; anywhere, where it has none."""
    while len(text) > limit:
        end, start = _cut(text, limit)
        yield text[:end]
        text = text[start:]
    yield text


def _cut(text: str, limit: int) -> tuple[int, int]:
    for pattern in _BREAKS:
        # The last break that keeps at least half of a piece: a piece of three words helps nobody.
        found = [match for match in pattern.finditer(text, limit // 2, limit + 1) if match.start() <= limit]
        if found:
            return found[-1].start(), found[-1].end()
    return limit, limit

"""A mail's text as lines, and what each line is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from channels.email.replies import attributions, separators
from channels.email.replies.header_blocks import HeaderBlock, header_block

MAX_LINES = 4_000  # introductions are looked for in the first of them; marks of quotation count everywhere
MAX_LINE_CHARS = 4_000
MAX_QUOTES_LOOKED_INTO = 30


class Mark(StrEnum):
    """What the HTML knows of a line, and the text does not show."""

    NONE = ""
    ATTRIBUTION = "attribution"
    EMBEDDED = "embedded"  # here another mail begins
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    mark: Mark = Mark.NONE


class Kind(StrEnum):
    """One letter each, so that a whole mail reads as a word: `tiq` is a reply above a quotation."""

    EMPTY = "e"
    TEXT = "t"
    QUOTE = "q"
    INTRODUCTION = "i"  # says that another mail follows
    SIGNATURE = "s"  # only where HTML says so


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring lines of one kind, `start` to `end` (exclusive), with the empty ones behind them."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Classified:
    """Lines and their kinds; `headers` are the header blocks, `forwards` the lines that say "forwarded"."""

    lines: Sequence[str]
    kinds: Sequence[Kind]
    headers: tuple[HeaderBlock, ...] = ()
    forwards: frozenset[int] = frozenset()

    def blocks(self, start: int, end: int) -> list[Block]:
        """Lines `start` to `end` as blocks, with an empty introduction before a quotation that begins with one."""
        kind: Kind | None = None
        starts: list[tuple[Kind, int]] = []
        looks_left = MAX_QUOTES_LOOKED_INTO
        for number in range(start, end):
            before, now = kind, self.kinds[number]
            if now is Kind.EMPTY or now is before:
                continue
            kind = now
            if now is Kind.QUOTE and before is not Kind.INTRODUCTION and looks_left:
                looks_left -= 1
                if self._begins_with_introduction(number):
                    starts.append((Kind.INTRODUCTION, number))
            starts.append((now, number))
        ends = [number for _, number in starts[1:]] + [end]
        return [Block(kind, first, behind) for (kind, first), behind in zip(starts, ends, strict=False)]

    def _begins_with_introduction(self, start: int) -> bool:
        inner = list(self._unquoted_from(start))
        return any(_introduction(inner, number) is not None for number in range(min(len(inner), 6)) if inner[number])

    def _unquoted_from(self, start: int) -> Iterator[str]:
        for number in range(start, min(start + 30, len(self.lines))):
            if self.kinds[number] is not Kind.QUOTE:
                return
            yield unquoted(self.lines[number])


def plain_lines(text: str) -> list[Line]:
    return [Line(line) for line in text.split("\n")]


def unquoted(line: str) -> str:
    return line.lstrip(" >|").rstrip()


def classify(source: Sequence[Line]) -> Classified:
    """Say what each line is. Linear in the number of lines, whatever they hold."""
    lines = [line.text for line in source]
    kinds = [_first_look(line) for line in source]
    code = _code(lines)
    for number in code:
        kinds[number] = Kind.TEXT if kinds[number] is not Kind.EMPTY else Kind.EMPTY
    _mend_wrapped_quotes(lines, kinds)
    headers: list[HeaderBlock] = []
    forwards: set[int] = set()
    number = 0
    limit = min(len(lines), MAX_LINES)
    while number < limit:
        is_candidate = kinds[number] in (Kind.TEXT, Kind.QUOTE) and number not in code
        found = _found(lines, kinds, number) if is_candidate else None
        if found is None:
            number += 1
            continue
        start, end, block = found
        for position in range(start, end):
            kinds[position] = Kind.INTRODUCTION
        if block is not None:
            headers.append(block)
        if separators.is_forward_separator(lines[start][:MAX_LINE_CHARS]):
            forwards.add(start)
        number = end
    _quote_behind_bars(lines, kinds)
    return Classified(lines, kinds, tuple(headers), frozenset(forwards))


def _first_look(line: Line) -> Kind:
    if line.mark in (Mark.ATTRIBUTION, Mark.EMBEDDED):
        return Kind.INTRODUCTION
    if line.mark is Mark.SIGNATURE:
        return Kind.SIGNATURE
    text = line.text[:MAX_LINE_CHARS].strip()
    if not text:
        return Kind.EMPTY
    return Kind.QUOTE if text.startswith(">") and not attributions.is_groupwise(text) else Kind.TEXT


def _code(lines: Sequence[str]) -> set[int]:
    """The lines between fences: nothing there is a quotation or an introduction."""
    fences = [number for number, line in enumerate(lines[:MAX_LINES]) if line.startswith("```")]
    return {number for start, end in zip(fences[::2], fences[1::2], strict=False) for number in range(start, end + 1)}


def _mend_wrapped_quotes(lines: Sequence[str], kinds: list[Kind]) -> None:
    """A long quoted line whose tail fell onto the next one, without a mark, is still quoted."""
    for number in range(1, min(len(lines), MAX_LINES) - 1):
        if kinds[number] is not Kind.TEXT or kinds[number - 1] is not Kind.QUOTE or kinds[number + 1] is not Kind.QUOTE:
            continue
        above, line = lines[number - 1].rstrip(), lines[number].strip()
        if len(above) >= 60 and above[-1] not in ".!?:;>" and len(line) <= len(above) and not line[0].isupper():
            kinds[number] = Kind.QUOTE


def _quote_behind_bars(lines: Sequence[str], kinds: list[Kind]) -> None:
    """`|` marks a quotation for a few programs, but only below an introduction: tables begin with it too."""
    is_below = False
    for number in range(min(len(lines), MAX_LINES)):
        if kinds[number] is Kind.INTRODUCTION:
            is_below = True
        elif kinds[number] is Kind.TEXT and is_below and lines[number].lstrip().startswith("|"):
            kinds[number] = Kind.QUOTE
        elif kinds[number] is not Kind.EMPTY:
            is_below = is_below and kinds[number] is Kind.QUOTE


def _found(lines: Sequence[str], kinds: Sequence[Kind], number: int) -> tuple[int, int, HeaderBlock | None] | None:
    """The introduction at line `number`: its first line, the line behind it, and its header block."""
    if kinds[number] is Kind.QUOTE and not attributions.is_split_end(lines[number][:MAX_LINE_CHARS]):
        return None
    if len(lines[number]) > MAX_LINE_CHARS:
        return None
    quote_follows = _next_kind(lines, kinds, number) is Kind.QUOTE
    found = _introduction(lines, number, quote_follows=quote_follows)
    if found is None:
        return None
    start, end, block = found
    while start < number and kinds[start] is Kind.INTRODUCTION:
        start += 1
    return start, end, block


def _introduction(
    lines: Sequence[str], number: int, *, quote_follows: bool = False
) -> tuple[int, int, HeaderBlock | None] | None:
    line = lines[number]
    if separators.is_separator(line):
        return number, number + 1, None
    block = header_block(lines, number) if ":" in line or "：" in line or line.startswith("|") else None
    if block is not None:
        return number, block.end, block
    is_bare = separators.is_bare_separator(line)
    if is_bare and quote_follows:
        return number, number + 1, None
    if is_bare or separators.words_between_rules(line):
        following = next(
            (other for other in range(number + 1, min(number + 4, len(lines))) if lines[other].strip()), None
        )
        if following is not None and header_block(lines, following) is not None:
            return number, number + 1, None
    start = attributions.attribution_start(lines, number, quote_follows=quote_follows)
    return (start, number + 1, None) if start is not None else None


def _next_kind(lines: Sequence[str], kinds: Sequence[Kind], number: int) -> Kind:
    for following in range(number + 1, min(number + 6, len(kinds))):
        if kinds[following] is not Kind.EMPTY:
            is_bar = lines[following].lstrip().startswith("|")
            return Kind.QUOTE if is_bar else kinds[following]
    return Kind.EMPTY

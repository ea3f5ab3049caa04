"""The arguments of a request as blocks: every one visible, name beside value, and what a person changed marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from channels.slack import mrkdwn
from channels.slack.desk import blocks as block
from channels.slack.desk.values import masked, words
from channels.slack.limits import FIELDS, SECTION_TEXT, VIEW_BLOCKS
from channels.staff import ApprovalCard

_INLINE = 120  # characters of a value that stands beside its name
_EXCERPT = 500  # characters of a long value
_TOTAL = 6000  # characters of all values on a card
_LEAST = 40  # characters of each value, however many there are
_LONG = 10  # long values that get a paragraph of their own
_ROWS = 100  # arguments on a card
_PER_SECTION = FIELDS // 2

Values = Mapping[str, str]


def argument_blocks(card: ApprovalCard) -> Iterator[block.Block]:
    """The arguments, one row each, excerpts of long values."""
    after, before = _values(card)
    names = list({**before, **after})
    if not names:
        yield block.context("It takes no arguments.")
        return
    limit = _limit(len(names))
    paragraphs = [
        name for name in names if _is_long(before.get(name, ""), limit) or _is_long(after.get(name, ""), limit)
    ]
    rows = [name for name in names if name not in paragraphs[:_LONG]]
    for start in range(0, len(rows[:_ROWS]), _PER_SECTION):
        cells = (_row(name, before, after, limit) for name in rows[start : start + _PER_SECTION])
        yield block.fields(*(text for cell in cells for text in cell))
    for name in paragraphs[:_LONG]:
        yield block.section("\n".join(_row(name, before, after, limit)))
    if len(rows) > _ROWS:
        yield block.context(f"and {len(rows) - _ROWS} more arguments")


def all_arguments(card: ApprovalCard) -> Iterator[block.Block]:
    """Everything that would run, whole, for a dialog."""
    after, before = _values(card)
    pieces = [piece for name in {**before, **after} for piece in _whole(name, before, after)]
    yield from (block.section(piece) for piece in pieces[: VIEW_BLOCKS - 1])
    if len(pieces) >= VIEW_BLOCKS:
        yield block.context("There is more than a dialog can hold. The console shows all of it.")


def is_cut(card: ApprovalCard) -> bool:
    """Something of the request does not fit on the card."""
    after, _ = _values(card)
    return len(after) > _ROWS or any(len(value) > _limit(len(after)) for value in after.values())


def _values(card: ApprovalCard) -> tuple[Values, Values]:
    after = masked(card.arguments, card.schema)
    return after, masked(card.edited_from, card.schema) if card.edited_from is not None else after


def _row(name: str, before: Values, after: Values, limit: int) -> tuple[str, str]:
    label = mrkdwn.bold(mrkdwn.shorten(words(name), _INLINE))
    if before.get(name) == after.get(name):
        return label, _value(after[name], limit)
    old = _value(before[name], limit) if name in before else "(not set)"
    new = _value(after[name], limit) if name in after else "(removed)"
    separator = "\n:arrow_right:\n" if "\n" in old + new or ">" in (old[:1], new[:1]) else " :arrow_right: "
    return f":pencil2: {label}", f"{old}{separator}{new}"


def _value(value: str, limit: int) -> str:
    excerpt = mrkdwn.shorten(value, limit)
    return mrkdwn.quote(excerpt) if _is_long(value, limit) else mrkdwn.code(excerpt)


def _is_long(value: str, limit: int) -> bool:
    return "\n" in value or len(value) > min(_INLINE, limit)


def _limit(count: int) -> int:
    return min(_EXCERPT, max(_LEAST, _TOTAL // max(count, 1)))


def _whole(name: str, before: Values, after: Values) -> Iterator[str]:
    label = mrkdwn.bold(mrkdwn.shorten(words(name), _INLINE))
    if name in before and before.get(name) != after.get(name):
        yield from _labelled(f"{label} before", before[name])
        label = f"{label} after"
    if name in after:
        yield from _labelled(label, after[name])


def _labelled(label: str, value: str) -> Iterator[str]:
    """A value in pieces that fit a section each, even if every character needs escaping."""
    size = (SECTION_TEXT - len(label) - 100) // len("&amp;")
    for index, piece in enumerate(_pieces(value, size)):
        yield f"{label}\n{mrkdwn.quote(piece)}" if index == 0 else mrkdwn.quote(piece)


def _pieces(text: str, size: int) -> Iterator[str]:
    """The text in pieces, between words where there are any."""
    while len(text) > size:
        cut = max(text.rfind(" ", 1, size), text.rfind("\n", 1, size)) + 1 or size
        yield text[:cut]
        text = text[cut:]
    yield text

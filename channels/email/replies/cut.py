"""Decides which lines of a mail its author newly wrote.

The mail is read as a word of `Kind` letters: `tiq` is a reply above, `iqt` one below, `iqtqt` answers between. Losing
text is worse than leaving a quotation in: whatever fits no known order is kept whole, and a cut that would leave
nothing is not made.
"""

from __future__ import annotations

from channels.email.replies import endings
from channels.email.replies.endings import says_something
from channels.email.replies.lines import Block, Classified, Kind
from channels.email.replies.signatures import has_contact, is_footer, looks_like_signature

MAX_NESTING = 3


def own_lines(mail: Classified) -> list[int]:
    """The numbers of the lines to keep, in order."""
    everything = range(len(mail.lines))
    kept = _kept(mail, 0, len(mail.lines), 0)
    return kept if says_something([mail.lines[number] for number in kept]) else list(everything)


def _kept(mail: Classified, start: int, end: int, nesting: int) -> list[int]:
    blocks = mail.blocks(start, end)
    first = next((position for position, block in enumerate(blocks) if block.kind is Kind.INTRODUCTION), None)
    if first is None:
        return _without_introduction(mail, blocks, start, end)
    above, below = blocks[:first], blocks[first + 1 :]
    while below and below[0].kind is Kind.INTRODUCTION:
        below = below[1:]
    if _says_something(mail, above):
        return _above_and_maybe_between(mail, below, start, end, blocks[first].start)
    return _below_or_inside(mail, below, start, end, blocks[first].start, nesting)


def _without_introduction(mail: Classified, blocks: list[Block], start: int, end: int) -> list[int]:
    """Nothing says that another mail follows. A quotation at the end is cut all the same, if no colon leads to it."""
    word = "".join(block.kind for block in blocks if block.kind is not Kind.SIGNATURE)
    if word == "tq" and not _leads_on(mail, blocks[0]):
        return _trimmed(mail, start, blocks[0].end, ends_mail=False)
    return _trimmed(mail, start, end, ends_mail=True)


def _above_and_maybe_between(
    mail: Classified, below: list[Block], start: int, end: int, introduction: int
) -> list[int]:
    """Text stands above the introduction. What follows is cut, unless the author also wrote below or between."""
    reply = _trimmed(mail, start, introduction, ends_mail=False)
    if not below or below[0].kind is not Kind.QUOTE:
        return reply
    behind = _up_to_introduction(below[1:])
    texts = [block for block in behind if block.kind is Kind.TEXT and not _is_afterthought_of_program(mail, block)]
    if not texts:
        return reply
    if len(texts) == 1:
        gap = range(reply[-1] + 1, reply[-1] + 2) if reply and reply[-1] + 1 < introduction else ()
        return [*reply, *gap, *_trimmed(mail, texts[0].start, texts[0].end, ends_mail=True)]
    return _trimmed(mail, start, end, ends_mail=True)


def _below_or_inside(
    mail: Classified, below: list[Block], start: int, end: int, introduction: int, nesting: int
) -> list[int]:
    """Nothing stands above the introduction: the answer is below the quotation, between it, or there is none."""
    everything = list(range(start, end))
    if not below or nesting == MAX_NESTING:
        return everything
    if below[0].kind is not Kind.QUOTE:  # what follows is all there is: a forwarded mail, or quoting without marks
        return _kept(mail, below[0].start, end, nesting + 1)
    behind = _up_to_introduction(below[1:])
    if len(below) > 1 and not behind:
        return _kept(mail, below[1].start, end, nesting + 1)
    texts = [block for block in behind if block.kind is Kind.TEXT]
    if all(is_footer(mail.lines[block.start : block.end]) for block in texts):
        return everything
    ends_mail = behind[-1].end == end
    if len(texts) == 1:
        return _trimmed(mail, texts[0].start, texts[0].end, ends_mail=ends_mail)
    return _trimmed(mail, introduction, behind[-1].end, ends_mail=ends_mail)


def _up_to_introduction(blocks: list[Block]) -> list[Block]:
    first = next((position for position, block in enumerate(blocks) if block.kind is Kind.INTRODUCTION), len(blocks))
    return blocks[:first]


def _says_something(mail: Classified, blocks: list[Block]) -> bool:
    lines = [line for block in blocks if block.kind is Kind.TEXT for line in mail.lines[block.start : block.end]]
    return says_something(endings.without_banner(lines))


def _leads_on(mail: Classified, block: Block) -> bool:
    """Whether the last line before a quotation ends in a colon: "the screen says:"."""
    filled = [line.strip() for line in mail.lines[block.start : block.end] if line.strip()]
    return bool(filled) and filled[-1].endswith((":", "："))


def _is_afterthought_of_program(mail: Classified, block: Block) -> bool:
    """A signature or footer below a quotation, rather than an answer."""
    lines = mail.lines[block.start : block.end]
    return is_footer(lines) or (looks_like_signature(lines) and has_contact(lines))


def _trimmed(mail: Classified, start: int, end: int, *, ends_mail: bool) -> list[int]:
    """Lines `start` to `end` without what programs and habits put around a text."""
    numbers = [number for number in range(start, end) if mail.kinds[number] is not Kind.SIGNATURE]
    if not says_something([mail.lines[number] for number in numbers]):
        numbers = list(range(start, end))
    kept = endings.trim([mail.lines[number] for number in numbers], ends_mail=ends_mail)
    return numbers[kept.start : kept.stop]

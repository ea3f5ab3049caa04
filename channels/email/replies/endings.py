"""Takes banners off the top of a text, and signatures, footers and disclaimers off its end.

Each step looks at the end only, and none is taken that would leave nothing said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from channels.email.replies.notices import banner_end, is_banner, is_disclaimer, is_footer_line
from channels.email.replies.signatures import (
    MAX_CLOSING_LINES,
    MAX_SIGNATURE_LINES,
    has_contact,
    is_closing,
    is_device_line,
    is_footer,
    is_rule,
    is_signature_start,
    looks_like_signature,
)

MAX_ROUNDS = 6
MAX_TAIL_LINES = 60  # how far from the end a signature may begin

_BLANK = " \t\r\u00a0\u200b"


def trim(lines: Sequence[str], *, ends_mail: bool) -> range:
    """The lines worth keeping. `ends_mail`: nothing follows them, so that a closing at the end is a signature too."""
    start, end = _start(lines), len(lines)
    steps: tuple[Callable[[Sequence[str], int, int], int], ...] = (
        _without_blank,
        _without_signature,
        _without_device_line,
        _without_ruled_footer,
        _without_footer,
        _without_disclaimer,
    )
    if ends_mail:
        steps = (*steps, _without_closing)
    for _ in range(MAX_ROUNDS):
        before = end
        for step in steps:
            shorter = step(lines, start, end)
            if says_something(lines[start:shorter]):
                end = shorter
        if end == before:
            break
    return range(start, end)


def without_banner(lines: Sequence[str]) -> Sequence[str]:
    return lines[_start(lines) :]


def says_something(lines: Sequence[str]) -> bool:
    """Whether anything is said: rules, marks and blanks say nothing."""
    return any(line.strip(" \t\r\n-_=*>|#~+.,:;–—─━═\u200b\u00a0") for line in lines)


def _start(lines: Sequence[str]) -> int:
    """Behind blank lines and up to two warnings of the mail server's."""
    start = _next_filled(lines, banner_end(lines))
    start = start if says_something(lines[start:]) else _next_filled(lines, 0)
    for _ in range(2):
        end = start
        while end < len(lines) and lines[end].strip(_BLANK) and end - start < 12:
            end += 1
        if not is_banner(lines[start:end]):
            break
        behind = _next_filled(lines, end)
        while behind < len(lines) and is_rule(lines[behind]):
            behind = _next_filled(lines, behind + 1)
        if not says_something(lines[behind:]):
            break
        start = behind
    return start


def _next_filled(lines: Sequence[str], start: int) -> int:
    while start < len(lines) and not lines[start].strip(_BLANK):
        start += 1
    return start


def _without_blank(lines: Sequence[str], start: int, end: int) -> int:
    """Also without a rule that now ends the text: it led to what was cut."""
    while end > start and (not lines[end - 1].strip(_BLANK) or is_rule(lines[end - 1])):
        end -= 1
    return end


def _without_signature(lines: Sequence[str], start: int, end: int) -> int:
    for number in range(max(start + 1, end - MAX_TAIL_LINES), end):
        if not is_signature_start(lines[number]):
            continue
        is_standard = lines[number].rstrip("\r\n") == "-- "
        below = lines[number + 1 : end]
        if is_standard or looks_like_signature(below) or (len(below) <= MAX_SIGNATURE_LINES and has_contact(below)):
            return number
    return end


def _without_device_line(lines: Sequence[str], start: int, end: int) -> int:
    """From "Sent from my iPhone" on: what such programs put below is the mail that was answered."""
    for number in range(max(start + 1, end - MAX_TAIL_LINES), end):
        if is_device_line(lines[number]) and says_something(lines[start:number]):
            return number
    return end


def _without_ruled_footer(lines: Sequence[str], start: int, end: int) -> int:
    for number in range(max(start + 1, end - MAX_SIGNATURE_LINES - 2), end):
        if not is_rule(lines[number]):
            continue
        below = lines[number + 1 : end]
        if is_footer(below) or (looks_like_signature(below) and has_contact(below)):
            return number
    return end


def _without_footer(lines: Sequence[str], start: int, end: int) -> int:
    paragraph = _last_paragraph(lines, start, end)
    is_short = end - paragraph <= 8
    if is_short and paragraph > start and all(is_footer_line(line) for line in lines[paragraph:end] if line.strip()):
        return paragraph
    return end


def _without_disclaimer(lines: Sequence[str], start: int, end: int) -> int:
    """The last paragraph, or an earlier one near the end with everything below it."""
    position = end
    for _ in range(4):
        paragraph = _last_paragraph(lines, start, position)
        if paragraph <= start:
            break
        if is_disclaimer(lines[paragraph:position]):
            return paragraph
        position = paragraph
        while position > start and not lines[position - 1].strip(_BLANK):
            position -= 1
    return end


def _without_closing(lines: Sequence[str], start: int, end: int) -> int:
    for number in range(max(start + 1, end - 2 * MAX_CLOSING_LINES), end):
        if not is_closing(lines[number]):
            continue
        below = [line for line in lines[number + 1 : end] if line.strip(_BLANK)]
        if len(below) <= MAX_CLOSING_LINES and looks_like_signature(below):
            return number
    return end


def _last_paragraph(lines: Sequence[str], start: int, end: int) -> int:
    """Where it begins; `start` if it is longer than what programs append."""
    first = end
    while first > start and lines[first - 1].strip(_BLANK):
        first -= 1
        if end - first > MAX_TAIL_LINES:
            return start
    return first

"""How a text travels as SMS: how many segments it takes, and where it is cut into several messages.

A segment holds 160 GSM-7 septets or 70 UTF-16 units; in a longer text each gives up 7 or 3 of them to say its place.
A phone joins the segments of one message by itself, so a text is only cut into several messages (parts) where it is
longer than every carrier reliably joins. Counting agrees with Twilio's own calculator.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from functools import partial

# The standard `re` knows no grapheme clusters.
import regex  # type: ignore[import-untyped]  # ships no types

from channels.sms.gsm7 import EXTENSION, is_gsm7

# Twilio's own limit, of any message.
MAX_CHARS = 1600
# Up to 612 plain characters or 268 others: most answers are one message, and four segments arrive joined everywhere.
MAX_SEGMENTS = 4

_GRAPHEME = regex.compile(r"\r|\n|\X")
_URL = regex.compile(r"(?:https?://|www\.)[!-~]+")
_PARAGRAPH = regex.compile(r"\n")
# A full stop after a digit is more often a list's number, which belongs to what follows, than a sentence's end.
_SENTENCE = regex.compile(r"(?:(?<=\D)\.|[!?…])[\"')\]]*(?=\s)|[。！？]")
_WORD = regex.compile(r"(?<!\d\.)(?=\s)")


def count_segments(text: str) -> int:
    """How many segments a carrier is asked to carry for one message with this text."""
    if is_gsm7(text):
        return _packed((2 if sign in EXTENSION else 1 for sign in text), alone=160, joined=153)
    return _packed((utf16_length(cluster) for cluster in _clusters(text)), alone=70, joined=67)


def split(text: str, *, max_segments: int | None = MAX_SEGMENTS, max_chars: int = MAX_CHARS) -> tuple[str, ...]:
    """The text as one or several messages, counted `(1/3)` where there are several. Nothing but white space is lost.

    A message ends with a paragraph, a sentence or a word, in this order of preference; within a word only between
    graphemes; never inside a URL (which may therefore take more segments, but not more than `max_chars`).
    `max_segments` of None is for channels that are not carried in segments.
    """

    def fits(piece: str, counter: str = "") -> bool:
        message = counter + piece
        within = utf16_length(message) <= max_chars
        return within and (max_segments is None or count_segments(message) <= max_segments)

    text = text.strip()
    if fits(text):
        return (text,) if text else ()
    widest = 9
    while True:
        counter = _counter(widest, widest)
        pieces = _pieces(text, partial(fits, counter=counter), max_chars - len(counter))
        if len(pieces) <= widest:
            return tuple(_counter(place, len(pieces)) + piece for place, piece in enumerate(pieces, start=1))
        widest = widest * 10 + 9


def utf16_length(text: str) -> int:
    """The length in UTF-16 units, which is what UCS-2 segments and Twilio's limit count."""
    return len(text) + sum(sign > "\uffff" for sign in text)


def _counter(place: int, total: int) -> str:
    return f"({place}/{total}) "


def _clusters(text: str) -> Iterable[str]:
    """Graphemes; one that is larger than a whole segment falls apart into its characters."""
    for cluster in _GRAPHEME.findall(text):
        if utf16_length(cluster) <= 67:
            yield cluster
        else:
            yield from cluster


def _packed(sizes: Iterable[int], *, alone: int, joined: int) -> int:
    segments, used, total = 1, 0, 0
    for size in sizes:
        total += size
        if used + size > joined:
            segments, used = segments + 1, 0
        used += size
    return 1 if total <= alone else segments


def _pieces(text: str, fits: Callable[[str], bool], max_chars: int) -> list[str]:
    pieces = []
    while text and not fits(text):
        end = _end_of_first(text, fits, max_chars)
        pieces.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*pieces, text] if text else pieces


def _end_of_first(text: str, fits: Callable[[str], bool], max_chars: int) -> int:
    limit = _longest(text, fits, max_chars)
    # A boundary that would waste most of the room is worse than a lesser one further on.
    for boundary, least in ((_PARAGRAPH, limit // 2), (_SENTENCE, limit // 2), (_WORD, limit // 4)):
        ends = [found.end() for found in boundary.finditer(text, 0, min(limit + 1, len(text))) if found.end() <= limit]
        if ends and ends[-1] > least:
            return int(ends[-1])
    return _outside_url(text, limit, max_chars)


def _longest(text: str, fits: Callable[[str], bool], max_chars: int) -> int:
    """The end of the longest run of whole graphemes that fits; of characters, where not even one grapheme does."""
    window = text[: max_chars + 1]
    ends = [found.end() for found in _GRAPHEME.finditer(window)]
    if not fits(window[: ends[0]]):
        ends = list(range(1, len(window) + 1))
    return int(ends[max(bisect_right(ends, False, key=lambda end: not fits(window[:end])) - 1, 0)])


def _outside_url(text: str, limit: int, max_chars: int) -> int:
    for url in _URL.finditer(text[: max_chars + 1]):
        if url.start() < limit < url.end():
            longest = min(url.end(), max_chars)
            return int(url.start() or longest)
    return limit

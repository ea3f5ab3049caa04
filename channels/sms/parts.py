"""Where a long text is cut into several messages.

A phone joins the segments of one message by itself, so a text is only cut where it is longer than every carrier
reliably joins. A message then ends with a paragraph, a sentence or a word, in this order of preference; within a word
only between graphemes; never inside a URL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from channels.sms.segments import SegmentMeter, clusters, count_segments, utf16_length

# Twilio's own limit, of any message.
MAX_CHARS = 1600
# Up to 612 plain characters or 268 others: most answers are one message, and four segments arrive joined everywhere.
MAX_SEGMENTS = 4

_URL = re.compile(r"(?:https?://|www\.)[!-~]+")
_PARAGRAPH = re.compile(r"\n")
# A full stop after a digit is more often a list's number, which belongs to what follows, than a sentence's end.
_SENTENCE = re.compile(r"(?:(?<=\D)\.|[!?…])[\"')\]]*(?=\s)|[。！？]")
_WORD = re.compile(r"(?<!\d\.)(?=\s)")


def split(text: str, *, max_segments: int | None = MAX_SEGMENTS, max_chars: int = MAX_CHARS) -> tuple[str, ...]:
    """The text as one or several messages, counted `(1/3)` where there are several. Nothing but white space is lost.

    A URL may take more than `max_segments`, but not more than `max_chars`. `max_segments` of None is for channels
    that are not carried in segments.
    """
    text = text.strip()
    if not text:
        return ()
    if _Room("", max_segments, max_chars).holds(text):
        return (text,)
    widest = 9
    while True:
        pieces = _pieces(text, _Room(_counter(widest, widest), max_segments, max_chars))
        if len(pieces) <= widest:
            return tuple(_counter(place, len(pieces)) + piece for place, piece in enumerate(pieces, start=1))
        widest = widest * 10 + 9


@dataclass(frozen=True, slots=True)
class _Room:
    """What one message holds after its counter."""

    counter: str
    max_segments: int | None
    max_chars: int

    def holds(self, text: str) -> bool:
        message = self.counter + text
        if utf16_length(message) > self.max_chars:
            return False
        return self.max_segments is None or count_segments(message) <= self.max_segments

    def longest(self, text: str) -> int:
        """The end of the longest run of whole graphemes from the start of `text` that fits."""
        meter, end, length = SegmentMeter(), 0, len(self.counter)
        for sign in self.counter:
            meter.add(sign)
        for cluster in clusters(text[: self.max_chars + 1]):
            meter.add(cluster)
            length += utf16_length(cluster)
            if length > self.max_chars or (self.max_segments is not None and meter.segments > self.max_segments):
                break
            end += len(cluster)
        return end


def _counter(place: int, total: int) -> str:
    return f"({place}/{total}) "


def _pieces(text: str, room: _Room) -> list[str]:
    pieces = []
    while text and not room.holds(text):
        end = _end_of_first(text, room)
        pieces.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*pieces, text] if text else pieces


def _end_of_first(text: str, room: _Room) -> int:
    limit = max(room.longest(text), 1)
    # A boundary that would waste most of the room is worse than a lesser one further on.
    for boundary, least in ((_PARAGRAPH, limit // 2), (_SENTENCE, limit // 2), (_WORD, limit // 4)):
        ends = [found.end() for found in boundary.finditer(text, 0, limit + 1) if found.end() <= limit]
        if ends and ends[-1] > least:
            return ends[-1]
    return _outside_url(text, limit, room.max_chars - len(room.counter))


def _outside_url(text: str, limit: int, max_chars: int) -> int:
    for url in _URL.finditer(text, 0, max_chars + 1):
        if url.start() < limit < url.end():
            return url.start() or min(url.end(), max_chars)
    return limit

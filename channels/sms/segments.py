"""How many segments a text takes on its way over a carrier.

A segment holds 160 GSM-7 septets or 70 UTF-16 units; in a longer text each gives up 7 or 3 of them to say its place.
Neither an extension sign of two septets nor a grapheme is parted by a boundary. Agrees with Twilio's own calculator.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

# The standard `re` knows no grapheme clusters.
import regex  # type: ignore[import-untyped]  # ships no types

from channels.sms.gsm7 import ALPHABET, EXTENSION

_GRAPHEME = regex.compile(r"\r|\n|\X")
_LARGEST_CLUSTER = 67


def count_segments(text: str) -> int:
    """How many segments a carrier is asked to carry for one message with this text."""
    # Most texts need no closer look.
    if ALPHABET.issuperset(text) and EXTENSION.isdisjoint(text):
        return 1 if len(text) <= 160 else -(-len(text) // 153)
    meter = SegmentMeter()
    for cluster in clusters(text):
        meter.add(cluster)
    return meter.segments


def clusters(text: str) -> Iterator[str]:
    """The graphemes of a text; one that is larger than a whole segment falls apart into its characters."""
    for found in _GRAPHEME.finditer(text):
        cluster = found.group()
        if utf16_length(cluster) <= _LARGEST_CLUSTER:
            yield cluster
        else:
            yield from cluster


def utf16_length(text: str) -> int:
    """The length in UTF-16 units, which is what UCS-2 segments and Twilio's limit count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(slots=True)
class _Packing:
    """Pieces put into segments one after another, none of them parted."""

    alone: int  # what a segment holds that is the only one
    joined: int  # what each of several holds
    segments: int = 1
    used: int = 0
    total: int = 0

    def add(self, size: int) -> None:
        self.total += size
        self.used += size
        if self.used > self.joined:
            self.segments, self.used = self.segments + 1, size

    def count(self) -> int:
        return 1 if self.total <= self.alone else self.segments


@dataclass(slots=True)
class SegmentMeter:
    """Counts while a text grows: both alphabets at once, since a single sign can switch from the one to the other."""

    _gsm7: _Packing = field(default_factory=lambda: _Packing(alone=160, joined=153))
    _ucs2: _Packing = field(default_factory=lambda: _Packing(alone=70, joined=67))
    _is_gsm7: bool = True

    def add(self, cluster: str) -> None:
        """Append one grapheme."""
        self._ucs2.add(utf16_length(cluster))
        self._is_gsm7 = self._is_gsm7 and ALPHABET.issuperset(cluster)
        if self._is_gsm7:
            for sign in cluster:
                self._gsm7.add(2 if sign in EXTENSION else 1)

    @property
    def segments(self) -> int:
        """What the text so far takes."""
        return self._gsm7.count() if self._is_gsm7 else self._ucs2.count()

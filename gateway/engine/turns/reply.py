"""The reply of a turn while it grows: pieces of text become deltas, and small pieces of a long reply are joined.

A listener of the SDK keeps some thousand events, so a reply is told in a few hundred deltas at most,
whatever its length.
"""

from __future__ import annotations

from collections.abc import Callable

_PLAIN_DELTAS = 100  # told as they come; after these, every further hundred waits for four times as much text
_FIRST_JOINED_CHARS = 40
SEPARATOR = "\n\n"  # between words said before a tool call and words said after it


class Reply:
    """Collects the text of a turn. `tell` is called with index and text of each delta."""

    def __init__(self, tell: Callable[[int, str], None], *, index: int, text: str) -> None:
        self.index = index
        self._tell = tell
        self._told = [text]
        self._waiting: list[str] = []
        self._waiting_chars = 0
        self._at_break = bool(text)

    @property
    def text(self) -> str:
        """Everything said so far, told or not."""
        return "".join((*self._told, *self._waiting))

    def add(self, piece: str) -> None:
        if not piece:
            return
        if self._at_break:
            self._at_break = False
            self._take(SEPARATOR)
        self._take(piece)
        if self._waiting_chars >= self._wanted_chars():
            self.flush()

    def pause(self) -> None:
        """The model stops to call a tool: what comes next is a new paragraph."""
        self.flush()
        self._at_break = bool(self.text)

    def flush(self) -> None:
        if not self._waiting:
            return
        piece = "".join(self._waiting)
        self._tell(self.index, piece)
        self.index += 1
        self._told.append(piece)
        self._waiting, self._waiting_chars = [], 0

    def _take(self, piece: str) -> None:
        self._waiting.append(piece)
        self._waiting_chars += len(piece)

    def _wanted_chars(self) -> int:
        steps = self.index // _PLAIN_DELTAS
        return 1 if steps == 0 else _FIRST_JOINED_CHARS * 4 ** (steps - 1)

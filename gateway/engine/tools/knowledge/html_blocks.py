"""The words of an HTML page in the order of reading: headings by level, and text in paragraphs."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_UNSEEN = {"script", "style", "template", "noscript", "head", "nav", "svg", "iframe", "object", "select"}
_BREAKS = {
    "address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer",
    "form", "header", "hr", "main", "ol", "p", "pre", "section", "table", "ul",
}  # fmt: skip
_LINES = {"br", "li", "tr"}
_CELLS = {"td", "th"}


def html_blocks(text: str) -> Iterator[tuple[int, str]]:
    """Pairs of heading level (0: text) and words. Any text gives some."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.blocks()


class _Reader(HTMLParser):
    """Gathers words until something ends the block that they belong to."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._blocks: list[tuple[int, str]] = []
        self._words: list[str] = []
        self._level = 0
        self._unseen: list[str] = []

    def blocks(self) -> Iterator[tuple[int, str]]:
        self._end_block()
        return iter(self._blocks)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen.append(tag)
        elif tag == "body":
            self._unseen.clear()  # a head that was never closed ends here
        elif tag in _HEADINGS:
            self._end_block()
            self._level = _HEADINGS[tag]
        elif tag in _BREAKS:
            self._end_block()
        elif tag in _LINES:
            self._words.append("\n")
        elif tag in _CELLS:
            self._words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._unseen:
            del self._unseen[self._unseen.index(tag) :]
        elif tag in _HEADINGS or tag in _BREAKS:
            self._end_block()

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._words.append(data)

    def _end_block(self) -> None:
        lines = [" ".join(line.split()) for line in _split_at_breaks(self._words)]
        if text := "\n".join(filter(None, lines)):
            self._blocks.append((self._level, text.replace("\n", " ") if self._level else text))
        self._words = []
        self._level = 0


def _split_at_breaks(words: list[str]) -> Iterator[str]:
    line: list[str] = []
    for word in words:
        if word == "\n":
            yield "".join(line)
            line = []
        else:
            line.append(word)
    yield "".join(line)

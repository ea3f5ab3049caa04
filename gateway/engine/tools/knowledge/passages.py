"""From a document to passages: short enough to quote, whole enough to understand, each under its headings.

Plain functions from text to values. `read_passages` picks one by the file's name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePath

from gateway.engine.tools.knowledge.html_blocks import html_blocks

MAX_PASSAGE_CHARS = 1_200
HEADING_JOINT = " › "

_ATX_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*")
_FENCE = re.compile(r" {0,3}(```+|~~~+).*")
_FRONT_MATTER = re.compile(r"\A---\r?\n.*?\r?\n---\r?\n", re.DOTALL)
_BLANK_LINES = re.compile(r"\n[ \t]*\n")


class UnreadableDocument(Exception):
    """A file that claims to be a document of a kind, and is not."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document, with the path of headings above it."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """A heading of some level, or (level 0) text."""

    level: int
    text: str


def read_passages(name: str, content: bytes) -> list[Passage]:
    """The passages of a file in their order. Raises `UnreadableDocument`."""
    return list(_READERS[PurePath(name).suffix.lower()](content))


def is_document(name: str) -> bool:
    """Whether this is a kind of file that can be read here."""
    return PurePath(name).suffix.lower() in _READERS


def markdown_passages(text: str) -> Iterator[Passage]:
    """Markdown by its headings. Marks inside the text stay: models read them well."""
    return _under_headings(_markdown_blocks(_FRONT_MATTER.sub("", text)))


def html_passages(text: str) -> Iterator[Passage]:
    """HTML by its headings, without what is not shown."""
    return _under_headings(Block(level, words) for level, words in html_blocks(text))


def plain_passages(text: str, heading: str = "") -> Iterator[Passage]:
    """Text by its paragraphs."""
    for piece in _pieces(text):
        yield Passage(heading, piece)


def _pdf_passages(content: bytes) -> Iterator[Passage]:
    # Imported for the first PDF: most folders have none, and engines should start fast.
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        pages = [page.extract_text() for page in PdfReader(BytesIO(content)).pages]
    except (PyPdfError, ValueError, KeyError, TypeError, RecursionError, OSError) as error:
        raise UnreadableDocument(f"not a readable PDF: {type(error).__name__}") from error
    for number, text in enumerate(pages, start=1):
        # Broken fonts give halves of characters, which no database takes.
        yield from plain_passages(text.encode("utf-8", "replace").decode(), f"page {number}")


def _markdown_blocks(text: str) -> Iterator[Block]:
    fence = ""
    lines: list[str] = []
    for line in text.splitlines():
        opened = _FENCE.fullmatch(line)
        if fence:
            fence = "" if opened and opened[1].startswith(fence) else fence
        elif opened:
            fence = opened[1]
        elif heading := _ATX_HEADING.fullmatch(line):
            yield Block(0, "\n".join(lines))
            yield Block(len(heading[1]), heading[2] or "")
            lines = []
            continue
        elif (underline := _UNDERLINE.fullmatch(line)) and lines and lines[-1].strip():
            yield Block(0, "\n".join(lines[:-1]))
            yield Block(1 if underline[1].startswith("=") else 2, lines[-1].strip())
            lines = []
            continue
        lines.append(line)
    yield Block(0, "\n".join(lines))


def _under_headings(blocks: Iterable[Block]) -> Iterator[Passage]:
    path: dict[int, str] = {}
    texts: list[str] = []
    for block in blocks:
        if not block.level:
            texts.append(block.text)
            continue
        yield from plain_passages("\n\n".join(texts), _joined(path))
        texts = []
        path = {level: heading for level, heading in path.items() if level < block.level}
        path[block.level] = block.text
    yield from plain_passages("\n\n".join(texts), _joined(path))


def _joined(path: Mapping[int, str]) -> str:
    return HEADING_JOINT.join(heading for _, heading in sorted(path.items()) if heading)


def _pieces(text: str) -> Iterator[str]:
    """Paragraphs, joined while they fit together; one that is too long by itself is cut."""
    gathered = ""
    for paragraph in filter(None, map(str.strip, _BLANK_LINES.split(text))):
        if gathered and len(gathered) + len(paragraph) + 2 > MAX_PASSAGE_CHARS:
            yield gathered
            gathered = ""
        gathered = f"{gathered}\n\n{paragraph}" if gathered else paragraph
        while len(gathered) > MAX_PASSAGE_CHARS:
            end = _last_break(gathered)
            yield gathered[:end].strip()
            gathered = gathered[end:].strip()
    if gathered:
        yield gathered


def _last_break(text: str) -> int:
    for mark in ("\n", ". ", " "):
        if (end := text.rfind(mark, MAX_PASSAGE_CHARS // 2, MAX_PASSAGE_CHARS)) > 0:
            return end + len(mark)
    return MAX_PASSAGE_CHARS


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace").replace("\r\n", "\n")


_READERS: Mapping[str, Callable[[bytes], Iterator[Passage]]] = {
    ".md": lambda content: markdown_passages(_decoded(content)),
    ".markdown": lambda content: markdown_passages(_decoded(content)),
    ".html": lambda content: html_passages(_decoded(content)),
    ".htm": lambda content: html_passages(_decoded(content)),
    ".txt": lambda content: plain_passages(_decoded(content)),
    ".pdf": _pdf_passages,
}

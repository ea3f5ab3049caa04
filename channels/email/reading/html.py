"""HTML of a mail to a tree that is safe to work on, and the tree to text.

The HTML library drops the text of absurdly deep documents in silence, and converters take seconds for megabytes: so
tags below `MAX_DEPTH` are dropped beforehand (their text stays), and what is too large is only stripped of its tags.
"""

from __future__ import annotations

import html
import re

from inscriptis.css_profiles import STRICT_CSS_PROFILE  # type: ignore[import-untyped]  # ships no types
from inscriptis.html_engine import Inscriptis  # type: ignore[import-untyped]  # ships no types
from inscriptis.model.config import ParserConfig  # type: ignore[import-untyped]  # ships no types
from lxml.etree import LxmlError  # type: ignore[import-untyped]  # ships no types
from lxml.html import HtmlElement, HTMLParser, document_fromstring  # type: ignore[import-untyped]  # ships no types
from lxml.html import fromstring as element_from

from channels.email.reading.charset import without_controls

MAX_CHARS = 600_000  # half a second of conversion
MAX_DEPTH = 80
MAX_TAGS = 50_000

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]{0,30})((?:[^<>\"']|\"[^\"<>]*\"|'[^'<>]*'|[\"'])*)>")
_DECLARATION = re.compile(r"<!\[[^>]{0,200}\]>|<\?[^>]{0,500}>|<![a-zA-Z][^>]{0,500}>")
_DATA_URI = re.compile(r"(=\s*[\"']?)data:[^\"'\s>]{200,}")
_BREAK = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6]|/table|/blockquote|hr)\b[^<>]*>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[a-zA-Z/!?][^<>]*>")
_BLANKS = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")
_SPACES = re.compile(r"[ \t\u00a0]+")

# These have no end tag, or are commonly written without one: they don't say how deep we are.
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
_LEFT_OPEN = {"p", "li", "td", "tr", "th", "tbody", "thead", "tfoot", "dt", "dd", "option", "html", "body"}
_UNCOUNTED = _VOID | _LEFT_OPEN
_WEIGHTS = {"table": 5}  # each level of tables costs the converter dearly
_CONFIG = ParserConfig(css=STRICT_CSS_PROFILE, display_links=False, display_images=False)


def tree(source: str) -> HtmlElement | None:
    """The document, or None where there is nothing to build a tree of, or too much."""
    source = without_noise(source)
    if len(source) > MAX_CHARS or source.count("<") > MAX_TAGS or not source.strip():
        return None
    source = flattened(source)
    try:
        # Bytes, because a document that declares another charset than its text has would confuse the parser.
        document = document_fromstring(source.encode("utf-8", "replace"), parser=HTMLParser(encoding="utf-8"))
    except (LxmlError, ValueError, AssertionError):
        return None
    return document if isinstance(document, HtmlElement) else None


def text_of(document: HtmlElement) -> str:
    """The document as a reader would see it: lists, tables, code and line breaks kept, link targets in brackets."""
    _write_out_links(document)
    _close_up_outlook_lines(document)
    _unfold_layout_tables(document)
    text = Inscriptis(document, _CONFIG).get_text()
    return _tidy(text)


def stripped(source: str) -> str:
    """The text between the tags, and no more: for what is too large or too broken for a tree. Linear time."""
    text = _ANY_TAG.sub("", _BREAK.sub("\n", without_noise(source).replace("\n", " ")))
    return _tidy(_SPACES.sub(" ", html.unescape(text)))


def without_noise(source: str) -> str:
    """`source` without what no reader sees: comments, scripts, styles, embedded data."""
    source = _without_comments(source)
    if "<" not in source:
        return source
    return _DATA_URI.sub(r"\1", _without_unseen(source))


def _without_comments(source: str) -> str:
    if "<!--" not in source:
        return _DECLARATION.sub("", source)
    parts: list[str] = []
    end = 0
    while (start := source.find("<!--", end)) >= 0:
        parts.append(source[end:start])
        close = source.find("-->", start + 4)
        if close < 0:  # never closed: browsers would hide the rest, and we would lose text
            end = start + 4
            break
        end = close + 3
    parts.append(source[end:])
    return _DECLARATION.sub("", "".join(parts))


def _without_unseen(source: str) -> str:
    """Done step by step to stay linear: an element that is never closed is looked for once."""
    for name in ("script", "style", "title", "noscript", "template", "svg", "math"):
        opening = re.compile(rf"<{name}\b", re.IGNORECASE)
        closing = re.compile(rf"</{name}\s*>", re.IGNORECASE)
        parts: list[str] = []
        end = 0
        for start in opening.finditer(source):
            if start.start() < end:
                continue
            close = closing.search(source, start.end())
            if close is None:
                break
            parts.append(source[end : start.start()])
            end = close.end()
        source = "".join((*parts, source[end:])) if parts else source
    return source


def flattened(source: str) -> str:
    """`source` without the tags below `MAX_DEPTH`. Text stays, so that nothing is lost but indentation."""
    depth = 0
    parts: list[str] = []
    end = 0
    for tag in _TAG.finditer(source):
        name = tag[2].lower()
        if name in _UNCOUNTED or tag[3].endswith("/"):
            continue
        is_deep = depth > MAX_DEPTH if tag[1] else depth >= MAX_DEPTH
        weight = _WEIGHTS.get(name, 1)
        depth = max(0, depth - weight) if tag[1] else depth + weight
        if is_deep:
            parts.append(source[end : tag.start()])
            end = tag.end()
    parts.append(source[end:])
    return "".join(parts)


def _write_out_links(document: HtmlElement) -> None:
    for link in document.iter("a"):
        target = (link.get("href") or "").strip()
        shown = "".join(link.itertext()).strip()
        plain = target.removeprefix("mailto:").removeprefix("https://").removeprefix("http://").rstrip("/")
        if not target.lower().startswith(("http://", "https://", "mailto:", "tel:")) or not shown:
            continue
        if plain and plain.lower() not in shown.lower():
            link.tail = f" <{target}>{link.tail or ''}"


def _close_up_outlook_lines(document: HtmlElement) -> None:
    """Outlook writes every line as a paragraph of a class that has no margin, and an empty one as a hard space."""
    for paragraph in document.iter("p", "div"):
        if "msonormal" in paragraph.get("class", "").lower():
            paragraph.tag = "div"
        text = "".join(paragraph.itertext()) if len(paragraph) <= 2 else "text"
        if "\u00a0" in text and not text.strip():
            for child in list(paragraph):
                paragraph.remove(child)
            paragraph.text = None
            paragraph.append(element_from("<br>"))


def _unfold_layout_tables(document: HtmlElement) -> None:
    """Tables of one column are there for the look: as blocks their text keeps its lines."""
    for table in list(document.iter("table")):
        rows = [row for row in table.iter("tr") if next(row.iterancestors("table"), None) is table]
        cells = [[cell for cell in row if cell.tag in ("td", "th")] for row in rows]
        if any(sum(1 for cell in row if "".join(cell.itertext()).strip()) > 1 for row in cells):
            continue
        for row, its_cells in zip(rows, cells, strict=True):
            row.tag = "div"
            for cell in its_cells:
                cell.tag = "div"
        for section in table:
            if section.tag in ("tbody", "thead", "tfoot"):
                section.tag = "div"
        table.tag = "div"


def _tidy(text: str) -> str:
    text = without_controls(text).replace("\r", "\n").replace("\u00a0", " ")
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    return _BLANKS.sub("\n\n", lines).strip("\n")

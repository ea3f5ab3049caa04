"""Markdown to text for a phone: no marks, links with their addresses, lists and tables as lines.

A table becomes one line a row, each cell led by its column's name, since columns do not line up on a phone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

_BREAKS = frozenset({"softbreak", "hardbreak"})
# What follows a scheme, up to what closes a sentence or an emphasis around it.
_REST_OF_URL = re.compile(r"://[^\s<>\]`]*[^\s<>\]`*_~.,;:!?)'\"]")


def plain_text(markdown: str) -> str:
    """What a person would type to say the same. Paragraphs stay apart by one blank line."""
    tokens: Sequence[Token] = _parser().parse(markdown)
    return "\n\n".join(_blocks(SyntaxTreeNode(tokens).children)).strip()


@cache  # building one takes longer than most answers take to parse
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.inline.ruler.before("emphasis", "bare_url", _keep_bare_url)
    return parser


def _keep_bare_url(state: StateInline, silent: bool) -> bool:
    """An inline rule: the stars and underscores of an address are no emphasis."""
    rest = _REST_OF_URL.match(state.src, state.pos)
    if rest is None or not state.src.endswith(("http", "https"), 0, state.pos):
        return False
    if not silent:
        state.pending += rest.group()
    state.pos = rest.end()
    return True


def _blocks(nodes: Sequence[SyntaxTreeNode]) -> Iterator[str]:
    for node in nodes:
        text = _block(node)
        if text.strip():
            yield text


def _block(node: SyntaxTreeNode) -> str:
    match node.type:
        case "paragraph" | "heading" | "th" | "td":
            return "".join(_inline(child) for child in node.children).strip()
        case "fence" | "code_block":
            return node.content.strip("\n")
        case "bullet_list":
            return _list(node, lambda _: "- ")
        case "ordered_list":
            first = int(node.attrs.get("start", 1))
            return _list(node, lambda index: f"{first + index}. ")
        case "table":
            return _table(node)
        case "hr":
            return ""
        case _:
            return "\n".join(_blocks(node.children))


def _inline(node: SyntaxTreeNode) -> str:
    if node.type in _BREAKS:
        return "\n"
    if node.type in ("text", "code_inline"):
        return node.content
    inner = "".join(_inline(child) for child in node.children)
    if node.type == "link":
        return _link(inner, str(node.attrs.get("href", "")))
    if node.type == "image":
        return _link(node.content, str(node.attrs.get("src", "")))
    return inner


def _link(text: str, url: str) -> str:
    address = url.removeprefix("mailto:").removeprefix("tel:")
    if not text.strip() or text.strip() in (url, address, address.partition("://")[2]):
        return address
    return f"{text}: {address}" if address else text


def _list(node: SyntaxTreeNode, mark: Callable[[int], str]) -> str:
    lines = []
    for index, item in enumerate(node.children):
        first, *rest = "\n".join(_blocks(item.children)).split("\n")
        lines.append(mark(index) + first)
        lines.extend(f"  {line}" if line else "" for line in rest)
    return "\n".join(lines)


def _table(node: SyntaxTreeNode) -> str:
    rows = [[_block(cell) for cell in row.children] for section in node.children for row in section.children]
    names, *entries = rows
    if not entries:
        return ", ".join(names)
    return "\n".join(
        ", ".join(f"{name}: {cell}" if name else cell for name, cell in zip(names, row, strict=True) if cell)
        for row in entries
    )

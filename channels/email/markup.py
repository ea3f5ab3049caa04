"""One Markdown source, two forms of a mail: HTML, and plain text that reads well alone.

Raw HTML in the source is shown as text, never passed on; what the renderer makes is cleaned once more against a short
list of tags. Styles are inline, since mail programs drop style sheets, and name no colours, so that a dark background
stays readable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

_LINE = "rgba(128,128,128,.45)"  # visible on light and dark alike
_STYLES = {
    "p": "margin:0 0 1em",
    "ul": "margin:0 0 1em;padding-left:1.5em",
    "ol": "margin:0 0 1em;padding-left:1.5em",
    "blockquote": f"margin:0 0 1em;padding-left:1em;border-left:2px solid {_LINE}",
    "pre": f"margin:0 0 1em;padding:.6em;border:1px solid {_LINE};white-space:pre-wrap;font-family:monospace",
    "code": "font-family:monospace",
    "table": "margin:0 0 1em;border-collapse:collapse",
    "th": f"padding:.3em .6em;border:1px solid {_LINE};text-align:left",
    "td": f"padding:.3em .6em;border:1px solid {_LINE}",
    "hr": f"border:0;border-top:1px solid {_LINE}",
}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_TAGS = {*_STYLES, *_HEADINGS, "a", "br", "del", "em", "li", "s", "strong", "tbody", "thead", "tr"}
_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
_STYLED_TAG = re.compile(rf"<({'|'.join(_STYLES)})(?=[ >])")


def to_html(markdown: str) -> str:
    """The source as an HTML fragment with inline styles. Images become links: a mail should not phone home."""
    rendered = _markdown().render(markdown)
    clean = nh3.clean(
        rendered,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel=None,
    )
    return _STYLED_TAG.sub(lambda match: f'<{match[1]} style="{_STYLES[match[1]]}"', clean).strip()


def to_text(markdown: str) -> str:
    """The source without its marks: lists and quotes keep theirs, a link shows its address, emphasis is dropped."""
    return _blocks(SyntaxTreeNode(_markdown().parse(markdown))).strip("\n")


@cache
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    markdown.add_render_rule("image", _image_as_link)
    return markdown


def _image_as_link(self: object, tokens: object, index: int, options: object, env: object) -> str:
    token = tokens[index]  # type: ignore[index]  # the library hands over a list of tokens
    source, label = str(token.attrs["src"]), token.content or str(token.attrs["src"])
    return f'<a href="{_escape(source)}">{_escape(label)}</a>'


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


def _blocks(node: SyntaxTreeNode) -> str:
    """Block after block, with a blank line between."""
    return "\n\n".join(filter(None, (_block(child) for child in node.children)))


def _block(node: SyntaxTreeNode) -> str:
    match node.type:
        case "paragraph" | "heading" | "th" | "td":
            return _inline(node.children[0]) if node.children else ""
        case "bullet_list":
            return "\n".join(_item(item, "- ") for item in node.children)
        case "ordered_list":
            first = int(node.attrs.get("start", 1))
            return "\n".join(_item(item, f"{number}. ") for number, item in enumerate(node.children, start=first))
        case "blockquote":
            return "\n".join(f"> {line}".rstrip() for line in _blocks(node).split("\n"))
        case "fence" | "code_block":
            return "\n".join(f"    {line}".rstrip() for line in node.content.rstrip("\n").split("\n"))
        case "hr":
            return "* * *"
        case "table":
            return "\n".join(" | ".join(_block(cell) for cell in row.children) for row in _rows(node))
        case _:
            return _blocks(node)


def _item(item: SyntaxTreeNode, mark: str) -> str:
    """A list item: its blocks close together, and indented under the mark."""
    lines = "\n".join(filter(None, (_block(child) for child in item.children))).split("\n")
    return mark + f"\n{' ' * len(mark)}".join(lines)


def _rows(table: SyntaxTreeNode) -> Iterator[SyntaxTreeNode]:
    for part in table.children:
        yield from part.children


def _inline(node: SyntaxTreeNode) -> str:
    return "".join(_words(child) for child in node.children)


def _words(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text" | "code_inline":
            return node.content
        case "softbreak" | "hardbreak":
            return "\n"
        case "link":
            return _link(_inline(node), str(node.attrs["href"]))
        case "image":
            return _link(node.content, str(node.attrs["src"]))
        case _:
            return _inline(node)


def _link(label: str, address: str) -> str:
    bare = address.removeprefix("mailto:")
    return f"{label} ({address})" if label and label not in (address, bare) else bare

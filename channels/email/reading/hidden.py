"""Removes from a mail's HTML what its reader would not see.

Senders hide text for tracking and previews, and attackers hide instructions to an agent: neither was said by the
customer to a person.
"""

from __future__ import annotations

import re

from lxml.html import HtmlElement  # type: ignore[import-untyped]  # ships no types

_HIDING = re.compile(
    r"display:none|visibility:hidden|mso-hide:all|opacity:0(?:\.0+)?(?![.\d])|font-size:0(?:\.0+)?(?![.\d])"
    r"|font-size:1px|(?:max-)?height:0(?:px)?;.*overflow:hidden|overflow:hidden;.*(?:max-)?(?:height|width):0(?![.\d])"
    r"|text-indent:-\d{3,}|left:-\d{3,}px|top:-\d{4,}px|clip:rect\(0"
)
_COLOUR = re.compile(r"(?<![a-z-])color:([^;!]+)")
_BACKGROUND = re.compile(r"background(?:-color)?:([^;!]+)")
_WHITE = re.compile(r"^(?:#?fff(?:fff)?|#?fefefe|white|rgba?\(255,255,255(?:,1)?\))$")
_TRANSPARENT = re.compile(r"^(?:transparent|rgba\([^)]*,0(?:\.0+)?\))$")
_SPACE = re.compile(r"\s+")
# Zero-width joiners stay: scripts and emoji need them.
_INVISIBLE = re.compile("[\u200b\u2060-\u2064\ufeff\u00ad\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


def remove_hidden(document: HtmlElement) -> bool:
    """Take hidden elements out of the tree. True if any of them held text."""
    had_text = False
    for element in list(document.iter()):
        if not isinstance(element.tag, str) or element.getparent() is None:
            continue
        if _is_hidden(element):
            had_text = had_text or bool("".join(element.itertext()).strip())
            element.drop_tree()
    return had_text


def without_invisible(text: str) -> str:
    """`text` without characters that have no form: soft hyphens, direction overrides, tag characters."""
    return _INVISIBLE.sub("", text)


def _is_hidden(element: HtmlElement) -> bool:
    if element.tag in ("script", "style", "head", "title", "template", "noscript"):
        return True
    if element.get("hidden") is not None:
        return True
    style = _style(element)
    return bool(_HIDING.search(style)) or _is_white_on_white(element, style)


def _is_white_on_white(element: HtmlElement, style: str) -> bool:
    colours = _COLOUR.findall(style) or ([element.get("color", "")] if element.tag == "font" else [])
    if not colours:
        return False
    colour = colours[-1].lower()
    return bool(_TRANSPARENT.match(colour)) or (bool(_WHITE.match(colour)) and _stands_on_white(element))


def _stands_on_white(element: HtmlElement) -> bool:
    """Whether the nearest background is white, or there is none. An image may be dark, so that it is not white."""
    for holder in (element, *element.iterancestors()):
        if holder.get("background"):
            return False
        found = _BACKGROUND.findall(_style(holder)) or [holder.get("bgcolor", "")]
        background = found[-1].lower()
        if background and not _TRANSPARENT.match(background):
            return bool(_WHITE.match(background))
    return True


def _style(element: HtmlElement) -> str:
    style = element.get("style", "")
    return _SPACE.sub("", style[:5000]).lower() if style else ""

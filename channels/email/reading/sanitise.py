"""HTML of a mail for people to look at: an allow-list of tags, no scripts, no forms, nothing loaded from outside."""

from __future__ import annotations

import nh3

from channels.email.reading.html import flattened, without_noise

MAX_SHOWN_CHARS = 1_000_000

_TAGS = nh3.ALLOWED_TAGS - {"area", "map", "header", "footer", "nav"} | {"font", "tt", "big"}
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
    "font": {"color"},
}


def sanitised(source: str) -> str:
    """`source` with only what is harmless to show. Pictures stay where they came with the mail itself (`cid:`)."""
    return nh3.clean(
        flattened(without_noise(source)[:MAX_SHOWN_CHARS]),
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        attribute_filter=_local_pictures_only,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        link_rel="noopener noreferrer nofollow",
    )


def _local_pictures_only(tag: str, attribute: str, value: str) -> str | None:
    if tag == "img" and attribute == "src" and not value.lower().startswith("cid:"):
        return None
    return value

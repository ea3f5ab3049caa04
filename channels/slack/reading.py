"""What a person wrote in Slack, as plain text: Slack's own notation resolved, entities unescaped.

See https://docs.slack.dev/messaging/formatting-message-text/#retrieving-messages
"""

from __future__ import annotations

import re
from collections.abc import Callable

_TAG = re.compile(r"<((?:[@#!]|[a-z][a-z+.-]*:)[^<>]*)>")

NameOf = Callable[[str], str]  # a member's name, or nothing where it is not known


def mentioned(text: str) -> frozenset[str]:
    """The ids of the members whom a message mentions."""
    return frozenset(tag.partition("|")[0][1:] for tag in _TAG.findall(text) if tag.startswith("@"))


def readable(text: str, *, bot_user_id: str = "", name_of: NameOf = lambda _: "") -> str:
    """The text as its author sees it. A mention of the app at either end says nothing more, and is left out."""
    text = without_us(text, bot_user_id)
    return _unescape(_TAG.sub(lambda match: _spoken(match.group(1), name_of), text)).strip()


def without_us(text: str, bot_user_id: str) -> str:
    """The text without a mention of the app at either end."""
    if not bot_user_id:
        return text
    us = re.escape(f"<@{bot_user_id}") + r"(?:\|[^<>]*)?>"
    return re.sub(rf"^\s*{us}[\s,:]*|\s*{us}\s*$", "", text)


def _spoken(tag: str, name_of: NameOf) -> str:
    target, _, label = tag.partition("|")
    match target[:1]:
        case "@":
            return f"@{label or name_of(target[1:]) or target[1:]}"
        case "#":
            return f"#{label or target[1:]}"
        case "!":
            return label or f"@{target[1:].partition('^')[0]}"
        case _:
            return _link(target, label)


def _link(target: str, label: str) -> str:
    address = target.removeprefix("mailto:").removeprefix("tel:")
    shown_is_target = not label or label == address or address.removeprefix("https://").removeprefix("http://") == label
    return address if shown_is_target else f"{label} ({address})"


def _unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")

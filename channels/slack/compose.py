"""An answer as Slack messages: Markdown blocks, and a top-level text for those who don't see blocks. Pure."""

from __future__ import annotations

import re
from typing import Any

from channels.message import Answer, OutboundPart, ReplyTarget
from channels.slack.mrkdwn import escape, shorten
from channels.slack.split import split_markdown

PART_CHARS = 11_000  # a message holds 12,000 of Markdown; the rest is room for what escaping adds
_TEXT_CHARS = 3000

# What Slack would take for a mention or a command, also within code.
_ALIVE = re.compile(r"<(?=[@#!])")
_CODE = re.compile(r"(```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`)", re.DOTALL)
_MARKS = re.compile(r"^(#{1,6}|>)\s+|\*\*|__|`{1,3}|~~", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\s]*\)")


def compose(answer: Answer, target: ReplyTarget, *, key: str) -> tuple[OutboundPart, ...]:
    """As few messages as hold the answer, in order. The files go with the last one."""
    pieces = split_markdown(without_mentions(answer.text), PART_CHARS)
    return tuple(
        OutboundPart(
            key=key if len(pieces) == 1 else f"{key}.{number}",
            target=target,
            text=piece,
            part=number,
            parts=len(pieces),
            attachments=answer.attachments if number == len(pieces) else (),
        )
        for number, piece in enumerate(pieces, 1)
    )


def message_of(markdown: str) -> dict[str, Any]:
    """The content of a message: its block and its text."""
    return {"text": preview(markdown), "blocks": [{"type": "markdown", "text": markdown}]}


def without_mentions(markdown: str) -> str:
    """The same text, with nothing in it that calls anybody.

    Outside of code an entity says the same; within code it would be shown as such, so a word joiner parts the signs.
    """
    parts = _CODE.split(markdown)
    return "".join(_ALIVE.sub("<\u2060" if index % 2 else "&lt;", part) for index, part in enumerate(parts))


def preview(markdown: str) -> str:
    """What a notification and a screen reader get: the words, without marks."""
    words = _MARKS.sub("", _LINK.sub(r"\1", markdown.replace("&lt;", "<"))).strip()
    return shorten(escape(words), _TEXT_CHARS) or "…"

"""Block Kit in a few words: the blocks and elements that the desk uses, always with the safe settings.

Every text is `verbatim`: Slack then makes no link, channel or mention of what only looks like one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from channels.slack import limits
from channels.slack.mrkdwn import shorten

Block = dict[str, Any]


def plain_text(text: str, limit: int) -> Block:
    """A label: no formatting, no emoji codes."""
    return {"type": "plain_text", "text": shorten(text, limit), "emoji": False}


def text(content: str, limit: int = limits.SECTION_TEXT) -> Block:
    """Text in Slack's own format."""
    return {"type": "mrkdwn", "text": shorten(content, limit), "verbatim": True}


def header(title: str) -> Block:
    return {"type": "header", "text": plain_text(title, limits.HEADER_TEXT)}


def section(content: str) -> Block:
    return {"type": "section", "text": text(content)}


def fields(*contents: str) -> Block:
    return {"type": "section", "fields": [text(content, limits.FIELD_TEXT) for content in contents]}


def context(*contents: str) -> Block:
    return {"type": "context", "elements": [text(content) for content in contents]}


def divider() -> Block:
    return {"type": "divider"}


def actions(block_id: str, elements: Sequence[Block]) -> Block:
    return {"type": "actions", "block_id": block_id, "elements": [*elements]}


def button(
    label: str, action_id: str, value: str, *, style: str = "", confirm: Mapping[str, Any] | None = None
) -> Block:
    """A button. Its value is opaque to Slack and to whoever sees it."""
    element: Block = {
        "type": "button",
        "text": plain_text(label, limits.BUTTON_TEXT),
        "action_id": str(action_id),
        "value": value,
    }
    if style:
        element["style"] = style
    if confirm:
        element["confirm"] = dict(confirm)
    return element


def confirmation(title: str, content: str, *, yes: str, no: str) -> Block:
    """Slack's own "are you sure?"."""
    return {
        "title": plain_text(title, limits.CONFIRM_TITLE),
        "text": text(content, limits.CONFIRM_TEXT),
        "confirm": plain_text(yes, limits.CONFIRM_BUTTON),
        "deny": plain_text(no, limits.CONFIRM_BUTTON),
        "style": "danger",
    }


def option(label: str, value: str) -> Block:
    return {"text": plain_text(label, limits.OPTION_TEXT), "value": value}


def field_input(block_id: str, label: str, element: Block, *, hint: str = "", optional: bool = False) -> Block:
    """One input of a dialog."""
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain_text(label, limits.LABEL),
        "element": {"action_id": "value", **element},
        "optional": optional,
    }
    if hint:
        block["hint"] = plain_text(hint, limits.LABEL)
    return block


def view(
    title: str, blocks: Sequence[Block], *, callback_id: str = "", submit: str = "", private_metadata: str = ""
) -> Block:
    """A dialog."""
    dialog: Block = {
        "type": "modal",
        "title": plain_text(title, limits.VIEW_TITLE),
        "close": plain_text("Cancel" if submit else "Close", limits.VIEW_TITLE),
        "callback_id": callback_id,
        "private_metadata": private_metadata,
        "blocks": [*blocks],
    }
    if submit:
        dialog["submit"] = plain_text(submit, limits.VIEW_TITLE)
    return dialog

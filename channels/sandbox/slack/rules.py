"""What Slack refuses, by its own error names. Written from its documentation, apart from the adapter's own checker.

See https://docs.slack.dev/reference/block-kit/ and the error tables of each method.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]

POST_TEXT = 40_000
UPDATE_TEXT = 4_000
METADATA = 8_000

# element type: where its texts are, and how long each may be
_ELEMENT_TEXTS: Mapping[str, Mapping[str, int]] = {
    "button": {"text": 75},
    "static_select": {"placeholder": 150},
    "plain_text_input": {"placeholder": 150},
    "number_input": {"placeholder": 150},
    "datepicker": {"placeholder": 150},
    "radio_buttons": {},
    "checkboxes": {},
    "feedback_buttons": {},
}
_BLOCK_LIMITS: Mapping[str, Mapping[str, int]] = {
    "header": {"text": 150},
    "section": {"text": 3000},
    "input": {"label": 2000, "hint": 2000},
    "divider": {},
    "context": {},
    "actions": {},
    "context_actions": {},
    "markdown": {},
    "table": {},
    "image": {"title": 2000},
    "rich_text": {},
}
_MODAL_ONLY = frozenset({"number_input", "plain_text_input"})


class SlackError(Exception):
    """The call is answered `ok: false` with this error."""

    def __init__(self, code: str, *details: str) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


def check_message(text: str, blocks: Sequence[Json], *, longest: int) -> None:
    """Raise what Slack would answer to a message."""
    if not text and not blocks:
        raise SlackError("no_text")
    if len(text) > longest:
        raise SlackError("msg_too_long")
    problems = [*_blocks(blocks, most=50)]
    if problems:
        raise SlackError("invalid_blocks", *problems)
    if sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > 12_000:
        raise SlackError("msg_blocks_too_long")
    if _characters(blocks) > 13_200:
        raise SlackError("msg_blocks_too_long")


def check_metadata(metadata: Json | None) -> None:
    """Raise what Slack would answer to message metadata."""
    if metadata is None:
        return
    if not isinstance(metadata.get("event_type"), str) or not isinstance(metadata.get("event_payload"), Mapping):
        raise SlackError("invalid_metadata_format")
    if any(isinstance(value, Mapping) for value in metadata["event_payload"].values()):
        raise SlackError("invalid_metadata_schema")
    if len(str(metadata)) > METADATA:
        raise SlackError("metadata_too_large")


def check_view(view: Json) -> None:
    """Raise what Slack would answer to a dialog."""
    problems = [*_blocks(view.get("blocks", ()), most=100)]
    for name in ("title", "submit", "close"):
        if view.get(name):
            problems.extend(_plain(view[name], 24, name))
    if view.get("type") != "modal" or not view.get("title"):
        problems.append("[ERROR] missing required field: title")
    if len(view.get("private_metadata") or "") > 3000 or len(view.get("callback_id") or "") > 255:
        problems.append("[ERROR] must be less than 3001 characters [json-pointer:/view/private_metadata]")
    if any(block["type"] == "input" for block in view.get("blocks", ())) and not view.get("submit"):
        problems.append("[ERROR] a submit is required in the view if it contains an input block")
    if problems:
        raise SlackError("invalid_arguments", *problems)
    if len(str(view)) > 250_000:
        raise SlackError("view_too_large")


def _blocks(blocks: Sequence[Json], *, most: int) -> Iterator[str]:
    if len(blocks) > most:
        yield f"[ERROR] no more than {most} items allowed [json-pointer:/blocks]"
    ids = [block["block_id"] for block in blocks if block.get("block_id")]
    if len(ids) != len(set(ids)):
        yield "[ERROR] block_id already exists"
    for index, block in enumerate(blocks):
        for problem in _block(block, in_modal=most == 100):
            yield f"[ERROR] {problem} [json-pointer:/blocks/{index}]"


def _block(block: Json, *, in_modal: bool) -> Iterator[str]:
    limits = _BLOCK_LIMITS.get(block.get("type", ""))
    if limits is None:
        yield f"unsupported type: {block.get('type')}"
        return
    if len(block.get("block_id", "")) > 255:
        yield "block_id is too long"
    for name, limit in limits.items():
        if name in block:
            yield from _text(block[name], limit, name)
    match block["type"]:
        case "section":
            fields = block.get("fields", ())
            if "text" not in block and not fields:
                yield "missing required field: text"
            if len(fields) > 10:
                yield "no more than 10 fields"
            for field in fields:
                yield from _text(field, 2000, "fields")
            if "accessory" in block:
                yield from _element(block["accessory"], in_modal=in_modal)
        case "context":
            yield from _count(block.get("elements", ()), 10)
            for element in block.get("elements", ()):
                yield from _text(element, 3000, "elements")
        case "actions":
            yield from _count(block.get("elements", ()), 25)
            for element in block.get("elements", ()):
                yield from _element(element, in_modal=in_modal)
        case "input":
            yield from _element(block["element"], in_modal=in_modal)
        case "markdown" if not block.get("text"):
            yield "missing required field: text"


def _element(element: Json, *, in_modal: bool) -> Iterator[str]:
    texts = _ELEMENT_TEXTS.get(element.get("type", ""))
    if texts is None or (element["type"] in _MODAL_ONLY and not in_modal):
        yield f"unsupported element type: {element.get('type')}"
        return
    for name, limit in texts.items():
        if name in element:
            yield from _plain(element[name], limit, name)
    if len(element.get("value", "")) > 2000 or len(element.get("action_id", "")) > 255:
        yield "value or action_id is too long"
    if len(element.get("initial_value", "")) > 3000:
        yield "initial_value is too long"
    for option in element.get("options", ()):
        yield from _text(option["text"], 75, "option")
        if not 0 < len(option["value"]) <= 150:
            yield "option value must be 1 to 150 characters"
    if "options" in element and not 0 < len(element["options"]) <= (100 if element["type"] == "static_select" else 10):
        yield "wrong number of options"
    confirm = element.get("confirm")
    if confirm:
        for name, limit in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
            yield from _text(confirm[name], limit, name)


def _text(text: Any, limit: int, name: str) -> Iterator[str]:
    if not isinstance(text, Mapping) or text.get("type") not in ("plain_text", "mrkdwn"):
        yield f"{name} must be a text object"
    elif not 0 < len(text.get("text", "")) <= limit:
        yield f"{name} must be 1 to {limit} characters"
    elif text["type"] == "plain_text" and "verbatim" in text:
        yield f"{name}: verbatim is for mrkdwn only"


def _plain(text: Any, limit: int, name: str) -> Iterator[str]:
    if isinstance(text, Mapping) and text.get("type") != "plain_text":
        yield f"{name} must be plain_text"
    yield from _text(text, limit, name)


def _count(items: Sequence[Any], most: int) -> Iterator[str]:
    if not 0 < len(items) <= most:
        yield f"must have 1 to {most} elements"


def _characters(value: Any) -> int:
    if isinstance(value, Mapping):
        own = len(value["text"]) if isinstance(value.get("text"), str) else 0
        return own + sum(_characters(item) for item in value.values())
    return sum(_characters(item) for item in value) if isinstance(value, list | tuple) else 0

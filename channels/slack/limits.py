"""Slack's documented limits of messages and dialogs, checked by ourselves.

slack-sdk checks only the outermost. See https://docs.slack.dev/reference/block-kit/blocks/ and the pages of each
element. `violations` names what is too big or malformed; `guarded` is the last guard at run time: a message that
Slack would refuse goes out without its offending blocks instead of not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MESSAGE_TEXT = 4000  # of an update; a post may be longer, but is then cut by some clients
MARKDOWN = 12_000  # of all markdown blocks of a message together
ALL_BLOCKS = 13_000  # near 13,200 characters Slack answers msg_blocks_too_long
SECTION_TEXT = 3000
FIELD_TEXT = 2000
FIELDS = 10
HEADER_TEXT = 150
CONTEXT_ELEMENTS = 10
ACTIONS_ELEMENTS = 25
BUTTON_TEXT = 75
BUTTON_VALUE = 2000
URL = 3000
ID = 255
OPTIONS = 100
OPTION_TEXT = 75
OPTION_VALUE = 150
LABEL = 2000
PLACEHOLDER = 150
INPUT_TEXT = 3000
VIEW_TITLE = 24
PRIVATE_METADATA = 3000
CONFIRM_TITLE, CONFIRM_TEXT, CONFIRM_BUTTON = 100, 300, 30

Json = Mapping[str, Any]


def violations(text: str, blocks: Sequence[Json]) -> tuple[str, ...]:
    """What Slack would refuse in a message; nothing means it fits."""
    return tuple(_message(text, blocks))


def view_violations(view: Json) -> tuple[str, ...]:
    """What Slack would refuse in a dialog."""
    return tuple(_view(view))


def guarded(text: str, blocks: Sequence[Json]) -> tuple[str, list[Json]]:
    """The message in a form that Slack takes: first without the blocks at fault, then, if need be, without any."""
    text = text if len(text) <= MESSAGE_TEXT else text[: MESSAGE_TEXT - 1] + "…"
    kept = [block for block in blocks if not any(_block(block, "block"))][:MESSAGE_BLOCKS]
    return (text, kept) if not violations(text, kept) else (text, [])


def _message(text: str, blocks: Sequence[Json]) -> Iterator[str]:
    if not text.strip():
        yield "text is empty"
    yield from _at_most("text", text, MESSAGE_TEXT)
    yield from _count("blocks", blocks, MESSAGE_BLOCKS)
    yield from _blocks(blocks)
    if sum(len(block.get("text", "")) for block in blocks if block.get("type") == "markdown") > MARKDOWN:
        yield f"markdown blocks are longer than {MARKDOWN} together"
    if sum(_weight(block) for block in blocks) > ALL_BLOCKS:
        yield f"all blocks together are longer than {ALL_BLOCKS}"


def _view(view: Json) -> Iterator[str]:
    for name in ("title", "submit", "close"):
        if name in view:
            yield from _text(name, view[name], VIEW_TITLE, plain=True)
    yield from _count("blocks", view["blocks"], VIEW_BLOCKS)
    yield from _at_most("private_metadata", view.get("private_metadata", ""), PRIVATE_METADATA)
    yield from _at_most("callback_id", view.get("callback_id", ""), ID)
    yield from _blocks(view["blocks"])
    if any(block.get("type") == "input" for block in view["blocks"]) and "submit" not in view:
        yield "a dialog with inputs needs a submit button"


def _blocks(blocks: Sequence[Json]) -> Iterator[str]:
    for index, block in enumerate(blocks):
        yield from _block(block, f"blocks[{index}]")
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        yield "a block_id is used twice"


def _block(block: Json, at: str) -> Iterator[str]:
    yield from _at_most(f"{at}.block_id", block.get("block_id", ""), ID)
    match block.get("type"):
        case "header":
            yield from _text(f"{at}.text", block["text"], HEADER_TEXT, plain=True)
        case "section":
            yield from _section(block, at)
        case "context":
            yield from _count(f"{at}.elements", block["elements"], CONTEXT_ELEMENTS)
            for element in block["elements"]:
                yield from _text(f"{at}.elements", element, SECTION_TEXT)
        case "actions":
            yield from _count(f"{at}.elements", block["elements"], ACTIONS_ELEMENTS)
            for element in block["elements"]:
                yield from _element(element, f"{at}.elements")
        case "input":
            yield from _text(f"{at}.label", block["label"], LABEL, plain=True)
            if "hint" in block:
                yield from _text(f"{at}.hint", block["hint"], LABEL, plain=True)
            yield from _element(block["element"], f"{at}.element")
        case "markdown":
            yield from _at_most(f"{at}.text", block["text"], MARKDOWN)
            if not block["text"].strip():
                yield f"{at}.text is empty"
        case "divider":
            pass
        case other:
            yield f"{at}: no block of ours is a {other!r}"


def _section(block: Json, at: str) -> Iterator[str]:
    if "text" not in block and "fields" not in block:
        yield f"{at}: a section needs text or fields"
    if "text" in block:
        yield from _text(f"{at}.text", block["text"], SECTION_TEXT)
    fields = block.get("fields", ())
    yield from _count(f"{at}.fields", fields, FIELDS)
    for field in fields:
        yield from _text(f"{at}.fields", field, FIELD_TEXT)
    if "accessory" in block:
        yield from _element(block["accessory"], f"{at}.accessory")


def _element(element: Json, at: str) -> Iterator[str]:
    yield from _at_most(f"{at}.action_id", element.get("action_id", ""), ID)
    if "placeholder" in element:
        yield from _text(f"{at}.placeholder", element["placeholder"], PLACEHOLDER, plain=True)
    match element.get("type"):
        case "button":
            yield from _button(element, at)
        case "static_select" | "radio_buttons" | "checkboxes":
            yield from _options(element, at)
        case "plain_text_input":
            yield from _at_most(f"{at}.initial_value", element.get("initial_value", ""), INPUT_TEXT)
            if not 1 <= element.get("max_length", INPUT_TEXT) <= INPUT_TEXT:
                yield f"{at}.max_length is out of range"
        case "number_input" | "datepicker":
            pass
        case other:
            yield f"{at}: no element of ours is a {other!r}"


def _button(element: Json, at: str) -> Iterator[str]:
    yield from _text(f"{at}.text", element["text"], BUTTON_TEXT, plain=True)
    yield from _at_most(f"{at}.value", element.get("value", ""), BUTTON_VALUE)
    yield from _at_most(f"{at}.url", element.get("url", ""), URL)
    confirm = element.get("confirm")
    if confirm:
        yield from _text(f"{at}.confirm.title", confirm["title"], CONFIRM_TITLE, plain=True)
        yield from _text(f"{at}.confirm.text", confirm["text"], CONFIRM_TEXT)
        yield from _text(f"{at}.confirm.confirm", confirm["confirm"], CONFIRM_BUTTON, plain=True)
        yield from _text(f"{at}.confirm.deny", confirm["deny"], CONFIRM_BUTTON, plain=True)


def _options(element: Json, at: str) -> Iterator[str]:
    most = OPTIONS if element["type"] == "static_select" else 10
    yield from _count(f"{at}.options", element["options"], most)
    if not element["options"]:
        yield f"{at}.options is empty"
    for option in element["options"]:
        yield from _text(f"{at}.options.text", option["text"], OPTION_TEXT)
        yield from _at_most(f"{at}.options.value", option["value"], OPTION_VALUE)


def _text(at: str, text: Json, limit: int, *, plain: bool = False) -> Iterator[str]:
    if plain and text.get("type") != "plain_text":
        yield f"{at} must be plain_text"
    if not text["text"]:
        yield f"{at} is empty"
    yield from _at_most(at, text["text"], limit)


def _at_most(at: str, text: str, limit: int) -> Iterator[str]:
    if len(text) > limit:
        yield f"{at} has {len(text)} of {limit} characters"


def _count(at: str, items: Sequence[Any], limit: int) -> Iterator[str]:
    if len(items) > limit:
        yield f"{at} has {len(items)} of {limit} items"


def _weight(value: Any) -> int:
    """The characters of all texts inside a block."""
    if isinstance(value, Mapping):
        own = len(value["text"]) if isinstance(value.get("text"), str) else 0
        return own + _sum(value.values())
    return _sum(value) if isinstance(value, list | tuple) else 0


def _sum(values: Iterable[Any]) -> int:
    return sum(_weight(value) for value in values)

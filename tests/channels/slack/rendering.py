"""A card as a reviewer can read it: one line per thing, formatting marks left as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from channels.slack.desk.card import CardMessage


def rendered(message: CardMessage) -> str:
    """The notification first, then the blocks."""
    lines = [f"notification: {message.text}", "", *_blocks(message.blocks)]
    return "\n".join(lines).rstrip() + "\n"


def _blocks(blocks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for block in blocks:
        yield from _LINES[block["type"]](block)
        yield ""


def _header(block: Mapping[str, Any]) -> Iterator[str]:
    yield f"== {block['text']['text']} =="


def _section(block: Mapping[str, Any]) -> Iterator[str]:
    yield from block.get("text", {}).get("text", "").splitlines()
    fields = [field["text"] for field in block.get("fields", ())]
    for name, value in zip(fields[::2], fields[1::2], strict=True):
        first, *rest = value.splitlines()
        yield f"{name:<22} {first}"
        yield from (f"{'':<22} {line}" for line in rest)


def _context(block: Mapping[str, Any]) -> Iterator[str]:
    yield "(" + " | ".join(element["text"] for element in block["elements"]) + ")"


def _actions(block: Mapping[str, Any]) -> Iterator[str]:
    yield "  ".join(f"[{_button(element)}]" for element in block["elements"])


def _button(element: Mapping[str, Any]) -> str:
    confirm = element.get("confirm")
    asks = f" -> {confirm['title']['text']} {confirm['text']['text']}" if confirm else ""
    return f"{element['text']['text']} {element['action_id']} {element['value']}{asks}"


def _markdown(block: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"| {line}".rstrip() for line in block["text"].splitlines())


_LINES = {"header": _header, "section": _section, "context": _context, "actions": _actions, "markdown": _markdown}

"""What users post: texts, files, and answers to approval requests; from the wire, into rows and back.

How a model reads a post is `memory`'s business.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson

from gateway.engine.errors import Refused

DEFAULT_FILE_NAME = "file"
DEFAULT_MIME_TYPE = "application/octet-stream"
DEFAULT_DENIAL = "User denied tool call."


@dataclass(frozen=True, slots=True)
class Text:
    """A text item of a post."""

    text: str


@dataclass(frozen=True, slots=True)
class File:
    """A posted file."""

    name: str
    mime_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """A person's answer to an approval request: approved, perhaps with edited arguments, or denied for a reason."""

    approved: bool
    confirm: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


Item: TypeAlias = Text | File


@dataclass(frozen=True, slots=True)
class PostedItem:
    """An item and the id of its message."""

    message_id: str
    item: Item


def parse_content(content: object) -> Item | Answer:
    """A `content` of the wire. Raises `Refused` with code bad_content."""
    if isinstance(content, str):
        return Text(content)
    if not isinstance(content, dict) or not isinstance(content.get("type_string"), str):
        raise _bad("content must be text, or an object with type_string and value")
    value = content.get("value")
    match content["type_string"]:
        case "file":
            return _parse_file(value)
        case "response_message":
            return _parse_answer(value)
        case _:
            if not isinstance(value, str):
                raise _bad("the value of a text must be text")
            return Text(value)


def require_substance(items: Sequence[Item]) -> None:
    """A post without a file has to say something."""
    if not any(isinstance(item, File) or item.text.strip() for item in items):
        raise _bad("a post needs text or a file")


def dump_items(items: Sequence[PostedItem]) -> str:
    """For the turn's row."""
    return orjson.dumps([_dump_item(posted) for posted in items]).decode()


def load_items(text: str) -> Sequence[PostedItem]:
    return [_load_item(row) for row in orjson.loads(text)]


def message_content(item: Item) -> str:
    """How the item stands in the history: a file by its name and size, never with its bytes."""
    content: dict[str, Any] = {"type": "data_type_message"}
    match item:
        case Text(text):
            content["value"] = text
        case File(name, mime_type, data):
            content["value"] = name
            content["file"] = {"name": name, "mime_type": mime_type, "size": len(data)}
    return orjson.dumps({**content, "status": "Complete"}).decode()


def answer_content(answer: Answer) -> str:
    """How an answer stands in the history: as it came."""
    decision = {"confirm": answer.confirm} if answer.approved else {"deny": answer.reason}
    return orjson.dumps({"type": "response_message", "value": {"tool_call_approval": decision}}).decode()


def _parse_file(value: object) -> File:
    if not isinstance(value, dict) or not isinstance(value.get("raw_bytes"), str):
        raise _bad("a file needs raw_bytes in base64")
    metadata = value.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    try:
        data = base64.b64decode(value["raw_bytes"], validate=True)
    except (binascii.Error, ValueError) as error:
        raise _bad("raw_bytes is not base64") from error
    return File(
        name=_text_or(metadata.get("name"), DEFAULT_FILE_NAME),
        mime_type=_text_or(metadata.get("mime_type"), DEFAULT_MIME_TYPE),
        data=data,
    )


def _parse_answer(value: object) -> Answer:
    decision = value.get("tool_call_approval") if isinstance(value, dict) else None
    if not isinstance(decision, dict) or ("confirm" in decision) == ("deny" in decision):
        raise _bad("an answer needs tool_call_approval with either confirm or deny")
    if "deny" in decision:
        return Answer(approved=False, reason=_text_or(decision["deny"], DEFAULT_DENIAL))
    confirm = decision["confirm"]
    if not isinstance(confirm, dict):
        raise _bad("confirm must be an object of arguments")
    _require_storable(confirm)
    return Answer(approved=True, confirm=confirm)


def _require_storable(value: object) -> None:
    """What can be read is not always written again: nesting is limited."""
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        raise _bad("the answer is nested too deeply") from error


def _text_or(value: object, default: str) -> str:
    return value if isinstance(value, str) and value else default


def _dump_item(posted: PostedItem) -> Mapping[str, Any]:
    match posted.item:
        case Text(text):
            return {"id": posted.message_id, "text": text}
        case File(name, mime_type, data):
            encoded = base64.b64encode(data).decode()
            return {"id": posted.message_id, "name": name, "mime_type": mime_type, "data": encoded}


def _load_item(row: Mapping[str, Any]) -> PostedItem:
    if "text" in row:
        return PostedItem(row["id"], Text(row["text"]))
    return PostedItem(row["id"], File(row["name"], row["mime_type"], base64.b64decode(row["data"])))


def _bad(text: str) -> Refused:
    return Refused("bad_content", text[0].upper() + text[1:] + ".")

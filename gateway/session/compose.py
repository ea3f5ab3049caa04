"""What goes out: the client's frames and the contents they carry, as plain JSON values. No I/O but reading a file."""

from __future__ import annotations

import base64
import io
import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.events import SessionMessage

JsonObject = dict[str, Any]
File = Path | bytes | io.IOBase
Content = str | Path | bytes | io.IOBase

DENIED_WITHOUT_REASON = "User denied tool call."


@dataclass
class UserSessionMessage:
    """One message for `send_many`, with the keyword arguments of `send` as fields."""

    content: Content | None = None
    files: Sequence[File] | None = None
    mime_type: str | None = None
    filename: str | None = None


@dataclass
class ApprovalResponse:
    """A person's answer to an approval request. `confirm` replaces arguments by name; only a denial has a reason."""

    approved: bool
    confirm: Mapping[str, Any] | None = None
    deny_reason: str | None = None


SendManyItem = Content | UserSessionMessage | SessionMessage


def frame(kind: str, session_id: str | None, **fields: Any) -> JsonObject:
    """A client frame; fields that are None are left out."""
    named = {"type": kind, "session_id": session_id, **fields}
    return {key: value for key, value in named.items() if value is not None}


def content(value: Content, *, mime_type: str | None = None, filename: str | None = None) -> str | JsonObject:
    """Text as it is, text with a mime type, or a file with its bytes."""
    if isinstance(value, Path | bytes | bytearray | io.IOBase):
        return _file(value, mime_type, filename)
    text = _well_formed(str(value))
    return text if mime_type is None else {"type_string": mime_type, "value": text}


def contents(items: Sequence[SendManyItem]) -> list[str | JsonObject]:
    """The items of one batch, flattened: a message with files is its text, then each file."""
    return [part for item in items for part in _parts(item)]


def approval_answer(answer: ApprovalResponse) -> JsonObject:
    """The content that approves (with replaced arguments, if any) or denies."""
    if answer.approved:
        verdict: JsonObject = {"confirm": dict(answer.confirm or {})}
    else:
        verdict = {"deny": _well_formed(answer.deny_reason or DENIED_WITHOUT_REASON)}
    return {"type_string": "response_message", "value": {"tool_call_approval": verdict}}


def _parts(item: SendManyItem) -> list[str | JsonObject]:
    match item:
        case UserSessionMessage():
            own = (
                []
                if item.content is None
                else [content(item.content, mime_type=item.mime_type, filename=item.filename)]
            )
            return [*own, *(content(file) for file in item.files or ())]
        case SessionMessage():
            return [content(item.text)] if item.text else []
        case _:
            return [content(item)]


def _file(value: Path | bytes | bytearray | io.IOBase, mime_type: str | None, filename: str | None) -> JsonObject:
    name = filename or _name_of(value)
    metadata = {"name": name, "mime_type": mime_type or mimetypes.guess_type(name)[0] or "application/octet-stream"}
    raw_bytes = base64.b64encode(_bytes_of(value)).decode("ascii")
    return {"type_string": "file", "value": {"raw_bytes": raw_bytes, "metadata": metadata}}


def _bytes_of(value: Path | bytes | bytearray | io.IOBase) -> bytes:
    if isinstance(value, Path):
        return value.read_bytes()
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    read = value.read()
    return read.encode() if isinstance(read, str) else bytes(read)


def _name_of(value: object) -> str:
    if isinstance(value, Path):
        return value.name
    name = getattr(value, "name", None)  # a file opened by its descriptor has a number here
    return name if isinstance(name, str) else "file"


def _well_formed(text: str) -> str:
    """JSON and UTF-8 know no lone surrogates; pairs written as two are joined, single ones replaced."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

"""Raw bytes to a tree of parts, within bounds that hold for hostile mail too.

The standard parser does the splitting. Its time grows with depth times lines and its stack with depth, so our message
class stops calling itself multipart below `MAX_DEPTH`, and input with absurdly many boundary lines is cut. Where the
parser gives up all the same, `salvaged` reads headers and text line by line: any bytes give a tree.
"""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from typing import Any

from channels.email.reading.charset import decode
from channels.email.reading.fields import base64_bytes, parameters, raw_bytes
from channels.email.reading.repair import with_mended_header, without_leading_blanks

MAX_DEPTH = 10
MAX_PARTS = 1000
MAX_BOUNDARY_LINES = 20_000
MAX_HEADER_BYTES = 1_000_000

_HEADER_LINE = re.compile(r"([!-9;-~]{1,100})[ \t]*:(.*)")
_UUENCODED = re.compile(rb"^begin [0-7]{3,4} (.{1,255})\r?\n((?:[ -`]{1,90}\r?\n)*?)(?:`\r?\n)?end\s*$", re.MULTILINE)
_BOUNDARY_LINE = re.compile(rb"^--([^\s\"\\][^\r\n\"\\]{0,69}?)[ \t]*\r?$", re.MULTILINE)
_FIELDS_ONLY = ("delivery-status", "disposition-notification", "feedback-report", "global-delivery-status")


@dataclass(frozen=True, slots=True)
class Part:
    """One node. A container has `children`; a leaf has `content`, with its transfer encoding undone."""

    mime_type: str
    parameters: dict[str, str] = field(default_factory=dict)
    disposition: str = ""
    filename: str = ""
    content_id: str = ""
    fields: tuple[tuple[str, str], ...] = ()  # names in lower case, values as the standard parser gives them
    content: bytes = b""
    children: tuple[Part, ...] = ()

    @property
    def main_type(self) -> str:
        return self.mime_type.partition("/")[0]

    def text(self, hint: str = "") -> str:
        """The content as text, line ends as `\\n`."""
        return decode(self.content, self.parameters.get("charset", ""), hint).replace("\r\n", "\n").replace("\r", "\n")

    def values(self, name: str) -> list[str]:
        return [value for found, value in self.fields if found == name]

    def walk(self) -> Iterator[Part]:
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Tree:
    """A whole mail. `is_cut`: a bound was met; `is_salvaged`: it is no MIME that a parser could follow."""

    root: Part
    is_cut: bool = False
    is_salvaged: bool = False
    is_defective: bool = False


class _BoundedMessage(Message):
    """Stays a leaf below `MAX_DEPTH`, and survives header fields that the standard class cannot read."""

    depth = 0
    text = ""  # of a leaf, as it came, 8-bit as surrogates: `get_payload` would guess at charsets and lose it

    def attach(self, payload: Message) -> None:  # type: ignore[override]  # the parser attaches messages only
        if isinstance(payload, _BoundedMessage):
            payload.depth = self.depth + 1
        super().attach(payload)

    def set_payload(self, payload: Any, charset: Any = None) -> None:
        self.text = payload if isinstance(payload, str) else ""
        super().set_payload(payload, charset)

    def get_content_type(self) -> str:
        mime_type = self.declared_type()
        if mime_type.startswith("multipart/"):
            is_leaf = self.depth >= MAX_DEPTH
        elif mime_type.startswith("message/"):
            # Reports are blocks of fields, not mails: as text they stay readable however broken they are.
            is_report = mime_type.partition("/")[2] in _FIELDS_ONLY
            is_leaf = is_report or self.depth >= MAX_DEPTH or self._is_encoded()
        else:
            return mime_type
        return "application/octet-stream" if is_leaf else mime_type

    def declared_type(self) -> str:
        return _mime_type(self._first("content-type"), self.get_default_type())

    def get_content_maintype(self) -> str:
        return self.get_content_type().partition("/")[0]

    def get_boundary(self, failobj: object = None) -> object:  # type: ignore[override]  # as loose as the base class
        boundary = parameters(self._first("content-type"))[1].get("boundary", "").rstrip()
        return boundary or failobj

    def _is_encoded(self) -> bool:
        return _encoding_word(self._first("content-transfer-encoding")) in ("base64", "quoted-printable")

    def _first(self, name: str) -> str:
        return next((str(value) for found, value in self.raw_items() if found.lower() == name), "")


def read(raw: bytes) -> Tree:
    """The tree of a mail: never an exception."""
    raw, is_cut = _within_bounds(raw)
    try:
        message = _parsed(raw)
        budget = [MAX_PARTS]
        root = _part(message, budget)
    except Exception:  # noqa: BLE001 - whatever a hostile mail does to the parser, it must not stop the mailbox
        return salvaged(raw)
    is_defective = any(part.defects for part in message.walk())
    return Tree(root, is_cut=is_cut or budget[0] <= 0, is_defective=is_defective)


def salvaged(raw: bytes) -> Tree:
    """Headers and text of bytes that the parser cannot follow: fields up to the first blank line, the rest as text."""
    head, _, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    lines = head[:MAX_HEADER_BYTES].decode("ascii", "surrogateescape").split("\n")
    fields: list[tuple[str, str]] = []
    for line in lines:
        match = _HEADER_LINE.match(line)
        if match:
            fields.append((match[1].lower(), match[2].strip()))
        elif fields and line[:1] in (" ", "\t"):
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line.strip()}")
    root = Part("text/plain", fields=tuple(fields), content=body if fields else raw)
    return Tree(root, is_salvaged=True, is_defective=True)


def _within_bounds(raw: bytes) -> tuple[bytes, bool]:
    raw = with_mended_header(without_leading_blanks(raw))
    if raw.count(b"\n--") <= MAX_BOUNDARY_LINES:
        return raw, False
    end = 0
    for _ in range(MAX_BOUNDARY_LINES):
        end = raw.index(b"\n--", end + 1)
    return raw[:end], True


def _part(message: _BoundedMessage, budget: list[int]) -> Part:
    budget[0] -= 1
    fields = tuple((name.lower(), str(value)) for name, value in message.raw_items())
    first = dict(reversed(fields))  # the first of its name counts
    _, content_parameters = parameters(first.get("content-type", ""))
    disposition, disposition_parameters = parameters(first.get("content-disposition", ""))
    mime_type = message.declared_type()
    children: tuple[Part, ...] = ()
    content = b""
    if message.is_multipart():
        inner = (child for child in message.get_payload() if isinstance(child, _BoundedMessage))
        children = tuple(_part(child, budget) for child in inner if budget[0] > 0)
    else:
        content = _without_transfer_encoding(message.text, first.get("content-transfer-encoding", ""))
        if mime_type == "message/rfc822" and message.depth < MAX_DEPTH:  # encoded, which the standard forbids
            children, content = (_inner(content, message.depth, budget),), b""
        elif mime_type.startswith("multipart/") and message.depth < MAX_DEPTH:
            mime_type, children, content = _without_boundary(content, mime_type, message.depth, budget)
    return Part(
        mime_type,
        content_parameters,
        disposition,
        disposition_parameters.get("filename") or content_parameters.get("name", ""),
        first.get("content-id", "").strip().strip("<>").strip(),
        fields,
        content,
        children,
    )


def _without_boundary(
    content: bytes, mime_type: str, depth: int, budget: list[int]
) -> tuple[str, tuple[Part, ...], bytes]:
    """A container whose boundary was lost: the first line that looks like one is taken; without any it is text."""
    boundary = _BOUNDARY_LINE.search(content[:100_000])
    if boundary is None:
        return "text/plain", (), content
    head = b'Content-Type: multipart/mixed; boundary="' + boundary[1] + b'"\n\n'
    return mime_type, _inner(head + content, depth, budget).children, b""


def _inner(content: bytes, depth: int, budget: list[int]) -> Part:
    inner = _parsed(_within_bounds(content)[0])
    inner.depth = depth + 1
    return _part(inner, budget)


def _parsed(raw: bytes) -> _BoundedMessage:
    message = message_from_bytes(raw, _class=_BoundedMessage, policy=compat32)
    if not isinstance(message, _BoundedMessage):
        raise TypeError(type(message))
    return message


def _mime_type(content_type: str, default: str) -> str:
    main, _ = parameters(content_type[:2000])
    main = "".join(main.split())
    if main.count("/") == 1 and main.strip("/").count("/") == 1:
        return main
    return "text/plain" if main in ("text", "") and default == "text/plain" else _by_word(main, default)


def _by_word(main: str, default: str) -> str:
    """Types that old programs wrote without a slash."""
    return {"html": "text/html", "text": "text/plain", "multipart": "multipart/mixed"}.get(main, default)


def _without_transfer_encoding(payload: str, encoding: str) -> bytes:
    content = raw_bytes(payload)
    match _encoding_word(encoding):
        case "base64":
            return _base64_unless_plain(content)
        case "quoted-printable":
            return quopri.decodestring(content)
        case "x-uuencode" | "uuencode" | "uue" | "x-uue":
            files = list(uuencoded_files(content))
            return files[0][1] if files else content
        case _:
            return content


def _encoding_word(encoding: str) -> str:
    return encoding.strip().strip("\"'").partition(";")[0].strip().lower()


def _base64_unless_plain(content: bytes) -> bytes:
    """Some programs say base64 and send text: what is not base64 for the most part is left as it is."""
    sample = content[:4000]
    odd = len(re.findall(rb"[^A-Za-z0-9+/=\s]", sample))
    spaced = sample.count(b" ")
    if odd * 4 > len(sample) or spaced * 8 > len(sample):
        return content
    return base64_bytes(content)


def uuencoded_files(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Files that stand uuencoded inside a text: their names and bytes."""
    if b"\nend" not in content:
        return
    for match in _UUENCODED.finditer(content):
        decoded = b"".join(_uu_line(line) for line in match[2].splitlines())
        yield decode(match[1]).strip(), decoded


def without_uuencoded(content: bytes) -> bytes:
    return _UUENCODED.sub(b"", content) if b"\nend" in content else content


def _uu_line(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        length = ((line[0] - 32) & 63) * 4 // 3 + 5  # some programs pad the line with rubbish
        try:
            return binascii.a2b_uu(line[:length])
        except binascii.Error:
            return b""

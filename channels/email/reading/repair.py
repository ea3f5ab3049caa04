"""Mends a mail's header before it is parsed: one unreadable line must not make text of all fields below it."""

from __future__ import annotations

import re

MAX_HEAD_BYTES = 1_000_000

_LEADING = re.compile(rb"(?:\xef\xbb\xbf|[ \t]*\r?\n|\r)+")
_END_OF_HEAD = re.compile(rb"\r?\n[ \t]*\r?\n|\r\r")
_FIELD = re.compile(rb"[!-9;-~]+:")
_SPACED_FIELD = re.compile(rb"([!-9;-~]+)[ \t]+:")
_COMMON = re.compile(
    rb"^(?:from|to|subject|date|message-id|received|mime-version|content-type|return-path|delivered-to|reply-to|cc)"
    rb"[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)


def without_leading_blanks(raw: bytes) -> bytes:
    """`raw` from its first line on: some servers put blank lines or a byte order mark before it."""
    leading = _LEADING.match(raw[:10_000])
    return raw[leading.end() :] if leading else raw


def with_mended_header(raw: bytes) -> bytes:
    """Make every line of the header a field or the continuation of one, where fields go on below the broken line."""
    end = _END_OF_HEAD.search(raw[:MAX_HEAD_BYTES])
    head = raw[: end.start()] if end else raw[:MAX_HEAD_BYTES]
    if b"\n" not in head:
        return raw
    last_common = max((match.start() for match in _COMMON.finditer(head)), default=0)
    lines = head.split(b"\n")
    position = 0
    is_changed = False
    for number, line in enumerate(lines):
        mended = line if position >= last_common else _mended(line, is_first=number == 0)
        position += len(line) + 1
        is_changed = is_changed or mended != line
        lines[number] = mended
    return b"\n".join(lines) + raw[len(head) :] if is_changed else raw


def _mended(line: bytes, *, is_first: bool) -> bytes:
    if _FIELD.match(line) or line[:1] in (b" ", b"\t") or not line.strip():
        return line
    if is_first and line.startswith(b"From "):  # the line that mailbox files put before a mail
        return line
    spaced = _SPACED_FIELD.match(line)
    if spaced:
        return spaced[1] + line[spaced.end() - 1 :]
    return b"X-Unreadable: " + line if is_first else b" " + line

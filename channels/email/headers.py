"""Writes the header block of a mail.

The standard library refolds headers, and in doing so encodes every message id longer than a line (the ids of Outlook
are), which breaks the thread. Here ids and addresses go out verbatim, one to a line where several do not fit, and
only words that people read are encoded (RFC 2047).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.header import Header
from email.utils import quote

CRLF = "\r\n"
MAX_LINE_CHARS = 76
MAX_NAME_CHARS = 70
_MESSAGE_ID = re.compile(r"[!-;=?-~]{1,900}")


def header_block(fields: Iterable[tuple[str, str]]) -> bytes:
    """The lines of `fields`, in order, without the blank line that ends a header block. Empty values are left out."""
    return "".join(f"{name}: {_on_its_lines(value)}{CRLF}" for name, value in fields if value).encode()


def words(text: str, *, name: str) -> str:
    """Text for people, such as a subject, for the header `name`."""
    line = _one_line(text)
    if line.isascii() and "=?" not in line:
        return line
    return Header(line, "utf-8", header_name=name, maxlinelen=MAX_LINE_CHARS).encode(linesep=CRLF)


def mailbox(address: str, name: str = "") -> str:
    """`Ada <ada@example.com>`, the name quoted or encoded as need be."""
    shown = _one_line(name)[:MAX_NAME_CHARS].strip()
    if not shown:
        return address
    if shown.isascii() and "=?" not in shown:
        return f'"{quote(shown)}" <{address}>'
    return f"{Header(shown, 'utf-8', maxlinelen=MAX_LINE_CHARS).encode(linesep=CRLF)}{CRLF} <{address}>"


def message_ids(ids: Iterable[str]) -> str:
    """Message ids (without brackets) for In-Reply-To or References, each on a line of its own.

    They are the words of strangers: what could not stand in a header is left out.
    """
    return f"{CRLF} ".join(f"<{each}>" for each in ids if _MESSAGE_ID.fullmatch(each))


def _on_its_lines(value: str) -> str:
    """The value, if every line of it is one that we folded: nothing that came from outside may begin a new header."""
    lines = value.split(CRLF)
    if any(not line.isprintable() for line in lines) or not all(line.startswith(" ") for line in lines[1:]):
        raise ValueError("a header value with a line break or a control character")
    return value


def _one_line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())

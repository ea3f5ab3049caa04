"""Mailbox names and strings as IMAP wants them on a command line (RFC 3501, sections 5.1.3 and 9)."""

from __future__ import annotations

import re
from base64 import b64encode

_ENCODED_RUN = re.compile(r"[^\x20-\x7e]+|&")


def quoted(text: str) -> str:
    """A quoted string. Raises `ValueError` for what no quoted string can hold."""
    if any(character in text for character in "\r\n\0"):
        raise ValueError("a line break cannot be sent in a command")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def mailbox_name(name: str) -> str:
    """A mailbox name in modified UTF-7, quoted."""
    return quoted(_ENCODED_RUN.sub(_encode_run, name))


def _encode_run(match: re.Match[str]) -> str:
    if match[0] == "&":
        return "&-"
    encoded = b64encode(match[0].encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
    return f"&{encoded}-"

"""A mail that was passed on: who it says it was from, and its text."""

from __future__ import annotations

import re

from channels.email.mail import Forwarded
from channels.email.reading.addresses import addresses
from channels.email.replies.attributions import is_attribution
from channels.email.replies.header_blocks import MAX_LINES, HeaderBlock, header_block
from channels.email.replies.lines import Classified, Kind, unquoted
from channels.email.replies.separators import is_forward_separator
from channels.email.replies.words import FORWARD_SUBJECTS

MAX_BEFORE = 1_000  # lines of comment above what is passed on

_NAMED = re.compile(r'(?:"[^"<>]{1,100}"|[^",<>\d]{0,100})\s?<[^<>\s@]{1,80}@[^<>\s@]{1,200}>')
_PREFIX = re.compile(r"^\s*(?:\[[^\]]{0,40}\]\s*)?([^\W\d_]{1,12}-?)\s?(?:\[\d+\]|\(\d+\))?\s*[:：]", re.IGNORECASE)


def forwarded_in(mail: Classified, subject: str) -> Forwarded | None:
    """The forwarded mail in the text: below a line that says so, or below a header block if the subject does."""
    block = _block(mail, subject)
    if block is None:
        return None
    senders = addresses(_mailto_undone(block.values.get("from", "") or _author_below(mail, block.end)))
    text = list(mail.lines[block.end :])
    if text and all(not line.strip() or line.lstrip().startswith(">") for line in text):
        text = [unquoted(line) for line in text]
    return Forwarded(
        senders[0] if senders else None,
        block.values.get("subject", "").strip("* "),
        (block.values.get("date") or block.values.get("sent") or "").strip("* "),
        "\n".join(text).strip("\n"),
        block.values.get("to", "").strip("* "),
    )


def _author_below(mail: Classified, start: int) -> str:
    """Some name the author as above a quotation: `01.12.2016, 00:13, "Ada" <ada@example.com>:`."""
    line = next((unquoted(line) for line in mail.lines[start : start + 4] if unquoted(line)), "")
    author = _NAMED.search(line) if is_attribution(line, quote_follows=True) else None
    return author[0] if author else ""


def is_forward_subject(subject: str) -> bool:
    match = _PREFIX.match(subject[:200])
    return match is not None and match[1].lower() in FORWARD_SUBJECTS


def _block(mail: Classified, subject: str) -> HeaderBlock | None:
    first = min(mail.forwards) if mail.forwards else _quoted_separator(mail)
    if first is not None:
        behind = (block for block in mail.headers if first <= block.start <= first + 6)
        return next(behind, None) or _quoted_block(mail, first)
    if is_forward_subject(subject) and mail.headers:
        return mail.headers[0]
    return None


def _quoted_separator(mail: Classified) -> int | None:
    """The line that says "forwarded" where all that is passed on is quoted, as in HTML; None in a reply to such."""
    first = next((number for number, kind in enumerate(mail.kinds[:MAX_BEFORE]) if kind is Kind.QUOTE), None)
    if first is None or Kind.INTRODUCTION in mail.kinds[:first]:
        return None
    near = (number for number in range(first, min(first + 4, len(mail.lines))) if unquoted(mail.lines[number]))
    number = next(near, None)
    return number if number is not None and is_forward_separator(unquoted(mail.lines[number])) else None


def _quoted_block(mail: Classified, first: int) -> HeaderBlock:
    """Apple quotes the whole of what is passed on, its header block as well."""
    lines = [unquoted(line) for line in mail.lines[first + 1 : first + 1 + MAX_LINES]]
    start = next((number for number, line in enumerate(lines[:4]) if line), None)
    block = header_block(lines, start) if start is not None else None
    if block is None:
        return HeaderBlock(first, first + 1, {})
    return HeaderBlock(first + 1 + block.start, first + 1 + block.end, block.values)


def _mailto_undone(written: str) -> str:
    """`Ada [mailto:ada@example.com]` as `Ada <ada@example.com>`."""
    return re.sub(r"[\[<(]mailto:([^\])>]{1,320})[\])>]", r"<\1>", written).replace("*", "")

"""Reads the answers of FETCH and SEARCH, which aioimaplib hands over as a flat list of lines and literals.

Only items that cannot hold free text are ever asked for, since aioimaplib changes such text. Lines that are about no
mail that was asked for (another client changed a flag) are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from channels.email.mailbox import Headline

Lines = Sequence[bytes | bytearray]

_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_INTERNALDATE = re.compile(rb'\bINTERNALDATE "([^"]{1,40})"')
_FETCH = re.compile(rb"\d+ FETCH \(")
_LITERAL = re.compile(rb"\{(\d+)\}$")
_NUMBERS = re.compile(rb"\d+(?: \d+)*")


def read_headlines(lines: Lines, *, now: datetime) -> list[Headline]:
    """Size and time of arrival, in the order of UIDs. A date that cannot be read, or is still to come, is `now`."""
    found = {}
    for entry, _ in _entries(lines):
        uid = _number(_UID, entry)
        if uid is not None:
            found[uid] = Headline(uid, _number(_SIZE, entry) or 0, _arrival(entry, now))
    return [found[uid] for uid in sorted(found)]


def read_literal(lines: Lines, uid: int) -> bytes | None:
    """The literal in the answer about `uid`; None if there is none. Its length is not held against the announced one:
    some servers announce more than they have."""
    for entry, literal in _entries(lines):
        if literal is not None and _number(_UID, entry) == uid:
            return literal
    return None


def read_numbers(lines: Lines) -> list[int]:
    """The numbers of a SEARCH answer, ascending."""
    numbers = {int(number) for line in lines if _NUMBERS.fullmatch(line.strip()) for number in line.split()}
    return sorted(numbers)


def _entries(lines: Lines) -> Iterator[tuple[bytes, bytes | None]]:
    """Each mail's part of the answer: its text without the literal, and the literal."""
    text, literal, is_open = b"", None, False
    for line in lines:
        if is_open and isinstance(line, bytearray):
            literal = bytes(line)
            continue
        if _FETCH.match(line):
            if is_open:
                yield text, literal
            text, literal, is_open = b"", None, True
        if not is_open:
            continue
        announced = _LITERAL.search(line)
        if announced and announced[1] == b"0":
            literal = b""  # aioimaplib leaves an empty literal out
        text += b" " + bytes(line)
    if is_open:
        yield text, literal


def _number(pattern: re.Pattern[bytes], text: bytes) -> int | None:
    found = pattern.search(text)
    return int(found[1]) if found else None


def _arrival(entry: bytes, now: datetime) -> datetime:
    found = _INTERNALDATE.search(entry)
    try:
        arrived_at = datetime.strptime(found[1].decode("ascii").strip() if found else "", "%d-%b-%Y %H:%M:%S %z")
    except ValueError:
        return now
    return min(arrived_at.astimezone(UTC), now)

"""What staff mean by what they write in a handoff thread: words for the customer, a note, or a command.

In doubt it is a note: one that stays internal by mistake is written again, one that goes out cannot be unsent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Command(StrEnum):
    """What follows the exclamation mark."""

    BACK = "back"
    DRAFT = "draft"
    TAKE = "take"
    RELEASE = "release"
    CLOSE = "close"
    REOPEN = "reopen"
    ASSIGN = "assign"


@dataclass(frozen=True, slots=True)
class ForCustomer:
    """To be relayed."""

    text: str


@dataclass(frozen=True, slots=True)
class Internal:
    """A note between colleagues."""


@dataclass(frozen=True, slots=True)
class Order:
    """A command, and what follows it."""

    command: Command
    argument: str = ""


Meaning = ForCustomer | Internal | Order

# What may stand before a note without making it anything else: blanks, signs that nobody sees, and Markdown's marks.
_BEFORE = " \t\r\n*_~>`\u200b\u200c\u200d\u2060\ufeff\u00a0\u200e\u200f"
_NOTE = re.compile(r"(?:internal )?note[\W_]{0,3}[:\uff1a]", re.IGNORECASE)
_ORDER = re.compile(r"[!\uff01]\s*(?P<word>[A-Za-z]+)\b[*_~`]*\s*(?P<argument>.*)", re.DOTALL)


def read(text: str) -> Meaning:
    """What a message in a handoff thread means."""
    bare = text.strip().lstrip(_BEFORE)
    if _NOTE.match(bare):
        return Internal()
    if not bare.startswith(("!", "\uff01")):
        return ForCustomer(text)
    order = _ORDER.fullmatch(bare)
    if order is None or order["word"].lower() not in set(Command):
        return Internal()
    return Order(Command(order["word"].lower()), order["argument"].strip())

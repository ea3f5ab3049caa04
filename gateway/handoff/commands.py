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

# What may stand before a note without making it anything else: blanks, signs that nobody sees, Markdown's marks, the
# number of a list, emoji, and the name of the colleague whom it is for.
_BEFORE = r"(?:[^\w!\uff01@]|_|\d{1,3}[.)])*"
_CALLED = rf"(?:@[\w.'-]+(?: [\w.'-]+){{0,2}}?[^\w!\uff01@]+{_BEFORE})*"
_NOTE = re.compile(rf"{_BEFORE}{_CALLED}(?:internal )?note[\W_]{{0,3}}[:\uff1a]", re.IGNORECASE)
_MARKED = re.compile(rf"{_BEFORE}{_CALLED}(?=[!\uff01])")
_ORDER = re.compile(r"[!\uff01]\s*(?P<word>[A-Za-z]+)\b[*_~`]*\s*(?P<argument>.*)", re.DOTALL)


def read(text: str) -> Meaning:
    """What a message in a handoff thread means."""
    if _NOTE.match(text):
        return Internal()
    marked = _MARKED.match(text)
    if marked is None:
        return ForCustomer(text)
    order = _ORDER.fullmatch(text, marked.end())
    if order is None or order["word"].lower() not in set(Command):
        return Internal()
    return Order(Command(order["word"].lower()), order["argument"].strip())

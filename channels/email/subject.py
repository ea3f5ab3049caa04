"""The subject of an answer: the customer's own, with one "Re: " before it."""

from __future__ import annotations

import re

MAX_CHARS = 190
FALLBACK = "Your message"

# "Re:" in the languages that mail programs write it in, with the counters some of them add: "Re[2]:", "Re (3):".
_REPLY_PREFIX = re.compile(
    r"\s*(?:re|aw|antw|sv|vs|vá|odp|rif|res|r|rv|atb|ynt|bls|απ|σχετ|на|отв|回复|回覆|答复|返信|답장)"
    r"\s*(?:[\[(]\d+[\])])?\s*[:：]",
    re.IGNORECASE,
)


def answer_subject(subject: str) -> str:
    """`AW: Re: Order 5` becomes `Re: Order 5`. One line, and short enough for every mail program."""
    base = base_subject(subject) or FALLBACK
    return f"Re: {base if len(base) <= MAX_CHARS else base[: MAX_CHARS - 1].rstrip() + '…'}"


def base_subject(subject: str) -> str:
    """A subject without reply prefixes, control characters or runs of blanks."""
    line = " ".join("".join(char if char.isprintable() else " " for char in subject).split())
    while match := _REPLY_PREFIX.match(line):
        line = line[match.end() :].lstrip()
    return line

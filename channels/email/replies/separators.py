"""Recognises the lines between a reply and the mail below it: "-----Original Message-----" and its kin."""

from __future__ import annotations

import re

from channels.email.replies import words

_RULED = re.compile(r"^[\s>*_|\u200e\u200f]{0,12}[-_=—–]{2,60}\s*(\S.{1,120}?)\s*[-_=—–]{2,60}[\s*_]{0,6}$")
_MARK = re.compile(r"^[\s>*_|#\-–—=+.\[\](){}~]{0,30}(\S.{4,140}?)[\s*_#\-–—=+.\[\](){}~:]{0,30}$")


def is_original_separator(line: str) -> bool:
    """ "----- Original Message -----", in any of the languages."""
    match = _RULED.match(line) if len(line) <= 250 else None
    return match is not None and _holds(match[1], words.ORIGINAL_MESSAGE)


def is_forward_separator(line: str) -> bool:
    """ "---------- Forwarded message ---------", "Begin forwarded message:"."""
    if len(line) > 250:
        return False
    match = _RULED.match(line)
    if match is not None:
        return _holds(match[1], words.FORWARDED_MESSAGE)
    text = line.strip(" >*_\t").lower()
    return text.endswith((":", "：")) and any(text.startswith(phrase) for phrase in words.FORWARDED_MESSAGE)


def is_ruled_words(line: str) -> bool:
    """Words between two rules: a separator in whatever language, if a header block follows."""
    match = _RULED.match(line) if len(line) <= 250 else None
    return match is not None and any(character.isalpha() for character in match[1])


def is_reply_marker(line: str) -> bool:
    """ "Please reply above this line"."""
    match = _MARK.match(line) if len(line) <= 250 else None
    return match is not None and _holds(match[1], words.REPLY_ABOVE)


def _holds(text: str, table: tuple[str, ...]) -> bool:
    text = " ".join(text.lower().replace("’", "'").split())
    return any(phrase in text for phrase in table)

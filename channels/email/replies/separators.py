"""Recognises the lines between a reply and the mail below it: "-----Original Message-----" and its kin."""

from __future__ import annotations

from channels.email.replies import words
from channels.email.replies.words import folded

MAX_CHARS = 250

_AROUND = " \t>*_|\u200e\u200f"
_AROUND_RULES = _AROUND.replace("_", "")
_RULE = "-_=—–"


def is_separator(line: str) -> bool:
    """Whether a line says, in words, that another mail begins below it."""
    return is_original_separator(line) or is_forward_separator(line) or is_reply_marker(line)


def is_original_separator(line: str) -> bool:
    """ "----- Original Message -----", in any of the languages."""
    between = words_between_rules(line)
    return bool(between) and _holds(between, words.ORIGINAL_MESSAGE)


def is_bare_separator(line: str) -> bool:
    """ "Original message:" without rules: a separator if a header block or a quotation follows."""
    text = folded(line.strip(_AROUND + ":：")) if len(line) <= MAX_CHARS else ""
    return text in words.ORIGINAL_MESSAGE


def is_forward_separator(line: str) -> bool:
    """ "---------- Forwarded message ---------", "Begin forwarded message:"."""
    between = words_between_rules(line)
    if between:
        return _holds(between, words.FORWARDED_MESSAGE)
    text = folded(line.strip(_AROUND)) if len(line) <= MAX_CHARS else ""
    return text.endswith((":", "：")) and any(text.startswith(phrase) for phrase in words.FORWARDED_MESSAGE)


def words_between_rules(line: str) -> str:
    """What stands between two rules: a separator in whatever language, if a header block follows. Empty for others."""
    text = line.strip(_AROUND_RULES) if len(line) <= MAX_CHARS else ""
    text = text if text.startswith("__") else text.strip(_AROUND)
    between = text.strip(_RULE)
    before = len(text) - len(text.lstrip(_RULE))
    behind = len(text) - len(text.rstrip(_RULE))
    has_words = any(character.isalpha() for character in between)
    return between.strip() if has_words and before >= 2 and behind >= 2 else ""


def is_reply_marker(line: str) -> bool:
    """ "Please reply above this line"."""
    text = line.strip(_AROUND) if len(line) <= MAX_CHARS else ""
    is_decorated = not text[:1].isalnum() and len(text.split()) <= 16
    phrases = ("please", "bitte", *words.REPLY_ABOVE)
    return bool(text) and (is_decorated or folded(text).startswith(phrases)) and _holds(text, words.REPLY_ABOVE)


def _holds(text: str, table: tuple[str, ...]) -> bool:
    text = folded(text)
    return any(phrase in text for phrase in table)

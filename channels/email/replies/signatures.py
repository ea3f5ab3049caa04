"""Recognises what programs and habits put under a text: signatures, device lines and closings.

Everything here looks at lines that end a text. What stands in the middle of one is the author's own, however much it
looks like a signature.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from channels.email.replies import signature_words as words
from channels.email.replies.notices import is_disclaimer, is_footer_line, names_list
from channels.email.replies.words import folded

MAX_SIGNATURE_LINES = 16
MAX_CLOSING_LINES = 8

_DASHES = re.compile(r"^\s*(?:--|—|–|––|—–|__)\s*$|^-- \s*\S.{0,80}$")
_RULE = re.compile(r"^\s*(?:[-_=*~#+–—─━═]\s?){3,}\s*$")
_LINK = re.compile(r"<[^<>]{0,500}>|\((?:https?|mailto):[^()]{0,500}\)|\[[^\[\]]{0,300}\](?=\()|https?://\S{1,500}")
_MARKDOWN_LINK = re.compile(r"\[([^\[\]]{0,300})\]\([^()]{0,500}\)")
_CLAUSE_END = re.compile(r"[,.;!–—]\s|\s-\s|\s\(")
_PUNCTUATION = " \t,.;:!-–—*_/\\|~^'\"。、，！…🎉🙂😊👋❤️"
_POSTSCRIPT = re.compile(r"^(?:p\.? ?p?\.?s\b|n\.?b\.?\s)", re.IGNORECASE)
_CONTACT = re.compile(
    r"\+?\(?\d[\d\s().\-/]{6,}\d|[^\s@]{1,80}@[^\s@]{2,80}|(?:https?://|www\.)\S|\b(?:tel|phone|fax|mobile?|cell|t|m|f|e|w)\s?[.:]",
    re.IGNORECASE,
)


def is_signature_start(line: str) -> bool:
    """`-- ` and its kin: what follows, to the end of the text, is a signature if it is short."""
    return bool(_DASHES.match(line))


def is_rule(line: str) -> bool:
    """A line of dashes, underscores or the like, and nothing else."""
    return len(line) < 200 and bool(_RULE.match(line))


def is_device_line(line: str) -> bool:
    """ "Sent from my iPhone", "Get Outlook for iOS" and what others say instead; not "Sent from my desk, which …"."""
    text = _MARKDOWN_LINK.sub(r"\1", line.strip()) if len(line) <= 400 else ""
    text = " ".join(_LINK.sub(" ", text.strip("<>()[]*_~ ")).split()).strip("<>()[]*_~ \u200e\u200f")
    if not text or len(text) > 160 or text.endswith("?"):
        return False
    lowered = folded(text)
    head, tail = _head_and_tail(lowered)
    if len(head.split()) > 12 or (tail and not _apologises(tail) and not _ends_in_device(tail)):
        return False
    says_sent = any(lowered.startswith(start) for start in words.SENT_WITH)
    if not _DEVICE.search(head):
        return says_sent and len(head.split()) <= 6 and any(word in words.MY for word in head.split())
    is_possession = len(head.split()) <= 4 and any(lowered.startswith(start) for start in words.FROM_MY)
    ends = any(ending in head for ending in words.SENT_WITH_AFTER) or head.endswith(" from mobile")
    return says_sent or is_possession or ends


def _one_of(devices: tuple[str, ...]) -> str:
    return "|".join(re.escape(device) for device in devices)


# At the start of a word, or anywhere in scripts that leave no space between words.
_DEVICE = re.compile(
    rf"(?<![a-z\u00c0-\u024f])(?:{_one_of(tuple(word for word in words.DEVICES if word.isascii()))})"
    rf"|(?:{_one_of(tuple(word for word in words.DEVICES if not word.isascii()))})"
)


def is_closing(line: str) -> bool:
    """ "Best regards," on a line of its own."""
    if len(line) > 200:
        return False
    text = folded(line.strip(_PUNCTUATION))
    if text in _CLOSINGS or any(text.startswith(start) for start in words.LONG_CLOSINGS):
        return True
    parts = [part.strip(_PUNCTUATION) for part in text.split("/")] if len(line) <= 100 else []
    return bool(parts) and all(_GREETING_FROM.sub("", part) in _CLOSINGS for part in parts)


# "Viele Grüße aus Berlin": where a greeting comes from, in a word or two.
_GREETING_FROM = re.compile(
    r"(?<=\w) (?:aus|vom|from|uit|från|fra|de|desde|da|z|из)(?: (?!the|my|our)[^\s,.]{3,20}){1,2}$"
)
_CLOSINGS = frozenset(word.strip(_PUNCTUATION) for word in words.CLOSINGS)


def looks_like_signature(lines: Sequence[str]) -> bool:
    """Whether `lines`, the last of a text, are a name and ways to reach somebody rather than something said."""
    filled = [line.strip() for line in lines if line.strip()]
    if len(filled) > MAX_SIGNATURE_LINES:
        return False
    return not any(_is_prose(line) for line in filled)


def has_contact(lines: Sequence[str]) -> bool:
    return any(_CONTACT.search(line[:300]) for line in lines)


def is_footer(lines: Sequence[str]) -> bool:
    """Whether `lines`, which follow everything else, were put there by a server or a program."""
    filled = [line.strip() for line in lines if line.strip()]
    if not filled:
        return True
    if is_signature_start(filled[0]) or is_device_line(filled[0]) or is_closing(filled[0]):
        return True
    if is_rule(filled[0]):
        below = filled[1:]
        is_short = len(below) <= MAX_SIGNATURE_LINES
        return looks_like_signature(below) or (is_short and (is_footer(below) or names_list(below)))
    return is_disclaimer(filled) or (len(filled) <= 12 and is_footer_line(filled[0]))


def _head_and_tail(text: str) -> tuple[str, str]:
    end = _CLAUSE_END.search(text)
    if end is None:
        return text.rstrip(".!"), ""
    return text[: end.start()], text[end.end() :].strip(" .!")


def _ends_in_device(text: str) -> bool:
    """`Samsung Galaxy smartphone`, behind the name of the network that sold it."""
    named = text.split()
    return 1 < len(named) <= 5 and bool(_DEVICE.match(named[-1])) and bool(_DEVICE.search(" ".join(named[:-1])))


def _apologises(text: str) -> bool:
    return any(word in text for word in words.APOLOGIES)


def _is_prose(line: str) -> bool:
    """Something said: a question, a postscript, a sentence. Addresses and titles are neither."""
    if line.endswith("?") or _POSTSCRIPT.match(line):
        return True
    words_in_line = len(line.split())
    if words_in_line > 3 and line[0].islower() and line[-1].isalpha() and not _CONTACT.search(line):
        return True
    is_sentence = words_in_line > 12 or (words_in_line > 4 and line.endswith((".", "!")))
    return is_sentence and not _CONTACT.search(line)

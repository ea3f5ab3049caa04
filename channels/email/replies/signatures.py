"""Recognises what programs and habits put under a text: signatures, device lines and closings.

Everything here looks at lines that end a text. What stands in the middle of one is the author's own, however much it
looks like a signature.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from channels.email.replies import signature_words as words
from channels.email.replies.notices import is_disclaimer, is_footer_line
from channels.email.replies.words import folded

MAX_SIGNATURE_LINES = 16
MAX_CLOSING_LINES = 8

_DASHES = re.compile(r"^\s*(?:--|—|––|—–|__)\s*$|^-- \s*\S.{0,80}$")
_RULE = re.compile(r"^\s*(?:[-_=*~#+–—]\s?){3,}\s*$")
_LINK = re.compile(r"<[^<>]{0,500}>|\((?:https?|mailto):[^()]{0,500}\)|\[[^\[\]]{0,300}\](?=\()|https?://\S{1,500}")
_MARKDOWN_LINK = re.compile(r"\[([^\[\]]{0,300})\]\([^()]{0,500}\)")
_CLAUSE_END = re.compile(r"[,.;!–—]\s|\s-\s|\s\(")
_PUNCTUATION = " \t,.;:!-–—*_/\\|~^'\"。、，！…🎉🙂😊👋❤️"
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
    if len(head.split()) > 10 or (tail and not _apologises(tail)):
        return False
    names_device = any(device in f"{head} " for device in words.DEVICES)
    begins = any(lowered.startswith(start) for start in words.SENT_WITH)
    ends = any(ending in head for ending in words.SENT_WITH_AFTER)
    if lowered.startswith("sent ") and not _SENT_PREPOSITION.match(lowered):
        return False
    says_my = any(word in words.MY for word in head.split())
    if begins:
        return names_device or (says_my and len(head.split()) <= 6)
    return (ends and names_device) or (len(head.split()) <= 3 and head.endswith(" from mobile"))


_SENT_PREPOSITION = re.compile(r"^sent (?:securely |safely )?(?:from|via|with|using|by|on|through|thru|in)\b")


def is_closing(line: str) -> bool:
    """ "Best regards," on a line of its own."""
    return len(line) <= 100 and folded(line.strip(_PUNCTUATION)) in _CLOSINGS


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
        return (len(filled) <= MAX_SIGNATURE_LINES and is_footer(filled[1:])) or looks_like_signature(filled[1:])
    return is_disclaimer(filled) or (len(filled) <= 12 and any(is_footer_line(line[:300]) for line in filled[:6]))


def _head_and_tail(text: str) -> tuple[str, str]:
    end = _CLAUSE_END.search(text)
    if end is None:
        return text.rstrip(".!"), ""
    return text[: end.start()], text[end.end() :].strip(" .!")


def _apologises(text: str) -> bool:
    return any(word in text for word in words.APOLOGIES)


def _is_prose(line: str) -> bool:
    """A sentence: long, or asking something. Addresses and titles are neither."""
    if line.endswith("?"):
        return True
    return len(line.split()) > 12 and not _CONTACT.search(line)

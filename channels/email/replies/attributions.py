"""Recognises "On DATE, NAME wrote:" in its many forms, on one line or wrapped over several.

No pattern spells a whole sentence of a language. A line is an attribution by evidence: a verb of the table, a date, an
address, a beginning that dates have, a colon at the end, a quotation below. Every test is linear in the line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from channels.email.replies import words

MAX_CHARS = 500
MAX_LINES = 5


def _alternatives(table: tuple[str, ...]) -> str:
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in sorted(table, key=len, reverse=True))


_WROTE = re.compile(
    rf"(?:(?<![\w@./-])(?:{_alternatives(words.WROTE)})(?![\w@-])|(?:{_alternatives(words.WROTE_UNSPACED)}))",
    re.IGNORECASE,
)
_SAID = re.compile(rf"(?<![\w@./-])(?:{_alternatives(words.SAID)})(?![\w@-])", re.IGNORECASE)
_ON = re.compile(rf"^(?:{_alternatives(words.ON)})(?:[\s,:.]|(?=\d))", re.IGNORECASE)
_TIME = re.compile(r"(?<!\d)\d{1,2}[:.h時시点时]\s?\d{2}(?!\d)|(?:오전|오후|上午|下午|午前|午後)")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)|(?<!\d)\d{1,4}[./-]\d{1,2}[./-]\d{1,4}(?!\d)|[年년]")
_NUMBER = re.compile(r"\d+")
_ADDRESS = re.compile(r"[^\s<>@]{1,100}@[^\s<>@]{2,100}|\[?mailto:")
_BRACKETED = re.compile(r"[<(\[«][^<>()\[\]]{0,200}@[^<>]{2,250}[>)\]»]")
_AUTHOR = re.compile(r"^(?:[^\s<>]{1,30}\s+){0,4}<[^<>\s]{1,80}@[^<>\s]{1,80}>[,;]?(?:\s*\S{1,3})?$")
_STARTS_WITH_DATE = re.compile(
    r"^[\W_]{0,4}(?:[^\W\d_]{1,14}[.,]{0,2}\s{1,3}){0,2}[^\W\d_]{0,3}\d{1,4}(?:[./年년-]|[.,]?\s|st|nd|rd|th)"
)
_PERSON = re.compile(r"^(?:as |like |what |when )|\b(?:you|i|we|he|she|they|i've|you've)\b[^,:]{0,20}$", re.IGNORECASE)
_WRAPPING = re.compile(
    r"^[\s>|*_\-–—=\u200e\u200f\u202a-\u202e\u2066-\u2069]+|[\s*_\-–—=\u200e\u200f\u202a-\u202e\u2066-\u2069]+$"
)
_EVIDENCE = re.compile(r"[\d@]|quoting|zitat|citando|citation|quotando|zitiere|citerar|citiranje", re.IGNORECASE)
_SPACES = re.compile(r"\s+")
_ENDS_IN_DATA = re.compile(
    r"(?:@[^\s<>]{1,250}[>)\]»]?|\d[\s\])]{0,3}(?:[ap]\.?\s?m\.?|uhr|uur)?)\s?[:：﹕]$", re.IGNORECASE
)
# `Ada Lovelace <ada@example.com>:` and `Ada Lovelace, 12.03.2024 14:05:`, with nothing else.
_ONLY_AUTHOR = re.compile(
    r"^(?:[^\s<>:@]{1,30}\s){0,5}[<(][^\s<>()]{1,80}@[^\s<>()]{1,80}[>)]\s?[:：]$"
    r"|^(?:[^\W\d_][^\s<>:@\d]{0,30}[\s,]+){1,4}\d{1,4}[./-]\d{1,2}[./-]\d{2,4},?\s\d{1,2}[:.]\d{2}(?:\s[ap]m)?\s?[:：]$",
    re.IGNORECASE,
)
# Usenet programs name the article as well; Notes puts the first words of the mail behind its date.
_ARTICLE = re.compile(r"^in (?:message|article|news:)\s?<?[^\s<>]{3,200}@[^\s<>]{2,200}>?,?\s", re.IGNORECASE)
_NOTES = re.compile(r"^\S.{1,80} ---\d{1,4}[./-]\d{1,2}[./-]\d{1,4} \d{1,2}:\d{2}(?::\d{2})?(?: [AP]M)?---")
_GROUPWISE = re.compile(r"^>>>+\s*\S.{0,300}\S\s*>>>+$")
_QUOTED_END = re.compile(rf"^>\s*(?:{_alternatives(words.WROTE)})\s*:?\s*$", re.IGNORECASE)
_QUOTING = re.compile(
    r"^(?:(?:quoting|zitat von|citando|citation de|quotando|zitiere|citerar|citiranje)\s.{2,200}:"
    r"|quoting\s.{2,100}\(\d{4}-\d\d-\d\d[^()]{0,20}\)"
    r"|excerpts from .{2,100}'s message of .{2,60}:)$",
    re.IGNORECASE,
)


def attribution_start(lines: Sequence[str], end: int, *, quote_follows: bool) -> int | None:
    """Where the attribution begins whose last line is `end`; None where that line ends none."""
    last = lines[end]
    if len(last) > MAX_CHARS or not last.strip():
        return None
    if is_groupwise(last) or _NOTES.match(last.strip()):
        return end
    if not _may_end(last, quote_follows=quote_follows):
        return None
    near = "".join(line[:MAX_CHARS] for line in lines[max(0, end - MAX_LINES) : end + 1])
    if not quote_follows and not _EVIDENCE.search(near):
        return None
    return _start(lines, end, quote_follows=quote_follows)


def is_attribution(text: str, *, quote_follows: bool = False) -> bool:
    """Whether `text`, on one line, is a whole attribution."""
    return _is_whole(_unwrapped(text), quote_follows=quote_follows)


def is_groupwise(line: str) -> bool:
    """`>>> Ada <ada@example.com> 28.01.2016 19:04 >>>`, which is no quotation although it begins like one."""
    return len(line) <= MAX_CHARS and bool(_GROUPWISE.match(line.strip()))


def is_split_end(line: str) -> bool:
    """A line such as `> wrote:`, which is no quotation but the end of an address that was broken over lines."""
    return bool(_QUOTED_END.match(line.strip()))


def _may_end(line: str, *, quote_follows: bool) -> bool:
    """A quick look, so that only few lines are put together with those above them."""
    text = _unwrapped(line)
    if text.endswith((":", "：", "﹕")):
        return True
    if _QUOTING.match(text):
        return True
    tail = text[-60:]
    verb = _last_verb(tail)
    if verb is not None and len(tail) - verb[1] <= 4:
        return True
    return quote_follows and text.endswith((">", ")", "]")) and "@" in text


def _start(lines: Sequence[str], end: int, *, quote_follows: bool) -> int | None:
    joined = below = ""
    found: int | None = None
    blanks = 0
    for number in range(end, max(-1, end - MAX_LINES - 2), -1):
        line = lines[number].strip()
        if not line:
            blanks += 1
            # A blank line may stand inside only where an address was torn out of its brackets.
            if not joined.startswith(("<", "mailto", "> ")) or blanks > 2:
                break
            continue
        if line.startswith(">") and number != end and not is_split_end(lines[end]):
            break
        joined = f"{line} {joined}".strip()
        if len(joined) > MAX_CHARS:
            break
        text = _unwrapped(joined)
        if not _is_whole(text, quote_follows=quote_follows):
            if found is not None and not _continues_upwards(text):
                break
            continue
        if _starts_strongly(text):
            return _with_torn_beginning(lines, number, text)
        if found is None or _is_rest_of_name(line, below):
            found, below = number, text
    return found if found is None or not below.startswith(("<", "(", "[")) else _with_name_above(lines, found)


def _is_rest_of_name(line: str, below: str) -> bool:
    """Whether a line belongs to the attribution that is whole without it: `Ada <ada@example.com>` above the verb."""
    return bool(_BRACKETED.search(line)) and not line.endswith((".", "!", "?", ":")) and "@" not in below


def _with_name_above(lines: Sequence[str], start: int) -> int:
    """The line above, where an attribution begins with a bare address: the name was wrapped away from it."""
    above = lines[start - 1].strip() if start > 0 else ""
    is_name = 0 < len(above) <= 60 and len(above.split()) <= 5 and above[-1] not in ".!?:;,"
    return start - 1 if is_name else start


def _continues_upwards(text: str) -> bool:
    return bool(_ON.match(text) or _STARTS_WITH_DATE.match(text))


def _with_torn_beginning(lines: Sequence[str], start: int, text: str) -> int:
    """The line above, where the wrap fell inside the date (`On Thu,`), or behind a name with its address."""
    above = lines[start - 1].strip() if start > 0 else ""
    if above.lower() in words.ON:
        return start - 1
    is_beginning = len(above) < 40 and above.endswith((",", ".")) and bool(_ON.match(above)) and not _ON.match(text)
    is_author = "@" not in text and len(above) <= 100 and bool(_AUTHOR.match(above))
    return start - 1 if is_beginning or is_author else start


def _is_whole(text: str, *, quote_follows: bool) -> bool:
    if not text or len(text) > MAX_CHARS:
        return False
    has_colon = text.endswith((":", "：", "﹕"))
    if _QUOTING.match(text) or (has_colon and quote_follows and _ONLY_AUTHOR.match(text)):
        return True
    has_date = _has_date(text)
    has_address = bool(_ADDRESS.search(text))
    verb = _last_verb(text) or (_said(text) if quote_follows and has_colon and (has_date or has_address) else None)
    if verb is None:
        return _is_whole_without_verb(text, has_colon, has_date and has_address, quote_follows=quote_follows)
    before, after = text[: verb[0]].strip(), text[verb[1] :].strip(" :：﹕,(a)")
    if not after:
        return bool(_ARTICLE.match(before)) or _ends_in_verb(
            before, has_colon, has_date, has_address, quote_follows=quote_follows
        )
    if not has_colon or not has_date:
        names_someone = has_address or any(character.isdigit() for character in after)
        return has_colon and quote_follows and names_someone and len(after) < 80 and not _PERSON.search(before)
    return (
        quote_follows
        or (has_address and not _PERSON.search(before))
        or (_starts_strongly(text) and (has_address or (_is_name(after) and bool(_TIME.search(before)))))
        or (
            _has_date(after)
            and len(before.split()) <= 4
            and not _PERSON.search(before)
            and bool(_TIME.search(after) and _YEAR.search(after))
        )
    )


def _is_name(text: str) -> bool:
    """What may stand between the verb and the colon: a person, and no sentence."""
    return len(text.split()) <= 5 and not any(character.isdigit() for character in text)


def _ends_in_verb(before: str, has_colon: bool, has_date: bool, has_address: bool, *, quote_follows: bool) -> bool:
    if not before:
        return False
    if not has_colon:
        return has_date and (has_address or quote_follows) and (_starts_strongly(before) or quote_follows)
    if quote_follows and (has_date or has_address or not _PERSON.search(before)):
        return len(before) < 200
    if _PERSON.search(before) and not has_address:
        return has_date and bool(_TIME.search(before))
    # Programs name the time or the address; people who cite ("On 3 May your agent wrote:") mostly name neither.
    is_timed = has_date and bool(_TIME.search(before)) and _starts_strongly(before)
    return is_timed or (has_address and (has_date or len(before.split()) <= 12))


def _is_whole_without_verb(text: str, has_colon: bool, has_both: bool, *, quote_follows: bool) -> bool:
    """Some programs write no verb, and we do not know every language: date and address say enough."""
    if not has_both or len(text) > 300:
        return False
    is_dated_address = bool(_BRACKETED.search(text) and _TIME.search(text) and _YEAR.search(text))
    if has_colon and is_dated_address and len(text.split()) <= 24 and _ENDS_IN_DATA.search(text):
        return True
    if not (_STARTS_WITH_DATE.match(text) or _ON.match(text)):
        return False
    if has_colon:
        return bool(_BRACKETED.search(text)) or quote_follows
    return quote_follows and text.endswith((">", ")", "]")) and len(text.split()) <= 16


def _last_verb(text: str) -> tuple[int, int] | None:
    return max((verb.span() for verb in _WROTE.finditer(text)), default=None)


def _said(text: str) -> tuple[int, int] | None:
    return max((verb.span() for verb in _SAID.finditer(text)), default=None)


def _starts_strongly(text: str) -> bool:
    """Begins as dates do, and has one near; or with the id of what is answered."""
    if _ARTICLE.match(text):
        return True
    return bool(_ON.match(text) or _STARTS_WITH_DATE.match(text)) and _has_date(text[:120])


def _has_date(text: str) -> bool:
    if not (_YEAR.search(text) or _TIME.search(text)):
        return False
    return len(_NUMBER.findall(text[:MAX_CHARS])) >= 2


def _unwrapped(line: str) -> str:
    """Without quote marks, bold marks and rules around it, on one line."""
    text = _SPACES.sub(" ", _WRAPPING.sub("", line[: MAX_CHARS + 100])).strip()
    is_between_rules = line.lstrip().startswith("--") and line.rstrip().endswith("--")
    return f"{text}:" if is_between_rules and not text.endswith(":") else text

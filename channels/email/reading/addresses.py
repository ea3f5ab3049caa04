"""Addresses in mail headers, as people and programs really write them.

Splits on the separators that count, takes groups and comments apart, repairs what is plainly meant (`a@b.c>`, spaces
around the `@`) and flags what was repaired or looks like a disguise. Linear in the length of the field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from channels.email.mail import Address, AddressFlag
from channels.email.reading.fields import decode_words, unfolded

MAX_ADDRESSES = 200

_ANGLE = re.compile(r"<([^<>]*)>?")
_LOOKS_LIKE_ADDRESS = re.compile(r"[^\s@<>\"'(),;:]{1,100}@[^\s@<>\"'(),;:]{1,100}\.[^\s@<>\"'(),;:.]{2,}")
_SPACED_AT = re.compile(r"\s+@\s*|@\s+")
_TRIM = " \t\r\n<>\"',;:[]()"
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad\U000e0000-\U000e007f]")
_DOMAIN = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?$")
_OBSOLETE_ROUTE = re.compile(r"^@[^:]*:")
_ESCAPED = re.compile(r"\\(.)")


def addresses(value: str, hint: str = "") -> tuple[Address, ...]:
    """The mailboxes of a field such as From or To, at most `MAX_ADDRESSES`."""
    text = unfolded(value, hint)
    found = _found(text, hint)
    if not found and "=?" in text:  # some programs encode the whole field, address and all
        found = _found(decode_words(text, hint), hint)
    return tuple(found)


def canonical(address: str) -> str:
    """An address for comparing: lower case, the domain as an A-label. Plus-parts and dots are left alone."""
    local, at, domain = address.strip().rpartition("@")
    return f"{local.lower()}{at}{_a_label(domain.rstrip('.').lower())}"


def _a_label(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain


def _found(text: str, hint: str) -> list[Address]:
    found: list[Address] = []
    for piece, is_in_group in _pieces(text):
        address = _address(piece, is_in_group, hint)
        if address is not None:
            found.append(address)
            if len(found) == MAX_ADDRESSES:
                break
    return found


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """The field cut at its commas and semicolons, outside quotes, comments and angle brackets."""
    start = 0
    is_quoted = is_escaped = is_angled = is_in_group = False
    comment_depth = 0
    # An unclosed quote or bracket must not swallow the rest of the field.
    quotes_pair_up = text.count('"') % 2 == 0
    for position, character in enumerate(text):
        if is_escaped:
            is_escaped = False
        elif character == "\\":
            is_escaped = True
        elif character == '"' and quotes_pair_up and not comment_depth:
            is_quoted = not is_quoted
        elif is_quoted:
            continue
        elif character == "(" and ")" in text[position : position + 1000]:
            comment_depth += 1
        elif character == ")":
            comment_depth = max(0, comment_depth - 1)
        elif comment_depth:
            continue
        elif character == "<":
            is_angled = ">" in text[position : position + 1000]
        elif character == ">":
            is_angled = False
        elif character == ":" and not is_angled and "@" not in text[start:position]:
            is_in_group = True
            start = position + 1
        elif character in ",;" and not is_angled:
            yield text[start:position], is_in_group
            start = position + 1
            is_in_group = is_in_group and character == ","
    yield text[start:], is_in_group


def _address(piece: str, is_in_group: bool, hint: str) -> Address | None:
    flags: set[AddressFlag] = {AddressFlag.GROUP} if is_in_group else set()
    name, written = _name_and_address(piece)
    cleaned = _cleaned(written)
    if cleaned is None:
        return None
    if cleaned != written.strip() or _SPACED_AT.search(piece):
        flags.add(AddressFlag.REPAIRED)
    name = decode_words(name, hint).strip(" \t\"'")
    visible = " ".join(_INVISIBLE.sub("", name).split())[:200]
    if visible != " ".join(name.split())[:200]:
        flags.add(AddressFlag.INVISIBLE_CHARACTERS)
    claimed = _LOOKS_LIKE_ADDRESS.search(visible[:500])
    if claimed and canonical(claimed[0]) != canonical(cleaned):
        flags.add(AddressFlag.NAME_HOLDS_ADDRESS)
    return Address(canonical(cleaned), visible, cleaned, frozenset(flags))


def _name_and_address(piece: str) -> tuple[str, str]:
    """The last angle bracket that holds an address wins: a name may hold brackets of its own."""
    angles = [match for match in _ANGLE.finditer(piece) if "@" in match[1]]
    if angles:
        last = angles[-1]
        name = piece[: last.start()].strip() or _comment(piece[last.end() :])
        return _unquoted(name), last[1]
    comment = _comment(piece)
    bare = _SPACED_AT.sub("@", piece.replace(f"({comment})", " ") if comment else piece)
    if "@" not in bare:
        return "", ""
    words = bare.split()
    holding = [word for word in words if "@" in word.strip("@")]
    if len(words) > 1 and holding:  # `Ada ada@example.com`, without brackets
        rest = " ".join(word for word in words if word is not holding[-1])
        return comment or _unquoted(rest.strip(_TRIM)), holding[-1]
    return comment, " ".join(words)


def _comment(text: str) -> str:
    start, end = text.find("("), text.rfind(")")
    return text[start + 1 : end].strip() if 0 <= start < end else ""


def _unquoted(name: str) -> str:
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = name[1:-1]
    return _ESCAPED.sub(r"\1", name)


def _cleaned(written: str) -> str | None:
    """`written` without what cannot belong to an address; None where nothing usable is left."""
    text = _INVISIBLE.sub("", _OBSOLETE_ROUTE.sub("", written.strip()))
    if text.lower().startswith("mailto:"):
        text = text[7:]
    local, at, domain = text.rpartition("@")
    is_quoted_local = len(local) > 2 and local[0] == local[-1] == '"'
    local = local if is_quoted_local else "".join(local.split()).strip(_TRIM)
    domain = "".join(domain.split()).strip(_TRIM + ".")
    if not at or not local or len(local) > 256 or len(domain) > 255:
        return None
    ascii_domain = _a_label(domain.lower())
    if not _DOMAIN.match(ascii_domain):
        return None
    return f"{local}@{domain}"

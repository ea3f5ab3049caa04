"""Header fields of a mail, read so that no sender can make it fail.

The standard parser splits a mail into fields; their contents are read here: encoded words (RFC 2047), parameters with
their continuations (RFC 2231), raw 8-bit, dates. Its own structured headers are not used, because they raise on real
mail and take quadratic time on hostile mail. Addresses are in `addresses`, message ids in `references`.
"""

from __future__ import annotations

import binascii
import quopri
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes

from channels.email.reading.charset import decode, without_controls

MAX_VALUE_CHARS = 32_768

_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,75})\?([bBqQ])\?([^\r\n]{0,4000}?)\?=")
_FOLD = re.compile(r"\r?\n[ \t]*|\r[ \t]*")
_SPACES = re.compile(r"[ \t]+")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_PARAMETER = re.compile(r""";\s*([^\s=;"]{1,100})\s*=\s*(?:"((?:[^"\\]|\\.)*)(?:"|$)|([^;]*))""")
_CONTINUATION = re.compile(r"(.+?)\*(\d{1,3})?(\*?)$")
_ESCAPED = re.compile(r"\\(.)")


def raw_bytes(value: str) -> bytes:
    """The bytes that a field's text stands for: the standard parser keeps 8-bit as surrogates."""
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace")


def unfolded(value: str, hint: str = "") -> str:
    """A field's value on one line, 8-bit decoded (`hint` is the charset of the body), encoded words still encoded."""
    value = value[:MAX_VALUE_CHARS]
    if not value.isascii():
        value = decode(raw_bytes(value), "utf-8", hint)
    return without_controls(_FOLD.sub(" ", value)).strip()


def decoded(value: str, hint: str = "") -> str:
    """A field's value as a person would read it, on one line."""
    return _SPACES.sub(" ", decode_words(unfolded(value, hint), hint)).strip()


def decode_words(value: str, hint: str = "") -> str:
    """Replace encoded words. Neighbours in one charset are joined first: some programs split inside a character."""
    parts: list[str] = []
    pending, pending_charset = b"", ""
    end = 0
    for word in _ENCODED_WORD.finditer(value):
        between = value[end : word.start()]
        charset = word[1].partition("*")[0].lower()
        content = _word_bytes(word[2], word[3])
        is_neighbour = end > 0 and not between.strip()
        if is_neighbour and charset == pending_charset:
            pending += content
        else:
            parts += [decode(pending, pending_charset, hint), "" if is_neighbour else between]
            pending, pending_charset = content, charset
        end = word.end()
    parts += [decode(pending, pending_charset, hint), value[end:]]
    return without_controls(_FOLD.sub(" ", "".join(parts)))


def _word_bytes(encoding: str, text: str) -> bytes:
    if encoding in "qQ":
        return quopri.decodestring(raw_bytes(text.replace("_", " ")))
    return base64_bytes(raw_bytes(text))


def base64_bytes(content: bytes) -> bytes:
    """Decode base64 with whatever got into it: foreign characters are skipped, and a lost tail costs a few bytes."""
    letters = _NOT_BASE64.sub(b"", content)
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    try:
        return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
    except binascii.Error:
        return b""


def parameters(value: str, hint: str = "") -> tuple[str, dict[str, str]]:
    """A field such as Content-Type: its main value in lower case, and its parameters, decoded."""
    main, _, rest = unfolded(value, hint).partition(";")
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for match in _PARAMETER.finditer(f";{rest}"):
        name = match[1].lower()
        text = _ESCAPED.sub(r"\1", match[2]) if match[2] is not None else match[3].strip().strip("\"'")
        continued = _CONTINUATION.match(name)
        if continued:
            is_encoded = bool(continued[3]) or continued[2] is None
            pieces.setdefault(continued[1], []).append((int(continued[2] or 0), is_encoded, text))
        else:
            plain.setdefault(name, decode_words(text, hint))
    return main.strip().lower(), plain | {name: _joined(found, hint) for name, found in pieces.items()}


def _joined(pieces: list[tuple[int, bool, str]], hint: str) -> str:
    """The value of a parameter in RFC 2231 pieces: `charset'language'percent-encoded`, then the rest."""
    pieces.sort(key=lambda piece: piece[0])
    charset = ""
    content = b""
    for position, (_, is_encoded, text) in enumerate(pieces):
        if position == 0 and is_encoded and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        content += unquote_to_bytes(text) if is_encoded else raw_bytes(text)
    return decode_words(decode(content, charset, hint), hint)


def date(value: str) -> datetime | None:
    """A Date field, aware and in UTC; None where it cannot be read."""
    text = _SPACES.sub(" ", without_controls(_FOLD.sub(" ", value[:200]))).strip()
    try:
        found = parsedate_to_datetime(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None

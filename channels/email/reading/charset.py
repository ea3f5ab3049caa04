"""Bytes of a mail to text: whatever the sender declared, and never an exception.

The declared charset is tried first, under the name that mail programs meant rather than the one they wrote; then
UTF-8; then windows-1252, which always gives something readable. Control characters leave here, so that nothing
behind has to think of them.
"""

from __future__ import annotations

import codecs
import re

# What mail programs write, and what they mean. Left: the name as declared, in lower case.
_ALIASES = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "chinesegb": "gb18030",
    "hz-gb-2312": "hz",
    "big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "unicode-1-1-utf-7": "utf-7",
    "x-unicode-2-0-utf-7": "utf-7",
    "iso-8859-1": "cp1252",  # as browsers do: 0x80-0x9F are typographic signs there, not controls
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6",
    "iso-8859-9": "cp1254",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "utf8mb4": "utf-8",
    "unicode": "utf-16",
    "tis-620": "cp874",
    "windows-874": "cp874",
}
_ESCAPES = re.compile(rb"\x1b[$(][@BJI()]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def decode(content: bytes, declared: str = "", hint: str = "") -> str:
    """The text of `content`. `hint` is tried where the declared charset fails: what the rest of the mail uses."""
    for name in (declared, hint):
        text = _decoded(content, name)
        if text is not None:
            return without_controls(text)
    if _ESCAPES.search(content):
        return without_controls(content.decode("iso2022_jp_ext", "replace"))
    try:
        return without_controls(content.decode("utf-8"))
    except UnicodeDecodeError:
        return without_controls(_mostly_utf8(content) or content.decode("cp1252", "replace"))


def without_controls(text: str) -> str:
    """`text` without NUL and its kin: XML parsers, databases and terminals choke on them. Tab and line ends stay."""
    return _CONTROLS.sub("", text)


def codec_name(declared: str) -> str:
    """The Python codec that a declared charset means; empty where there is none that makes text."""
    name = declared.strip().strip("\"'").lower()
    name = _ALIASES.get(name, name)
    if not name or "\x00" in name:
        return ""
    try:
        b"a".decode(name, "replace")  # refuses the codecs that make no text
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return ""
    return "" if found.replace("-", "_") in _UNSAFE else found


_UNSAFE = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})


def _decoded(content: bytes, declared: str) -> str | None:
    """None where the charset is unknown, or the bytes are not in it."""
    name = codec_name(declared)
    if not name:
        return None
    if name == "utf-8" and _ESCAPES.search(content):
        return None
    try:
        return content.decode(name)
    except (UnicodeError, ValueError):
        pass
    if name in ("utf-8", "cp1252"):  # cp1252 has five holes: the wider table of `decode` fills them
        return None
    text = content.decode(name, "replace")
    broken = text.count("�")
    return text if broken * 20 <= len(text) else None


def _mostly_utf8(content: bytes) -> str | None:
    """UTF-8 that was cut or has a few stray bytes: more readable than the same bytes as windows-1252."""
    text = content.decode("utf-8", "replace")
    beyond_ascii = sum(1 for character in text if character > "\x7f" and character != "�")
    return text if beyond_ascii > 2 * text.count("�") else None

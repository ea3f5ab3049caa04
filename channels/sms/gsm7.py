"""The GSM-7 alphabet (3GPP TS 23.038), and the folding of look-alikes into it.

One curly quote turns a text of 160 characters a segment into one of 70. Folding replaces signs that look the same in
GSM-7, as Twilio's smart encoding does, but never changes what is meant: a superscript or a fraction stays as it is,
and a line that would not become GSM-7 anyway keeps its typography.
"""

from __future__ import annotations

import unicodedata

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Each of these travels as two septets, which a segment boundary never parts.
EXTENSION = frozenset("\f^{}\\[~]|€")
ALPHABET = BASIC | EXTENSION

_LOOK_ALIKES = {
    '"': "“”„‟«»″ʺˮ❝❞〝〞",
    "'": "‘’‛′´`ʹʻʼʽˈˊˋ❛❜",
    "<": "‹",
    ">": "›",
    "-": "‐‑‒–—―⁃•−◦▪",
    "*": "∗⁎✱✲✳",
    "/": "⁄∕⧸÷",
    "|": "∣❘⏐",
    "~": "∼˜",
    "^": "ˆ",
    ",": "‚、",
    ".": "。",
    " ": "\t\v\u1680\u180e\u2028\u2029",
    "": "\u00ad\u200b\u200c\u200e\u200f\u2060\ufeff",
}
_FOLDED = str.maketrans({sign: plain for plain, signs in _LOOK_ALIKES.items() for sign in signs})
# The Unicode decompositions that keep the meaning. `<super>` does not (10² is not 102), nor does `<fraction>` (1½ is
# not 11/2).
_FAITHFUL = frozenset({"<wide>", "<narrow>", "<noBreak>", "<compat>"})


def is_gsm7(text: str) -> bool:
    """Whether every character is in the GSM-7 alphabet, so that a segment holds 160 of them."""
    return ALPHABET.issuperset(text)


def fold(text: str) -> str:
    """The text with look-alikes replaced, line by line, wherever that makes the line GSM-7."""
    return "\n".join(_fold_line(line) for line in unicodedata.normalize("NFC", text).split("\n"))


def _fold_line(line: str) -> str:
    if is_gsm7(line):
        return line
    folded = "".join(_plain(sign) for sign in line.translate(_FOLDED))
    return folded if is_gsm7(folded) else line


def _plain(sign: str) -> str:
    if sign in ALPHABET or unicodedata.decomposition(sign).partition(" ")[0] not in _FAITHFUL:
        return sign
    return unicodedata.normalize("NFKC", sign)

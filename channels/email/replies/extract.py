"""The new part of a mail and the rest of it, from its text, its HTML, or both.

The HTML knows better what is quoted, the text what was typed. Both are cut; where they agree the text is taken. Where
they do not, the longer one is: a quotation too many is a nuisance, a lost sentence is a lost customer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from channels.email.mail import Forwarded
from channels.email.reading import html as html_reading
from channels.email.reading.hidden import remove_hidden, without_invisible
from channels.email.replies.cut import own_lines
from channels.email.replies.forwards import forwarded_in
from channels.email.replies.lines import Line, classify, plain_lines
from channels.email.replies.structure import html_lines, without_marks

_WORD = re.compile(r"\w+")
_LINK_TARGET = re.compile(r"<(?:https?|mailto|tel):[^<>\s]*>")
_PICTURE = re.compile(r"\[(?:cid|image):[^\]]{0,300}\]")
_USE_HTML = re.compile(
    r"(?:view|see|use|switch to|read|enable).{0,40}\bhtml\b|html.{0,20}(?:compatible|capable|version|format)"
    r"|does(?: not|n't) support html|kein html|html-(?:ansicht|format)|ne supporte pas (?:le )?html",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Extraction:
    """`text` is the whole mail; `new` and `elided` are its lines, parted. Nothing is in neither."""

    text: str
    new: str
    elided: str
    forwarded: Forwarded | None = None
    had_hidden_text: bool = False
    parts_disagree: bool = False
    was_cut: bool = False  # the HTML was too large for more than its text


def extract(plain: str, html: str, *, subject: str = "") -> Extraction:
    """Part a mail. Either may be empty."""
    plain = without_invisible(without_marks(plain)).replace("\r\n", "\n").replace("\r", "\n")
    from_html, had_hidden, was_cut = _html_lines(html) if html.strip() else ([], False, False)
    if not from_html or not _says(from_html):
        chosen, disagree = _parted(plain_lines(plain), subject), False
    elif not plain.strip() or _only_points_to_html(plain):
        chosen, disagree = _parted(from_html, subject), False
    else:
        chosen, disagree = _better(_parted(plain_lines(plain), subject), _parted(from_html, subject))
    return Extraction(chosen.text, chosen.new, chosen.elided, chosen.forwarded, had_hidden, disagree, was_cut)


def _html_lines(source: str) -> tuple[list[Line], bool, bool]:
    source = without_marks(source)
    document = html_reading.tree(source)
    if document is None:
        text = html_reading.stripped(source)
        return plain_lines(without_invisible(text)), False, bool(text)
    had_hidden = remove_hidden(document)
    lines = [Line(without_invisible(line.text), line.mark) for line in html_lines(document)]
    if not _says(lines) and not had_hidden:
        text = html_reading.stripped(source)
        return plain_lines(without_invisible(text)), had_hidden, bool(text)
    return lines, had_hidden, False


def _parted(lines: Sequence[Line], subject: str) -> Extraction:
    mail = classify(lines)
    kept = own_lines(mail)
    is_kept = set(kept)
    new = [mail.lines[number] for number in kept]
    elided = [line for number, line in enumerate(mail.lines) if number not in is_kept]
    return Extraction(
        "\n".join(mail.lines).strip("\n"),
        "\n".join(new).strip("\n").rstrip(),
        "\n".join(elided).strip("\n"),
        forwarded_in(mail, subject),
    )


def _better(plain: Extraction, html: Extraction) -> tuple[Extraction, bool]:
    """The one to use, and whether that was a matter of judgement."""
    words_plain, words_html = _words(plain.new), _words(html.new)
    if words_plain == words_html or not words_html:
        return plain, False
    if not plain.elided and html.elided and _begins_with(words_plain, words_html):
        return html, False  # only the HTML knew where the quotation begins
    if _begins_with(words_html, words_plain) or _begins_with(words_plain, words_html):
        return (plain if len(words_plain) > len(words_html) else html), True
    # Two different texts: the plain one is what was typed, unless it only stands in for the other.
    is_stand_in = not plain.elided and 2 * len(words_plain) < len(words_html)
    return (html if is_stand_in else plain), True


def _begins_with(longer: list[str], shorter: list[str]) -> bool:
    return bool(shorter) and longer[: len(shorter)] == shorter


def _words(text: str) -> list[str]:
    return _WORD.findall(_PICTURE.sub("", _LINK_TARGET.sub("", text)).lower())


def _says(lines: Sequence[Line]) -> bool:
    return any(line.text.strip() for line in lines)


def _only_points_to_html(plain: str) -> bool:
    """ "Your program cannot show HTML": a text part that says nothing else."""
    if len(plain) > 400 or not _USE_HTML.search(plain):
        return False
    return len(plain.split()) < 60

"""What the HTML of a mail tells about quotations and signatures, brought into its text.

Mail programs mark what they quote: an element, a class, an id. The marks are written into the document as private
characters before it is turned into text, so that one set of rules (`cut`) decides about text and HTML alike: quoted
lines get their `>`, and lines that begin a quoted mail get a `Mark`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.html import HtmlElement  # type: ignore[import-untyped]  # ships no types
from lxml.html import fromstring as element_from

from channels.email.reading.html import text_of
from channels.email.replies.lines import Line, Mark

# The data attribute on the quotation that we put into our own mails: it survives programs that rename ids.
OWN_QUOTE_ATTRIBUTE = "data-frontdesk"
OWN_QUOTE_VALUE = "quote"

MAX_SIGNATURE_CHARS = 2000
MAX_ATTRIBUTION_CHARS = 400


def _names_in(table: str) -> frozenset[str]:
    return frozenset(table.split())


_QUOTE_OPEN, _QUOTE_CLOSE, _EMBEDDED, _SIGNATURE_OPEN, _SIGNATURE_CLOSE, _ATTRIBUTION_OPEN, _ATTRIBUTION_CLOSE = (
    chr(code) for code in range(0xE510, 0xE517)
)
_MARKS = re.compile(f"[{_QUOTE_OPEN}-{_ATTRIBUTION_CLOSE}]")

# Elements that hold a quoted mail and what introduces it, by class, id or name.
_CONTAINERS = _names_in("""
    gmail_quote gmail_quote_container yahoo_quoted protonmail_quote tutanota_quote zmail_extra front-blockquote
    sh-quoted-content cm_quote missive_quote freshdesk_quote quotedtext moz-forward-container olk_src_body_section
    mail-editor-reference-message-container ms-outlook-mobile-reference-message messagereplysection hs_reply quote
    mail-quote mailquote replied_message bloop_quote mb-quote quoted-content quoted-message quoted-mail quoted-text
    original-message original-mail elided-text isreplycontent replycontent __quoted_text__
""")
# Elements at which a quoted mail begins and goes on to the end.
_BORDERS = _names_in("""
    divrplyfwdmsg appendonsend outlookmessageheader stopspelling replysplit originalmessage zwchr __divider__
    messageheader_outlook reply_header ox-quote-header
""")
_ATTRIBUTIONS = _names_in("""
    gmail_attr moz-cite-prefix moz-email-headers-table airmail_on reply-intro replyheader bloop_on
""")
_SIGNATURES = _names_in("""
    gmail_signature gmail_signature_prefix moz-signature signature ms-outlook-mobile-signature
    ms-outlook-ios-signature ms-outlook-android-signature protonmail_signature_block applemailsignature
    messagesignaturesection front-signature sh-signature missive_signature composer_signature mailbox_signature
    k9mail-signature signature_block email-signature __sig_pre__ __sig_post__ yahoo-signature yahoo_signature
    bloop_sign zmail_signature tutanota_signature sig-block signature-container
""")
# Yahoo puts a random prefix before its classes, and a number behind its ids.
_DECORATED = re.compile(r"^(?:ydp[0-9a-f]{6,12})?(yahoo_quoted|yahoo_signature|signature)(?:_\d+)?$")
_FOREIGN_PREFIX = re.compile(r"^(?:x_|ecx|ec_|m_-?\d+)+")
_OUTLOOK_RULE = re.compile(
    r"border(?:-right)?:none;.*border-top:"
    r"(?:solid|#(?:e1e1e1|b5c4df)|[\d.]+p[tx]solid(?:#(?:e1e1e1|b5c4df)|rgb\((?:225,225,225|181,196,223)\)))"
)
_INDENT = re.compile(r"border:none|border:0")
_SPACE = re.compile(r"\s+")


def html_lines(document: HtmlElement) -> list[Line]:
    """The lines of a mail's HTML, with quotation marks and `Mark`s where the HTML has its own way of saying so."""
    _name_pictures(document)
    for element in list(document.iter()):
        if isinstance(element.tag, str) and element.getparent() is not None:
            _mark(element)
    return list(_lines(text_of(document)))


def _name_pictures(document: HtmlElement) -> None:
    """Pictures that came with the mail are named in its text, as Outlook does, so that cutting text cuts them too."""
    for picture in list(document.iter("img")):
        source = picture.get("src", "").strip()
        if source.lower().startswith("cid:") and len(source) < 300:
            picture.tail = f"[{source}]{picture.tail or ''}"


def without_marks(text: str) -> str:
    """`text` without the characters that this file uses for itself: nobody else may bring them in."""
    return _MARKS.sub("", text)


def _mark(element: HtmlElement) -> None:
    names = set(_names(element))
    if element.tag == "blockquote":
        if not _INDENT.search(_style(element)) or names:
            _wrap(element, _QUOTE_OPEN, _QUOTE_CLOSE)
    elif names & _SIGNATURES:
        if _length(element) <= MAX_SIGNATURE_CHARS and element.find(".//blockquote") is None:
            _wrap(element, _SIGNATURE_OPEN, _SIGNATURE_CLOSE)
    elif names & _ATTRIBUTIONS:
        if _length(element) <= 2 * MAX_ATTRIBUTION_CHARS:
            _wrap(element, _ATTRIBUTION_OPEN, _ATTRIBUTION_CLOSE)
    elif names & _BORDERS or _is_outlook_border(element):
        element.addprevious(_block(_EMBEDDED))
    elif element.get(OWN_QUOTE_ATTRIBUTE) == OWN_QUOTE_VALUE or names & _CONTAINERS:
        _mark_container(element)


def _mark_container(element: HtmlElement) -> None:
    """Where a container holds a block quotation, only what leads to it is its introduction: below it people write."""
    quotation = next((child for child in element.iter("blockquote")), None)
    if quotation is None:
        _wrap(element, _QUOTE_OPEN, _QUOTE_CLOSE)
        return
    before = _text_before(element, quotation)
    if 0 < len(before) <= MAX_ATTRIBUTION_CHARS and quotation.getparent() is element:
        element.insert(0, _block(_ATTRIBUTION_OPEN))
        element[0].tail, element.text = element.text, None
        quotation.addprevious(_block(_ATTRIBUTION_CLOSE))


def _text_before(element: HtmlElement, stop: HtmlElement) -> str:
    parts = [element.text or ""]
    for child in element.iterdescendants():
        if child is stop:
            break
        if isinstance(child.tag, str):
            parts += [child.text or "", child.tail or ""]
    return _SPACE.sub(" ", "".join(parts)).strip()


def _is_outlook_border(element: HtmlElement) -> bool:
    """The thin grey line of desktop Outlook, above a header block without a name of its own."""
    if element.tag != "div":
        return False
    if not _OUTLOOK_RULE.search(_style(element)):
        return False
    start = _SPACE.sub(" ", "".join(element.itertext())[:400]).strip()
    return ":" in start[:60] and element.find(".//b") is not None


def _names(element: HtmlElement) -> Iterator[str]:
    """Classes, id, name and data marker in lower case, without the prefixes that programs put before foreign ones."""
    written = " ".join(element.get(name, "")[:300] for name in ("class", "id", "name", "data-marker", "data-smartmail"))
    for word in written.lower().split():
        name = _FOREIGN_PREFIX.sub("", word)
        decorated = _DECORATED.match(name)
        yield decorated[1] if decorated else name


def _style(element: HtmlElement) -> str:
    return _SPACE.sub("", element.get("style", "")[:1000]).lower()


def _length(element: HtmlElement) -> int:
    return len(_SPACE.sub(" ", "".join(element.itertext())))


def _wrap(element: HtmlElement, opening: str, closing: str) -> None:
    first = _block(opening)
    first.tail, element.text = element.text, None
    element.insert(0, first)
    element.append(_block(closing))


def _block(mark: str) -> HtmlElement:
    return element_from(f"<div>{mark}</div>")


def _lines(text: str) -> Iterator[Line]:
    depth = 0
    mark = Mark.NONE
    for written in text.split("\n"):
        found = _MARKS.findall(written)
        line = _MARKS.sub("", written)
        for character in found:
            if character == _QUOTE_OPEN:
                depth += 1
            elif character == _QUOTE_CLOSE:
                depth = max(0, depth - 1)
            elif character == _EMBEDDED and not depth:
                yield Line("", Mark.EMBEDDED)
            else:
                mark = _MARK_OF.get(character, mark)
        if found and not line.strip():
            continue
        if depth:
            yield Line(f"{'> ' * depth}{line}".rstrip() if line.strip() else ">" * depth)
        else:
            yield Line(line, mark if line.strip() else Mark.NONE)


_MARK_OF = {
    _SIGNATURE_OPEN: Mark.SIGNATURE,
    _SIGNATURE_CLOSE: Mark.NONE,
    _ATTRIBUTION_OPEN: Mark.ATTRIBUTION,
    _ATTRIBUTION_CLOSE: Mark.NONE,
}

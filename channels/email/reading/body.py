"""From the tree of parts: the text, the HTML, the files, the mails inside and the reports.

Parts that are alternatives of one another make one `Segment`; everything else follows in the order of the mail, so
that text between two pictures stays where it was typed.
"""

from __future__ import annotations

import html as escaping
import re
from dataclasses import dataclass, field

from channels.email.mail import MailWarning
from channels.email.reading import calendar
from channels.email.reading.flowed import unflowed
from channels.email.reading.mime import Part, uuencoded_files, without_uuencoded

MAX_TEXT_CHARS = 2_000_000

_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_ENCRYPTED = {"multipart/encrypted", "application/pgp-encrypted"}
_SMIME = {"application/pkcs7-mime", "application/x-pkcs7-mime"}
_SIGNATURES = {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"}
_REPORTS = {
    "message/delivery-status",
    "message/global-delivery-status",
    "message/disposition-notification",
    "message/feedback-report",
}
_TNEF = {"application/ms-tnef", "application/vnd.ms-tnef"}
_HEADERS_ONLY = {"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}
_MAILS = {"message/rfc822", "message/global", "message/news"}


@dataclass(slots=True)
class Segment:
    """A stretch of the body, as plain text, as HTML, or as both."""

    plain: str = ""
    html: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """An attachment before its name is made safe."""

    name: str
    mime_type: str
    content: bytes
    content_id: str = ""
    is_inline: bool = False


@dataclass(slots=True)
class Body:
    """Everything that a mail holds below its headers."""

    segments: list[Segment] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    mails: list[Part] = field(default_factory=list)
    reports: list[Part] = field(default_factory=list)
    returned_headers: list[Part] = field(default_factory=list)
    warnings: set[MailWarning] = field(default_factory=set)

    @property
    def plain(self) -> str:
        """The plain text; empty unless every segment has some, since a part of a mail would mislead."""
        if any(not segment.plain.strip() and segment.html for segment in self.segments):
            return ""
        return "\n\n".join(segment.plain.strip("\n") for segment in self.segments if segment.plain.strip())

    @property
    def html(self) -> str:
        """The HTML, with plain segments in their place; empty where no segment has any."""
        if not any(segment.html for segment in self.segments):
            return ""
        return "\n".join(segment.html or _as_html(segment.plain) for segment in self.segments)


def read_body(root: Part, hint: str = "") -> Body:
    body = Body()
    _read(root, body, hint)
    if not any(segment.plain.strip() or segment.html.strip() for segment in body.segments):
        _use_invitation(body, hint)
    return body


def charset_hint(root: Part) -> str:
    """The charset that the mail's text declares: also the best guess for what declares none."""
    return next((part.parameters["charset"] for part in root.walk() if part.parameters.get("charset")), "")


def _read(part: Part, body: Body, hint: str) -> None:
    if part.mime_type == "multipart/alternative":
        _read_alternatives(part, body, hint)
    elif part.mime_type in _ENCRYPTED or part.mime_type in _SMIME:
        _read_encrypted(part, body, hint)
    elif part.mime_type in _MAILS and part.children:
        body.mails.append(part.children[0])
    elif part.children:
        if part.mime_type == "multipart/signed":
            body.warnings.add(MailWarning.SIGNED)
        for child in part.children:
            _read(child, body, hint)
    else:
        _read_leaf(part, body, hint)


def _read_alternatives(part: Part, body: Body, hint: str) -> None:
    """One segment of the last plain and the last HTML version that hold anything; files keep their place."""
    inner = Body()
    for child in part.children:
        _read(child, inner, hint)
    plains = [segment.plain for segment in inner.segments if segment.plain.strip()]
    htmls = [segment.html for segment in inner.segments if segment.html.strip()]
    if plains or htmls:
        body.segments.append(Segment("\n\n".join(plains), "\n".join(htmls)))
    body.files += inner.files
    body.mails += inner.mails
    body.reports += inner.reports
    body.returned_headers += inner.returned_headers
    body.warnings |= inner.warnings


def _read_encrypted(part: Part, body: Body, hint: str) -> None:
    kind = part.parameters.get("smime-type", "").lower()
    if kind == "signed-data":
        body.warnings.add(MailWarning.SIGNED)
    else:
        body.warnings.add(MailWarning.ENCRYPTED)
    for leaf in part.walk():
        if not leaf.children and leaf.content.strip() and leaf.mime_type != "application/pgp-encrypted":
            body.files.append(_file(leaf))


def _read_leaf(part: Part, body: Body, hint: str) -> None:
    if part.mime_type in _REPORTS:
        body.reports.append(part)
    elif part.mime_type in _HEADERS_ONLY:
        body.returned_headers.append(part)
    elif part.mime_type in _SIGNATURES:
        body.warnings.add(MailWarning.SIGNED)
        body.files.append(_file(part))
    elif part.main_type == "text" and not _is_file(part, body):
        _read_text(part, body, hint)
    elif part.content or part.filename:
        if part.mime_type in _TNEF or part.filename.lower() == "winmail.dat":
            body.warnings.add(MailWarning.TNEF)
        body.files.append(_file(part))


def _is_file(part: Part, body: Body) -> bool:
    if part.disposition == "attachment":
        return True
    if part.mime_type not in ("text/plain", "text/html", "text/enriched", "text/richtext"):
        return True
    # A few programs give the body itself a name; a named text after the body is a file.
    return bool(part.filename) and bool(body.segments)


def _read_text(part: Part, body: Body, hint: str) -> None:
    if len(part.content) > MAX_TEXT_CHARS:
        body.warnings.add(MailWarning.TRUNCATED)
        part = _cut(part)
    if part.mime_type == "text/html":
        body.segments.append(Segment(html=part.text(_meta_charset(part.content) or hint)))
        return
    if part.mime_type != "text/plain":
        body.segments.append(Segment(html=_enriched_as_html(part.text(hint))))
        return
    for name, content in uuencoded_files(part.content):
        body.files.append(File(name, "application/octet-stream", content))
    text = Part(part.mime_type, part.parameters, content=without_uuencoded(part.content)).text(hint)
    if "-----BEGIN PGP MESSAGE-----" in text:
        body.warnings.add(MailWarning.ENCRYPTED)
    if "-----BEGIN PGP SIGNED MESSAGE-----" in text:
        body.warnings.add(MailWarning.SIGNED)
        text = _without_clear_signature(text)
    if part.parameters.get("format", "").lower() == "flowed":
        text = unflowed(text, deletes_space=part.parameters.get("delsp", "").lower() == "yes")
    body.segments.append(Segment(plain=text))


def _meta_charset(content: bytes) -> str:
    match = _META_CHARSET.search(content[:4000])
    return match[1].decode("ascii", "replace") if match else ""


def _cut(part: Part) -> Part:
    return Part(part.mime_type, part.parameters, content=part.content[:MAX_TEXT_CHARS])


def _without_clear_signature(text: str) -> str:
    """The text of a clear-signed message (RFC 9580 §7), its dash escapes undone."""
    before, _, rest = text.partition("-----BEGIN PGP SIGNED MESSAGE-----\n")
    _, _, rest = rest.partition("\n\n")
    signed, _, after = rest.partition("\n-----BEGIN PGP SIGNATURE-----")
    after = after.partition("-----END PGP SIGNATURE-----")[2]
    lines = [line.removeprefix("- ") for line in signed.split("\n")]
    return before + "\n".join(lines) + after


def _enriched_as_html(text: str) -> str:
    """`text/enriched` (RFC 1896): tags in angle brackets, `<<` for a bracket, one line end for a space."""
    text = text.replace("<<", "&lt;")
    return text.replace("\n\n", "<br>\n").replace("<param>", "<!--").replace("</param>", "-->")


def _file(part: Part) -> File:
    is_inline = part.disposition == "inline" or (not part.disposition and bool(part.content_id))
    return File(part.filename, part.mime_type, part.content, part.content_id, is_inline)


def _use_invitation(body: Body, hint: str) -> None:
    """Where a mail holds nothing but an invitation, what it invites to is the text."""
    for file in body.files:
        if file.mime_type == "text/calendar":
            summary = calendar.summary(Part(file.mime_type, content=file.content).text(hint))
            if summary:
                body.segments.append(Segment(plain=summary))
                return


def _as_html(plain: str) -> str:
    return f"<pre>{escaping.escape(plain)}</pre>" if plain.strip() else ""

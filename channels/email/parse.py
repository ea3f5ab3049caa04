"""Raw mail to a `Mail`: any bytes give a value, within bounds of time and memory.

Puts together what the files of `reading` and `replies` find; decides nothing about conversations, trust or answers.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from channels.email.mail import Address, Automatic, Bounce, Complaint, Forwarded, Mail, MailAttachment, MailWarning
from channels.email.reading import automatic, bounces, fields, reports
from channels.email.reading.addresses import addresses
from channels.email.reading.authentication import authenticate
from channels.email.reading.body import Body, File, charset_hint, read_body
from channels.email.reading.filenames import distinct, safe_name
from channels.email.reading.html import stripped
from channels.email.reading.mime import Part, Tree, read
from channels.email.reading.notifications import read_notification
from channels.email.reading.references import message_ids
from channels.email.reading.sanitise import sanitised
from channels.email.replies.extract import Extraction, extract

MAX_RAW_BYTES = 60_000_000
MAX_HEADERS = 500
MAX_REFERENCES = 1000

_CLOCK_SKEW = timedelta(minutes=10)
_DELIVERED_TO = (
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-forwarded-to",
    "resent-to",
    "x-delivered-to",
    "x-rcpt-to",
    "apparently-to",
)
_CID = re.compile(r"\bcid:([^\s\"'<>)\]]{1,300})", re.IGNORECASE)
_PICTURE = re.compile(r"\[cid:([^\]\s]{1,300})\]", re.IGNORECASE)
_SPACES = re.compile(r"\s+")

_Fields = tuple[tuple[str, str], ...]


def parse(raw: bytes, *, received_at: datetime, trusted_authserv: str = "") -> Mail:
    """The mail that `raw` holds: never an exception.

    `received_at` is when our server took it (aware, UTC); `trusted_authserv` the authserv-id whose
    Authentication-Results are believed (see `reading.authentication`).
    """
    tree = read(raw[:MAX_RAW_BYTES])
    root = tree.root
    hint = charset_hint(root)
    head = _Head(root.fields, hint)
    body = read_body(root, hint)
    reply = extract(body.plain, body.html, subject=head.subject)
    forwarded = _forwarded(body, reply, hint)
    if not reply.text.strip() and forwarded is not None:
        reply = replace(reply, text=forwarded.text, new=forwarded.text)
    attachments = _attachments(body, reply)
    reply = _with_pictures_named(reply, attachments)
    bounce, complaint = _reports(root, body, reply.text)
    return Mail(
        identity=head.message_id or f"sha256-{hashlib.sha256(raw).hexdigest()}",
        fingerprint=_fingerprint(head, reply.text, body),
        message_id=head.message_id,
        in_reply_to=next(iter(head.ids("in-reply-to")), ""),
        references=head.ids("references")[:MAX_REFERENCES],
        from_=head.from_,
        sender=next(iter(head.addresses("sender")), None),
        reply_to=head.addresses("reply-to"),
        to=head.addresses("to"),
        cc=head.addresses("cc"),
        delivered_to=tuple(dict.fromkeys(found for name in _DELIVERED_TO for found in head.addresses(name))),
        return_path=head.return_path,
        subject=head.subject,
        date=min(head.date, received_at) if head.date else received_at,
        received_at=received_at,
        text=reply.text,
        html=sanitised(body.html) if body.html else "",
        new_text=reply.new,
        elided_text=reply.elided,
        attachments=attachments,
        forwarded=forwarded,
        automatic=_automatic(head, bounce is not None, complaint is not None, root, body),
        suppresses_acknowledgement=automatic.suppresses_acknowledgement(root.fields),
        bounce=bounce,
        complaint=complaint,
        authentication=authenticate(
            root.fields,
            from_domain=head.from_.domain if head.from_ else "",
            trusted_authserv=trusted_authserv,
            has_one_author=len(head.addresses("from")) <= 1 and len(root.values("from")) <= 1,
        ),
        warnings=_warnings(head, tree, body, reply, received_at),
        headers=head.decoded(),
    )


class _Head:
    """The fields of a mail, decoded when asked for."""

    def __init__(self, its_fields: _Fields, hint: str) -> None:
        self._fields = its_fields[:MAX_HEADERS]
        self._hint = hint
        self.message_id = next(iter(self.ids("message-id")), "")
        self.subject = fields.decoded(self._first("subject"), hint)
        self.date = fields.date(self._first("date"))

    @property
    def from_(self) -> Address | None:
        return next(iter(self.addresses("from")), None)

    @property
    def return_path(self) -> str | None:
        """None where there is none, empty for the null sender."""
        values = self._values("return-path")
        if not values:
            return None
        return next((found.address for value in values for found in addresses(value)), "")

    def addresses(self, name: str) -> tuple[Address, ...]:
        return tuple(found for value in self._values(name)[:20] for found in addresses(value, self._hint))

    def ids(self, name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(found for value in self._values(name)[:20] for found in message_ids(value)))

    def decoded(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for name, value in self._fields:
            found[name] = (*found.get(name, ()), fields.decoded(value, self._hint))
        return found

    def _values(self, name: str) -> list[str]:
        return [value for found, value in self._fields if found == name]

    def _first(self, name: str) -> str:
        return next(iter(self._values(name)), "")


def _fingerprint(head: _Head, text: str, body: Body) -> str:
    """A hash of who wrote what: the same for a mail that came by two ways, with other headers and line ends."""
    digest = hashlib.sha256()
    author = head.from_.address if head.from_ else ""
    for piece in (author, head.subject, _SPACES.sub(" ", text).strip()):
        digest.update(piece.encode("utf-8", "replace") + b"\x00")
    for file in body.files:
        digest.update(hashlib.sha256(file.content).digest())
    return digest.hexdigest()


def _returned(body: Body) -> Part | None:
    """The mail that a report is about, or its headers."""
    if body.mails:
        return body.mails[0]
    headers = next(iter(body.returned_headers), None)
    return read(headers.content).root if headers is not None else None


def _reports(root: Part, body: Body, text: str) -> tuple[Bounce | None, Complaint | None]:
    """What the mail reports of one of ours, by the standard or as a provider's notification."""
    returned = _returned(body)
    complaint = reports.read_complaint(root, body.reports, returned)
    bounce = bounces.read_bounce(root, reports=body.reports, returned=returned, text=text)
    if complaint is not None or bounce is not None:
        return bounce, complaint
    notification = read_notification(text)
    if isinstance(notification, Complaint):
        return None, notification
    return notification, None


def _automatic(head: _Head, is_bounce: bool, is_complaint: bool, root: Part, body: Body) -> Automatic | None:
    if is_complaint:
        return Automatic.COMPLAINT
    if is_bounce:
        return Automatic.BOUNCE
    if reports.is_receipt(root, body.reports):
        return Automatic.RECEIPT
    return automatic.automatic(
        root.fields[:MAX_HEADERS],
        subject=head.subject,
        from_address=head.from_.address if head.from_ else "",
        return_path=head.return_path,
    )


def _attachments(body: Body, reply: Extraction) -> tuple[MailAttachment, ...]:
    shown = {identifier.lower() for identifier in _CID.findall(body.html)}
    cut = _named_in(reply.elided) - _named_in(reply.new)
    files = [*body.files, *(file for mail in body.mails for file in _inside(mail))]
    names = distinct(safe_name(file.name, file.mime_type) for file in files)
    return tuple(
        MailAttachment(
            name,
            file.mime_type,
            file.content,
            file.content_id,
            is_inline=bool(file.content_id) and file.content_id.lower() in shown,
            is_decoration=bool(file.content_id) and file.content_id.lower() in cut,
        )
        for name, file in zip(names, files, strict=True)
    )


def _with_pictures_named(reply: Extraction, attachments: tuple[MailAttachment, ...]) -> Extraction:
    """`[cid:…]`, the way in which Outlook and we mark a picture, says nothing to a reader: its file name does."""
    names = {file.content_id.lower(): file.name for file in attachments if file.content_id}

    def named(match: re.Match[str]) -> str:
        return f"[image: {names.get(match[1].lower(), 'missing')}]"

    return replace(
        reply,
        text=_PICTURE.sub(named, reply.text),
        new=_PICTURE.sub(named, reply.new),
        elided=_PICTURE.sub(named, reply.elided),
    )


def _named_in(text: str) -> set[str]:
    return {identifier.lower() for identifier in _CID.findall(text)}


def _inside(mail: Part) -> Iterator[File]:
    """A mail that came inside the mail, as text, and the files it holds, down through mails inside mails."""
    yield _as_file(mail)
    body = read_body(mail, charset_hint(mail))
    yield from (replace(file, content_id="") for file in body.files)
    for inner in body.mails:
        yield from _inside(inner)


def _as_file(mail: Part) -> File:
    """A mail inside the mail, readable: its main fields and its text."""
    hint = charset_hint(mail)
    head = _Head(mail.fields, hint)
    text = _text_of(mail, hint)
    lines = [f"{name}: {value}" for name, value in _shown_fields(head) if value]
    return File(f"{head.subject or 'mail'}.txt", "text/plain", "\n".join([*lines, "", text]).encode())


def _shown_fields(head: _Head) -> Sequence[tuple[str, str]]:
    decoded = head.decoded()
    return [(name.title(), ", ".join(decoded.get(name, ()))) for name in ("from", "to", "cc", "date", "subject")]


def _text_of(mail: Part, hint: str) -> str:
    inner = read_body(mail, hint)
    return inner.plain or stripped(inner.html)


def _forwarded(body: Body, reply: Extraction, hint: str) -> Forwarded | None:
    """What was passed on as an attachment, else what the text holds."""
    if not body.mails:
        return reply.forwarded
    mail = body.mails[0]
    head = _Head(mail.fields, charset_hint(mail) or hint)
    shown = dict(_shown_fields(head))
    return Forwarded(head.from_, head.subject, shown["Date"], _text_of(mail, hint), shown["To"])


def _warnings(head: _Head, tree: Tree, body: Body, reply: Extraction, received_at: datetime) -> tuple[MailWarning, ...]:
    found = set(body.warnings)
    authors = head.addresses("from")
    signs = {
        MailWarning.NO_FROM: not authors,
        MailWarning.SEVERAL_FROM: len(authors) > 1,
        MailWarning.NO_MESSAGE_ID: not head.message_id,
        MailWarning.NO_DATE: head.date is None,
        MailWarning.DATE_CLAMPED: head.date is not None and head.date > received_at + _CLOCK_SKEW,
        MailWarning.DEFECTIVE: tree.is_defective,
        MailWarning.SALVAGED: tree.is_salvaged,
        MailWarning.TRUNCATED: tree.is_cut or reply.was_cut,
        MailWarning.HIDDEN_TEXT: reply.had_hidden_text,
        MailWarning.PARTS_DISAGREE: reply.parts_disagree,
        MailWarning.EMPTY: not reply.text.strip() and not body.files and not body.mails,
    }
    found |= {warning for warning, holds in signs.items() if holds}
    return tuple(sorted(found))

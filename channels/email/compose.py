"""Builds a mail: headers, text and HTML from one Markdown source, the quote, the files. A plain function to bytes.

The bytes are made once and kept, so that every attempt sends the same ones.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

from channels.email.headers import header_block, mailbox, message_ids, words
from channels.email.markup import to_html, to_text
from channels.email.quote import quote_as_html, quote_as_text
from channels.email.subject import answer_subject
from channels.email.support_address import SupportAddress
from channels.email.thread import Thread, extend_references
from channels.message import Answer, Attachment, Author, ReplyTarget

MAX_ATTACHMENT_BYTES = 18_000_000  # base64 makes 25 MB of it, the usual limit of a whole mail
# What mail servers refuse, sometimes together with the mail around it.
BLOCKED_SUFFIXES = (
    ".bat",
    ".cmd",
    ".com",
    ".cpl",
    ".exe",
    ".hta",
    ".jar",
    ".js",
    ".lnk",
    ".msi",
    ".ps1",
    ".scr",
    ".vbs",
)
_FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif;font-size:15px;line-height:1.5"

_MESSAGE_ID = re.compile(rb"^Message-ID: <([!-;=?-~]+)>\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ComposedMail:
    """A mail ready to be sent, and its words as plain text without the quote."""

    raw: bytes
    text: str


def compose_mail(
    answer: Answer, target: ReplyTarget, *, key: str, support: SupportAddress, written_at: datetime
) -> ComposedMail:
    """The mail that gives `answer` to `target`."""
    thread = Thread.read(target.details)
    files, left_out = _choose_files(answer.attachments)
    markdown = _with_notes(answer.text, left_out)
    text = to_text(markdown)
    body = _body(thread, text, to_html(markdown), files, seed=key)
    headers = header_block(_headers(answer, target, thread, key=key, support=support, written_at=written_at))
    return ComposedMail(headers + body.as_bytes(), text)


def message_id_of(raw: bytes) -> str:
    """The Message-ID of a mail that `compose_mail` made, without brackets; empty for anything else."""
    found = _MESSAGE_ID.search(raw.partition(b"\r\n\r\n")[0])
    return found[1].decode("ascii") if found else ""


def _headers(
    answer: Answer, target: ReplyTarget, thread: Thread, *, key: str, support: SupportAddress, written_at: datetime
) -> Iterable[tuple[str, str]]:
    subject = words(answer_subject(thread.subject or answer.subject), name="Subject")
    reply_to = support.reply_address(key, target.address)
    message_id = support.message_id(key)
    references = extend_references(thread.references, thread.message_id)
    if reply_to == support.address:
        # No token in the address: should a relay replace our Message-ID, a reply still names it here.
        references = (*references[:-1], message_id, *references[-1:])
    yield "From", mailbox(support.address, support.name)
    yield "To", mailbox(target.address, thread.name)
    yield "Cc", ",\r\n ".join(thread.copies)
    yield "Reply-To", reply_to
    yield "Subject", subject
    yield "Date", format_datetime(written_at)
    yield "Message-ID", message_ids([message_id])
    yield "In-Reply-To", message_ids([thread.message_id] if thread.message_id else [])
    yield "References", message_ids(references)
    yield from _robot_marks(answer.author)


def _robot_marks(author: Author) -> Iterable[tuple[str, str]]:
    """What keeps other robots from answering us (RFC 3834, and Exchange's own header). People's words carry none."""
    if author is Author.STAFF:
        return
    yield "Auto-Submitted", "auto-generated" if author is Author.NOTICE else "auto-replied"
    yield "X-Auto-Response-Suppress", "All"


def _body(thread: Thread, text: str, html: str, files: Sequence[Attachment], *, seed: str) -> EmailMessage:
    quoted_text = f"{text}\n\n{quote_as_text(thread.quote)}" if thread.quote else text
    quoted_html = f"{html}\n<br>\n{quote_as_html(thread.quote)}" if thread.quote else html
    message = EmailMessage(policy=SMTP)
    message.set_content(f"{quoted_text}\n", cte="quoted-printable")
    message.add_alternative(_document(quoted_html, thread.language), subtype="html", cte="quoted-printable")
    for file in files:
        _attach(message, file)
    for number, part in enumerate(each for each in message.walk() if each.is_multipart()):
        part.set_boundary(_boundary(seed, number))
    return message


def _document(html: str, language: str) -> str:
    lang = f' lang="{escape(language)}"' if language else ""
    return (
        f'<!DOCTYPE html>\n<html{lang}>\n<head><meta charset="utf-8">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f'</head>\n<body>\n<div dir="auto" style="{escape(_FONT)}">\n{html}\n</div>\n</body>\n</html>\n'
    )


def _attach(message: EmailMessage, file: Attachment) -> None:
    main, _, sub = file.mime_type.partition("/")
    if main in ("multipart", "message", "") or not sub:
        main, sub = "application", "octet-stream"
    message.add_attachment(file.content or b"", maintype=main, subtype=sub, filename=file.name)


def _boundary(seed: str, number: int) -> str:
    """A boundary that the key decides, so that composing twice gives the same mail."""
    return f"=_{hashlib.sha256(f'{seed} {number}'.encode()).hexdigest()[:40]}"


def _choose_files(files: Sequence[Attachment]) -> tuple[tuple[Attachment, ...], tuple[str, ...]]:
    """The files that can go along, and a line about each of the others."""
    chosen: list[Attachment] = []
    left_out: list[str] = []
    room = MAX_ATTACHMENT_BYTES
    for file in files:
        size = len(file.content or b"")
        if file.name.lower().endswith(BLOCKED_SUFFIXES):
            left_out.append(f"{file.name} (files of this kind cannot be mailed)")
        elif file.content is None or size > room:
            left_out.append(f"{file.name} (too large for mail)" if file.content else f"{file.name} (not available)")
        else:
            chosen.append(file)
            room -= size
    return tuple(chosen), tuple(left_out)


def _with_notes(markdown: str, left_out: Sequence[str]) -> str:
    if not left_out:
        return markdown
    return f"{markdown}\n\nNot attached:\n\n" + "\n".join(f"- `{line.replace('`', '')}`" for line in left_out)

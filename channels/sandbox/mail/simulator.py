"""The simulated mail provider as a whole: customers write, the support address answers, everybody has a mailbox.

Mail is filed as a real provider files it: with `Delivered-To`, `Return-Path` and an `Authentication-Results` header of
its own, one mailbox for all plus addresses, and a copy of what an account sent in its Sent folder.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, compat32
from email.utils import format_datetime, make_msgid, parseaddr
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import aiosmtplib

from channels.sandbox.faults import FaultKind, Faults
from channels.sandbox.journal import Journal
from channels.sandbox.mail.imap_server import ImapServer
from channels.sandbox.mail.message import ReceivedMail
from channels.sandbox.mail.smtp_server import SmtpServer
from channels.sandbox.mail.store import INBOX, SENT, MailStore, account_of

AUTHSERV_ID = "mx.sandbox"
PASSWORD = "sandbox"  # noqa: S105 - any would do: the simulator lets everybody in
# How a test or the command line says what the provider finds out about the sender. It is taken off on delivery.
VERDICT_HEADER = b"X-Sandbox-Dmarc:"


@dataclass(frozen=True, slots=True)
class File:
    """A file to attach."""

    name: str
    mime_type: str
    content: bytes


class MailSimulator:
    """SMTP and IMAP on loopback for as long as the context lasts."""

    def __init__(
        self,
        support_address: str,
        *,
        journal: Path | None = None,
        faults: Faults | None = None,
        smtp_port: int = 0,
        imap_port: int = 0,
        keeps_sent: bool = True,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.faults = faults or Faults()
        self.support_address = account_of(support_address)
        self.store = MailStore(Journal(journal), clock=clock)
        self.smtp = SmtpServer(self.deliver, self.faults, of_player=VERDICT_HEADER, port=smtp_port)
        self.imap = ImapServer(self.store, self.faults, port=imap_port)
        self._keeps_sent = keeps_sent
        self._clock = clock
        self._running = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._running.enter_async_context(self.smtp)
        await self._running.enter_async_context(self.imap)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._running.aclose()

    @property
    def smtp_url(self) -> str:
        """For `SMTP_URL`."""
        return f"smtp://{quote(self.support_address, safe='')}:{PASSWORD}@127.0.0.1:{self.smtp.port}"

    @property
    def imap_url(self) -> str:
        """For `IMAP_URL`."""
        return f"imap://{quote(self.support_address, safe='')}:{PASSWORD}@127.0.0.1:{self.imap.port}/{INBOX}"

    async def write(
        self,
        from_: str,
        subject: str,
        text: str,
        *,
        to: str = "",
        reply_to: ReceivedMail | None = None,
        dmarc: str = "pass",
        files: Sequence[File] = (),
        headers: Sequence[tuple[str, str]] = (),
    ) -> str:
        """Write a mail as a customer, and send it by SMTP. Returns its Message-ID, without brackets.

        With `reply_to`, it answers that mail as a mail program would.
        """
        message = build_mail(
            from_,
            to or self.support_address,
            subject,
            text,
            reply_to=reply_to,
            files=files,
            headers=headers,
            at=self._clock(),
        )
        raw = VERDICT_HEADER + f" {dmarc}\r\n".encode() + message.as_bytes(policy=SMTP)
        recipient = str(message["To"])
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=self.smtp.port, timeout=30) as client:
            await client.sendmail(from_, [recipient], raw)
        return str(message["Message-ID"]).strip("<>")

    def inbox(self, address: str, folder: str = INBOX) -> tuple[ReceivedMail, ...]:
        """What an address has received, oldest first."""
        mails = self.store.folder(address, folder).mails
        return tuple(ReceivedMail.read(mails[uid].raw, mails[uid].arrived_at) for uid in sorted(mails))

    def deliver(self, sender: str, recipients: tuple[str, ...], raw: bytes) -> None:
        """File a mail in the mailbox of each recipient, and a copy with its sender where it is really them."""
        verdict, mail = _take_verdict(raw)
        is_ours = account_of(sender) == self.support_address
        if self._keeps_sent and sender and (is_ours or verdict == "pass"):
            self.store.add(sender, mail, name=SENT, flags=["\\Seen"])
        copies = 2 if not is_ours and self.faults.take("deliver", FaultKind.DUPLICATE) else 1
        for recipient in recipients * copies:
            self.store.add(recipient, self._envelope_headers(sender, recipient, mail, verdict) + mail)

    async def bounce(self, mail: ReceivedMail, *, status: str = "5.1.1", action: str = "failed") -> None:
        """Send a delivery report about a mail that an address received, to where its envelope said."""
        recipient = mail.header("Delivered-To")
        report = _delivery_report(mail, recipient, status=status, action=action)
        self.deliver("", (mail.header("Return-Path").strip("<>"),), report)

    def _envelope_headers(self, sender: str, recipient: str, raw: bytes, verdict: str) -> bytes:
        head = message_from_bytes(raw.partition(b"\r\n\r\n")[0], policy=compat32)
        domain = parseaddr(str(head.get("From", "")))[1].rpartition("@")[2]
        lines = (
            f"Return-Path: <{sender}>",
            f"Delivered-To: {recipient}",
            f"Authentication-Results: {AUTHSERV_ID}; dmarc={verdict} header.from={domain}",
            f"Received: from sandbox by {AUTHSERV_ID} for <{recipient}>; {format_datetime(self._clock())}",
        )
        return "".join(f"{line}\r\n" for line in lines).encode()


def build_mail(
    from_: str,
    to: str,
    subject: str,
    text: str,
    *,
    reply_to: ReceivedMail | None = None,
    files: Sequence[File] = (),
    headers: Sequence[tuple[str, str]] = (),
    at: datetime,
) -> EmailMessage:
    """A customer's mail, threaded and addressed as mail programs do it."""
    message = EmailMessage()
    message["From"] = from_
    message["To"] = reply_to.reply_address if reply_to else to
    message["Subject"] = subject or (f"Re: {reply_to.subject.removeprefix('Re: ')}" if reply_to else "")
    message["Date"] = format_datetime(at)
    message["Message-ID"] = make_msgid(uuid.uuid4().hex, domain=account_of(from_).rpartition("@")[2])
    if reply_to:
        message["In-Reply-To"] = f"<{reply_to.message_id}>"
        message["References"] = " ".join(f"<{each}>" for each in (*reply_to.references, reply_to.message_id))
    for name, value in headers:
        del message[name]
        message[name] = value
    message.set_content(text)
    for file in files:
        main, _, sub = file.mime_type.partition("/")
        message.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
    return message


def _take_verdict(raw: bytes) -> tuple[str, bytes]:
    if not raw.startswith(VERDICT_HEADER):
        return "none", raw
    line, _, rest = raw.partition(b"\r\n")
    return line.removeprefix(VERDICT_HEADER).decode("ascii", "replace").strip(), rest


def _delivery_report(mail: ReceivedMail, recipient: str, *, status: str, action: str) -> bytes:
    """A report as RFC 3464 has it."""
    boundary = "=_report"
    head = mail.raw.partition(b"\r\n\r\n")[0]
    parts = (
        b"Content-Type: text/plain; charset=utf-8\r\n\r\nYour message could not be delivered.\r\n",
        b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; "
        + AUTHSERV_ID.encode()
        + b"\r\n\r\n"
        + f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n".encode()
        + f"Diagnostic-Code: smtp; {status[0]}50 {status} planned bounce\r\n".encode(),
        b"Content-Type: text/rfc822-headers\r\n\r\n" + head + b"\r\n",
    )
    body = b"".join(b"--" + boundary.encode() + b"\r\n" + part for part in parts) + f"--{boundary}--\r\n".encode()
    headers = (
        f"From: Mail Delivery System <mailer-daemon@{AUTHSERV_ID}>\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\n"
        f"Message-ID: {make_msgid(domain=AUTHSERV_ID)}\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"\r\n\r\n'
    )
    return headers.encode() + body

"""Email as a channel: answers become mails and go out by SMTP, files are read back from the raw mail that held them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from channels.base import Limits
from channels.email.api import Envelope
from channels.email.compose import compose_mail, message_id_of
from channels.email.inbound import event_of
from channels.email.leaks import hold_back_leaks
from channels.email.mail import Mail
from channels.email.recipients import proven_recipients
from channels.email.support_address import SupportAddress
from channels.errors import PermanentFailure, TemporaryFailure
from channels.message import Answer, Attachment, ChannelName, InboundEvent, OutboundPart, Receipt, ReplyTarget

# A mail that was accepted shows up in the Sent folder within this time.
SETTLING_TIME = timedelta(seconds=10)


class Sender(Protocol):
    """Hands a mail to its server; raises only a `SendError`."""

    async def send(self, envelope: Envelope, raw: bytes) -> tuple[str, ...]: ...

    async def check(self) -> None: ...


class SentMail(Protocol):
    """Where a copy of what we sent may be found."""

    async def has(self, message_id: str) -> bool:
        """Whether a mail with this id was sent. Raises `TemporaryFailure` while nobody can tell."""
        ...

    async def check(self) -> None: ...


class RawMails(Protocol):
    """Where raw mails are kept."""

    async def load(self, digest: str) -> bytes | None: ...


Reader = Callable[[bytes, datetime], Awaitable[Mail]]


class EmailAdapter:
    """The email channel. `read_mail` parses raw mail and never raises for what a mail holds."""

    name = ChannelName.EMAIL
    limits = Limits(max_chars=100_000, markdown=True)

    def __init__(
        self,
        support: SupportAddress,
        sender: Sender,
        *,
        read_mail: Reader,
        raw_mails: RawMails,
        sent_mail: SentMail | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._support = support
        self._sender = sender
        self._read_mail = read_mail
        self._raw_mails = raw_mails
        self._sent_mail = sent_mail
        self._clock = clock

    async def receive(self, raw: bytes, *, received_at: datetime, digest: str, is_junk: bool = False) -> InboundEvent:
        """The event that a raw mail is. `digest` is the name under which the raw mail is kept."""
        mail = await self._read_mail(raw, received_at)
        return event_of(mail, support=self._support, source=digest, is_junk=is_junk)

    def compose(self, answer: Answer, target: ReplyTarget, *, key: str) -> tuple[OutboundPart, ...]:
        """One mail, whole in `payload`, so that every attempt sends the same bytes."""
        composed = compose_mail(answer, target, key=key, support=self._support, written_at=self._clock())
        return (OutboundPart(key, target, composed.text, payload=composed.raw),)

    async def send(self, part: OutboundPart) -> Receipt:
        """Hand the mail to the server, once."""
        recipients = proven_recipients(part)
        hold_back_leaks(part)
        message_id = message_id_of(part.payload)
        signed = self._support.read_message_id(message_id)
        if signed is None or signed.key != part.key:
            raise PermanentFailure("the mail was composed for another message", code="message_id")
        envelope = Envelope(
            sender=self._support.bounce_address(part.key, generation=signed.generation),
            recipients=recipients,
            envelope_id=self._support.envelope_id(part.key, generation=signed.generation),
        )
        refused = await self._sender.send(envelope, part.payload)
        return Receipt(message_id, refused=refused)

    async def find(self, part: OutboundPart, *, attempted_at: datetime) -> Receipt | None:
        """Look for the mail among what was sent.

        Mail has no provider to ask for certain. None says that no copy is there, and that sending again does no harm:
        the same bytes go out under the same Message-ID, by which mail programs and servers know a duplicate.
        """
        since = self._clock() - attempted_at
        if since < SETTLING_TIME:
            raise TemporaryFailure("too early to look for the mail", code="settling", retry_after=SETTLING_TIME - since)
        message_id = message_id_of(part.payload)
        if self._sent_mail is not None and await self._sent_mail.has(message_id):
            return Receipt(message_id)
        return None

    async def check(self) -> None:
        """Whether the servers let us in, for whoever asks. Raises a `SendError`."""
        await self._sender.check()
        if self._sent_mail is not None:
            await self._sent_mail.check()

    async def fetch(self, attachment: Attachment) -> Attachment:
        """The file, read again from the raw mail that it came in."""
        digest, _, number = attachment.source.partition("/")
        raw = await self._raw_mails.load(digest)
        if raw is None or not number.isdigit():
            raise PermanentFailure("the mail that held the file is gone", code="mail_gone")
        mail = await self._read_mail(raw, self._clock())
        if int(number) >= len(mail.attachments):
            raise PermanentFailure("the mail holds no such file", code="no_such_file")
        file = mail.attachments[int(number)]
        return Attachment(attachment.name, attachment.mime_type, len(file.content), attachment.source, file.content)

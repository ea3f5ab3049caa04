"""What a mail is to the gateway: a customer's message, news of a message of ours, or something that starts nothing.

Whether a message may continue the conversation that it names is not decided here (`channels.admission`): that takes
knowledge of who takes part in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from email.utils import parseaddr

from channels.email.labels import labelled
from channels.email.mail import Address, Bounce, BounceAction, BounceRecipient, Complaint, Mail, MailAttachment
from channels.email.quote import Quote, cap
from channels.email.reading.addresses import canonical
from channels.email.reading.bounce_reasons import Reason, reason_of
from channels.email.reading.robot_words import reads_automatic
from channels.email.recipients import is_writable
from channels.email.support_address import SupportAddress
from channels.email.thread import FIRST_REFERENCES, LAST_REFERENCES, Thread, extend_references
from channels.email.tokens import SignedKey
from channels.email.verify import assurance_of
from channels.message import (
    Assurance,
    Attachment,
    ChannelName,
    DeliveryStatus,
    DeliveryUpdate,
    Ignored,
    InboundEvent,
    InboundMessage,
    Reference,
    ReferenceKind,
    ReplyTarget,
    Sender,
)

EMAIL = ChannelName.EMAIL
# Inline images smaller than this are logos and icons of signatures; a screenshot is larger.
MIN_INLINE_IMAGE_BYTES = 8_000
MAX_LISTED_ADDRESSES = 40
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}")
_STATUS = {BounceAction.FAILED: DeliveryStatus.FAILED, BounceAction.DELIVERED: DeliveryStatus.DELIVERED}


def event_of(mail: Mail, *, support: SupportAddress, source: str, is_junk: bool = False) -> InboundEvent:
    """The event that a mail is. `source` is the name under which its raw bytes can be loaded again."""
    if support.read_message_id(mail.message_id) and mail.from_ and support.is_ours(mail.from_.address):
        return Ignored(EMAIL, _identity(mail), "own_message")
    if mail.bounce is not None:
        return _bounce(mail, mail.bounce, support)
    if mail.complaint is not None:
        return _complaint(mail, mail.complaint, support)
    if mail.automatic is not None:
        return Ignored(EMAIL, _identity(mail), mail.automatic.value)
    if mail.from_ is None or not is_writable(mail.from_.address):
        return Ignored(EMAIL, _identity(mail), "no_sender")
    return _message(mail, mail.from_, support=support, source=source, is_junk=is_junk)


def _message(mail: Mail, author: Address, *, support: SupportAddress, source: str, is_junk: bool) -> InboundMessage:
    sender = _sender(mail, author, support, is_junk=is_junk)
    token = support.read_reply(_recipients(mail), [sender.address])
    # A quote of a mail whose sender is not proven would carry a stranger's words to whom they name as sender.
    may_quote = sender.assurance is Assurance.PROVEN or token is not None
    return InboundMessage(
        channel=EMAIL,
        provider_id=_identity(mail),
        # Not the Message-ID alone: anybody may send a mail with the Message-ID of another.
        thread_key=_identity(mail),
        sender=sender,
        text=labelled(mail, sender),
        received_at=mail.received_at,
        reply_to=_reply_target(mail, author, sender, may_quote=may_quote),
        attachments=tuple(_attachments(mail.attachments, source)),
        references=tuple(dict.fromkeys(_references(mail, token, support))),
        subject=mail.subject,
        original=mail.elided_text,
        details=_details(mail, support),
    )


def _identity(mail: Mail) -> str:
    """The Message-ID and what the mail says: a copy is the same mail, a second use of the id is not."""
    return f"{mail.identity}#{mail.fingerprint[:16]}"


def _sender(mail: Mail, author: Address, support: SupportAddress, *, is_junk: bool) -> Sender:
    assurance = assurance_of(mail.authentication.dmarc)
    if assurance is Assurance.PROVEN and is_junk:
        assurance = Assurance.CLAIMED
    behind = _behind_our_group(mail, author, support)
    if behind and assurance is Assurance.PROVEN:
        return Sender(behind, author.name, Assurance.CLAIMED)
    return Sender(author.address, author.name, assurance)


def _behind_our_group(mail: Mail, author: Address, support: SupportAddress) -> str:
    """Who wrote to a mailing group of our own domain, which put its own address into From (Google Groups)."""
    original = parseaddr(mail.header("X-Original-From"))[1]
    return canonical(original) if is_writable(original) and author.domain == support.domain else ""


def _references(mail: Mail, token: SignedKey | None, support: SupportAddress) -> Iterable[Reference]:
    """The conversations that the mail may continue, best first: reply address, In-Reply-To, References newest first."""
    if token:
        yield Reference(ReferenceKind.OUTBOUND, token.key)
    for message_id in _looked_up(mail):
        signed = support.read_message_id(message_id)
        if signed:
            yield Reference(ReferenceKind.OUTBOUND, signed.key)
        else:
            yield Reference(ReferenceKind.PROVIDER, message_id)


def _looked_up(mail: Mail) -> Sequence[str]:
    """The ids worth looking up: a long thread's first and last, newest first."""
    ids = mail.references
    if len(ids) > FIRST_REFERENCES + LAST_REFERENCES:
        ids = ids[:FIRST_REFERENCES] + ids[-LAST_REFERENCES:]
    return [each for each in (mail.in_reply_to, *reversed(ids)) if each]


def _recipients(mail: Mail) -> tuple[str, ...]:
    return tuple(each.address for each in (*mail.to, *mail.cc, *mail.delivered_to))


def _reply_target(mail: Mail, author: Address, sender: Sender, *, may_quote: bool) -> ReplyTarget:
    text = mail.new_text or mail.text
    quote = Quote(cap(text), sender.name or sender.address, mail.received_at) if may_quote and text.strip() else None
    thread = Thread(
        subject=mail.subject,
        message_id=mail.message_id,
        references=extend_references(mail.references or tuple(filter(None, [mail.in_reply_to])), ""),
        name=sender.name,
        language=_language(mail),
        quote=quote,
    )
    return ReplyTarget(EMAIL, _reply_address(mail, author, sender), _identity(mail), thread.details())


def _language(mail: Mail) -> str:
    """The language that the mail says it is in: our answer is marked with it, for whoever has mail read aloud."""
    written = mail.header("Content-Language").partition(",")[0].strip()
    return written if _LANGUAGE.fullmatch(written) else ""


def _reply_address(mail: Mail, author: Address, sender: Sender) -> str:
    """From, unless a proven sender asks for answers elsewhere in the same domain. Reply-To proves nothing by itself."""
    if sender.assurance is not Assurance.PROVEN or sender.address != author.address:
        return sender.address
    wished = [each.address for each in mail.reply_to if each.domain == author.domain and is_writable(each.address)]
    return wished[0] if len(mail.reply_to) == 1 and wished else sender.address


def _attachments(files: Sequence[MailAttachment], source: str) -> Iterable[Attachment]:
    for number, file in enumerate(files):
        is_image = file.mime_type.startswith("image/")
        if file.is_inline and is_image and len(file.content) < MIN_INLINE_IMAGE_BYTES:
            continue
        yield Attachment(file.name, file.mime_type, len(file.content), source=f"{source}/{number}")


def _details(mail: Mail, support: SupportAddress) -> dict[str, str]:
    """What people and the gateway may want to know besides. No address in here becomes a participant by itself."""
    others = [each.address for each in (*mail.to, *mail.cc) if not support.is_ours(each.address)]
    details = {
        "message_id": mail.message_id,
        "dmarc": mail.authentication.dmarc.value,
        "others": " ".join(dict.fromkeys(others[:MAX_LISTED_ADDRESSES])),
        "warnings": " ".join(mail.warnings),
        "claims_our_domain": "yes" if mail.from_ and mail.from_.domain == support.domain else "",
        "null_sender": "yes" if mail.return_path == "" else "",
        "reads_automatic": "yes" if reads_automatic(mail.new_text) else "",
        "acknowledge": "no" if mail.suppresses_acknowledgement else "",
    }
    return {name: value for name, value in details.items() if value}


def _bounce(mail: Mail, bounce: Bounce, support: SupportAddress) -> InboundEvent:
    signed = _bounced(mail, [bounce.original_envelope_id], bounce.original_message_ids, support)
    if signed is None:
        return Ignored(EMAIL, _identity(mail), "foreign_bounce")
    worst = next((each for each in bounce.recipients if each.action is bounce.action), None)
    return DeliveryUpdate(
        EMAIL,
        event_id=_identity(mail),
        provider_id=support.message_id(signed.key, generation=signed.generation),
        status=_STATUS.get(bounce.action, DeliveryStatus.SENT),
        received_at=mail.received_at,
        code=worst.status or worst.reply_code if worst else "",
        reason=_reason(bounce.action, worst),
        suppress=any(each.is_dead_address for each in bounce.recipients),
    )


_REASONS = {
    Reason.NO_SUCH_USER: "there is no such mailbox",
    Reason.NO_SUCH_DOMAIN: "there is no such domain",
    Reason.TAKES_NO_MAIL: "that domain takes no mail",
    Reason.MOVED: "the mailbox has moved",
    Reason.FULL: "the mailbox is full",
    Reason.REFUSED: "the recipient's mail server refuses it",
}


def _reason(action: BounceAction, recipient: BounceRecipient | None) -> str:
    """Why, in our own words: the server's may be anything."""
    if action is not BounceAction.FAILED or recipient is None:
        return action.value
    return _REASONS.get(reason_of(recipient.status, recipient.diagnostic), "the mail came back")


def _complaint(mail: Mail, complaint: Complaint, support: SupportAddress) -> InboundEvent:
    signed = _bounced(mail, [], complaint.original_message_ids, support)
    if signed is None:
        return Ignored(EMAIL, _identity(mail), "foreign_complaint")
    return DeliveryUpdate(
        EMAIL,
        event_id=_identity(mail),
        provider_id=support.message_id(signed.key, generation=signed.generation),
        status=DeliveryStatus.DELIVERED,
        received_at=mail.received_at,
        code="complaint",
        reason=complaint.feedback_type or "complaint",
        suppress=True,
    )


def _bounced(
    mail: Mail, envelope_ids: Sequence[str], message_ids: Sequence[str], support: SupportAddress
) -> SignedKey | None:
    """Which of our messages a report is about. Only what we signed counts: anybody can write a bounce."""
    return (
        support.read_bounce(_recipients(mail))
        or next(filter(None, map(support.read_envelope_id, envelope_ids)), None)
        or next(filter(None, map(support.read_message_id, message_ids)), None)
    )

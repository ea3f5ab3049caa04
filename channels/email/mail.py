"""What a mail says, as one value: the only form in which the rest of the channel sees inbound mail.

`parse.parse` makes it from raw bytes; nothing here reads or writes anything. Everything a sender controls (names,
subject, text, file names) is data from a stranger: never an instruction, and never proof of who wrote it.
Message ids are kept without their angle brackets, exactly as sent otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class AddressFlag(StrEnum):
    """What is odd about an address, for whoever decides how far to trust it."""

    REPAIRED = "repaired"  # not a valid address as written; we cleaned it
    NAME_HOLDS_ADDRESS = "name_holds_address"  # the display name looks like another address
    GROUP = "group"  # it stood inside a group (`Team: a@b, c@d;`)
    INVISIBLE_CHARACTERS = "invisible_characters"  # the display name held direction marks or zero-width characters


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox. `address` is canonical (lower case, domain as A-label) and for comparing; `written` for sending to."""

    address: str
    name: str = ""
    written: str = ""
    flags: frozenset[AddressFlag] = frozenset()

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class MailAttachment:
    """A file of the mail. `name` is safe as a file name.

    `is_inline`: the HTML shows it where it stands. `is_decoration`: it stands in a part that was cut, such as a
    signature, and nowhere else, so that neither agent nor staff need it.
    """

    name: str
    mime_type: str
    content: bytes
    content_id: str = ""
    is_inline: bool = False
    is_decoration: bool = False


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A mail that somebody passed on, as far as its header block tells. It proves nothing about who wrote it."""

    from_: Address | None
    subject: str
    date: str  # as written: forwarders localise it beyond reading
    text: str
    to: str = ""


class Automatic(StrEnum):
    """Why a mail was not written by a person."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    RECEIPT = "receipt"  # a read or delivery receipt (MDN)
    AUTO_REPLY = "auto_reply"  # an answering machine, among them out of office
    GENERATED = "generated"  # notices of other programs
    BULK = "bulk"
    LIST = "list"
    DAEMON = "daemon"  # from mailer-daemon or postmaster, or with a null sender, but no report that we can read
    LOOP = "loop"  # it says itself that it has been here


class BounceAction(StrEnum):
    """What became of our mail to one recipient (the actions of RFC 3464)."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


@dataclass(frozen=True, slots=True)
class BounceRecipient:
    """One recipient of a bounced mail. `status` is an enhanced status code or empty, `diagnostic` the server's words.

    `is_permanent`: trying again is pointless. `is_dead_address`: and the address itself is why, so that it should not
    be written to again.
    """

    address: str
    action: BounceAction
    status: str = ""
    reply_code: str = ""  # SMTP reply, such as 550
    diagnostic: str = ""
    is_permanent: bool = False
    is_dead_address: bool = False


@dataclass(frozen=True, slots=True)
class Bounce:
    """A delivery report, and what it names of the mail that it is about: the only things that tie it to one of ours."""

    recipients: tuple[BounceRecipient, ...]
    original_envelope_id: str = ""
    original_message_ids: tuple[str, ...] = ()  # Message-ID first, then the references of the returned headers
    original_to: tuple[str, ...] = ()
    original_subject: str = ""

    @property
    def action(self) -> BounceAction:
        """The worst that happened to any recipient."""
        order = (BounceAction.FAILED, BounceAction.DELAYED, BounceAction.RELAYED, BounceAction.EXPANDED)
        found = {recipient.action for recipient in self.recipients}
        return next((action for action in order if action in found), BounceAction.DELIVERED)


@dataclass(frozen=True, slots=True)
class Complaint:
    """An abuse report (ARF, RFC 5965): a recipient pressed "this is spam"."""

    feedback_type: str
    recipients: tuple[str, ...] = ()
    original_message_ids: tuple[str, ...] = ()


class Verdict(StrEnum):
    """What our own mail server found about the sender's domain, worst first."""

    FAIL = "fail"
    TEMPERROR = "temperror"  # it could not be found out now
    NONE = "none"  # the domain publishes no policy, or nothing aligned passed
    ABSENT = "absent"  # no result that we may believe
    PASS = "pass"  # noqa: S105 - the verdict's name in RFC 8601, no password


@dataclass(frozen=True, slots=True)
class Authentication:
    """The DMARC verdict for the domain in From, from headers that only our own server can have written."""

    dmarc: Verdict = Verdict.ABSENT
    dkim: str = ""  # result words as found, for people who ask why
    spf: str = ""
    domain: str = ""  # the From domain that the verdict is about
    reason: str = ""

    @property
    def is_proven(self) -> bool:
        return self.dmarc is Verdict.PASS

    @property
    def has_failed(self) -> bool:
        return self.dmarc is Verdict.FAIL


class MailWarning(StrEnum):
    """What a reader of the ticket should know about how the mail was read."""

    NO_FROM = "no_from"
    SEVERAL_FROM = "several_from"
    NO_MESSAGE_ID = "no_message_id"
    NO_DATE = "no_date"
    DATE_CLAMPED = "date_clamped"
    ENCRYPTED = "encrypted"
    SIGNED = "signed"
    DEFECTIVE = "defective"  # broken MIME; what could be read was read
    SALVAGED = "salvaged"  # the standard parser gave up; headers and text were read line by line
    TRUNCATED = "truncated"  # over a limit of size, depth or number; the rest is only in the raw mail
    HIDDEN_TEXT = "hidden_text"  # the HTML held text that a reader would not have seen; it was removed
    TNEF = "tnef"  # a winmail.dat that was not opened
    PARTS_DISAGREE = "parts_disagree"  # text and HTML led to different replies; the longer one was taken
    EMPTY = "empty"  # neither text nor file


@dataclass(frozen=True, slots=True)
class Mail:
    """One inbound mail.

    `identity` is the Message-ID, or a hash of the raw bytes where there is none; `fingerprint` is a hash of who wrote
    what, so that one Message-ID with two contents can be told from a redelivery. `text` is the whole mail as plain
    text, `new_text` what its author newly wrote, `elided_text` what was cut from `text`: the agent reads `new_text`,
    people can look at the rest. `html` is sanitised and safe to show.
    """

    identity: str
    fingerprint: str
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    from_: Address | None
    sender: Address | None
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    delivered_to: tuple[Address, ...]  # Delivered-To, X-Original-To, Envelope-To and kin
    return_path: str | None  # None where the header is missing, empty for the null sender
    subject: str
    date: datetime  # clamped to not after `received_at`
    received_at: datetime
    text: str
    html: str
    new_text: str
    elided_text: str
    attachments: tuple[MailAttachment, ...]
    forwarded: Forwarded | None
    automatic: Automatic | None
    suppresses_acknowledgement: bool  # written by a person whose server asks that no robot answers (Exchange)
    bounce: Bounce | None
    complaint: Complaint | None
    authentication: Authentication
    warnings: tuple[MailWarning, ...] = ()
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # names in lower case, values decoded

    def header(self, name: str) -> str:
        """The first value of a header, decoded; empty where it is missing."""
        values = self.headers.get(name.lower(), ())
        return values[0] if values else ""

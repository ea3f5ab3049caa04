"""Delivery reports: what became of a mail of ours, for whom, and why.

Standard reports (RFC 3464) are read field by field. Half of the bounces in the world are prose instead; `bounce_prose`
reads those. What ties a report to one of our mails (envelope id, Message-ID) is handed on, and believed by nobody here:
anyone can forge a bounce.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from channels.email.mail import Bounce, BounceAction, BounceRecipient
from channels.email.reading import bounce_prose, fields
from channels.email.reading.addresses import addresses, canonical
from channels.email.reading.bounce_reasons import STATUS, Reason, described, reason_of
from channels.email.reading.mime import Part
from channels.email.reading.references import message_ids

MAX_RECIPIENTS = 100

_REPORT_TYPES = ("message/delivery-status", "message/global-delivery-status")
_DAEMON = re.compile(
    r"^(?:mailer[-_.]?daemon|mail[-_.]?(?:delivery|system|daemon|gateway)|mdaemon)(?:[-+_.].*)?@|"
    r"^(?:mailer[-_.]?daemon|mdaemon)$",
    re.IGNORECASE,
)
# Servers write from these, and so does a haulier's delivery department.
_MAYBE_DAEMON = re.compile(r"^(?:delivery|bounces?)(?:[-+_.].*)?@", re.IGNORECASE)
_POSTMASTER = re.compile(r"^(?:post[-_.]?master|postmast)(?:[-+_.].*)?@", re.IGNORECASE)
_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]{1,60})[ \t]*:[ \t]*(.*)$")
_ACTIONS = {
    "failed": BounceAction.FAILED,
    "failure": BounceAction.FAILED,
    "delayed": BounceAction.DELAYED,
    "deferred": BounceAction.DELAYED,
    "delivered": BounceAction.DELIVERED,
    "relayed": BounceAction.RELAYED,
    "expanded": BounceAction.EXPANDED,
}


def read_bounce(root: Part, *, reports: list[Part], returned: Part | None, text: str) -> Bounce | None:
    """The delivery report that a mail is, or None.

    `reports` are its report parts, `returned` the headers of the mail that came back (of its own part, or None),
    `text` its plain text.
    """
    parts = [part for part in reports if part.mime_type in _REPORT_TYPES]
    if not parts and not _reads_like_bounce(root, text, has_returned_mail=returned is not None):
        return None
    prose = bounce_prose.read(text)
    original = returned.fields if returned is not None else prose.returned_fields
    recipients, envelope_id = _from_fields("\n\n".join(part.text() for part in parts) or prose.status_fields)
    recipients = _completed(recipients, prose) if recipients else list(prose.recipients)
    to = tuple(_original_to(original))
    if not recipients:
        recipients = _fallback(root, to, prose)
    return Bounce(
        tuple(recipients[:MAX_RECIPIENTS]),
        envelope_id,
        _original_ids(original),
        to[:MAX_RECIPIENTS],
        next((fields.decoded(value) for name, value in original if name == "subject"), ""),
    )


def is_daemon(address: str) -> bool:
    """Whether an address is one that mail servers write from, and people do not."""
    return bool(_DAEMON.match(address))


def is_postmaster(address: str) -> bool:
    """Whether people may sit behind it, although servers use it too."""
    return bool(_POSTMASTER.match(address))


def _reads_like_bounce(root: Part, text: str, *, has_returned_mail: bool) -> bool:
    """One sign alone is not enough: null senders are used by other robots, and people quote bounces to us."""
    if root.mime_type == "multipart/report":
        report_type = root.parameters.get("report-type", "").lower()
        return "delivery-status" in report_type or (not report_type and bounce_prose.has_wording("", text))
    if any(root.values("x-failed-recipients")):
        return True
    senders = [address.address for address in addresses(" ".join(root.values("from")[:1]))]
    written = fields.decoded((root.values("from") or [""])[0]).lower()
    subject = fields.decoded((root.values("subject") or [""])[0])
    if (
        any(is_daemon(sender) or _MAYBE_DAEMON.match(sender) for sender in senders)
        or "mailer-daemon" in written
        or "mail delivery" in written
    ):
        return bounce_prose.has_wording(subject, text) or bounce_prose.read(text).has_recipients
    is_null = any(value.strip() in ("<>", "") for value in root.values("return-path"))
    is_from_server = any(is_postmaster(sender) for sender in senders) or not senders or is_null
    is_robot = any(value.strip().lower().startswith("auto-") for value in root.values("auto-submitted"))
    if is_from_server and not is_robot and bounce_prose.tells_failure(text):
        prose = bounce_prose.read(text)
        return has_returned_mail or prose.has_recipients or bool(prose.returned_fields)
    return (is_from_server or is_robot) and bounce_prose.has_wording(subject, text)


def _from_fields(text: str) -> tuple[list[BounceRecipient], str]:
    """The recipients of a status part: blocks of fields, the first of which is about the whole mail."""
    recipients: list[BounceRecipient] = []
    envelope_id = ""
    for block in _blocks(text):
        envelope_id = envelope_id or block.get("original-envelope-id", "").strip()
        recipient = _from_block(block)
        if recipient is not None:
            recipients.append(recipient)
    return recipients, envelope_id


def _blocks(text: str) -> Iterator[dict[str, str]]:
    block: dict[str, str] = {}
    last = ""
    for line in [*text[:500_000].split("\n"), ""]:
        match = _FIELD.match(line)
        if match and match[1].lower() == "final-recipient" and "final-recipient" in block:
            yield block  # some servers leave the blank line between recipients out
            block = {}
        if match:
            last = match[1].lower()
            block.setdefault(last, match[2].strip())
        elif line[:1] in (" ", "\t") and last in block and line.strip():
            block[last] = f"{block[last]} {line.strip()}"
        elif not line.strip() and block:
            yield block
            block, last = {}, ""


def _from_block(block: dict[str, str]) -> BounceRecipient | None:
    written = block.get("final-recipient") or block.get("original-recipient") or block.get("x-actual-recipient", "")
    address = _typed_address(written) or _typed_address(block.get("original-recipient", ""))
    if not address and not ("action" in block and "status" in block):
        return None
    word = block.get("action", "").strip().lower().partition(" ")[0].strip(";,.")
    stated = STATUS.search(block.get("status", ""))
    diagnostic = fields.decode_words(block.get("diagnostic-code", ""))
    return described(address, stated[1] if stated else "", _untyped(diagnostic), action=_ACTIONS.get(word))


def _completed(recipients: list[BounceRecipient], prose: bounce_prose.Prose) -> list[BounceRecipient]:
    """Where a report part says no more than "failed", the text above it may say why."""
    if any(recipient.diagnostic for recipient in recipients) or not prose.diagnostic:
        return recipients
    return [
        described(recipient.address, recipient.status, prose.diagnostic, action=recipient.action)
        if reason_of(recipient.status, "") is Reason.UNKNOWN
        else recipient
        for recipient in recipients
    ]


def _fallback(root: Part, to: tuple[str, ...], prose: bounce_prose.Prose) -> list[BounceRecipient]:
    """The header that some servers write, else whoever the returned mail was for."""
    failed = [address.address for value in root.values("x-failed-recipients") for address in addresses(value)]
    action = BounceAction.DELAYED if prose.is_delay else None
    return [described(address, "", prose.diagnostic, action=action) for address in failed or to[:1]]


def _typed_address(value: str) -> str:
    """`rfc822; ada@example.com`, also as `RFC822;<ada@example.com>` or without its type; `utf-8;` likewise."""
    value = re.sub(r"\([^()]{0,200}\)", "", value)
    written = value.partition(";")[2] if ";" in value else value
    found = addresses(written.strip())
    if found:
        return found[0].address
    bare = written.strip().strip("<>").strip()
    return canonical(bare) if bare and " " not in bare and len(bare) < 320 else ""


def _untyped(diagnostic: str) -> str:
    kind, semicolon, words = diagnostic.partition(";")
    return words.strip() if semicolon and len(kind) < 20 and " " not in kind.strip() else diagnostic.strip()


def _original_to(original: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for name, value in original:
        if name in ("to", "cc", "delivered-to"):
            for address in addresses(value):
                yield address.address


def _original_ids(original: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    found: list[str] = []
    for wanted in ("message-id", "in-reply-to", "references"):
        for name, value in original:
            if name == wanted:
                found += message_ids(value)[:20]
    return tuple(dict.fromkeys(found))

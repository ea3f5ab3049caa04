"""Reports other than bounces: complaints (ARF, RFC 5965) and receipts (MDN, RFC 8098)."""

from __future__ import annotations

import re

from channels.email.mail import Complaint
from channels.email.reading.addresses import addresses
from channels.email.reading.fields import decoded
from channels.email.reading.mime import Part
from channels.email.reading.references import message_ids

# Large hosts that report complaints without the standard's parts still return the mail under such a subject.
_BEFORE_THE_STANDARD = re.compile(
    r"^\s*(?:complaint about (?:a )?message from|e-?mail feedback report for)\b", re.IGNORECASE
)
_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]{1,60})[ \t]*:[ \t]*(.{0,2000})$", re.MULTILINE)


def read_complaint(root: Part, reports: list[Part], returned: Part | None) -> Complaint | None:
    """The complaint that a mail is, or None."""
    report = next((part for part in reports if part.mime_type == "message/feedback-report"), None)
    subject = decoded(next(iter(root.values("subject")), ""))
    is_declared = root.parameters.get("report-type", "").lower() == "feedback-report" or (
        returned is not None and _BEFORE_THE_STANDARD.match(subject) is not None
    )
    if report is None and not is_declared:
        return None
    found = _FIELD.findall(report.text()[:100_000]) if report is not None else []
    fields = {name.lower(): value.strip() for name, value in reversed(found)}
    named = [value for name, value in found if name.lower() in ("original-rcpt-to", "removal-recipient")]
    original = returned.fields if returned is not None else ()
    named += (
        []
        if named
        else [value for name, value in original if name in ("to", "delivered-to", "x-hmxmroriginalrecipient")]
    )
    recipients = tuple(dict.fromkeys(address.address for value in named for address in addresses(value)))
    ids = tuple(identifier for name, value in original if name == "message-id" for identifier in message_ids(value))
    return Complaint(fields.get("feedback-type", "abuse").lower(), recipients, ids)


def is_receipt(root: Part, reports: list[Part]) -> bool:
    """Whether a mail only tells that another was shown, or was deleted unread."""
    declared = root.parameters.get("report-type", "").lower()
    return "disposition-notification" in declared or any(
        part.mime_type == "message/disposition-notification" for part in reports
    )

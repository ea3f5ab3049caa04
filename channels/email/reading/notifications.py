"""Delivery reports and complaints that Amazon SES sends as JSON inside a mail (its notification examples page).

Other senders' robots have their own formats; this one is here because it comes by mail, to the sender's own mailbox,
in place of the standard's reports.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from channels.email.mail import Bounce, BounceAction, BounceRecipient, Complaint
from channels.email.reading.addresses import addresses
from channels.email.reading.bounce_reasons import STATUS, described
from channels.email.reading.references import message_ids

MAX_CHARS = 200_000


def read_notification(text: str) -> Bounce | Complaint | None:
    """What the notification at the start of `text` says, or None."""
    start = text.lstrip()[:MAX_CHARS]
    if not start.startswith("{") or '"mail"' not in start:
        return None
    try:
        found, _ = json.JSONDecoder(strict=False).raw_decode(start)
    except (ValueError, RecursionError):
        return None
    mail = _object(found, "mail")
    match found.get("notificationType") or found.get("eventType"):
        case "Bounce":
            return _report(mail, _bounced(_object(found, "bounce")))
        case "Delivery":
            return _report(mail, _delivered(_object(found, "delivery")))
        case "Complaint":
            complaint = _object(found, "complaint")
            complained = (_address(one) for one in _objects(complaint, "complainedRecipients"))
            kind = str(complaint.get("complaintFeedbackType") or "abuse")
            return Complaint(kind, tuple(address for address in complained if address), _ids(mail))
        case _:
            return None


def _bounced(bounce: Mapping[str, Any]) -> Iterator[BounceRecipient]:
    is_permanent = bounce.get("bounceType") == "Permanent"
    for one in _objects(bounce, "bouncedRecipients"):
        words = str(one.get("diagnosticCode") or bounce.get("bounceSubType") or "")
        action = BounceAction.FAILED if is_permanent else BounceAction.DELAYED
        yield described(_address(one), str(one.get("status") or ""), words.removeprefix("smtp; "), action=action)


def _delivered(delivery: Mapping[str, Any]) -> Iterator[BounceRecipient]:
    words = str(delivery.get("smtpResponse") or "")
    status = STATUS.search(words)
    for written in _list(delivery, "recipients"):
        for address in addresses(str(written)):
            yield BounceRecipient(
                address.address, BounceAction.DELIVERED, status[1] if status else "", diagnostic=words
            )


def _report(mail: Mapping[str, Any], recipients: Iterator[BounceRecipient]) -> Bounce:
    to = (address.address for written in _list(mail, "destination") for address in addresses(str(written)))
    subject = str(_object(mail, "commonHeaders").get("subject") or "")
    return Bounce(tuple(recipients), original_message_ids=_ids(mail), original_to=tuple(to), original_subject=subject)


def _ids(mail: Mapping[str, Any]) -> tuple[str, ...]:
    """The Message-ID that we wrote, and the one that the provider gave the mail."""
    headers = (one for one in _objects(mail, "headers") if str(one.get("name")).lower() == "message-id")
    ours = (identifier for one in headers for identifier in message_ids(str(one.get("value") or "")))
    return tuple(dict.fromkeys((*ours, *filter(None, [str(mail.get("messageId") or "")]))))


def _address(one: Mapping[str, Any]) -> str:
    return next((address.address for address in addresses(str(one.get("emailAddress") or ""))), "")


def _object(value: Any, name: str) -> Mapping[str, Any]:
    inner = value.get(name) if isinstance(value, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}


def _objects(value: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    return [one for one in _list(value, name) if isinstance(one, Mapping)]


def _list(value: Mapping[str, Any], name: str) -> list[Any]:
    inner = value.get(name)
    return inner if isinstance(inner, list) else []

"""Turns the fields of a verified Twilio request into one of our events.

Inbound messages of every medium that Twilio carries here (SMS, MMS, WhatsApp, RCS) and status callbacks share one set
of field names; what a request is about decides what it becomes, not the route it came by. Anything genuine that
starts nothing becomes `Ignored` with one of the reasons below.
https://www.twilio.com/docs/messaging/guides/webhook-request
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from channels.errors import MalformedPayload
from channels.message import (
    Assurance,
    Attachment,
    ChannelName,
    Consent,
    ConsentChange,
    DeliveryStatus,
    DeliveryUpdate,
    Ignored,
    InboundMessage,
    ReplyTarget,
    Sender,
)
from channels.sms.automatic import looks_automatic
from channels.sms.codes import reason_for, suppresses
from channels.sms.keywords import ENGLISH, Keywords

# The key of a reply target's details under which our own address stands: the one that the customer wrote to.
OUR_ADDRESS = "our_address"

_PHONE_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_MEDIA_LIMIT = 10
_PREFIXES = frozenset({"whatsapp", "rcs", "messenger"})
_OPT_OUT_TYPES = {"STOP": Consent.STOP, "START": Consent.START, "HELP": Consent.HELP}
_ARRIVING = frozenset({"", "received", "receiving"})
_STATUSES = {
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.READ,
    "failed": DeliveryStatus.FAILED,
    "undelivered": DeliveryStatus.FAILED,
    "canceled": DeliveryStatus.FAILED,
    "partially_delivered": DeliveryStatus.FAILED,
}
_UNDERWAY = frozenset({"accepted", "scheduled", "queued", "sending"})
_WITHOUT_CODE = {"canceled": "it was cancelled before it was sent", "partially_delivered": "only part of it arrived"}
# Twilio's name to ours, of what an agent or a member of staff may want to know besides the text.
_DETAILS = {
    "To": "to",
    "MessagingServiceSid": "messaging_service_sid",
    "NumSegments": "segments",
    "ProfileName": "profile_name",
    "WaId": "whatsapp_id",
    "ButtonText": "button_text",
    "ButtonPayload": "button_payload",
    "Forwarded": "forwarded",
    "FrequentlyForwarded": "frequently_forwarded",
    "OriginalRepliedMessageSid": "replied_to",
    "ReferralCtwaClid": "referral_click_id",
    "ReferralSourceUrl": "referral_url",
    "FromCity": "city",
    "FromState": "state",
    "FromZip": "zip",
    "FromCountry": "country",
}


class Reason(StrEnum):
    """Why a genuine request starts nothing."""

    OWN_MESSAGE = "own_message"  # from one of our own numbers: two of them would talk for ever
    UNKNOWN_RECIPIENT = "unknown_recipient"  # to a number of the account that is not ours to answer for
    SHORT_CODE = "short_code"  # a machine, and an answer to it costs money
    ALPHANUMERIC_SENDER = "alphanumeric_sender"  # cannot be answered
    EMPTY = "empty"
    INTERIM_STATUS = "interim_status"  # queued and the like: not news yet
    UNKNOWN_STATUS = "unknown_status"


@dataclass(frozen=True, slots=True)
class Reading:
    """How this deployment reads its messages. No `our_numbers` means that every recipient is ours."""

    our_numbers: frozenset[str] = frozenset()
    keywords: Keywords = field(default=ENGLISH)


def parse(
    fields: Mapping[str, str], *, received_at: datetime, idempotency_token: str = "", reading: Reading | None = None
) -> InboundMessage | ConsentChange | DeliveryUpdate | Ignored:
    """The event in a request. Raises `MalformedPayload` where a field that Twilio always sends is missing."""
    # Of a repeated name the first counts, as where the account was checked.
    form = {name: _storable(fields[name]) for name in fields}
    sid = form.get("MessageSid") or form.get("SmsSid") or form.get("SmsMessageSid")
    if not sid:
        raise MalformedPayload("no MessageSid")
    status = form.get("MessageStatus") or form.get("SmsStatus") or ""
    if status not in _ARRIVING:
        return _parse_status(form, sid, status, received_at)
    return _parse_message(form, sid, received_at, idempotency_token, reading or Reading())


def _parse_status(form: Mapping[str, str], sid: str, status: str, received_at: datetime) -> DeliveryUpdate | Ignored:
    if status in _UNDERWAY:
        return Ignored(ChannelName.SMS, sid, Reason.INTERIM_STATUS)
    known = _STATUSES.get(status)
    if known is None:
        return Ignored(ChannelName.SMS, sid, Reason.UNKNOWN_STATUS)
    code = form.get("ErrorCode", "")
    failed = known is DeliveryStatus.FAILED
    return DeliveryUpdate(
        ChannelName.SMS,
        event_id=f"{sid}:{status}:{code}",
        provider_id=sid,
        status=known,
        received_at=received_at,
        code=code,
        reason=(_WITHOUT_CODE.get(status) or reason_for(code)) if failed else "",
        suppress=suppresses(code),
    )


def _parse_message(
    form: Mapping[str, str], sid: str, received_at: datetime, token: str, reading: Reading
) -> InboundMessage | ConsentChange | Ignored:
    customer, ours = form.get("From", "").strip(), form.get("To", "").strip()
    if not customer or not ours:
        raise MalformedPayload("no From or no To")
    reason = _reason_to_ignore(customer, ours, reading.our_numbers)
    if reason is not None:
        return Ignored(ChannelName.SMS, sid, reason)
    attachments = _attachments(form)
    text = _text(form)
    if not text.strip() and not attachments:
        return Ignored(ChannelName.SMS, sid, Reason.EMPTY)
    thread_key = f"{customer}|{ours}"
    message = InboundMessage(
        ChannelName.SMS,
        provider_id=sid,
        thread_key=thread_key,
        sender=Sender(customer, form.get("ProfileName", ""), Assurance.CLAIMED),
        text=text,
        received_at=received_at,
        reply_to=ReplyTarget(ChannelName.SMS, customer, thread_key, {OUR_ADDRESS: ours}),
        attachments=attachments,
        also_known_as=(f"twilio-delivery:{token}",) if token else (),
        details=_details(form, text),
    )
    consent = _OPT_OUT_TYPES.get(form.get("OptOutType", "").upper()) or reading.keywords.consent(text)
    if consent is None:
        return message
    return ConsentChange(ChannelName.SMS, sid, customer, consent, received_at, message)


def _reason_to_ignore(customer: str, ours: str, our_numbers: frozenset[str]) -> Reason | None:
    medium, _, bare = customer.rpartition(":")
    if our_numbers and bare in our_numbers:
        return Reason.OWN_MESSAGE
    if our_numbers and ours.rpartition(":")[2] not in our_numbers:
        return Reason.UNKNOWN_RECIPIENT
    if medium in _PREFIXES or _PHONE_NUMBER.fullmatch(customer):
        return None
    return Reason.SHORT_CODE if customer.lstrip("+").isdecimal() else Reason.ALPHANUMERIC_SENDER


def _text(form: Mapping[str, str]) -> str:
    body = form.get("Body", "")
    latitude, longitude = form.get("Latitude", ""), form.get("Longitude", "")
    if not (latitude and longitude):
        return body
    place = ", ".join(part for part in (form.get("Label", ""), form.get("Address", "")) if part)
    location = f"[Location: {place} ({latitude}, {longitude})]" if place else f"[Location: {latitude}, {longitude}]"
    return f"{body}\n{location}" if body.strip() else location


def _attachments(form: Mapping[str, str]) -> tuple[Attachment, ...]:
    count = form.get("NumMedia", "") or "0"
    if not (count.isascii() and count.isdecimal()):
        raise MalformedPayload("NumMedia is not a number")
    found = []
    for index in range(min(int(count), _MEDIA_LIMIT)):
        url = form.get(f"MediaUrl{index}", "")
        if not url:
            raise MalformedPayload(f"no MediaUrl{index}")
        mime_type = form.get(f"MediaContentType{index}", "") or "application/octet-stream"
        extension = mimetypes.guess_extension(mime_type) or ""
        found.append(Attachment(f"attachment-{index + 1}{extension}", mime_type, source=url))
    return tuple(found)


def _details(form: Mapping[str, str], text: str) -> dict[str, str]:
    details = {ours: form[theirs] for theirs, ours in _DETAILS.items() if form.get(theirs)}
    if looks_automatic(text):
        details["automatic"] = "true"
    return details


def _storable(value: str) -> str:
    """Without what a database or UTF-8 cannot hold: NUL and lone surrogates."""
    return value.replace("\x00", "").encode("utf-8", "replace").decode()

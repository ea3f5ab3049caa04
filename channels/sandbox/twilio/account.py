"""The simulated account: its messages, files and opt-outs, and Twilio's rules about them.

Everything is journalled before the caller hears of it, so that a restarted simulator goes on where it stopped.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from channels.sandbox.journal import Journal
from channels.sandbox.twilio.records import Media, Message
from channels.sms.segments import count_segments

MAX_CHARS = 1600

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_UNDER_WAY = frozenset({"accepted", "queued", "sending", "sent"})
# Twilio's own keywords on long codes, exact single words; what it answers by itself.
_STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
_START = frozenset({"START", "YES", "UNSTOP"})
_HELP = frozenset({"HELP", "INFO"})
_STOPPED = "You have been unsubscribed and will get no more messages from this number. Reply START to resubscribe."
_STARTED = "You have been resubscribed to messages from this number. Reply STOP to unsubscribe."
_HELPED = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
# The recipients that always fail, as with Twilio's test credentials.
_MAGIC = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}


@dataclass(frozen=True, slots=True)
class Rejection(Exception):
    """Twilio refuses a request with one of its error codes."""

    code: int
    message: str
    status: int = 400


class Account:
    """The state of one account. Every method that changes it journals the change first."""

    def __init__(
        self, sid: str, numbers: Sequence[str], service_sid: str, journal: Journal, now: Callable[[], datetime]
    ) -> None:
        self.sid = sid
        self.numbers = tuple(numbers)
        self.service_sid = service_sid
        self._journal = journal
        self._now = now
        self._messages: dict[str, Message] = {}
        self._media: dict[str, Media] = {}
        self._on_phones: dict[str, Media] = {}
        self._opted_out: set[tuple[str, str]] = set()
        self._handed_over: set[str] = set()
        for fact in journal.facts():
            self._replay(fact)

    def create(self, form: Mapping[str, str]) -> Message:
        """A message that our software sends. Raises `Rejection`."""
        to, sender, service_sid = form.get("To", ""), form.get("From", ""), form.get("MessagingServiceSid", "")
        self._check(form, to, sender, service_sid)
        return self._add(
            direction="outbound-api",
            sender=sender,
            to=to,
            body=form.get("Body", ""),
            status="accepted" if service_sid else "queued",
            service_sid=service_sid,
            status_callback=form.get("StatusCallback", ""),
        )

    def receive(self, sender: str, to: str, body: str, files: Sequence[tuple[bytes, str]]) -> Message:
        """A message that a customer sends."""
        message = self._add(
            direction="inbound", sender=sender, to=to, body=body, status="received", prefix="MM" if files else "SM"
        )
        for content, mime_type in files:
            media = Media(_new_sid("ME"), message.sid, mime_type, content, secrets.token_urlsafe(16))
            self._record("media", media.to_fact())
        return self._messages[message.sid]

    def answer_keyword(self, message: Message) -> Message | None:
        """Do what Twilio does by itself about STOP, START and HELP: its answer, where it gives one."""
        word = message.body.strip().upper()
        pair = (_person(message.sender), _bare(message.to))
        if message.sender.startswith("whatsapp:"):
            return None
        if word in _STOP:
            self._record("opted_out", {"customer": pair[0], "ours": pair[1]})
            return self._answer(message, _STOPPED)
        if word in _START and pair in self._opted_out:
            self._record("opted_in", {"customer": pair[0], "ours": pair[1]})
            return self._answer(message, _STARTED)
        return self._answer(message, _HELPED) if word in _HELP and pair not in self._opted_out else None

    def move(self, sid: str, status: str, *, error_code: str = "") -> Message:
        """Bring a message to its next status; a messaging service chooses the sender when the message is queued."""
        message = self._messages[sid]
        now = self._now()
        changed = replace(
            message,
            status=status,
            error_code=error_code,
            updated_at=now,
            sender=message.sender or self._usual_sender(message.to),
            sent_at=now if status == "sent" else message.sent_at,
        )
        self._record("message", changed.to_fact())
        return changed

    def hand_over(self, sid: str) -> None:
        """Remember that the webhook of a received message is done with, whatever became of it."""
        self._record("handed_over", {"sid": sid})

    def message(self, sid: str) -> Message | None:
        return self._messages.get(sid)

    def messages(self) -> list[Message]:
        """All messages, newest first."""
        return list(self._messages.values())[::-1]

    def media(self, sid: str) -> Media | None:
        return self._media.get(sid)

    def media_by_token(self, token: str) -> Media | None:
        return next((media for media in self._media.values() if media.token == token), None)

    def media_on_phone(self, sid: str) -> Media | None:
        """A file as the customer's phone has it, whatever was deleted here since."""
        return self._on_phones.get(sid)

    def delete_media(self, sid: str) -> None:
        self._record("media_deleted", {"sid": sid})

    def has_opted_out(self, customer: str, ours: str) -> bool:
        """Whether Twilio refuses messages to this customer from this number."""
        return (_person(customer), _bare(ours)) in self._opted_out

    def unfinished(self) -> list[Message]:
        """What a stopped simulator left half done: sent messages on their way, received ones not handed over."""
        return [
            message
            for message in self._messages.values()
            if (message.status in _UNDER_WAY if not message.is_inbound else message.sid not in self._handed_over)
        ]

    def _check(self, form: Mapping[str, str], to: str, sender: str, service_sid: str) -> None:
        if not to:
            raise Rejection(21604, "A 'To' phone number is required.")
        if not sender and not service_sid:
            raise Rejection(21603, "A 'From' phone number is required.")
        if service_sid and service_sid != self.service_sid:
            raise Rejection(21705, "The Messaging Service Sid is invalid.")
        if not form.get("Body") and not form.get("MediaUrl"):
            raise Rejection(21602, "Message body is required.")
        # Twilio counts UTF-16 units.
        if len(form.get("Body", "").encode("utf-16-le")) // 2 > MAX_CHARS:
            raise Rejection(21617, "The concatenated message body exceeds the 1600 character limit.")
        if not to.startswith("whatsapp:") and not _E164.fullmatch(_bare(to)):
            raise Rejection(21211, "The 'To' number is not a valid phone number.")
        if sender and _bare(sender) not in self.numbers:
            raise Rejection(21606, "The 'From' phone number is not a message-capable number of your account.")
        if sender == to:
            raise Rejection(21266, "'To' and 'From' number cannot be the same.")
        if to in _MAGIC:
            raise Rejection(_MAGIC[to], "Test number.")
        if any(self.has_opted_out(to, number) for number in ([sender] if sender else self.numbers)):
            raise Rejection(21610, "Attempt to send to unsubscribed recipient.")

    def _answer(self, message: Message, body: str) -> Message:
        return self._add(
            direction="outbound-reply", sender=message.to, to=message.sender, body=body, status="delivered"
        )

    def _usual_sender(self, to: str) -> str:
        """The number that this customer knows already, else the first."""
        medium, colon, _ = to.rpartition(":")
        known = next((message.to for message in self.messages() if message.sender == to), "")
        return known or f"{medium}{colon}{self.numbers[0]}"

    def _add(self, *, prefix: str = "SM", **values: Any) -> Message:
        now = self._now()
        message = Message(
            sid=_new_sid(prefix), created_at=now, updated_at=now, segments=count_segments(values["body"]), **values
        )
        self._record("message", message.to_fact())
        return message

    def _record(self, kind: str, fact: dict[str, Any]) -> None:
        whole = {"fact": f"twilio.{kind}", **fact}
        self._journal.append(whole)
        self._replay(whole)

    def _replay(self, whole: dict[str, Any]) -> None:
        fact = {name: value for name, value in whole.items() if name != "fact"}
        match whole.get("fact"):
            case "twilio.message":
                self._messages[fact["sid"]] = Message.from_fact(fact)
            case "twilio.media":
                media = Media.from_fact(fact)
                self._media[media.sid] = self._on_phones[media.sid] = media
                owner = self._messages[media.message_sid]
                self._messages[owner.sid] = replace(owner, media=(*owner.media, media.sid))
            case "twilio.media_deleted":
                self._media.pop(fact["sid"], None)
            case "twilio.opted_out":
                self._opted_out.add((fact["customer"], fact["ours"]))
            case "twilio.opted_in":
                self._opted_out.discard((fact["customer"], fact["ours"]))
            case "twilio.handed_over":
                self._handed_over.add(fact["sid"])
            case _:
                pass  # another simulator's


def _new_sid(prefix: str) -> str:
    return prefix + secrets.token_hex(16)


def _bare(address: str) -> str:
    return address.rpartition(":")[2]


def _person(address: str) -> str:
    """Who is meant by an opt-out: RCS and SMS share theirs, WhatsApp has its own."""
    return address.removeprefix("rcs:")

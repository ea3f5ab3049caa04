"""Twilio's error codes: what each means for the message, in words for the people who answer customers.

The codes appear in two places: in the answer to a send, where they decide whether to try again, and in status
callbacks, where they say why a message that was taken never arrived.
https://www.twilio.com/docs/api/errors
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a send may do about an error."""

    PERMANENT = "permanent"  # this message to this address never goes out
    TEMPORARY = "temporary"  # the same message may go out later
    DOWN = "down"  # nothing goes out until somebody mends the account


@dataclass(frozen=True, slots=True)
class Meaning:
    """One code. `reason` ends a sentence that began with "Not delivered:"."""

    verdict: Verdict
    reason: str
    suppress: bool = False


_MEANINGS = {
    Verdict.PERMANENT: {
        "21211": "this is not a valid phone number",
        "21212": "our sender number is not valid",
        "21266": "sender and recipient are the same number",
        "21408": "texting to this country is not enabled in our Twilio account",
        "21602": "the message was empty",
        "21603": "no sender number is configured",
        "21604": "the message had no recipient",
        "21606": "our sender number cannot send text messages",
        "21608": "a trial account may only text verified numbers",
        "21610": "the customer has opted out (STOP)",
        "21612": "this number cannot be reached from our sender number",
        "21614": "this number is not a mobile number",
        "21617": "the message is longer than 1600 characters",
        "21635": "this is a landline, which cannot receive text messages",
        "21655": "the message template does not exist",
        "21656": "the values for the message template are not valid",
        "21659": "our sender number does not belong to our Twilio account",
        "21660": "our sender number does not belong to our Twilio account",
        "21703": "the messaging service has no sender number",
        "21704": "the messaging service has no sender number",
        "21705": "the messaging service does not exist",
        "30004": "the recipient or their carrier blocks our messages",
        "30005": "this number does not exist or is no longer in service",
        "30006": "this is a landline or its carrier takes no text messages",
        "30007": "the carrier filtered the message as spam",
        "30010": "the message costs more than our limit allows",
        "30011": "this country's carriers do not take picture messages",
        "30018": "the recipient's carrier wants our sender registered first",
        "30019": "the message is too large for the recipient's carrier",
        "30024": "our sender number is not enabled for this recipient",
        "30032": "our toll-free number is not verified",
        "30034": "our number is not registered for business texting in the US",
        "30036": "the message waited longer than it was meant to",
        "30038": "the message looked like a one-time password to the carrier",
        "30450": "the message was held back as suspected fraud",
        "63003": "this person cannot be found on the channel",
        "63007": "our sender is not set up on this channel",
        "63013": "the message violates the channel's policy",
        "63014": "the customer has blocked us or opted out on this channel",
        "63015": "the customer has not joined our WhatsApp sandbox",
        "63016": "WhatsApp allows free text only within 24 hours of the customer's last message",
        "63024": "this is not a valid recipient on this channel",
        "63032": "WhatsApp does not let us write to this person",
        "63033": "the customer has blocked us",
        "63049": "WhatsApp chose not to deliver the message",
        "63051": "our WhatsApp account is locked",
    },
    Verdict.TEMPORARY: {
        "20429": "Twilio asked us to send more slowly",
        "14107": "Twilio asked us to send more slowly",
        "21611": "too many messages wait at our sender number",
        "30001": "too many messages wait at our sender number",
        "30003": "the recipient's phone is switched off or out of reach",
        "30008": "the carrier gave no reason",
        "30017": "the recipient's carrier was congested",
        "30022": "the carrier's limit for our number was reached",
        "30023": "the carrier's daily limit for our number was reached",
        "63017": "the channel asked us to send more slowly",
        "63018": "the channel asked us to send more slowly",
        "63038": "our account's daily message limit was reached",
    },
    Verdict.DOWN: {
        "10001": "our Twilio account is not active",
        "20003": "Twilio refuses our account SID or auth token",
        "20005": "our Twilio account is not active",
        "20006": "Twilio denies us access",
        "20008": "test credentials cannot send",
        "20403": "our Twilio account is suspended or closed",
        "20404": "Twilio does not know our account",
        "30002": "our Twilio account is suspended",
        "70051": "Twilio refuses our credentials for this account",
        "90010": "our Twilio account is not active",
    },
}
_OPTED_OUT = "21610"

CODES = {
    code: Meaning(verdict, reason, suppress=code == _OPTED_OUT)
    for verdict, reasons in _MEANINGS.items()
    for code, reason in reasons.items()
}


def reason_for(code: str) -> str:
    """Why a message did not arrive, in words. Unknown codes are named, so that they can be looked up."""
    known = CODES.get(code)
    if known is not None:
        return known.reason
    return f"Twilio error {code}" if code else "Twilio gave no reason"


def suppresses(code: str) -> bool:
    """Whether the code says that the address must not be written to again."""
    known = CODES.get(code)
    return known is not None and known.suppress

"""What a verified request becomes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.errors import MalformedPayload
from channels.message import (
    Assurance,
    Attachment,
    Consent,
    ConsentChange,
    DeliveryStatus,
    DeliveryUpdate,
    Ignored,
    InboundEvent,
    InboundMessage,
)
from channels.sms.keywords import ENGLISH, FRENCH, SPANISH
from channels.sms.parse import Reading, parse
from tests.channels.sms.harness import CUSTOMER, OURS, inbound_fields

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SID = inbound_fields()["MessageSid"]


def read(**changed: str) -> InboundEvent:
    return parse(inbound_fields(**changed), received_at=NOW, reading=Reading(frozenset({OURS})))


def read_message(**changed: str) -> InboundMessage:
    event = read(**changed)
    assert isinstance(event, InboundMessage)
    return event


def read_status(status: str, code: str = "") -> InboundEvent:
    fields = {"MessageSid": SID, "MessageStatus": status, "SmsStatus": status, "From": OURS, "To": CUSTOMER}
    return parse({**fields, **({"ErrorCode": code} if code else {})}, received_at=NOW)


def test_a_text_becomes_a_message_of_the_conversation_between_two_numbers() -> None:
    message = read_message()

    assert message.provider_id == SID
    assert message.thread_key == f"{CUSTOMER}|{OURS}"
    assert message.text == "Where is my order?"
    assert message.received_at == NOW
    assert message.sender.address == CUSTOMER
    assert message.details["country"] == "US"


def test_a_phone_number_is_only_a_claim() -> None:
    assert read_message().sender.assurance is Assurance.CLAIMED


def test_the_answer_goes_out_from_the_number_that_the_customer_wrote_to() -> None:
    target = read_message().reply_to

    assert (target.address, target.details) == (CUSTOMER, {"our_address": OURS})


def test_the_token_of_a_delivery_is_a_second_name_of_the_message() -> None:
    message = parse(inbound_fields(), received_at=NOW, idempotency_token="a1")

    assert isinstance(message, InboundMessage)
    assert message.also_known_as == ("twilio-delivery:a1",)


def test_a_long_text_joined_from_many_segments_is_kept_whole() -> None:
    assert read_message(Body="long " * 1000, NumSegments="33").text == "long " * 1000


def test_an_older_name_of_the_message_id_is_read() -> None:
    fields = inbound_fields(MessageSid="")

    event = parse(fields, received_at=NOW)

    assert isinstance(event, InboundMessage)
    assert event.provider_id == fields["SmsSid"]


def test_pictures_without_a_word_are_a_message() -> None:
    message = read_message(
        Body="",
        NumMedia="2",
        MediaUrl0="https://api.twilio.com/a",
        MediaContentType0="image/jpeg",
        MediaUrl1="https://api.twilio.com/b",
        MediaContentType1="text/vcard",
    )

    assert message.attachments == (
        Attachment("attachment-1.jpg", "image/jpeg", source="https://api.twilio.com/a"),
        Attachment("attachment-2.vcf", "text/vcard", source="https://api.twilio.com/b"),
    )


def test_a_location_is_read_as_text() -> None:
    place = {"Latitude": "52.52", "Longitude": "13.40", "Label": "Office", "Address": "Main St 1"}

    assert read_message(Body="", **place).text == "[Location: Office, Main St 1 (52.52, 13.40)]"
    assert read_message(Body="Here", Latitude="1", Longitude="2").text == "Here\n[Location: 1, 2]"


def test_a_whatsapp_customer_is_another_one_than_the_same_number_by_text() -> None:
    message = read_message(
        From=f"whatsapp:{CUSTOMER}", To=f"whatsapp:{OURS}", ProfileName="Ada", WaId="15550001111", ButtonPayload="yes"
    )

    assert message.thread_key == f"whatsapp:{CUSTOMER}|whatsapp:{OURS}"
    assert message.sender.address == f"whatsapp:{CUSTOMER}"
    assert message.sender.name == "Ada"
    assert message.reply_to.details == {"our_address": f"whatsapp:{OURS}"}
    assert message.details["button_payload"] == "yes"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"From": "40404"}, "short_code"),
        ({"From": "ACME"}, "alphanumeric_sender"),
        ({"From": OURS}, "own_message"),
        ({"From": f"whatsapp:{OURS}"}, "own_message"),
        ({"To": "+15557770000"}, "unknown_recipient"),
        ({"Body": " \n"}, "empty"),
    ],
)
def test_what_starts_nothing_is_ignored_for_a_reason(changed: dict[str, str], reason: str) -> None:
    event = read(**changed)

    assert event == Ignored(event.channel, SID, reason)


def test_with_a_messaging_service_every_recipient_is_ours() -> None:
    event = parse(inbound_fields(To="+15557770000"), received_at=NOW, reading=Reading())

    assert isinstance(event, InboundMessage)


@pytest.mark.parametrize("text", ["STOP", " stop ", "Stop.", "STOP!", "“Stop”", "unsubscribe", "OptOut", "END\n"])
def test_a_stop_word_alone_is_an_opt_out(text: str) -> None:
    event = read(Body=text)

    assert isinstance(event, ConsentChange)
    assert (event.consent, event.address) == (Consent.STOP, CUSTOMER)


@pytest.mark.parametrize("text", ["stop texting me", "Don't stop", "Cancel?", "please cancel", "STOP STOP"])
def test_a_stop_word_in_a_sentence_is_for_the_agent(text: str) -> None:
    assert read_message(Body=text).text == text


@pytest.mark.parametrize(
    ("text", "consent"),
    [("START", Consent.START), ("unstop", Consent.START), ("Help", Consent.HELP), ("info", Consent.HELP)],
)
def test_start_and_help_are_consent_too(text: str, consent: Consent) -> None:
    event = read(Body=text)

    assert isinstance(event, ConsentChange)
    assert event.consent is consent


def test_a_yes_keeps_its_message_for_whoever_waits_for_an_answer() -> None:
    event = read(Body="Yes")

    assert isinstance(event, ConsentChange)
    assert (event.consent, event.message.text) == (Consent.START, "Yes")


@pytest.mark.parametrize(("stated", "consent"), [("STOP", Consent.STOP), ("START", Consent.START)])
def test_what_twilio_says_about_opting_out_wins_over_the_text(stated: str, consent: Consent) -> None:
    event = read(Body="help", OptOutType=stated)

    assert isinstance(event, ConsentChange)
    assert event.consent is consent


def test_further_languages_are_read_where_configured() -> None:
    spanish = Reading(keywords=ENGLISH | SPANISH)

    event = parse(inbound_fields(Body="¡Alto!"), received_at=NOW, reading=Reading(keywords=ENGLISH))
    configured = parse(inbound_fields(Body="Alto!"), received_at=NOW, reading=spanish)

    assert isinstance(event, InboundMessage)
    assert isinstance(configured, ConsentChange)


@pytest.mark.parametrize("text", ["ARRET", "Arrêt !", "arrêt"])
def test_accents_of_a_keyword_do_not_matter(text: str) -> None:
    assert (ENGLISH | FRENCH).consent(text) is Consent.STOP


def test_an_automatic_answer_of_a_phone_is_marked() -> None:
    assert read_message(Body="I'm driving right now, I'll get back to you").details["automatic"] == "true"
    assert "automatic" not in read_message().details


@pytest.mark.parametrize(
    ("status", "known"),
    [
        ("sent", DeliveryStatus.SENT),
        ("delivered", DeliveryStatus.DELIVERED),
        ("read", DeliveryStatus.READ),
        ("failed", DeliveryStatus.FAILED),
        ("undelivered", DeliveryStatus.FAILED),
        ("canceled", DeliveryStatus.FAILED),
    ],
)
def test_a_status_is_news_of_a_sent_part(status: str, known: DeliveryStatus) -> None:
    update = read_status(status)

    assert isinstance(update, DeliveryUpdate)
    assert (update.provider_id, update.status, update.event_id) == (SID, known, f"{SID}:{status}:")


def test_each_status_and_error_of_a_message_is_news_of_its_own() -> None:
    news = [read_status("undelivered", "30003"), read_status("undelivered", "30008"), read_status("delivered")]

    assert len({update.event_id for update in news if isinstance(update, DeliveryUpdate)}) == 3


def test_a_failure_says_why_in_words() -> None:
    update = read_status("undelivered", "30003")

    assert isinstance(update, DeliveryUpdate)
    assert (update.code, update.reason) == ("30003", "the recipient's phone is switched off or out of reach")
    assert not update.suppress


def test_a_failure_for_an_opt_out_suppresses_the_address() -> None:
    update = read_status("failed", "21610")

    assert isinstance(update, DeliveryUpdate)
    assert update.suppress


@pytest.mark.parametrize(
    ("status", "reason"),
    [("queued", "interim_status"), ("sending", "interim_status"), ("teleported", "unknown_status")],
)
def test_a_status_that_is_no_news_or_unknown_is_ignored(status: str, reason: str) -> None:
    event = read_status(status)

    assert isinstance(event, Ignored)
    assert event.reason == reason


@pytest.mark.parametrize(
    "changed",
    [
        {"MessageSid": "", "SmsSid": "", "SmsMessageSid": ""},
        {"From": ""},
        {"To": " "},
        {"NumMedia": "many"},
        {"NumMedia": "1"},
    ],
)
def test_a_request_without_what_twilio_always_sends_is_malformed(changed: dict[str, str]) -> None:
    with pytest.raises(MalformedPayload):
        read(**changed)


def test_what_no_database_can_hold_is_left_out() -> None:
    assert read_message(Body="a\x00b\ud800c").text == "ab?c"


FIELD_NAMES = [*inbound_fields(), "OptOutType", "MediaUrl0", "MessageStatus", "ErrorCode", "Latitude", "Longitude"]


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELD_NAMES), st.one_of(st.text(max_size=20), st.just("1"), st.just("STOP"))))
def test_any_form_gives_an_event_or_is_malformed(fields: dict[str, str]) -> None:
    try:
        event = parse(fields, received_at=NOW)
    except MalformedPayload:
        return
    assert event.provider_id

"""Mail that no person wrote: bounces, complaints, receipts, answering machines, lists."""

from __future__ import annotations

import pytest

from channels.email.mail import Automatic, BounceAction
from tests.channels.email.corpus import parsed


def test_a_standard_bounce_is_read_recipient_by_recipient() -> None:
    bounce = parsed("bounce_failed").bounce

    assert bounce is not None
    ada, charles = bounce.recipients
    assert (ada.address, ada.action, ada.status, ada.reply_code) == (
        "ada@example.com",
        BounceAction.FAILED,
        "5.1.1",
        "550",
    )
    assert "User unknown" in ada.diagnostic
    assert (ada.is_permanent, ada.is_dead_address) == (True, True)
    assert (charles.status, charles.is_permanent, charles.is_dead_address) == ("5.2.2", True, False)


def test_a_bounce_names_what_ties_it_to_our_mail() -> None:
    bounce = parsed("bounce_failed").bounce

    assert bounce is not None
    assert bounce.original_envelope_id == "ticket-4711"
    assert bounce.original_message_ids == ("ours@shop.example", "theirs@example.com")
    assert bounce.original_to == ("ada@example.com",)
    assert bounce.original_subject == "Re: My order"


def test_a_delay_is_neither_permanent_nor_the_address_fault() -> None:
    bounce = parsed("bounce_delayed").bounce

    assert bounce is not None
    assert bounce.action is BounceAction.DELAYED
    assert (bounce.recipients[0].is_permanent, bounce.recipients[0].is_dead_address) == (False, False)
    assert bounce.original_message_ids == ("ours@shop.example",)


@pytest.mark.parametrize("name", ["bounce_qmail", "bounce_exim"])
def test_a_bounce_in_prose_is_read(name: str) -> None:
    bounce = parsed(name).bounce

    assert bounce is not None
    assert [(recipient.address, recipient.is_dead_address) for recipient in bounce.recipients] == [
        ("charles@example.org", True)
    ]
    assert bounce.original_message_ids == ("ours@shop.example",)


def test_a_server_that_calls_spam_an_unknown_address_does_not_kill_the_address() -> None:
    bounce = parsed("bounce_for_spam").bounce

    assert bounce is not None
    assert (bounce.recipients[0].status, bounce.recipients[0].is_dead_address) == ("5.1.1", False)


def test_a_report_of_success_is_no_failure() -> None:
    bounce = parsed("delivered_report").bounce

    assert bounce is not None
    assert bounce.action is BounceAction.DELIVERED


def test_a_complaint_names_who_complained_and_about_what() -> None:
    complaint = parsed("complaint").complaint

    assert complaint is not None
    assert (complaint.feedback_type, complaint.recipients, complaint.original_message_ids) == (
        "abuse",
        ("ada@example.com",),
        ("ours@shop.example",),
    )


@pytest.mark.parametrize(
    ("name", "automatic"),
    [
        ("bounce_failed", Automatic.BOUNCE),
        ("bounce_delayed", Automatic.BOUNCE),
        ("bounce_qmail", Automatic.BOUNCE),
        ("bounce_exim", Automatic.BOUNCE),
        ("complaint", Automatic.COMPLAINT),
        ("read_receipt", Automatic.RECEIPT),
        ("out_of_office_zimbra", Automatic.AUTO_REPLY),
        ("out_of_office_by_subject", Automatic.AUTO_REPLY),
        ("newsletter", Automatic.BULK),
        ("mailing_list", Automatic.LIST),
        ("null_sender", Automatic.DAEMON),
    ],
)
def test_mail_of_programs_is_told_by_its_kind(name: str, automatic: Automatic) -> None:
    assert parsed(name).automatic is automatic


def test_an_exchange_out_of_office_is_automatic() -> None:
    assert parsed("out_of_office_exchange").automatic is not None


@pytest.mark.parametrize(
    "name",
    ["plain", "person_whose_server_suppresses_robots", "person_who_writes_of_holidays", "person_who_quotes_a_bounce"],
)
def test_mail_of_people_is_taken_for_nothing_else(name: str) -> None:
    mail = parsed(name)

    assert (mail.automatic, mail.bounce, mail.complaint) == (None, None, None)


def test_a_person_whose_server_asks_for_no_robots_gets_no_acknowledgement() -> None:
    assert parsed("person_whose_server_suppresses_robots").suppresses_acknowledgement
    assert not parsed("plain").suppresses_acknowledgement


def test_a_bounce_in_the_form_of_a_notification_is_read() -> None:
    bounce = parsed("bounce_as_json").bounce

    assert bounce is not None
    assert [(one.address, one.status, one.is_dead_address) for one in bounce.recipients] == [
        ("ada@example.com", "5.1.1", True)
    ]
    assert (bounce.original_message_ids, bounce.original_subject) == (("ours@shop.example", "0101-abc"), "Re: My order")


def test_a_complaint_in_the_form_of_a_notification_is_read() -> None:
    mail = parsed("complaint_as_json")

    assert mail.complaint is not None
    assert (mail.automatic, mail.complaint.recipients) == (Automatic.COMPLAINT, ("ada@example.com",))


def test_json_that_a_person_writes_is_text() -> None:
    assert parsed("json_from_a_person").automatic is None

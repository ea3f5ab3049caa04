"""What a mail is to the gateway: whose words, which conversation, or why nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.email.compose import compose_mail
from channels.email.inbound import event_of
from channels.email.mail import Mail
from channels.email.parse import parse
from channels.email.recipients import proven_recipients
from channels.email.support_address import SupportAddress
from channels.email.thread import Thread
from channels.email.tokens import Signer
from channels.message import (
    Answer,
    Assurance,
    DeliveryStatus,
    DeliveryUpdate,
    Ignored,
    InboundEvent,
    InboundMessage,
    OutboundPart,
    Reference,
    ReferenceKind,
)

KEY = "dlv_0193a5e2b7c4" + "ab" * 10
OTHER_KEY = "dlv_0193a5e2b7c4" + "cd" * 10
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SUPPORT = SupportAddress.parse("Acme <support@acme.example>", Signer("a secret"))
PASS = "Authentication-Results: mx.acme.example; dmarc=pass header.from=example.com"
FAIL = "Authentication-Results: mx.acme.example; dmarc=fail header.from=example.com"
BODY = "Where is my order?"


def test_a_first_mail_is_a_message_in_a_thread_of_its_own() -> None:
    message = _message(PASS, "From: Ada <Ada@Example.com>", "Subject: Order", "Message-ID: <1@example.com>")

    assert (message.sender.address, message.sender.name) == ("ada@example.com", "Ada")
    assert message.sender.assurance is Assurance.PROVEN
    assert (message.subject, message.text.partition("\n")[0]) == ("Order", BODY)
    assert message.provider_id.startswith("1@example.com#")
    assert message.thread_key == message.provider_id
    assert message.reply_to.address == "ada@example.com"
    assert message.references == ()
    assert message.received_at == NOW


def test_a_copy_of_a_mail_has_the_same_identity_and_another_mail_with_its_id_has_not() -> None:
    first = _message("Received: one", "To: support@acme.example", "Message-ID: <1@example.com>")
    copy = _message("Received: two", "To: support@acme.example", "Message-ID: <1@example.com>")
    other = _message("To: support@acme.example", "Message-ID: <1@example.com>", body="Something else")

    assert first.provider_id == copy.provider_id
    assert first.provider_id != other.provider_id
    assert first.thread_key != other.thread_key


def test_a_mail_without_an_id_is_known_by_its_bytes() -> None:
    first, again, other = _message(), _message(), _message(body="Something else")

    assert first.provider_id == again.provider_id
    assert first.provider_id != other.provider_id


@pytest.mark.parametrize("header", ["To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Forwarded-To"])
def test_the_reply_address_names_the_conversation_wherever_it_stands(header: str) -> None:
    address = SUPPORT.reply_address(KEY, "ada@example.com")

    message = _message(f"{header}: {address}", "In-Reply-To: <2@example.com>")

    assert message.references == (
        Reference(ReferenceKind.OUTBOUND, KEY),
        Reference(ReferenceKind.PROVIDER, "2@example.com"),
    )


def test_a_reply_address_of_somebody_else_names_nothing() -> None:
    address = SUPPORT.reply_address(KEY, "eve@example.com")

    assert _message(f"To: {address}").references == ()


def test_references_are_named_best_first_and_once() -> None:
    message = _message(
        f"In-Reply-To: <{SUPPORT.message_id(KEY)}>",
        f"References: <first@example.com> <{SUPPORT.message_id(OTHER_KEY)}>\r\n <{SUPPORT.message_id(KEY)}>",
    )

    assert message.references == (
        Reference(ReferenceKind.OUTBOUND, KEY),
        Reference(ReferenceKind.OUTBOUND, OTHER_KEY),
        Reference(ReferenceKind.PROVIDER, "first@example.com"),
    )


def test_a_guessed_id_in_our_form_is_a_strangers_id() -> None:
    forged = SupportAddress.parse("support@acme.example", Signer("another secret")).message_id(KEY)

    assert _message(f"In-Reply-To: <{forged}>").references == (Reference(ReferenceKind.PROVIDER, forged),)


def test_only_the_ends_of_a_long_thread_are_looked_up() -> None:
    ids = " ".join(f"<{number}@example.com>" for number in range(60))

    message = _message(f"References: {ids}")

    assert [each.value for each in message.references] == [
        f"{number}@example.com" for number in [*range(59, 39, -1), *range(4, -1, -1)]
    ]


@pytest.mark.parametrize(
    ("result", "assurance"), [(PASS, Assurance.PROVEN), (FAIL, Assurance.FAILED), ("X-No: result", Assurance.CLAIMED)]
)
def test_the_verdict_of_our_server_says_how_sure_we_are(result: str, assurance: Assurance) -> None:
    assert _message(result).sender.assurance is assurance


def test_the_junk_folder_proves_nobody() -> None:
    event = event_of(_parsed(PASS), support=SUPPORT, source="d", is_junk=True)

    assert isinstance(event, InboundMessage)
    assert event.sender.assurance is Assurance.CLAIMED


def test_only_a_proven_senders_words_are_quoted_back() -> None:
    proven, claimed = _message(PASS), _message()

    assert Thread.read(proven.reply_to.details).quote is not None
    assert Thread.read(claimed.reply_to.details).quote is None


def test_whoever_answers_from_their_own_reply_address_is_quoted() -> None:
    message = _message(f"To: {SUPPORT.reply_address(KEY, 'ada@example.com')}")

    assert Thread.read(message.reply_to.details).quote is not None


def test_the_answer_knows_the_thread() -> None:
    message = _message(
        "From: Ada <ada@example.com>", "Subject: Order", "Message-ID: <3@example.com>",
        "References: <1@example.com> <2@example.com>",
    )  # fmt: skip

    thread = Thread.read(message.reply_to.details)

    assert (thread.subject, thread.message_id, thread.name) == ("Order", "3@example.com", "Ada")
    assert thread.references == ("1@example.com", "2@example.com")
    assert thread.copies == ()


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ([PASS, "Reply-To: other@example.com"], "other@example.com"),
        ([PASS, "Reply-To: eve@evil.example"], "ada@example.com"),
        (["Reply-To: other@example.com"], "ada@example.com"),
        ([PASS, "Reply-To: a@example.com, b@example.com"], "ada@example.com"),
    ],
)
def test_an_answer_goes_elsewhere_only_within_a_proven_senders_domain(headers: list[str], address: str) -> None:
    assert _message(*headers).reply_to.address == address


def test_behind_our_own_mailing_group_stands_who_wrote_to_it() -> None:
    message = _message(
        "Authentication-Results: mx.acme.example; dmarc=pass header.from=acme.example",
        "From: 'Ada' via Help <help@acme.example>",
        "X-Original-From: Ada <ada@example.com>",
    )

    assert (message.sender.address, message.sender.assurance) == ("ada@example.com", Assurance.CLAIMED)
    assert message.reply_to.address == "ada@example.com"


def test_somebody_elses_group_header_is_not_believed() -> None:
    assert _message(PASS, "X-Original-From: Eve <eve@evil.example>").sender.address == "ada@example.com"


@pytest.mark.parametrize(("written", "language"), [("de-DE, en", "de-DE"), ('de" onload="x', ""), ("", "")])
def test_the_answer_is_in_the_language_of_the_mail(written: str, language: str) -> None:
    message = _message(f"Content-Language: {written}")

    assert Thread.read(message.reply_to.details).language == language


def test_people_in_copy_are_told_of_and_take_no_part() -> None:
    message = _message("To: support@acme.example, bob@example.com", "Cc: eve@evil.example")

    assert message.details["others"] == "bob@example.com eve@evil.example"
    assert "cc" not in message.reply_to.details


def test_mail_that_claims_to_come_from_us_says_so() -> None:
    message = _message("From: Boss <boss@acme.example>")

    assert message.details["claims_our_domain"] == "yes"


def test_our_own_mail_is_ignored() -> None:
    event = _event("From: support@acme.example", f"Message-ID: <{SUPPORT.message_id(KEY)}>")

    assert isinstance(event, Ignored)
    assert event.reason == "own_message"


def test_a_mail_that_only_pretends_to_be_ours_is_not_silenced() -> None:
    assert isinstance(_event("From: support@acme.example", "Message-ID: <1@acme.example>"), InboundMessage)
    assert isinstance(_event(f"Message-ID: <{SUPPORT.message_id(KEY)}>"), InboundMessage)


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        (["Auto-Submitted: auto-replied"], "auto_reply"),
        (["Precedence: bulk"], "bulk"),
        (["List-Id: <news.example.com>"], "list"),
        (["From: "], "no_sender"),
    ],
)
def test_what_no_person_wrote_starts_nothing(headers: list[str], reason: str) -> None:
    event = _event(*headers)

    assert isinstance(event, Ignored)
    assert event.reason == reason


def test_a_person_whose_server_asks_for_no_robots_is_heard() -> None:
    message = _message("X-Auto-Response-Suppress: All")

    assert message.details["acknowledge"] == "no"


def test_files_are_named_and_stay_in_the_raw_mail() -> None:
    image = "\r\n".join(
        ["--b", "Content-Type: image/png", "Content-ID: <logo>", "Content-Disposition: inline", "", "x"]
    )
    file = "\r\n".join(["--b", "Content-Type: text/csv", 'Content-Disposition: attachment; filename="a.csv"', "", "1"])
    html = "\r\n".join(["--b", "Content-Type: text/html", "", '<p>Hello</p><img src="cid:logo">'])

    message = _message(
        'Content-Type: multipart/related; boundary="b"', body=f"{html}\r\n{image}\r\n{file}\r\n--b--\r\n"
    )

    assert [(each.name, each.mime_type, each.content) for each in message.attachments] == [("a.csv", "text/csv", None)]
    assert message.attachments[0].source.startswith("digest/")


def test_a_bounce_is_news_of_the_mail_that_bounced() -> None:
    event = _event(f"To: {SUPPORT.bounce_address(KEY)}", *_REPORT, body=_report("5.1.1"))

    assert isinstance(event, DeliveryUpdate)
    assert event.provider_id == SUPPORT.message_id(KEY)
    assert (event.status, event.code, event.suppress) == (DeliveryStatus.FAILED, "5.1.1", True)


def test_a_full_mailbox_is_no_dead_address() -> None:
    event = _event(f"To: {SUPPORT.bounce_address(KEY)}", *_REPORT, body=_report("5.2.2"))

    assert isinstance(event, DeliveryUpdate)
    assert (event.status, event.suppress) == (DeliveryStatus.FAILED, False)


def test_a_delay_is_news_and_no_failure() -> None:
    event = _event(f"To: {SUPPORT.bounce_address(KEY)}", *_REPORT, body=_report("4.4.1", action="delayed"))

    assert isinstance(event, DeliveryUpdate)
    assert (event.status, event.reason, event.suppress) == (DeliveryStatus.SENT, "delayed", False)


@pytest.mark.parametrize(
    "named",
    [
        {"envelope_id": SUPPORT.envelope_id(KEY)},
        {"message_id": SUPPORT.message_id(KEY)},
    ],
    ids=["envelope id", "message id"],
)
def test_a_bounce_to_the_plain_address_is_known_by_what_it_names(named: dict[str, str]) -> None:
    event = _event("To: support@acme.example", *_REPORT, body=_report("5.1.1", **named))

    assert isinstance(event, DeliveryUpdate)
    assert event.provider_id == SUPPORT.message_id(KEY)


def test_the_bounce_address_wins_over_the_recipient_that_the_report_names() -> None:
    body = _report("5.1.1", message_id=SUPPORT.message_id(OTHER_KEY))

    event = _event(f"To: {SUPPORT.bounce_address(KEY)}", *_REPORT, body=body)

    assert isinstance(event, DeliveryUpdate)
    assert event.provider_id == SUPPORT.message_id(KEY)


def test_a_forged_bounce_changes_nothing() -> None:
    event = _event("To: support+bguess@acme.example", *_REPORT, body=_report("5.1.1", message_id="1@acme.example"))

    assert isinstance(event, Ignored)
    assert event.reason == "foreign_bounce"


def test_a_complaint_stops_further_mail() -> None:
    body = "\r\n".join(
        [
            "--b", "Content-Type: text/plain", "", "This is an abuse report.",
            "--b", "Content-Type: message/feedback-report", "", "Feedback-Type: abuse", "Version: 1", "",
            "--b", "Content-Type: message/rfc822", "", f"Message-ID: <{SUPPORT.message_id(KEY)}>",
            "From: support@acme.example", "To: ada@example.com", "Subject: x", "", "x", "--b--", "",
        ]
    )  # fmt: skip

    event = _event('Content-Type: multipart/report; report-type=feedback-report; boundary="b"', body=body)

    assert isinstance(event, DeliveryUpdate)
    assert (event.status, event.code, event.suppress) == (DeliveryStatus.DELIVERED, "complaint", True)


@settings(max_examples=300, deadline=None)
@given(local=st.text(min_size=1, max_size=70), domain=st.text(max_size=40), name=st.text(max_size=40))
def test_whoever_writes_can_be_answered_and_nobody_else_is(local: str, domain: str, name: str) -> None:
    raw = f"From: {name} <{local}@{domain}.example>\r\nSubject: {name}\r\n\r\n{BODY}".encode(errors="replace")

    event = event_of(parse(raw, received_at=NOW), support=SUPPORT, source="digest")

    assert isinstance(event, InboundMessage | Ignored)
    assert _answered(event) <= {event.sender.address if isinstance(event, InboundMessage) else ""}


@pytest.mark.parametrize(
    "address",
    ["o'neil+x@example.com", '"a b"@example.com', '"a,b"@example.com', '"a\\"b"@example.com', "jürgen@example.com"],
)
def test_unusual_addresses_can_be_answered(address: str) -> None:
    message = _message(f"From: Ada <{address}>")

    assert _answered(message) == {message.sender.address}


def _answered(event: InboundMessage | Ignored) -> set[str]:
    """Whom an answer would go to."""
    if isinstance(event, Ignored):
        return set()
    composed = compose_mail(Answer("Hello"), event.reply_to, key=KEY, support=SUPPORT, written_at=NOW)
    return set(proven_recipients(OutboundPart(KEY, event.reply_to, "Hello", payload=composed.raw)))


_REPORT = (
    "From: Mail Delivery System <mailer-daemon@mx.example.com>",
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
)


def _report(status: str, *, action: str = "failed", envelope_id: str = "", message_id: str = "") -> str:
    named = [f"Original-Envelope-Id: {envelope_id}"] if envelope_id else []
    returned = [f"Message-ID: <{message_id}>"] if message_id else ["Subject: x"]
    return "\r\n".join(
        [
            "--b", "Content-Type: text/plain", "", "Your message was not delivered.",
            "--b", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.example.com", *named, "",
            "Final-Recipient: rfc822; ada@example.com", f"Action: {action}", f"Status: {status}", "",
            "--b", "Content-Type: text/rfc822-headers", "", *returned, "", "--b--", "",
        ]
    )  # fmt: skip


def _message(*headers: str, body: str = BODY) -> InboundMessage:
    event = _event(*headers, body=body)
    assert isinstance(event, InboundMessage)
    return event


def _event(*headers: str, body: str = BODY) -> InboundEvent:
    return event_of(_parsed(*headers, body=body), support=SUPPORT, source="digest")


def _parsed(*headers: str, body: str = BODY) -> Mail:
    default = [] if any(header.startswith("From:") for header in headers) else ["From: ada@example.com"]
    raw = "\r\n".join([*headers, *default, "", body]).encode()
    return parse(raw, received_at=NOW, trusted_authserv="mx.acme.example")

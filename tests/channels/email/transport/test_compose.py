"""Composing a mail, and reading it back with our own parser: text, recipients and ids survive."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.email.compose import MAX_ATTACHMENT_BYTES, compose_mail, message_id_of
from channels.email.parse import parse
from channels.email.quote import MAX_QUOTE_CHARS, Quote
from channels.email.subject import answer_subject
from channels.email.support_address import SupportAddress
from channels.email.thread import Thread, extend_references
from channels.email.tokens import Signer
from channels.message import Answer, Attachment, Author, ChannelName, ReplyTarget

KEY = "dlv_0193a5e2b7c4" + "ab" * 10
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SUPPORT = SupportAddress.parse("Acme Süpport <support@acme.example>", Signer("a secret"))
OUTLOOK_ID = "AM0PR04MB5123" + "F" * 60 + "@AM0PR04MB5123.eurprd04.prod.outlook.com"

words = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=12)
paragraphs = st.lists(st.lists(words, min_size=1, max_size=8).map(" ".join), min_size=1, max_size=5)
ids = st.from_regex(r"\A[A-Za-z0-9$%+=._-]{1,120}@[a-z0-9.-]{1,60}\Z")


@settings(max_examples=60, deadline=None)
@given(paragraphs=paragraphs, references=st.lists(ids, max_size=40, unique=True), name=st.text(max_size=80))
def test_a_composed_mail_reads_as_it_was_meant(paragraphs: list[str], references: list[str], name: str) -> None:
    text = "\n\n".join(paragraphs)
    thread = Thread(subject=text[:300], message_id=OUTLOOK_ID, references=tuple(references), name=name)

    mail = parse(_compose(text, thread), received_at=NOW)

    assert mail.text.split() == text.split()
    assert [each.address for each in mail.to] == ["ada@example.com"]
    assert mail.message_id == SUPPORT.message_id(KEY)
    assert mail.in_reply_to == OUTLOOK_ID
    assert mail.references == extend_references(references, OUTLOOK_ID)
    assert mail.subject == answer_subject(text[:300])
    assert mail.from_ is not None
    assert (mail.from_.address, mail.from_.name) == ("support@acme.example", "Acme Süpport")
    assert SUPPORT.read_reply([mail.reply_to[0].address], ["ada@example.com"]) is not None


@settings(max_examples=100, deadline=None)
@given(
    text=st.text(max_size=300),
    subject=st.text(max_size=300),
    name=st.text(max_size=100),
    reference=st.text(max_size=90),
)
def test_anything_can_be_composed_and_no_line_is_too_long(text: str, subject: str, name: str, reference: str) -> None:
    quote = Quote(text, name, NOW)

    raw = _compose(text, Thread(subject, reference, (reference,), name, quote=quote))

    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert _headers(raw) <= {
        "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
        "X-Auto-Response-Suppress", "MIME-Version", "Content-Type",
    }  # fmt: skip


def test_long_ids_go_out_as_they_came() -> None:
    thread = Thread(message_id=OUTLOOK_ID, references=("short@example.com", OUTLOOK_ID + "x"))

    raw = _compose("Hello", thread)

    assert f"\r\nIn-Reply-To: <{OUTLOOK_ID}>\r\n".encode() in raw
    assert f"\r\nReferences: <short@example.com>\r\n <{OUTLOOK_ID}x>\r\n <{OUTLOOK_ID}>\r\n".encode() in raw


def test_composing_twice_gives_the_same_bytes() -> None:
    answer = Answer("Hello", attachments=(Attachment("a.pdf", "application/pdf", content=b"x"),))

    assert _raw(answer, Thread()) == _raw(answer, Thread())


def test_markdown_becomes_html_and_readable_text() -> None:
    markdown = (
        "# Title\n\nHello **Ada**,\nsee [the page](https://acme.example/a?b=1&c=2) or <https://acme.example>.\n\n"
        "- one\n- two\n  1. three\n\n> quoted\n\n```\ncode  here\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
        "<script>alert(1)</script> [x](javascript:alert(1)) ![pixel](https://acme.example/p.png)"
    )

    message = message_from_bytes(_compose(markdown, Thread(language="en")), policy=default)
    plain, html = message.get_body(("plain",)), message.get_body(("html",))

    assert plain is not None
    assert plain.get_content().replace("\r\n", "\n") == (
        "Title\n\nHello Ada,\nsee the page (https://acme.example/a?b=1&c=2) or https://acme.example.\n\n"
        "- one\n- two\n  1. three\n\n> quoted\n\n    code  here\n\na | b\n1 | 2\n\n"
        "<script>alert(1)</script> [x](javascript:alert(1)) pixel (https://acme.example/p.png)\n"
    )
    assert html is not None
    shown = html.get_content()
    assert '<a href="https://acme.example/a?b=1&amp;c=2">the page</a>' in shown
    assert '<html lang="en">' in shown
    assert "<strong>Ada</strong>" in shown
    assert "<script" not in shown
    assert "<img" not in shown
    assert 'href="javascript' not in shown


def test_the_last_mail_is_quoted_escaped_and_marked() -> None:
    quote = Quote("Where is <b>my</b> order?\n> older", "Ada", NOW)

    raw = _compose("On its way.", Thread(name="Ada", quote=quote))
    message = message_from_bytes(raw, policy=default)
    plain, html = message.get_body(("plain",)), message.get_body(("html",))

    assert plain is not None
    assert plain.get_content().replace("\r\n", "\n") == (
        "On its way.\n\nOn Mon, 23 Nov 2026 at 12:00 UTC, Ada wrote:\n> Where is <b>my</b> order?\n> > older\n"
    )
    assert html is not None
    assert '<div class="gmail_quote" data-frontdesk="quote">' in html.get_content()
    assert "&lt;b&gt;my&lt;/b&gt;" in html.get_content()


def test_our_own_quote_is_cut_from_the_mail_that_answers_it() -> None:
    raw = _compose("On its way.", Thread(name="Ada", quote=Quote("Where is my order?", "Ada", NOW)))

    assert parse(raw, received_at=NOW).new_text.strip() == "On its way."


def test_a_long_quote_is_capped() -> None:
    quote = Quote("word word\n" * 5_000, "Ada", NOW)

    assert len(_compose("Hello", Thread(quote=quote))) < 4 * MAX_QUOTE_CHARS


def test_what_is_composed_without_the_quote_is_what_people_see_of_it() -> None:
    target = ReplyTarget(ChannelName.EMAIL, "ada@example.com", "t", Thread(quote=Quote("old", "Ada", NOW)).details())

    composed = compose_mail(Answer("Hello *you*"), target, key=KEY, support=SUPPORT, written_at=NOW)

    assert composed.text == "Hello you"


@pytest.mark.parametrize(
    ("author", "marks"),
    [
        (Author.AGENT, ("auto-replied", "All")),
        (Author.NOTICE, ("auto-generated", "All")),
        (Author.STAFF, (None, None)),
    ],
)
def test_robots_say_that_they_are(author: Author, marks: tuple[str | None, str | None]) -> None:
    message = message_from_bytes(_raw(Answer("Hello", author=author), Thread()), policy=default)

    assert (message["Auto-Submitted"], message["X-Auto-Response-Suppress"]) == marks


def test_an_answer_is_never_marked_as_a_list() -> None:
    assert b"\r\nList-" not in _compose("Hello", Thread())


def test_files_go_along_with_their_names() -> None:
    files = (Attachment('räport "1".pdf', "application/pdf", content=b"%PDF"), Attachment("x", "", content=b"x"))

    mail = parse(_raw(Answer("See there.", attachments=files), Thread()), received_at=NOW)

    assert [(each.mime_type, each.content) for each in mail.attachments] == [
        ("application/pdf", b"%PDF"),
        ("application/octet-stream", b"x"),
    ]
    assert "räport" in mail.attachments[0].name


def test_files_that_cannot_go_along_are_named() -> None:
    files = (
        Attachment("setup.EXE", "application/octet-stream", content=b"MZ"),
        Attachment("film.mp4", "video/mp4", content=b"x" * (MAX_ATTACHMENT_BYTES + 1)),
        Attachment("lost.pdf", "application/pdf"),
    )

    mail = parse(_raw(Answer("See there.", attachments=files), Thread()), received_at=NOW)

    assert mail.attachments == ()
    assert "setup.EXE (files of this kind cannot be mailed)" in mail.text
    assert "film.mp4 (too large for mail)" in mail.text
    assert "lost.pdf (not available)" in mail.text


def test_copies_go_to_the_participants_that_the_target_names() -> None:
    mail = parse(_compose("Hello", Thread(copies=("bob@example.com", "eve@example.com"))), received_at=NOW)

    assert [each.address for each in mail.cc] == ["bob@example.com", "eve@example.com"]


def test_without_a_token_in_the_address_our_own_id_is_among_the_references() -> None:
    plain = SupportAddress.parse("support@acme.example", Signer("a secret"), has_plus=False)
    target = ReplyTarget(ChannelName.EMAIL, "ada@example.com", "t", Thread(message_id="1@example.com").details())

    raw = compose_mail(Answer("Hello"), target, key=KEY, support=plain, written_at=NOW).raw

    assert parse(raw, received_at=NOW).references == (plain.message_id(KEY), "1@example.com")


def test_the_message_id_is_read_from_the_bytes() -> None:
    assert message_id_of(_compose("Message-ID: <2@acme.example>", Thread())) == SUPPORT.message_id(KEY)
    assert message_id_of(b"Subject: x\r\n\r\nMessage-ID: <2@acme.example>\r\n") == ""


@pytest.mark.parametrize(
    ("subject", "answered"),
    [
        ("Order 5", "Re: Order 5"),
        ("Re: Order 5", "Re: Order 5"),
        ("RE: AW: Sv:  Re[2]: Order 5", "Re: Order 5"),
        ("回复：Order 5", "Re: Order 5"),
        ("Fwd: Order 5", "Re: Fwd: Order 5"),
        ("Report: sales", "Re: Report: sales"),
        ("Regarding: x", "Re: Regarding: x"),
        ("", "Re: Your message"),
        ("Re: ", "Re: Your message"),
        ("two\r\nBcc: eve@example.com", "Re: two Bcc: eve@example.com"),
        ("x" * 500, "Re: " + "x" * 189 + "…"),
    ],
)
def test_the_subject_is_the_customers_with_one_re(subject: str, answered: str) -> None:
    assert answer_subject(subject) == answered


@given(st.lists(ids, max_size=60), ids)
def test_references_are_few_and_end_with_the_mail_that_is_answered(references: list[str], last: str) -> None:
    extended = extend_references([each for each in references if each != last], last)

    assert extended[-1] == last
    assert len(extended) <= 25
    assert len(set(extended)) == len(extended)


@given(st.builds(Thread, subject=words, message_id=ids, references=st.lists(ids, max_size=5).map(tuple), name=words))
def test_a_thread_survives_its_journey_as_plain_strings(thread: Thread) -> None:
    assert Thread.read(thread.details()) == thread


def test_a_quote_survives_its_journey_as_plain_strings() -> None:
    thread = Thread(name="Ada", quote=Quote("Hello\n> you", "Ada", NOW), copies=("a@b.example",), language="de")

    assert Thread.read(thread.details()) == thread


def _compose(text: str, thread: Thread) -> bytes:
    return _raw(Answer(text), thread)


def _raw(answer: Answer, thread: Thread) -> bytes:
    target = ReplyTarget(ChannelName.EMAIL, "ada@example.com", "t", thread.details())
    return compose_mail(answer, target, key=KEY, support=SUPPORT, written_at=NOW).raw


def _headers(raw: bytes) -> set[str]:
    return set(message_from_bytes(raw, policy=default).keys())

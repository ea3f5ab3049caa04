"""Whatever arrives, parsing gives a value: mail made of random bytes, of mutilated mail, and of malice."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.email.mail import Mail, MailWarning
from channels.email.parse import parse
from channels.email.replies.extract import extract
from tests.channels.email.corpus import FOLDER, RECEIVED_AT

# The goal is one second. A test must not fail because the machine is busy, and what is not linear takes minutes.
GENEROUS_SECONDS = 20.0

OUR_MAILS = sorted(path.stem for path in FOLDER.glob("*.eml"))
SNIPPETS = [
    b"From: ",
    b"Content-Type: multipart/mixed; boundary=b\r\n",
    b"Content-Type: message/rfc822\r\n",
    b"Content-Type: text/html; charset=utf-7\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Disposition: attachment; filename*0*=x''%",
    b"Message-ID: <[a]>\r\n",
    b'To: "\r\n',
    b"Date: Thu, 0 Foo\r\n",
    b"\r\n--b\r\n",
    b"--b--",
    b"\r\n\r\n",
    b"\x1b$B\xff\x00",
    b"=?utf-8?b?",
    b"begin 644 x\r\n",
    b"<blockquote><div style='",
    b"Authentication-Results: x;(",
    b"Final-Recipient: rfc822;",
]


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=600) | st.lists(st.sampled_from(SNIPPETS) | st.binary(max_size=20), max_size=25).map(b"".join)
)
def test_any_bytes_parse_to_a_mail(raw: bytes) -> None:
    mail = parse(raw, received_at=RECEIVED_AT, trusted_authserv="x")

    assert isinstance(mail, Mail)
    assert mail.identity
    assert mail.date <= RECEIVED_AT


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_mutilated_mail_parses_to_a_mail(data: st.DataObject) -> None:
    raw = bytearray((FOLDER / f"{data.draw(st.sampled_from(OUR_MAILS))}.eml").read_bytes())
    start = data.draw(st.integers(0, len(raw) - 1))
    raw[start : start + data.draw(st.integers(0, 60))] = data.draw(st.binary(max_size=30) | st.sampled_from(SNIPPETS))

    assert isinstance(parse(bytes(raw), received_at=RECEIVED_AT), Mail)


@pytest.mark.parametrize("name", OUR_MAILS)
def test_the_same_mail_has_the_same_fingerprint_with_other_line_ends_and_hops(name: str) -> None:
    raw = (FOLDER / f"{name}.eml").read_bytes().replace(b"\r\n", b"\n").lstrip(b"\n")
    hop = b"Received: from a by b; Thu, 28 Jan 2016 19:04:00 +0000\n"

    first = parse(raw, received_at=RECEIVED_AT)
    again = parse(hop + raw, received_at=RECEIVED_AT)

    assert first.fingerprint == again.fingerprint


def test_another_text_under_the_same_id_has_another_fingerprint() -> None:
    mails = [parse(b"Message-ID: <a@b>\r\n\r\n" + text, received_at=RECEIVED_AT) for text in (b"one", b"two")]

    assert mails[0].identity == mails[1].identity
    assert mails[0].fingerprint != mails[1].fingerprint


def nested(depth: int) -> bytes:
    return (
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth))
        + b"x\n" * 500
    )


@pytest.mark.parametrize(
    "raw",
    [
        nested(2000),
        b"Content-Type: message/rfc822\n\n" * 2000,
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 100_000,
        b"Subject: " + b" x\n" * 200_000,
        b"To: " + b"<a@b.c>," * 50_000 + b"\n\nx",
        b"References: " + b"<a@b>" * 50_000 + b"\n\nx",
        b"Content-Type: text/plain" + b";a=b" * 100_000 + b"\n\nx",
        b"a: b\n\n" + b"begin 644 x\n" * 50_000 + b"\nend\n",
        b"Subject: " + b"=?a?q?" * 5_000 + b"\n\nx",
    ],
    ids=["nested parts", "nested mails", "parts", "header", "recipients", "references", "parameters", "uu", "words"],
)
def test_a_hostile_mail_takes_little_time(raw: bytes) -> None:
    assert seconds(lambda: parse(raw, received_at=RECEIVED_AT)) < GENEROUS_SECONDS


def test_more_parts_than_anybody_needs_are_cut_with_a_notice() -> None:
    mail = parse(b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 5_000, received_at=RECEIVED_AT)

    assert MailWarning.TRUNCATED in mail.warnings


@pytest.mark.parametrize(
    "text",
    [
        "x" * 1_000_000,
        " " * 1_000_000 + "x",
        "On a " * 200_000,
        "On a a a\n" * 100_000,
        "From: \n" * 20_000,
        "From: a\nTo: b\n" * 10_000,
        "-- \n" * 50_000,
        "> a\nb\n" * 30_000,
        "On 1 Jan 2020 at 10:00 A <a@b.c> wrote:\n" * 20_000,
        "a@b.c " * 100_000,
        "a:\n" * 100_000,
    ],
    ids=["line", "blanks", "on", "ons", "from", "fields", "dashes", "quotes", "attributions", "addresses", "colons"],
)
def test_a_hostile_text_takes_little_time(text: str) -> None:
    assert seconds(lambda: extract(text, "")) < GENEROUS_SECONDS


@pytest.mark.parametrize(
    ("html", "visible"),
    [
        ("<p>hello <b>bold</b></p>" * 200_000 + "<p>the end</p>", "the end"),
        ("<blockquote>" * 3_000 + "deep", "deep"),
        ("<div>" * 20_000 + "deep" + "</div>" * 20_000, "deep"),
        ("<table><tr><td>" * 3_000 + "deep", "deep"),
        ("<!--" * 100_000 + "deep", "deep"),
        ("<style>" * 50_000 + "deep", ""),
        ("<" * 500_000 + "deep", "deep"),
        ("<a href='" * 50_000 + "deep", "deep"),
    ],
    ids=["large", "quotations", "divisions", "tables", "comments", "styles", "brackets", "tags"],
)
def test_hostile_html_takes_little_time_and_keeps_its_text(html: str, visible: str) -> None:
    found: list[str] = []

    assert seconds(lambda: found.append(extract("", html).text)) < GENEROUS_SECONDS
    assert visible in found[0]


def test_a_thread_of_two_hundred_replies_is_cut_to_the_newest() -> None:
    thread = ""
    for number in range(200):
        thread = (
            f'<div dir="ltr">Reply {number}</div><br><div class="gmail_quote"><div class="gmail_attr">On Thu, Jan 28,'
            f' 2016 at 7:04 PM A &lt;a@b.example&gt; wrote:<br></div><blockquote class="gmail_quote">{thread}'
            "</blockquote></div>"
        )

    assert extract("", thread).new == "Reply 199"


def seconds(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start

"""Mail that a customer passes on: their comment, and what it is about."""

from __future__ import annotations

import pytest

from channels.email.replies.extract import extract
from channels.email.replies.forwards import is_forward_subject

ORIGINAL = "The lid came off.\n\nCharles"
GMAIL = f"""Can you help him?

---------- Forwarded message ---------
From: Charles Babbage <charles@example.org>
Date: Wed, Jan 27, 2016 at 9:00 AM
Subject: Broken lid
To: Ada <ada@example.com>


{ORIGINAL}"""
APPLE = """Can you help him?

Begin forwarded message:

From: Charles Babbage <charles@example.org>
Subject: Broken lid
Date: 27 January 2016 at 09:00:00 CET
To: Ada <ada@example.com>

The lid came off.

Charles"""
OUTLOOK = f"""Can you help him?

From: Charles Babbage [mailto:charles@example.org]
Sent: Wednesday, January 27, 2016 9:00 AM
To: Ada <ada@example.com>
Subject: Broken lid

{ORIGINAL}"""
GERMAN = f"""Can you help him?

-------- Weitergeleitete Nachricht --------
Betreff: Broken lid
Datum: Wed, 27 Jan 2016 09:00:00 +0100
Von: Charles Babbage <charles@example.org>
An: Ada <ada@example.com>

{ORIGINAL}"""


@pytest.mark.parametrize("text", [GMAIL, APPLE, OUTLOOK, GERMAN], ids=["gmail", "apple", "outlook", "thunderbird de"])
def test_comment_and_original_are_told_apart(text: str) -> None:
    found = extract(text, "", subject="Fwd: Broken lid")

    assert found.new == "Can you help him?"
    assert found.forwarded is not None
    assert found.forwarded.from_ is not None
    assert (found.forwarded.from_.address, found.forwarded.subject) == ("charles@example.org", "Broken lid")
    assert found.forwarded.text == ORIGINAL
    assert "27" in found.forwarded.date


def test_a_forward_without_a_comment_is_its_original() -> None:
    found = extract(GMAIL.removeprefix("Can you help him?\n\n"), "", subject="Fwd: Broken lid")

    assert found.new.startswith("The lid came off.")
    assert found.forwarded is not None


def test_a_quoted_forward_loses_its_marks() -> None:
    quoted = "\n".join(f"> {line}".rstrip() for line in APPLE.split("\n")[2:])

    found = extract(f"Can you help him?\n\n{quoted}", "", subject="Fwd: Broken lid")

    assert found.new == "Can you help him?"


def test_an_ordinary_reply_forwards_nothing() -> None:
    assert extract(OUTLOOK, "", subject="Re: Broken lid").forwarded is None


@pytest.mark.parametrize(
    "subject", ["Fwd: a", "FW: a", "WG: a", "TR : a", "[ext] Fwd: a", "转发：a", "Doorst: a", "RV: a"]
)
def test_forwarding_is_seen_in_the_subject(subject: str) -> None:
    assert is_forward_subject(subject)


@pytest.mark.parametrize("subject", ["Re: a", "AW: a", "Forward march", "", "a: b"])
def test_other_subjects_forward_nothing(subject: str) -> None:
    assert not is_forward_subject(subject)


FIELDS = (
    "From: Charles Babbage &lt;charles@example.org&gt;<br>Date: Wed, Jan 27, 2016<br>Subject: Broken lid"
    "<br>To: ada@example.com<br>"
)
ROWS = (
    "<tr><th>Subject: </th><td>Broken lid</td></tr><tr><th>Date: </th><td>Wed, 27 Jan 2016</td></tr>"
    "<tr><th>From: </th><td>Charles Babbage &lt;charles@example.org&gt;</td></tr>"
)


@pytest.mark.parametrize(
    "passed_on",
    [
        f'<div class="gmail_quote"><div>---------- Forwarded message ---------<br>{FIELDS}</div><p>The lid</p></div>',
        f'<div><blockquote type="cite"><div>Begin forwarded message:</div><br>{FIELDS}<br>The lid</blockquote></div>',
        '<div class="moz-forward-container">-------- Forwarded Message --------<table class="moz-email-headers-table">'
        f"{ROWS}</table><br>The lid</div>",
    ],
    ids=["gmail", "apple", "thunderbird"],
)
def test_a_forward_is_told_apart_where_html_quotes_it(passed_on: str) -> None:
    found = extract("", f"<div>Can you help him?</div>{passed_on}", subject="Fwd: Broken lid")

    assert found.new == "Can you help him?"
    assert found.forwarded is not None
    assert found.forwarded.from_ is not None
    assert (found.forwarded.from_.address, found.forwarded.subject) == ("charles@example.org", "Broken lid")
    assert found.forwarded.text == "The lid"


def test_an_author_above_the_forwarded_text_is_known() -> None:
    text = 'See.\n\n-------- Forwarded message --------\n27.01.2016, 09:00, "Charles" <charles@example.org>:\n\nThe lid'

    forwarded = extract(text, "", subject="Fwd: Broken lid").forwarded

    assert forwarded is not None
    assert forwarded.from_ is not None
    assert (forwarded.from_.name, forwarded.from_.address) == ("Charles", "charles@example.org")


def test_a_reply_to_a_forward_forwards_nothing() -> None:
    quoted = "\n".join(f"> {line}" for line in GMAIL.split("\n")[2:])

    found = extract(f"Thanks!\n\nOn 28 Jan 2016, at 19:04, Sam <sam@shop.example> wrote:\n{quoted}", "")

    assert found.new == "Thanks!"
    assert found.forwarded is None

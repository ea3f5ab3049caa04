"""What counts as newly written, rule by rule, in plain text."""

from __future__ import annotations

import pytest

from channels.email.replies.extract import extract

BODY = "Thanks for the answer.\n\nIt still fails."


def new(text: str) -> str:
    return extract(text, "").new


@pytest.mark.parametrize(
    "below",
    [
        ">>> Sam Saffron <sam@shop.example> 28.01.2016 19:04 >>>\nHello,\nold text",
        "From:   Sam Saffron/ORG@ORG\nTo:     Ada <ada@example.com>\nDate:   28.01.2016\nSubject:   Re: foo\n\nold",
        "-----Sam Saffron <sam@shop.example> wrote: -----\nTo: ada@example.com\nFrom: Sam\nSubject: Re: foo\n\nold",
        "bob@shop.example wrote on 28.01.2016 19:04:56:\n\nold",
        "Quoting Sam <sam@shop.example>:\n\n> old",
        "On Thu, 28 Jan 2016 at 19:04 Sam Saffron\n\n<\nmailto:Sam Saffron <sam@shop.example>\n> wrote:\n\nold",
        "On Thu, Jan 28, 2016 at 7:04 PM, Sam\n<sam@shop.example>wrote:\n\n> old",
        "2016/1/28 Sam via Shop <support@shop.example>\n\n> old",
        "On Thu, Jan 28, 2016, 7:04 PM Sam <sam@shop.example<mailto:sam@shop.example>> wrote:\nold",
        "> On 28 Jan 2016, at 19:04, Sam <sam@shop.example> wrote:\n>\n> old",
        "Sam Saffron <sam@shop.example> wrote:\n| old\n| text",
        "> Subject: Test\n> From: sam@shop.example\n> To: ada@example.com\n> Date: Thu, 28 Jan 2016\n>\n> old",
        "*-------- Original Message --------*\n\nold",
        "====\n\nMessage du : 28/01/2016 19:04\nDe : Sam <sam@shop.example>\nA : ada@example.com\nSujet : foo\n\nold",
        "------- Blorb snarf -------\nFrom: Sam <sam@shop.example>\nSubject: foo\nTo: ada@example.com\n\nold",
    ],
    ids=lambda below: below.split("\n")[0][:40],
)
def test_odd_ways_of_introducing_a_quotation_are_known(below: str) -> None:
    assert new(f"{BODY}\n\n{below}\n") == BODY


@pytest.mark.parametrize(
    "text",
    [
        "On your remote host you can run:\n\n    telnet 127.0.0.1 52698\n\nThat should connect.",
        "When I figured it out at 10:00, I wrote one of my own:\n\nhttps://example.com/2016/on-date-someone-wrote",
        "As you wrote on 28 Jan 2016:\n\nI need a new one.",
        "In 2020 my colleague wrote a tool at 10:00 for this:\n\nplease look.",
        "I would like to book:\n\nFrom: London\nTo: Paris\nDate: 12 May\n\nThank you",
        "From: my point of view this is bad.\nTo: me it seems wrong.\nSubject: closed.",
        "With regards to the payment: it failed.\n\nRegards from Spain, where it is sunny.",
        "# Title\n\n---\n\nSome text here.\n\n---\n\nMore text.",
        "Run this:\n\n```\n> select 1\nFrom: x@y.example\nTo: y\nSubject: z\n```\n\nand tell me.",
        "| a | b |\n|---|---|\n| 1 | 2 |\n\nplease",
        "It is --\n\nhow shall I say -- broken.",
        "I wait.\n\nSent from my desk, is much easier than my mobile phone.",
        "The parcel was sent from my office by mail on Monday.",
        "Sent a magnificent torch of pixels",
        "Thanks!\nBob",
        "My wife said:\n\n> never again\n\nand she is right.",
        "Regards from the whole family\n\nPlease answer.",
        "The mail of 12.03.2024 14:05 (ada@example.com) says that I have to pay:\n\nI did pay.",
        "My order 12345 from 12.05.2024 10:00 has these items:\n- pot\n- lid",
    ],
    ids=lambda text: text.split("\n")[0][:40],
)
def test_what_only_looks_like_a_quotation_is_kept(text: str) -> None:
    assert new(text) == text


@pytest.mark.parametrize(
    "sentence",
    [
        "On 12 May 2024 your agent Sam wrote: we will refund you.",
        "On 12 May 2024 your agent Sam wrote:",
        "I cannot reply above this line, as you ask.",
        "Please unsubscribe me from this list.",
        "Ich möchte mich abmelden.",
        "Can I manage my preferences somewhere?",
        "Attention: my account shows suspicious activity.",
        "Warning: do not open the box, it leaks.",
        "Important: if you have received my parcel, tell me at once.",
        "This message is confidential between us.",
        "From my point of view it fails.",
        "From my app it works.",
        "Sent by post on Monday, by the way.",
        "It was scanned by your shop twice.",
        "내 주문은 어디에 있나요",
        "使用方法在哪里",
        "See https://groups.google.com/g/engines for more.",
        "Best, worst and everything between: I tried it all.",
        "Von meinem Konto wurde zweimal abgebucht.",
        "De mon côté tout va bien.",
    ],
)
def test_a_sentence_that_holds_the_words_of_programs_is_kept(sentence: str) -> None:
    assert new(f"{sentence}\n\n{BODY}") == f"{sentence}\n\n{BODY}"
    assert new(f"{BODY}\n\n{sentence}") == f"{BODY}\n\n{sentence}"


@pytest.mark.parametrize(
    "ending",
    [
        "Regards,\nAda\n\nPS: call me on Monday",
        "Regards\n\nCan you also send the invoice?",
        "--\nAnd one more thing, please.",
    ],
)
def test_what_is_said_below_a_closing_is_kept(ending: str) -> None:
    assert new(f"{BODY}\n\n{ending}") == f"{BODY}\n\n{ending}"


def test_a_quotation_chosen_by_the_author_is_kept() -> None:
    text = "You wrote\n\n> restart it\n\nI did, and it fails."

    assert new(text) == text


def test_a_quotation_at_the_end_that_a_colon_leads_to_is_kept() -> None:
    text = "The screen says:\n\n> Error 42\n> restart"

    assert new(text) == text


def test_a_greeting_above_and_an_answer_below_are_both_kept() -> None:
    text = "Hi,\n\nOn 28 Jan 2016, at 19:04, Sam <sam@shop.example> wrote:\n> Which size?\n\nIt is forty-two."

    assert new(text) == "Hi,\n\nIt is forty-two."


def test_an_answer_below_ends_where_an_older_mail_begins() -> None:
    text = (
        "On 28 Jan 2016, at 19:04, Sam <sam@shop.example> wrote:\n> Which size?\n\nForty-two.\n\n"
        "On 27 Jan 2016, at 19:04, Ada <ada@example.com> wrote:\n> Hello"
    )

    assert new(text) == "Forty-two."


def test_a_signature_below_the_quotation_is_no_answer() -> None:
    text = f"{BODY}\n\nOn 28 Jan 2016, at 19:04, Sam <sam@shop.example> wrote:\n> old\n\n-- \nAda Lovelace\n+44 20 7946"

    assert new(text) == BODY


def test_the_tail_of_a_wrapped_quotation_is_no_answer() -> None:
    quoted = "> a line of the quotation that is so long that some program has wrapped it\nat its end\n> and gone on"

    assert new(f"{BODY}\n\nOn 28 Jan 2016, at 19:04, Sam <sam@shop.example> wrote:\n{quoted}") == BODY


@pytest.mark.parametrize("text", ["> only a quotation", "On 28 Jan 2016, at 19:04, Sam <s@shop.example> wrote:\n> old"])
def test_a_mail_that_is_nothing_but_quotation_is_kept_whole(text: str) -> None:
    assert new(text) == text


def test_a_mail_quoted_without_marks_and_without_an_answer_is_shown_without_its_introduction() -> None:
    text = "On 28 Jan 2016, at 19:04, Sam <sam@shop.example> wrote:\n\nFirst.\n\nSecond."

    assert new(text) == "First.\n\nSecond."


@pytest.mark.parametrize("reply", ["👍", "ok", "?", "はい", "1", "$5"])
def test_a_reply_may_be_as_short_as_it_likes(reply: str) -> None:
    assert new(f"{reply}\n\nOn 28 Jan 2016, at 19:04, Sam <sam@shop.example> wrote:\n> old") == reply


@pytest.mark.parametrize(
    "marker",
    ["##- Please type your reply above this line -##", "--- Bitte oberhalb dieser Zeile antworten ---"],
)
def test_text_above_the_marker_is_the_reply(marker: str) -> None:
    assert new(f"{BODY}\n\n{marker}\n\nold text of ours") == BODY


def test_text_typed_below_the_marker_is_not_lost() -> None:
    assert new(f"##- Please type your reply above this line -##\n\n{BODY}") == BODY


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nAda Lovelace\nhttps://example.com",
        "--\nAda",
        "—\nAda Lovelace\n+44 20 7946 0000",
        "—————\nAda Lovelace\nAnalyst\nada@example.com",
        "Best regards,\nAda Lovelace\nCEO | Engines Ltd.\nTel: +44 20 7946 0000\nwww.example.com",
        "Kind regards",
        "Sent from my iPhone",
        "Sent from Mail for Windows 10",
        "(Sent from mobile device)",
        "Sent from my cell, please excuse any typos.",
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
        "Sent with [Proton Mail](https://proton.me) secure email.",
        "_______________________________________________\nengines mailing list\nengines@lists.example.org",
        "-- \nYou received this message because you are subscribed to the group.\nTo unsubscribe, send a mail.",
        "This e-mail is confidential and intended solely for the addressee. If you are not him, delete it.",
        "Diese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der richtige Adressat sind, löschen Sie sie.",
        "Ce message est confidentiel. Si vous n'en êtes pas le destinataire, merci de le supprimer.",
        "Please consider the environment before printing this e-mail.",
    ],
    ids=lambda signature: signature.split("\n")[0][:40],
)
def test_what_programs_and_habits_put_below_is_cut(signature: str) -> None:
    assert new(f"{BODY}\n\n{signature}\n") == BODY


@pytest.mark.parametrize(
    "banner",
    [
        "CAUTION: This email originated from outside of the organization. Do not click links.",
        "You don't often get email from ada@example.com. Learn why this is important<https://aka.ms/LearnAbout>",
        "[EXTERNAL EMAIL] Do not open attachments unless you recognize the sender.",
        "[EXTERNAL]",
        "NOTICE: This message was sent from outside of our organisation.",
        "Du får inte ofta e-post från ada@example.com. Läs mer<https://aka.ms/LearnAboutSenderIdentification>",
        "ZjQcmQRYFpfptBannerStart\n\nThis Message Is From an Untrusted Sender\n\nZjQcmQRYFpfptBannerEnd",
        "ACHTUNG: Diese E-Mail kommt von einem externen Absender. Klicken Sie auf keine Links.",
    ],
    ids=lambda banner: banner[:30],
)
def test_warnings_of_mail_servers_are_cut(banner: str) -> None:
    assert new(f"{banner}\n\n{BODY}") == BODY


def test_a_closing_above_a_quotation_stays_with_the_name() -> None:
    text = f"{BODY}\n\nBest regards,\n\nAda"

    assert new(f"{text}\n\nOn 28 Jan 2016, at 19:04, Sam <sam@shop.example> wrote:\n> old") == text


def test_a_mail_that_is_nothing_but_a_signature_is_kept() -> None:
    assert new("Sent from my iPhone") == "Sent from my iPhone"


def test_blank_lines_around_the_reply_are_cut() -> None:
    assert new("\n\n \nHello\n\n\n") == "Hello"

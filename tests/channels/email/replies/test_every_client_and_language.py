"""A reply is composed as a client would, in every language, and must come out as it was typed."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.email.replies.extract import extract
from tests.channels.email.replies.clients import LANGUAGES, Language

QUOTED = "Dear customer,\n\nthank you for your mail. Your order has left us.\n\nYours,\nSupport"
BODY = "Thank you, that was quick!\n\nOne more thing: it arrived broken. What can I do?"

by_language = pytest.mark.parametrize("language", LANGUAGES, ids=[language.code for language in LANGUAGES])
every_attribution = pytest.mark.parametrize(
    "attribution",
    [attribution for language in LANGUAGES for attribution in language.attributions],
    ids=[f"{language.code}{n}" for language in LANGUAGES for n, _ in enumerate(language.attributions)],
)


def quoted(text: str, mark: str = "> ") -> str:
    return "\n".join(f"{mark}{line}".rstrip() for line in text.split("\n"))


def filled(template: str) -> str:
    return template.format(name="Sam Saffron", mail="sam.saffron@shop.example.com")


@every_attribution
def test_a_reply_above_a_marked_quotation_is_found(attribution: str) -> None:
    mail = f"{BODY}\n\n{filled(attribution)}\n\n{quoted(QUOTED)}\n"

    assert extract(mail, "").new == BODY


@every_attribution
def test_a_reply_above_an_unmarked_quotation_is_found(attribution: str) -> None:
    mail = f"{BODY}\n\n{filled(attribution)}\n\n{QUOTED}\n"

    assert extract(mail, "").new == BODY


@every_attribution
@pytest.mark.parametrize("width", [48, 60, 76])
def test_a_wrapped_attribution_is_found(attribution: str, width: int) -> None:
    wrapped = "\n".join(textwrap.fill(line, width, break_on_hyphens=False) for line in filled(attribution).split("\n"))
    mail = f"{BODY}\n\n{wrapped}\n\n{quoted(QUOTED)}\n"

    assert extract(mail, "").new == BODY


@every_attribution
def test_a_reply_below_the_quotation_is_found(attribution: str) -> None:
    mail = f"{filled(attribution)}\n{quoted(QUOTED)}\n\n{BODY}\n"

    assert extract(mail, "").new == BODY


@every_attribution
def test_answers_between_quotations_are_all_kept(attribution: str) -> None:
    mail = f"{filled(attribution)}\n> Which size?\n\nForty-two.\n\n> Which colour?\n\nBlue, please."

    assert extract(mail, "").new == mail


@by_language
@pytest.mark.parametrize("rule", ["", "________________________________\n", "\n\n"])
@pytest.mark.parametrize("bold", ["", "*"])
def test_a_reply_above_a_header_block_is_found(language: Language, rule: str, bold: str) -> None:
    block = "\n".join(
        f"{bold}{label}:{bold}{value}"
        for label, _, value in (line.partition(":") for line in filled(language.header_block).split("\n"))
    )
    mail = f"{BODY}\n\n{rule}{block}\n\n{QUOTED}\n"

    assert extract(mail, "").new == BODY


@by_language
def test_a_reply_above_a_separator_is_found(language: Language) -> None:
    mail = f"{BODY}\n\n{language.separator}\n{filled(language.header_block)}\n\n{QUOTED}"

    assert extract(mail, "").new == BODY


@by_language
def test_a_separator_alone_is_enough(language: Language) -> None:
    mail = f"{BODY}\n\n{language.separator}\n\n{QUOTED}"

    assert extract(mail, "").new == BODY


@by_language
def test_a_device_line_is_no_part_of_the_reply(language: Language) -> None:
    mail = f"{BODY}\n\n{language.device}\n\n{filled(language.attributions[0])}\n\n{quoted(QUOTED)}\n"

    assert extract(mail, "").new == BODY


@by_language
def test_a_closing_at_the_end_is_no_part_of_the_reply(language: Language) -> None:
    mail = f"{BODY}\n\n{language.closing}\nAda Lovelace\n"

    assert extract(mail, "").new == BODY


@by_language
def test_what_is_cut_is_kept_aside(language: Language) -> None:
    mail = f"{BODY}\n\n{filled(language.attributions[0])}\n\n{quoted(QUOTED)}"

    elided = extract(mail, "").elided

    assert elided.strip() == f"{filled(language.attributions[0])}\n\n{quoted(QUOTED)}"


words = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=9)
sentences = st.lists(words, min_size=3, max_size=9).map(lambda them: " ".join(them).capitalize() + ".")
paragraphs = st.lists(sentences, min_size=1, max_size=3).map(" ".join)
bodies = st.lists(paragraphs, min_size=1, max_size=4).map("\n\n".join)


@settings(max_examples=150, deadline=None)
@given(
    body=bodies,
    language=st.sampled_from(LANGUAGES),
    choice=st.integers(0, 9),
    signature=st.sampled_from(["", "\n\n-- \nAda Lovelace\n+44 20 7946 0000", "\n\n--\nAda"]),
    mark=st.sampled_from(["> ", ">", ""]),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_any_reply_comes_out_of_any_client(
    body: str, language: Language, choice: int, signature: str, mark: str, line_end: str
) -> None:
    introductions = (*language.attributions, language.header_block, f"{language.separator}\n{language.header_block}")
    introduction = filled(introductions[choice % len(introductions)])
    mail = f"{body}{signature}\n\n{introduction}\n\n{quoted(QUOTED, mark)}\n".replace("\n", line_end)

    assert extract(mail, "").new == body


@settings(max_examples=150, deadline=None)
@given(
    mail=st.text(max_size=400)
    | st.lists(
        st.sampled_from(
            [
                "> a",
                "b",
                "",
                "-- ",
                "On 1 Jan 2020 at 10:00 A <a@b.c> wrote:",
                "From: a@b.c",
                "Sent: 1",
                "To: x",
                "Subject: y",
                "-----Original Message-----",
                "Sent from my iPhone",
                "Regards,",
                "```",
                "| c",
                "____",
                ">>> d >>>",
            ]
        ),
        max_size=20,
    ).map("\n".join)
)
def test_nothing_is_lost_and_nothing_is_invented(mail: str) -> None:
    found = extract(mail, "")

    lines = sorted(line for line in found.text.split("\n") if line.strip())
    parted = sorted(line for part in (found.new, found.elided) for line in part.split("\n") if line.strip())
    assert [line.strip() for line in parted] == [line.strip() for line in lines]
    assert bool(found.new.strip()) == bool(found.text.strip())

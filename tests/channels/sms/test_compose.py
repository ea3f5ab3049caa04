"""An answer in Markdown becomes text messages that read as if a person had typed them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.message import Answer, Attachment, ChannelName, OutboundPart, ReplyTarget
from channels.sms.compose import compose
from channels.sms.plain import plain_text

TARGET = ReplyTarget(ChannelName.SMS, "+15550001111", "t", {"our_address": "+15550009999"})
WHATSAPP = ReplyTarget(ChannelName.SMS, "whatsapp:+15550001111", "t")


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("**Refunded** *today* ~~not~~ `A-1`", "Refunded today not A-1"),
        ("# Your order\nis here", "Your order\n\nis here"),
        ("See [our shop](https://shop.example.com/a_b).", "See our shop: https://shop.example.com/a_b."),
        ("[https://x.example](https://x.example)", "https://x.example"),
        ("<https://x.example/a>", "https://x.example/a"),
        ("https://x.example/a_b_c?d=*e*", "https://x.example/a_b_c?d=*e*"),
        ("**https://x.example/a_b**, or https://x.example/_c_.", "https://x.example/a_b, or https://x.example/_c_."),
        ("Write to [us](mailto:help@x.example)", "Write to us: help@x.example"),
        ("![Map](https://x.example/m.png)", "Map: https://x.example/m.png"),
        ("- one\n- two\n  - three", "- one\n- two\n  - three"),
        ("3. three\n4. four", "3. three\n4. four"),
        ("> quoted\n> twice", "quoted\ntwice"),
        ("a\n\n---\n\nb", "a\n\nb"),
        ("```\nx = 1\n```", "x = 1"),
        ("a <b>c</b> & d", "a <b>c</b> & d"),
        ("5 * 3 * 2 = 30_000", "5 * 3 * 2 = 30_000"),
        ("line one\nline two", "line one\nline two"),
    ],
)
def test_markdown_is_stripped_and_links_are_kept(markdown: str, plain: str) -> None:
    assert plain_text(markdown) == plain


def test_a_table_becomes_a_line_a_row() -> None:
    table = "| Item | Price |\n|---|---|\n| Cup | €3 |\n| Plate | |"

    assert plain_text(table) == "Item: Cup, Price: €3\nItem: Plate"


def test_a_short_answer_is_one_part_with_a_stable_key() -> None:
    [part] = compose(Answer("**Done.**"), TARGET, key="turn-7")

    assert part == OutboundPart("turn-7:1", TARGET, "Done.", 1, 1)


def test_a_long_answer_is_several_parts_in_order() -> None:
    parts = compose(Answer("This is a sentence. " * 100), TARGET, key="k")

    assert [part.key for part in parts] == [f"k:{place}" for place in range(1, len(parts) + 1)]
    assert {part.parts for part in parts} == {len(parts)}
    assert parts[0].text.startswith(f"(1/{len(parts)}) ")


def test_typography_is_folded_on_sms_and_kept_on_whatsapp() -> None:
    answer = Answer("“It’s here” – look…")

    [text], [whatsapp] = compose(answer, TARGET, key="k"), compose(answer, WHATSAPP, key="k")

    assert text.text == '"It\'s here" - look...'
    assert whatsapp.text == "“It’s here” – look…"


def test_whatsapp_counts_characters_and_not_segments() -> None:
    answer = Answer("This is a sentence. " * 70)

    assert len(compose(answer, WHATSAPP, key="k")) == 1
    assert len(compose(answer, TARGET, key="k")) == 3


def test_files_are_named_with_their_address_or_honestly_left_out() -> None:
    files = (Attachment("map.png", "image/png", source="https://x.example/m.png"), Attachment("a.pdf", "text/pdf"))

    [part] = compose(Answer("Here:", attachments=files), TARGET, key="k")

    assert "map.png: https://x.example/m.png" in part.text
    assert "a.pdf cannot be sent by text message" in part.text


def test_an_answer_without_words_has_no_parts() -> None:
    assert compose(Answer(" \n"), TARGET, key="k") == ()


@settings(max_examples=80, deadline=None)
@given(st.text(st.sampled_from("ab *_`#>|-[]()!<&\n\t1.~😀"), max_size=120))
def test_any_markdown_keeps_its_words(markdown: str) -> None:
    plain = plain_text(f"word {markdown}")

    assert plain.startswith("word")

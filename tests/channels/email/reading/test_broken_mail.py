"""Mail that breaks the rules of its format, and is read all the same."""

from __future__ import annotations

import pytest

from channels.email.mail import AddressFlag, MailWarning
from tests.channels.email.corpus import RECEIVED_AT, parsed


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("base64_with_garbage", "Where is my order?"),
        ("base64_that_is_text", "This was never encoded, whatever the header says."),
        ("boundary_lost", "Where is my order?"),
        ("boundary_never_closed", "Where is my order?"),
        ("carriage_returns_only", "Where is my order?\nIt is late."),
        ("blank_lines_before_the_header", "Where is my order?"),
    ],
)
def test_the_text_is_found(name: str, text: str) -> None:
    mail = parsed(name)

    assert mail.new_text == text
    assert mail.from_ is not None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("japanese", "注文はどこですか"),
        ("chinese_called_gb2312", "我的订单朱镕基"),
        ("korean_called_ks_c_5601", "주문 똠방각하"),
        ("big5", "我的訂單"),
        ("utf7", "Grüße"),
        ("charset_unknown", "Grüße"),
        ("charset_not_declared", "Grüße aus Köln"),
        ("charset_wrong", "Grüße aus Köln"),
        ("header_in_raw_bytes", "Где мой заказ?"),
    ],
)
def test_text_in_any_charset_is_readable(name: str, text: str) -> None:
    assert parsed(name).new_text == text


def test_vietnamese_is_readable() -> None:
    assert parsed("vietnamese").new_text.startswith("Đơn h")


def test_raw_bytes_in_a_header_are_read_in_the_charset_of_the_body() -> None:
    mail = parsed("header_in_raw_bytes")

    assert mail.subject == "Заказ"
    assert mail.from_ is not None
    assert mail.from_.name == "Иван Петров"


def test_encoded_words_may_be_split_inside_a_character() -> None:
    mail = parsed("encoded_word_split_in_a_character")

    assert mail.from_ is not None
    assert mail.from_.name == "Случайная Имя"
    assert mail.subject == "café plain abc"


def test_control_characters_are_gone() -> None:
    mail = parsed("nul_and_controls")

    assert (mail.subject, mail.new_text) == ("My order[31m", "Hello there")
    assert "\x00" not in mail.html


def test_a_mail_without_an_author_is_flagged() -> None:
    mail = parsed("from_missing")

    assert mail.from_ is None
    assert MailWarning.NO_FROM in mail.warnings


def test_the_first_of_several_authors_counts_and_the_mail_is_flagged() -> None:
    mail = parsed("from_several_authors")

    assert mail.from_ is not None
    assert mail.from_.address == "ada@example.com"
    assert MailWarning.SEVERAL_FROM in mail.warnings


def test_a_group_of_authors_is_taken_apart() -> None:
    mail = parsed("from_group")

    assert mail.from_ is not None
    assert (mail.from_.address, mail.from_.flags) == ("ada@example.com", frozenset({AddressFlag.GROUP}))


def test_a_name_that_looks_like_another_address_is_flagged() -> None:
    mail = parsed("from_name_is_another_address")

    assert mail.from_ is not None
    assert mail.from_.address == "mallory@evil.example"
    assert AddressFlag.NAME_HOLDS_ADDRESS in mail.from_.flags


def test_a_broken_address_is_repaired_and_flagged() -> None:
    mail = parsed("from_broken")

    assert mail.from_ is not None
    assert mail.from_.address == "ada@example.com"
    assert AddressFlag.REPAIRED in mail.from_.flags


def test_a_mail_without_an_id_is_known_by_its_bytes() -> None:
    mail = parsed("no_message_id")

    assert mail.message_id == ""
    assert mail.identity == parsed("no_message_id").identity
    assert mail.identity.startswith("sha256-")
    assert MailWarning.NO_MESSAGE_ID in mail.warnings


def test_a_date_in_the_future_is_the_time_of_arrival() -> None:
    mail = parsed("date_in_the_future")

    assert mail.date == RECEIVED_AT
    assert MailWarning.DATE_CLAMPED in mail.warnings


def test_what_a_mail_answers_is_read_from_untidy_headers() -> None:
    mail = parsed("thread")

    assert mail.message_id == "three@example.com"
    assert mail.in_reply_to == "two@shop.example"
    assert mail.references == (
        "one@example.com",
        "two@shop.example",
        "a-very-long-identifier-that-was-folded@example.com",
    )


def test_every_header_that_names_our_address_counts_as_delivery() -> None:
    assert [address.address for address in parsed("thread").delivered_to] == [
        "support+token@shop.example",
        "support+token@shop.example",
    ]


@pytest.mark.parametrize("name", ["unreadable_line_in_the_header", "unreadable_first_line"])
def test_an_unreadable_line_does_not_end_the_header(name: str) -> None:
    mail = parsed(name)

    assert mail.from_ is not None
    assert (mail.from_.address, mail.subject, mail.new_text) == ("ada@example.com", "My order", "Where is it?")


def test_text_that_follows_the_header_without_a_blank_line_is_text() -> None:
    mail = parsed("no_blank_line_before_the_text")

    assert (mail.subject, mail.new_text) == ("My order", "Where is it?\nIt is late.")

"""What people write, read: notes and commands of staff, customers who ask for a person, opening hours."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.handoff.commands import Command, ForCustomer, Internal, Order, read
from gateway.handoff.hours import Hours
from gateway.handoff.keywords import wants_person


@pytest.mark.parametrize(
    "text",
    [
        "note: she is angry",
        "Note : she is angry",
        "  NOTE: x",
        "*note:* bold",
        "_note_: italics",
        "\u200bnote: behind a sign that nobody sees",
        "> note: quoted",
        "note\uff1a fullwidth",
        "internal note: x",
        "!",
        "! not a command",
        "!unknown words",
        "\uff01 fullwidth",
        "**!draft**",
        "- note: in a list",
        "1. note: in a numbered list",
        "# note: a heading",
        "\\note: escaped",
        "(note: in brackets)",
        "\U0001f512 note: behind an emoji",
        "@Ada note: for a colleague",
        "@Ada Byron, note: for a colleague",
        "@Ada !back",
        "- !x",
    ],
)
def test_whatever_looks_like_a_note_stays_internal(text: str) -> None:
    assert not isinstance(read(text), ForCustomer)


@given(
    st.text(alphabet=" \t\n*_~>`#-+([\\\u200b\u00a0\U0001f512", max_size=6),
    st.sampled_from(["note:", "NOTE:", "!"]),
    st.text(max_size=20),
)
@settings(max_examples=200, deadline=None)
def test_no_dressing_makes_a_note_into_words_for_the_customer(before: str, mark: str, after: str) -> None:
    assert not isinstance(read(before + mark + after), ForCustomer)


@pytest.mark.parametrize(
    "text",
    [
        "Noted: we will send it",
        "@Ada your order is on its way",
        "1. Open it. 2. Note the number!",
        "Please note the address",
        "Hello!",
        "notes: none",
    ],
)
def test_words_for_the_customer_are_relayed_as_they_are(text: str) -> None:
    assert read(text) == ForCustomer(text)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("!back", Order(Command.BACK)),
        ("!back she got a voucher", Order(Command.BACK, "she got a voucher")),
        ("!Draft be brief", Order(Command.DRAFT, "be brief")),
        ("! take", Order(Command.TAKE)),
        ("!assign @Grace", Order(Command.ASSIGN, "@Grace")),
    ],
)
def test_commands_are_understood(text: str, order: Order) -> None:
    assert read(text) == order


def test_a_word_that_only_begins_like_a_command_is_a_note() -> None:
    assert read("!backwards") == Internal()


@pytest.mark.parametrize("text", ["human", "HUMAN!", "Talk to a person.", "Mitarbeiter", "parler à un humain"])
def test_a_customer_may_ask_for_a_person_in_plain_words(text: str) -> None:
    assert wants_person(text)


@pytest.mark.parametrize("text", ["I am only human", "my travel agent booked it", "", "person of the year" * 20])
def test_a_sentence_that_holds_such_a_word_is_for_the_agent(text: str) -> None:
    assert not wants_person(text)


def test_hours_are_those_of_their_own_time_zone() -> None:
    hours = Hours.parse("Mon-Fri 09:00-17:00, Sat 10:00-12:00 Europe/London")

    assert hours is not None
    assert hours.is_open(datetime(2026, 7, 6, 8, 30, tzinfo=UTC))  # a Monday, half past nine in London
    assert not hours.is_open(datetime(2026, 7, 6, 16, 0, tzinfo=UTC))
    assert hours.is_open(datetime(2026, 7, 4, 9, 0, tzinfo=UTC))
    assert not hours.is_open(datetime(2026, 7, 5, 9, 0, tzinfo=UTC))
    assert hours.written == "Mon-Fri 09:00-17:00, Sat 10:00-12:00 (Europe/London)"


@pytest.mark.parametrize(
    "written", ["Mon-Fri 09:00-17:00", "always Europe/London", "Mon 17:00-09:00 Europe/London", "Xyz 09:00-10:00 UTC"]
)
def test_hours_that_make_no_sense_are_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Hours.parse(written)


def test_no_hours_are_none() -> None:
    assert Hours.parse("  ") is None

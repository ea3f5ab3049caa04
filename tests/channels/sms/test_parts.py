"""Cutting loses nothing, breaks nothing, and leaves no message too long."""

from __future__ import annotations

import re

import regex  # type: ignore[import-untyped]  # ships no types
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.sms.parts import MAX_CHARS, split
from channels.sms.segments import count_segments, utf16_length

COUNTER = re.compile(r"\A\((\d+)/(\d+)\) ")

texts = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("aé €{ж😀👨\u200d. \n“—")), max_size=1500)


def without_counters(parts: tuple[str, ...]) -> list[str]:
    return [COUNTER.sub("", part, count=1) for part in parts]


def without_white_space(text: str) -> str:
    return "".join(text.split())


def test_a_short_answer_is_one_message_without_a_counter() -> None:
    assert split("Your order is on its way.") == ("Your order is on its way.",)


def test_a_text_of_exactly_four_segments_is_one_message() -> None:
    assert split("a" * 612) == ("a" * 612,)
    assert len(split("a" * 613)) == 2


def test_several_messages_say_their_place_and_their_number() -> None:
    parts = split("This is a sentence. " * 100)

    assert [part[:6] for part in parts] == [f"({place}/{len(parts)}) " for place in range(1, len(parts) + 1)]


def test_counters_grow_with_the_number_of_messages() -> None:
    parts = split("This is a sentence. " * 400)

    assert parts[0].startswith("(1/14) ")
    assert parts[-1].startswith("(14/14) ")


def test_a_message_ends_with_a_paragraph_where_there_is_one() -> None:
    first, second = without_counters(split("a b. " * 100 + "\n" + "c d. " * 100))

    assert "c" not in first
    assert "a" not in second


def test_a_message_ends_with_a_sentence_where_there_is_one() -> None:
    parts = without_counters(split("Somewhat longer sentences come here, one after another. " * 30))

    assert all(part.endswith("another.") for part in parts)


def test_a_message_ends_with_a_word_where_there_is_no_sentence() -> None:
    parts = without_counters(split("word " * 300))

    assert {word for part in parts for word in part.split()} == {"word"}


def test_chinese_is_cut_after_a_sentence() -> None:
    parts = without_counters(split("你的订单已经发出了。" * 60))

    assert all(part.endswith("。") for part in parts)


def test_the_number_of_a_list_is_not_taken_for_the_end_of_a_sentence() -> None:
    parts = without_counters(split("".join(f"{number}. {'w' * 40} " for number in range(10, 60))))

    assert not any(re.search(r"\d\.\Z", part) for part in parts)


def test_a_url_is_never_cut_even_where_it_takes_more_segments() -> None:
    url = "https://example.com/" + "x" * 900

    parts = without_counters(split(f"{'Look here. ' * 50}{url} and there. " * 2))

    assert sum(url in part for part in parts) == 2


def test_a_url_without_white_space_before_it_is_not_cut_either() -> None:
    url = "https://example.com/" + "y" * 60

    parts = without_counters(split("请" * 250 + url + "请" * 50))

    assert sum(url in part for part in parts) == 1


def test_families_of_emoji_stay_together() -> None:
    family = "👨‍👩‍👧‍👦"

    parts = without_counters(split(family * 100))

    assert {cluster for part in parts for cluster in regex.findall(r"\X", part)} == {family}


def test_channels_without_segments_are_cut_by_length_only() -> None:
    parts = split("Ein längerer Satz – mit Strich. " * 100, max_segments=None)

    assert len(parts) == 3
    assert all(utf16_length(part) <= MAX_CHARS for part in parts)


def test_nothing_to_say_is_no_message() -> None:
    assert split(" \n ") == ()


@settings(max_examples=60, deadline=None)
@given(texts)
def test_nothing_but_white_space_is_lost_in_cutting(text: str) -> None:
    parts = split(text)

    whole = "".join(without_counters(parts) if len(parts) > 1 else parts)
    assert without_white_space(whole) == without_white_space(text)


@settings(max_examples=60, deadline=None)
@given(texts, st.integers(min_value=1, max_value=6))
def test_every_part_is_within_its_limits(text: str, max_segments: int) -> None:
    parts = split(text, max_segments=max_segments)

    assert all(0 < utf16_length(part) <= MAX_CHARS for part in parts)
    assert all(count_segments(part) <= max_segments for part in parts if "http" not in part and "www." not in part)

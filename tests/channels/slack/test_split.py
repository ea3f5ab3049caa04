"""Long answers in pieces: nothing lost, nothing torn that must stay whole."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.slack.split import split_markdown

FENCE = "```python\n" + "\n".join(f"line_{number} = {number}" for number in range(100)) + "\n```"
TABLE = "| a | b |\n| --- | --- |\n" + "\n".join(f"| {number} | x |" for number in range(100))


@pytest.mark.parametrize(("length", "pieces"), [(11_000, 1), (11_999, 2), (12_001, 2), (13_500, 2), (22_001, 3)])
def test_text_is_cut_only_where_it_has_to_be(length: int, pieces: int) -> None:
    assert len(split_markdown("x" * length, 11_000)) == pieces


def test_paragraphs_stay_whole_where_they_fit() -> None:
    paragraphs = [f"Paragraph {number}. " + "word " * 30 for number in range(10)]

    pieces = split_markdown("\n\n".join(paragraphs), 400)

    assert all(any(paragraph.strip() in piece for piece in pieces) for paragraph in paragraphs)


def test_a_long_fence_is_closed_and_opened_again_with_its_language() -> None:
    pieces = split_markdown(f"See:\n\n{FENCE}\n\nDone.", 500)

    fenced = [piece for piece in pieces if "```" in piece]
    assert len(fenced) > 1
    assert all(piece.count("```") == 2 and "```python" in piece for piece in fenced)
    assert re.findall(r"line_(\d+)", "".join(pieces)) == [str(number) for number in range(100)]


def test_a_fence_is_not_ended_by_a_shorter_or_other_one() -> None:
    text = "````\n```\n~~~\n````\nafter"

    assert split_markdown(text, 100) == (text,)


def test_a_fence_that_was_never_closed_is_closed() -> None:
    assert split_markdown("```\ncode", 100) == ("```\ncode\n```",)


def test_a_long_table_repeats_its_header() -> None:
    pieces = split_markdown(TABLE, 400)

    assert len(pieces) > 1
    assert all(piece.startswith("| a | b |\n| --- | --- |\n") for piece in pieces)
    assert re.findall(r"^\| (\d+)", "\n".join(pieces), re.MULTILINE) == [str(number) for number in range(100)]


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    pieces = split_markdown("This is a sentence. " * 100, 300)

    assert all(piece.rstrip().endswith(".") for piece in pieces)


@settings(max_examples=150, deadline=None)
@given(
    text=st.lists(
        st.sampled_from(
            ["word ", "longer-word ", "\n", "\n\n", "```\n", "~~~~\n", "| a | b |\n", "|---|---|\n", "x" * 90]
        ),
        max_size=60,
    ).map("".join),
    limit=st.integers(40, 200),
)
def test_every_piece_fits_and_no_word_is_lost(text: str, limit: int) -> None:
    pieces = split_markdown(text, limit)

    letters = re.sub(r"[^a-z]", "", text)
    kept = re.sub(r"[^a-z]", "", "".join(pieces))
    assert all(len(piece) <= limit for piece in pieces)
    assert len(kept) >= len(letters)

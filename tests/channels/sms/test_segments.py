"""Counting as Twilio's calculator does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.sms.gsm7 import fold, is_gsm7
from channels.sms.segments import count_segments

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "segment_vectors.json").read_bytes())["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_segments_are_counted_as_twilio_counts_them(vector: dict[str, Any]) -> None:
    assert count_segments(vector["text"]) == vector["segments"]


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_a_folded_text_takes_no_more_segments_than_with_twilios_smart_encoding(vector: dict[str, Any]) -> None:
    assert count_segments(fold(vector["text"])) <= vector["folded_segments"]


def test_a_cluster_larger_than_a_segment_is_counted_by_its_characters() -> None:
    assert count_segments("e" + "\u0301" * 200) == 3


@settings(max_examples=60, deadline=None)
@given(st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("aé €{“—…ﬁ\u00a0\n")), max_size=300))
def test_folding_never_costs_a_segment_and_is_done_once(text: str) -> None:
    folded = fold(text)

    assert fold(folded) == folded
    assert is_gsm7(folded) or count_segments(folded) <= count_segments(text)

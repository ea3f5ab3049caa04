"""A reply grows by deltas: few enough for a listener, and exactly its text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.engine.turns.reply import Reply


def told_by(pieces: list[str], *, text: str = "", index: int = 0) -> tuple[Reply, list[tuple[int, str]]]:
    told: list[tuple[int, str]] = []
    reply = Reply(lambda number, piece: told.append((number, piece)), index=index, text=text)
    for piece in pieces:
        reply.add(piece)
    reply.flush()
    return reply, told


@given(st.lists(st.text(max_size=5), max_size=400))
def test_the_deltas_joined_are_the_reply(pieces: list[str]) -> None:
    reply, told = told_by(pieces)

    assert "".join(piece for _, piece in told) == reply.text == "".join(pieces)
    assert [number for number, _ in told] == list(range(len(told)))


def test_a_reply_of_very_many_pieces_has_few_deltas() -> None:
    reply, told = told_by(["x"] * 300_000)

    assert len(told) < 800
    assert len(reply.text) == 300_000


def test_a_short_reply_is_told_as_it_comes() -> None:
    _, told = told_by(["One ", "two ", "three."])

    assert told == [(0, "One "), (1, "two "), (2, "three.")]


def test_words_after_a_tool_call_are_a_new_paragraph_of_the_same_reply() -> None:
    told: list[str] = []
    reply = Reply(lambda _number, piece: told.append(piece), index=0, text="")
    reply.add("Let me look.")
    reply.pause()
    reply.add("Found it.")
    reply.flush()

    assert told == ["Let me look.", "\n\nFound it."]
    assert reply.text == "Let me look.\n\nFound it."


def test_a_reply_goes_on_after_a_restart_where_it_was() -> None:
    reply, told = told_by(["Found it."], text="Let me look.", index=3)

    assert told == [(3, "\n\nFound it.")]
    assert reply.text == "Let me look.\n\nFound it."

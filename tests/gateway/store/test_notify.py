"""What processes say to each other arrives whole, whatever its length."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.store.database import Database
from gateway.store.notify import MAX_PIECE_CHARS, Pieces, listening, notify, pieces_of

PATIENCE_S = 30.0


@given(st.lists(st.integers(min_value=0, max_value=3 * MAX_PIECE_CHARS), max_size=4))
def test_pieces_join_to_what_was_said(lengths: list[int]) -> None:
    said = [chr(ord("a") + number) * length for number, length in enumerate(lengths)]
    heard: list[str] = []
    pieces = Pieces(heard.append)

    for message in said:
        for piece in pieces_of(message):
            assert len(piece) < 8_000
            pieces.add(piece)

    assert heard == said


@pytest.fixture(params=["postgres"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """SQLite has no such thing."""
    return str(request.param)


async def test_listeners_hear_what_was_committed_in_order(database: Database, database_url: str) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    async with listening(database_url, "test_words", heard.put_nowait, lambda: None):
        async with database.transaction() as tx:
            await notify(tx, "test_words", "x" * 20_000)
            await notify(tx, "test_words", "second")
        with pytest.raises(RuntimeError):
            async with database.transaction() as tx:
                await notify(tx, "test_words", "taken back")
                raise RuntimeError
        await notify(database, "test_words", "third")
        words = [await asyncio.wait_for(heard.get(), PATIENCE_S) for _ in range(3)]

    assert [len(words[0]), *words[1:]] == [20_000, "second", "third"]

"""Lines from a real descriptor: a pipe, a file, and one that is left while it waits."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.terminal import Lines


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)


async def test_lines_come_one_by_one_and_then_the_end(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    os.write(writing, "one\r\nzwölf\nno end".encode())
    os.close(writing)
    lines = Lines(reading)

    read = [await lines.read() for _ in range(3)]

    assert read == ["one", "zwölf", "no end"]
    with pytest.raises(EOFError):
        await lines.read()


async def test_a_line_in_pieces_is_one_line(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    line = asyncio.create_task(Lines(reading).read())
    os.write(writing, b"in ")
    await asyncio.sleep(0)
    os.write(writing, b"pieces\n")

    assert await line == "in pieces"
    os.close(writing)


async def test_a_wait_that_is_cancelled_leaves_the_line_for_the_next(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    lines = Lines(reading)
    waiting = asyncio.create_task(lines.read())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    os.write(writing, b"for the next\n")

    assert await lines.read() == "for the next"
    os.close(writing)


async def test_a_plain_file_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "script.txt"
    path.write_text("one\ntwo\n")
    with path.open("rb") as opened:
        lines = Lines(opened.fileno())

        read = [await lines.read(), await lines.read()]

        with pytest.raises(EOFError):
            await lines.read()
    assert read == ["one", "two"]

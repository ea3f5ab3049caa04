"""The command line in this process, over a database that a gateway has filled."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from gateway.cli import main
from gateway.settings import Settings
from gateway.store.database import connect
from tests.gateway.cli.running import Ended
from tests.gateway.world import World

T = TypeVar("T")
Frontdesk = Callable[..., Ended]
Fill = Callable[[Callable[[World], Awaitable[T]]], T]


@pytest.fixture
def database_kind() -> str:
    """What a command asks is asked on both elsewhere."""
    return "sqlite"


@pytest.fixture
def frontdesk(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Frontdesk:
    """Run a command to its end."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "240")

    def run(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["frontdesk", *words])
        code: int | str | None = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        out, err = capsys.readouterr()
        return Ended(int(code or 0), out, err)

    return run


@pytest.fixture
def fill(database_url: str, capsys: pytest.CaptureFixture[str]) -> Fill[T]:
    """Let something happen in a gateway over that database, as if by other processes."""

    def run(happen: Callable[[World], Awaitable[T]]) -> T:
        async def opened() -> T:
            db = await connect(database_url)
            try:
                return await happen(World(db))
            finally:
                await db.close()

        found = asyncio.run(opened())
        capsys.readouterr()
        return found

    return run

"""Whoever runs the demo's processes brings back those that die, however they died."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.demo.supervisor import Program, Supervisor, python
from tests.flows.deployment import eventually

SLEEPER = Program("sleeper", [*python("asyncio")[:1], "-c", "import time; time.sleep(600)"], {})


@pytest.fixture
def supervisor(tmp_path: Path) -> Supervisor:
    return Supervisor([SLEEPER], logs=tmp_path)


async def test_a_killed_program_is_started_again_and_told_of(supervisor: Supervisor) -> None:
    stop, heard = asyncio.Event(), asyncio.Queue[tuple[str, str]]()
    running = asyncio.create_task(supervisor.run(stop, lambda name, words: heard.put_nowait((name, words))))
    await is_up(supervisor, starts=1)

    supervisor.kill("sleeper")

    async with asyncio.timeout(60):
        assert await heard.get() == ("sleeper", "sleeper ended (signal SIGKILL) and is started again")
    await is_up(supervisor, starts=2)
    stop.set()
    await running
    assert not supervisor.running["sleeper"].is_up


async def test_what_is_not_up_can_not_be_killed(supervisor: Supervisor) -> None:
    assert not supervisor.kill("sleeper")


async def is_up(supervisor: Supervisor, *, starts: int) -> None:
    """Wait until the program runs for the `starts`th time."""
    await eventually(lambda: supervisor.running["sleeper"].starts >= starts, f"start {starts}")

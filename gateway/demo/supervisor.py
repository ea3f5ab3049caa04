"""Runs processes, brings back those that die, and stops all of them together. What a Procfile runner does."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

STOP_WITHIN_S = 10.0
RESTART_AFTER_S = 0.5


@dataclass(frozen=True, slots=True)
class Program:
    """One process type and how to start it. `env` is added to the common environment."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]


@dataclass(slots=True)
class Running:
    """A program as it stands: its process, where it has one, and how often it was started."""

    program: Program
    starts: int = 0
    process: asyncio.subprocess.Process | None = None
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def is_up(self) -> bool:
        return self.process is not None and self.process.returncode is None


class Supervisor:
    """Keeps programs running."""

    def __init__(self, programs: Sequence[Program], *, logs: Path) -> None:
        self.running: Mapping[str, Running] = {program.name: Running(program) for program in programs}
        self._programs = programs
        self._logs = logs

    async def run(self, stop: asyncio.Event, report: Callable[[str, str], None]) -> None:
        """Run all programs until told to stop; then stop them. `report` hears a program's name, and how it ended."""
        self._logs.mkdir(parents=True, exist_ok=True)
        async with asyncio.TaskGroup() as group:
            for program in self._programs:
                group.create_task(self._keep(program, stop, report))

    def kill(self, name: str) -> bool:
        """SIGKILL, at once; the program is started again as after any other death. False: it is not up."""
        running = self.running[name]
        if running.process is None or not running.is_up:
            return False
        running.process.kill()
        return True

    async def _keep(self, program: Program, stop: asyncio.Event, report: Callable[[str, str], None]) -> None:
        while not stop.is_set():
            process = await self._start(program)
            exited = asyncio.create_task(process.wait())
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait((exited, stopped), return_when=asyncio.FIRST_COMPLETED)
            if stop.is_set():
                await _end(process)
                await exited
                return
            stopped.cancel()
            report(program.name, f"{program.name} ended ({_how(process.returncode)}) and is started again")
            await asyncio.sleep(RESTART_AFTER_S)

    async def _start(self, program: Program) -> asyncio.subprocess.Process:
        with (self._logs / f"{program.name}.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *program.command,
                env={**os.environ, **program.env},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us: we stop them in good order
            )
        (self._logs / f"{program.name}.pid").write_text(str(process.pid))
        running = self.running[program.name]
        running.process, running.starts, running.started_at = process, running.starts + 1, datetime.now(UTC)
        return process


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_WITHIN_S):
            await process.wait()
    except TimeoutError:
        process.kill()


def _how(code: int | None) -> str:
    return f"signal {signal.Signals(-code).name}" if code is not None and code < 0 else f"exit {code}"


def python(module: str, *arguments: str) -> Sequence[str]:
    """The command that runs a module with this interpreter."""
    return [sys.executable, "-m", module, *arguments]

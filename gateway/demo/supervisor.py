"""Runs processes, brings back those that die, and stops all of them together. What a Procfile runner does."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

STOP_WITHIN_S = 10.0
RESTART_AFTER_S = 0.5


@dataclass(frozen=True, slots=True)
class Program:
    """One process type and how to start it. `env` is added to the common environment."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]


class Supervisor:
    """Keeps programs running. `report` is told in words of what happens to them."""

    def __init__(self, programs: Sequence[Program], *, logs: Path, report: Callable[[str], None]) -> None:
        self._programs = programs
        self._logs = logs
        self._report = report

    async def run(self, stop: asyncio.Event) -> None:
        """Run all programs until told to stop; then stop them, the last started first to be asked."""
        self._logs.mkdir(parents=True, exist_ok=True)
        async with asyncio.TaskGroup() as group:
            for program in self._programs:
                group.create_task(self._keep(program, stop))

    async def _keep(self, program: Program, stop: asyncio.Event) -> None:
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
            self._report(f"{program.name} ended ({_how(process.returncode)}) and is started again")
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

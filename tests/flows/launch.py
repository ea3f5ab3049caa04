"""Runs a process type with short leases, and kills it with SIGKILL at a named point, once.

    python -m tests.flows.launch MODULE [POINT MARKER]

A point is `before:` or `after:` and the dotted name of a coroutine function; the process dies the first time that
it gets there. The marker file says that it did, so that the next start lives.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import os
import runpy
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from gateway import leases, outbound

SHORT = timedelta(seconds=3)


def shorten_leases() -> None:
    """A dead worker's work is taken over after seconds, so that tests need not wait for minutes."""
    leases.LEASE = SHORT
    leases.RENEW_EVERY_S = 1.0
    outbound.SENDING_LEASE = timedelta(seconds=12)


def slow_down(pause_s: float) -> None:
    """The scripted model speaks as slowly as real ones do."""
    from gateway.engine.models import scripted

    original = scripted._stream

    async def slowly(*args: Any) -> AsyncIterator[Any]:
        async for delta in original(*args):
            yield delta
            await asyncio.sleep(pause_s)

    scripted._stream = slowly  # type: ignore[assignment]  # one that is patched need not be as precise


def die_at(point: str, marker: Path) -> None:
    """Make the process die there, unless it has before."""
    if marker.exists():
        return
    when, _, name = point.partition(":")
    owner_name, _, attribute = name.rpartition(".")
    owner = _resolve(owner_name)
    original: Callable[..., Awaitable[Any]] = getattr(owner, attribute)

    @functools.wraps(original)
    async def dying(*args: Any, **kwargs: Any) -> Any:
        if when == "before":
            _die(marker)
        result = await original(*args, **kwargs)
        _die(marker)
        return result

    setattr(owner, attribute, dying)


def _resolve(name: str) -> Any:
    """A module, or a class in one."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        return getattr(importlib.import_module(module), attribute)


def _die(marker: Path) -> None:
    marker.touch()
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    module, *crash = sys.argv[1:]
    shorten_leases()
    if "SLOW_MODEL" in os.environ:
        slow_down(float(os.environ["SLOW_MODEL"]))
    if crash:
        die_at(crash[0], Path(crash[1]))
    sys.argv = [module]
    runpy.run_module(module, run_name="__main__")

"""A simulator's memory: one JSON object a line, appended before the caller hears of it, read back at the next start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson


class Journal:
    """An append-only file of facts. With no path it remembers nothing, for tests that need no restart."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)

    def append(self, fact: dict[str, Any]) -> None:
        """Remember a fact. It survives the death of the process."""
        if self._path is None:
            return
        with self._path.open("ab") as file:
            file.write(orjson.dumps(fact) + b"\n")

    def facts(self) -> Iterator[dict[str, Any]]:
        """All facts so far, oldest first. A last line that a crash cut short is passed over."""
        if self._path is None or not self._path.exists():
            return
        for line in self._path.read_bytes().splitlines():
            try:
                yield orjson.loads(line)
            except orjson.JSONDecodeError:
                continue

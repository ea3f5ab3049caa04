"""The full-text index of a folder: SQLite's FTS5, ranked by BM25. No other place of the engine opens SQLite by itself.

The index is not the truth: the folder is. A file is read again when its time or size changed, and indexed again when
its content did. All methods block, and are meant for a thread.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import structlog

from gateway.engine.tools.knowledge.passages import Passage, UnreadableDocument, is_document, read_passages

MAX_FILE_BYTES = 32 * 1024 * 1024

_SCHEMA = """
CREATE TABLE IF NOT EXISTS files (
    name TEXT PRIMARY KEY, modified_ns INTEGER NOT NULL, size INTEGER NOT NULL, digest TEXT NOT NULL
);
CREATE VIRTUAL TABLE IF NOT EXISTS passages USING fts5 (
    file UNINDEXED, heading, text, tokenize = 'porter unicode61 remove_diacritics 2'
);
"""
_SEARCH = """
SELECT file, heading, text FROM passages WHERE passages MATCH ? ORDER BY bm25(passages, 0, 4.0, 1.0), rowid LIMIT ?
"""
_WORD = re.compile(r"\w+")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that fits, and where it stands."""

    file: str
    heading: str
    text: str


class KnowledgeIndex:
    """Opened on a folder; `path` None keeps the index in memory. Close it."""

    def __init__(self, folder: Path, path: Path | None = None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._sqlite = sqlite3.connect(path or ":memory:", check_same_thread=False, timeout=30)
        self._sqlite.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._sqlite.close()

    def search(self, query: str, limit: int) -> list[Found]:
        """The passages that fit best, from the folder as it is now. Any query is a list of words, not an expression."""
        words = dict.fromkeys(_WORD.findall(query))
        with self._lock:
            self._refresh()
            if not words:
                return []
            expression = " OR ".join(f'"{word}"' for word in words)
            return [Found(*row) for row in self._sqlite.execute(_SEARCH, (expression, limit))]

    def _refresh(self) -> None:
        with closing(self._sqlite.execute("SELECT name, modified_ns, size, digest FROM files")) as rows:
            known = {name: (modified_ns, size, digest) for name, modified_ns, size, digest in rows}
        present = set()
        with self._sqlite:
            for name, path in self._documents():
                present.add(name)
                self._refresh_file(name, path, known.get(name))
            for name in known.keys() - present:
                self._forget(name)

    def _documents(self) -> Iterator[tuple[str, Path]]:
        for path in sorted(self._folder.rglob("*")):
            if is_document(path.name) and path.is_file():
                yield path.relative_to(self._folder).as_posix(), path

    def _refresh_file(self, name: str, path: Path, known: tuple[int, int, str] | None) -> None:
        try:
            stat = path.stat()
            if known and known[:2] == (stat.st_mtime_ns, stat.st_size):
                return
            content = path.read_bytes() if stat.st_size <= MAX_FILE_BYTES else b""
        except OSError as error:
            log.warning("knowledge.file_skipped", file=name, error=type(error).__name__)
            return
        digest = hashlib.sha256(content).hexdigest()
        if known is None or known[2] != digest:
            self._forget(name)
            self._add(name, _passages(name, content))
        self._sqlite.execute(
            "INSERT OR REPLACE INTO files (name, modified_ns, size, digest) VALUES (?, ?, ?, ?)",
            (name, stat.st_mtime_ns, stat.st_size, digest),
        )

    def _add(self, name: str, passages: list[Passage]) -> None:
        self._sqlite.executemany(
            "INSERT INTO passages (file, heading, text) VALUES (?, ?, ?)",
            [(name, passage.heading, passage.text) for passage in passages],
        )

    def _forget(self, name: str) -> None:
        self._sqlite.execute("DELETE FROM passages WHERE file = ?", (name,))
        self._sqlite.execute("DELETE FROM files WHERE name = ?", (name,))


def _passages(name: str, content: bytes) -> list[Passage]:
    try:
        return read_passages(name, content)
    except UnreadableDocument as error:
        log.warning("knowledge.file_skipped", file=name, error=str(error))
        return []

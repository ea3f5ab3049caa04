"""The knowledge base as agents know it: a question in, cited passages out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.engine.tools.knowledge.index import Found, KnowledgeIndex
from gateway.engine.tools.knowledge.passages import HEADING_JOINT

USUAL_PASSAGES = 4


class KnowledgeBase:
    """A searchable folder. Searching happens in a thread, one at a time."""

    def __init__(self, index: KnowledgeIndex) -> None:
        self._index = index

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path, index_path: Path | None = None) -> AsyncIterator[KnowledgeBase]:
        index = await asyncio.to_thread(KnowledgeIndex, folder, index_path)
        try:
            yield cls(index)
        finally:
            await asyncio.to_thread(index.close)

    async def search(self, query: str, limit: int = USUAL_PASSAGES) -> str:
        """The passages that fit best, numbered, each with its file and headings."""
        found = await asyncio.to_thread(self._index.search, query, limit)
        return cited(found) if found else "Nothing in the knowledge base fits this query."


def cited(found: Sequence[Found]) -> str:
    """Passages as text, each under the place where it stands."""
    return "\n\n".join(f"[{number}] {_place(passage)}\n{passage.text}" for number, passage in enumerate(found, start=1))


def _place(passage: Found) -> str:
    return f"{passage.file}{HEADING_JOINT}{passage.heading}" if passage.heading else passage.file

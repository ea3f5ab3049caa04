"""Keeps models at hand between turns: making a provider's client takes a tenth of a second, and new connections."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from pydantic_ai.models import Model

from gateway.engine.models.build import build_model

BuildModel = Callable[[Mapping[str, Any]], Model]

MOST_KEPT = 32


class ModelPool:
    """Models by their settings, the latest used longest. Open it with `open`, which closes all their connections."""

    def __init__(self, build: BuildModel = build_model, most_kept: int = MOST_KEPT) -> None:
        self._build = build
        self._most_kept = most_kept
        self._kept: dict[str, Model] = {}
        self._changing = asyncio.Lock()

    @classmethod
    @asynccontextmanager
    async def open(cls, build: BuildModel = build_model) -> AsyncIterator[ModelPool]:
        pool = cls(build)
        try:
            yield pool
        finally:
            await pool._close()

    @asynccontextmanager
    async def use(self, llm: Mapping[str, Any]) -> AsyncIterator[Model]:
        """The model that these settings name, for one turn. Raises `ModelUnavailable`.

        Who uses a model keeps it open: one that the pool drops meanwhile closes after its last turn.
        """
        async with await self._model(llm) as model:
            yield model

    async def _model(self, llm: Mapping[str, Any]) -> Model:
        key = hashlib.sha256(json.dumps(llm, sort_keys=True, default=str).encode()).hexdigest()
        async with self._changing:
            model = self._kept.pop(key, None)
            if model is None:
                model = await asyncio.to_thread(self._build, llm)
                await model.__aenter__()
            self._kept[key] = model
            while len(self._kept) > self._most_kept:
                await self._kept.pop(next(iter(self._kept))).__aexit__(None, None, None)
            return model

    async def _close(self) -> None:
        async with self._changing, AsyncExitStack() as stack:
            for model in self._kept.values():
                stack.push_async_exit(model)
            self._kept = {}

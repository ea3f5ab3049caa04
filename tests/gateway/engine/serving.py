"""Engines for tests: in this process on a port of their own, or as processes that can be killed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pydantic_ai.models import Model

from gateway.agent import Agent
from gateway.engine.config import EngineConfig
from gateway.engine.models import build_model
from gateway.engine.server import Engine, EngineServer, open_engine, server_config
from tests.gateway.engine.wire import KEY

OTHER_KEY = "other-key"


@dataclass(frozen=True, slots=True)
class Served:
    """A running engine."""

    address: str
    engine: Engine


@asynccontextmanager
async def serving(
    database_url: str, *agents: Agent, build: Callable[[Mapping[str, Any]], Model] = build_model
) -> AsyncIterator[Served]:
    """An engine of this process, on real sockets."""
    config = EngineConfig(database_url=database_url, api_keys=[KEY, OTHER_KEY], agents=agents)
    async with open_engine(config, build=build) as engine:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()  # from here on a client waits to be accepted, and is not refused
            port = listener.getsockname()[1]
            server = EngineServer(server_config(engine.app, "127.0.0.1", port))
            task = asyncio.create_task(server.serve([listener]))
            try:
                yield Served(f"http://127.0.0.1:{port}", engine)
            finally:
                server.should_exit = True
                await task

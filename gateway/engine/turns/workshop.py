"""What a turn works with, opened once for the whole process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.agent.local import LocalTool
from gateway.engine.listeners.hub import Hub
from gateway.engine.listeners.peers import Peers
from gateway.engine.models.pool import ModelPool
from gateway.engine.tools.base import RunnableTool
from gateway.engine.tools.catalogue import build_tools
from gateway.engine.tools.services import ToolServices
from gateway.engine.turns.memory import Memory
from gateway.store.database import Database


@dataclass(frozen=True, slots=True)
class Workshop:
    """Database, listeners here and elsewhere, memory, tools and models."""

    db: Database
    hub: Hub
    peers: Peers
    memory: Memory
    services: ToolServices
    local_tools: Mapping[str, LocalTool]
    models: ModelPool

    async def build_tools(self, wire_tools: Mapping[str, Any]) -> Sequence[RunnableTool]:
        return await build_tools(wire_tools, self.services, self.local_tools)

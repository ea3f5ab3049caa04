"""What the engine is configured with. Built from the settings; nothing here reads the environment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from gateway.agent.definition import Definition
from gateway.engine.tools.config import ToolsConfig


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """Where the engine listens and stores, who may use it, and which agents from Python code it serves to them."""

    database_url: str
    api_keys: Sequence[str] = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 8700
    agents: Sequence[Definition] = ()
    tools: ToolsConfig = field(default_factory=ToolsConfig)
    grace: timedelta = timedelta(seconds=5)  # for running turns when the engine stops

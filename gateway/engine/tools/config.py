"""What the engine's tools are configured with. Built from the settings; nothing here reads the environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from gateway.engine.tools import exa, google, wikipedia
from gateway.engine.tools.base import ToolLimits


@dataclass(frozen=True, slots=True)
class McpCommand:
    """An MCP server that is started as a program and spoken to over its standard input and output."""

    command: str
    args: Sequence[str] = ()
    env: Mapping[str, SecretStr] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class McpAddress:
    """An MCP server that is reached over streamable HTTP."""

    url: str
    headers: Mapping[str, SecretStr] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolsConfig:
    """Addresses, keys and limits of all tools."""

    exa_api_url: str = exa.DEFAULT_URL
    exa_api_key: SecretStr | None = None
    google_search_api_url: str = google.DEFAULT_URL
    google_search_api_key: SecretStr | None = None
    google_search_cx: str = ""
    wikipedia_api_url: str = wikipedia.DEFAULT_URL
    mcp_servers: Mapping[str, McpAddress | McpCommand] = field(default_factory=dict)
    knowledge_folder: Path | None = None
    knowledge_index: Path | None = None  # the index file; None keeps it in memory
    limits: ToolLimits = field(default_factory=ToolLimits)

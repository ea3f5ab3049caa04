"""`engine`: the embedded agent engine, with the agent that AGENT names or the bundled one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
from pydantic import SecretStr

from gateway.acme.agent import build_agent
from gateway.agent import Agent
from gateway.agent.loading import load_agent
from gateway.engine.config import EngineConfig
from gateway.engine.server import serve
from gateway.engine.tools.config import McpAddress, McpCommand, ToolsConfig
from gateway.errors import ConfigurationError
from gateway.processes.start import start
from gateway.settings import ProcessType, Settings
from gateway.store.database import DatabaseUnavailable, connect


async def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    config = engine_config(settings)
    await _bring_up_to_date(settings.database_url)
    await serve(config)


async def _bring_up_to_date(database_url: str) -> None:
    """The engine may run alone, with no release step before it. Where there was one, alembic need not be loaded."""
    try:
        opened = await connect(database_url, pool_size=1)
    except DatabaseUnavailable:
        from gateway.store.migrate import migrate

        await migrate(database_url)
    else:
        await opened.close()


def engine_config(settings: Settings) -> EngineConfig:
    """The engine's configuration out of the environment."""
    return EngineConfig(
        database_url=settings.database_url,
        api_keys=settings.engine_api_keys,
        host=settings.host,
        port=settings.engine_port,
        agents=(_agent(settings),),
        tools=ToolsConfig(
            exa_api_url=settings.exa_api_url,
            exa_api_key=_or_none(settings.exa_api_key),
            google_search_api_url=settings.google_search_api_url,
            google_search_api_key=_or_none(settings.google_search_api_key),
            google_search_cx=settings.google_search_cx,
            wikipedia_api_url=settings.wikipedia_api_url,
            mcp_servers=_mcp_servers(settings.mcp_servers),
            knowledge_folder=Path(settings.knowledge_path) if settings.knowledge_path else None,
        ),
    )


def _agent(settings: Settings) -> Agent:
    if settings.agent:
        return load_agent(settings.agent)
    has_search = bool(settings.exa_api_key.get_secret_value())
    return build_agent(settings.model, Path(settings.shop_path), web_search=has_search)


def _mcp_servers(text: str) -> dict[str, McpAddress | McpCommand]:
    """`{"docs": {"url": …, "headers": {…}}, "files": {"command": …, "args": […], "env": {…}}}`."""
    if not text:
        return {}
    try:
        servers: dict[str, dict[str, Any]] = orjson.loads(text)
        return {name: _mcp_server(server) for name, server in servers.items()}
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError):
        raise ConfigurationError(
            'MCP_SERVERS must be a JSON object of servers, each {"url": …} or {"command": …, "args": […]}'
        ) from None


def _mcp_server(server: dict[str, Any]) -> McpAddress | McpCommand:
    if "url" in server:
        return McpAddress(server["url"], _secrets(server.get("headers", {})))
    return McpCommand(server["command"], tuple(server.get("args", ())), _secrets(server.get("env", {})))


def _secrets(values: dict[str, str]) -> dict[str, SecretStr]:
    return {name: SecretStr(value) for name, value in values.items()}


def _or_none(secret: SecretStr) -> SecretStr | None:
    return secret if secret.get_secret_value() else None


if __name__ == "__main__":
    start(ProcessType.ENGINE, run)

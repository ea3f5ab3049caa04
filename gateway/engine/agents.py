"""Saved agents: what a save keeps, what a fetch returns, and the agents that are served from Python code."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
import structlog

from gateway.agent.definition import Definition
from gateway.engine.clock import iso, now_us
from gateway.engine.ids import new_id
from gateway.engine.store import agents
from gateway.engine.store.agents import EVERYBODY, AgentRecord
from gateway.engine.tools.base import ToolFailure
from gateway.engine.tools.services import ToolServices
from gateway.store.database import Database

log = structlog.get_logger(__name__)

# Sent along with a save, but no part of the agent.
_OF_THE_SAVE = frozenset({"branch_id", "deploy", "bump", "description"})
# The SDK refuses an agent that has null here.
_NEVER_NULL = ("tools", "inputs", "outputs")


class BadAgent(Exception):
    """What was sent is no agent; the text says why."""


async def create_agent(db: Database, services: ToolServices, owner: str, payload: Mapping[str, Any]) -> AgentRecord:
    """Raises BadAgent."""
    now = now_us()
    kept = await _with_catalogues(services, _kept(payload))
    agent = AgentRecord(new_id(), owner, new_id(), _checked(kept), created_at=now, updated_at=now)
    await agents.save_agent(db, agent)
    log.info("agent.created", agent_id=agent.id)
    return agent


async def update_agent(
    db: Database, services: ToolServices, owner: str, agent_id: str, payload: Mapping[str, Any]
) -> AgentRecord | None:
    """Replace the keys that the payload carries. None for an unknown id; raises BadAgent."""
    kept = await _with_catalogues(services, _kept(payload))
    async with db.transaction() as tx:
        former = await agents.find_agent_for_update(tx, owner, agent_id)
        if former is None:
            return None
        agent = replace(former, payload=_checked({**former.payload, **kept}), updated_at=now_us())
        await agents.save_agent(tx, agent)
    log.info("agent.saved", agent_id=agent.id)
    return agent


async def serve_definition(db: Database, definition: Definition) -> AgentRecord:
    """Save an agent from Python code for every key, under an id that stays the same as long as its name does."""
    payload = _checked(_kept(definition.to_wire()))
    agent_id = definition.id or "local_" + hashlib.sha256(str(payload["name"]).encode()).hexdigest()[:24]
    now = now_us()
    former = await agents.find_agent(db, EVERYBODY, agent_id)
    created_at, branch_id = (former.created_at, former.branch_id) if former else (now, new_id())
    agent = AgentRecord(agent_id, EVERYBODY, branch_id, payload, created_at=created_at, updated_at=now)
    await agents.save_agent(db, agent)
    log.info("agent.served", agent_id=agent.id)
    return agent


def agent_object(agent: AgentRecord) -> dict[str, Any]:
    """As the SDK reads it back: what was saved, and its ids."""
    return {
        **agent.payload,
        "_id": agent.id,
        "mainBranch": agent.branch_id,
        "created_at": iso(agent.created_at),
        "updated_at": iso(agent.updated_at),
    }


def _kept(payload: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in payload.items() if key not in _OF_THE_SAVE}
    for key in _NEVER_NULL:
        if key in kept and kept[key] is None:
            kept[key] = {}
    return kept


def _checked(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    name, llm = payload.get("name"), payload.get("llm_client_key")
    if not isinstance(name, str) or not name.strip() or "\0" in name:
        raise BadAgent("name is missing.")
    if not isinstance(llm, dict):
        raise BadAgent("llm_client_key is missing.")
    for key in _NEVER_NULL:
        if not isinstance(payload.get(key, {}), dict):
            raise BadAgent(f"{key} must be an object.")
    try:
        orjson.dumps(payload)
    except orjson.JSONEncodeError as error:
        raise BadAgent("the agent is nested too deeply.") from error
    return {**{key: {} for key in _NEVER_NULL if key not in payload}, **payload}


async def _with_catalogues(services: ToolServices, payload: dict[str, Any]) -> dict[str, Any]:
    """Fill in the entries of MCP servers that the author left out."""
    tools = payload.get("tools")
    if not isinstance(tools, dict):
        return payload
    return {**payload, "tools": {tool_id: await _with_catalogue(services, tool) for tool_id, tool in tools.items()}}


async def _with_catalogue(services: ToolServices, tool: Any) -> Any:
    value = tool.get("value") if isinstance(tool, dict) else None
    if not isinstance(value, dict) or value.get("node_type") != "mcp_server" or value.get("tools"):
        return tool
    server = value.get("server")
    reference = server.get("value") if isinstance(server, dict) else None
    server_id = reference.get("object_id") if isinstance(reference, dict) else None
    try:
        catalogue = await services.mcp_catalogue(str(server_id))
    except ToolFailure:
        return tool  # it is asked again whenever a turn offers the tool
    return {**tool, "value": {**value, "tools": catalogue}} if catalogue else tool

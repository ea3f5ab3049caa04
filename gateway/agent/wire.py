"""An agent on the wire: what is sent to save it, and what the platform gives back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

from gateway.agent.agent_tools import tool_from_wire
from gateway.agent.config import AgentType, IoConfig, LlmInfo, MemoryConfig
from gateway.agent.errors import DefinitionError
from gateway.agent.placeholders import Ids, resolve_placeholders
from gateway.agent.tool import JsonObject, Tool, new_id


class AgentFields(TypedDict):
    """Everything that an agent object says about an agent."""

    id: str | None
    name: str | None
    branch_id: str | None
    llm_info: LlmInfo
    tools: list[Tool]
    instructions: str
    inputs: dict[str, IoConfig]
    outputs: dict[str, IoConfig]
    agent_type: AgentType
    memory_config: MemoryConfig | None
    enable_subagents: bool | None
    editable_object_types: list[str] | None
    extras: JsonObject


def payload(
    *,
    name: str | None,
    agent_type: AgentType,
    llm_info: LlmInfo | None,
    tools: Iterable[Tool],
    instructions: str,
    inputs: Mapping[str, IoConfig],
    outputs: Mapping[str, IoConfig],
    memory_config: MemoryConfig | None,
    enable_subagents: bool | None,
    editable_object_types: Iterable[str] | None,
) -> JsonObject:
    """What `POST /agent` takes. Raises DefinitionError for an agent that no platform could run."""
    if llm_info is None:
        raise DefinitionError(f"the agent {name!r} has no llm_info")
    by_name = _by_unique_name(tools)
    ids = {"inputs": _ids(inputs, "input"), "outputs": _ids(outputs, "output")}
    places: Ids = {**ids, "tools": {key: tool.id for key, tool in by_name.items()}}
    rewrites = agent_type is AgentType.FUNCTIONAL  # what a conversational agent is told is never touched
    data: JsonObject = {
        "name": name,
        "agent_type": agent_type.value,
        "llm_client_key": llm_info.model_dump(),
        "tools": {tool.id: _tool(tool, places if rewrites else None) for tool in by_name.values()},
        "instructions": resolve_placeholders(instructions, places) if rewrites else instructions,
        "inputs": _io(inputs, ids["inputs"]),
        "outputs": _io(outputs, ids["outputs"]),
    }
    if memory_config is not None:
        data["memory_config"] = memory_config.model_dump()
    if enable_subagents is not None:
        data["enable_subagents"] = enable_subagents
    if editable_object_types:
        data["editable_object_types"] = list(editable_object_types)
    return data


def fields(data: Mapping[str, Any]) -> AgentFields:
    """Read an agent object. Keys that we do not know are kept in `extras`, but for the platform's own bookkeeping."""
    tools = data.get("tools") or {}
    memory = data.get("memory_config") or data.get("memoryConfig")
    subagents = _first(data, "enable_subagents", "enableSubagents")
    editable = _first(data, "editable_object_types", "editableObjectTypes")
    return AgentFields(
        id=plain_id(data.get("_id")),
        name=data.get("name"),
        branch_id=plain_id(data.get("mainBranch")),
        llm_info=LlmInfo(**(data.get("llm_client_key") or {})),
        tools=[tool_from_wire(tool) for tool in (tools.values() if isinstance(tools, Mapping) else tools)],
        instructions=data.get("instructions") or "",
        inputs=_io_from(data.get("inputs")),
        outputs=_io_from(data.get("outputs")),
        agent_type=_type_from(_first(data, "agent_type", "agentType", "variant")),
        memory_config=MemoryConfig(**memory) if isinstance(memory, Mapping) else None,
        enable_subagents=subagents if isinstance(subagents, bool) else None,
        editable_object_types=[str(kind) for kind in editable] if isinstance(editable, list) else None,
        extras={key: value for key, value in data.items() if key not in _READ and key not in _BOOKKEEPING},
    )


def plain_id(value: object) -> str | None:
    """An id as text; some platforms wrap it as `{"$oid": …}`."""
    unwrapped = value.get("$oid") if isinstance(value, Mapping) else value
    return unwrapped if isinstance(unwrapped, str) else None


def _by_unique_name(tools: Iterable[Tool]) -> dict[str, Tool]:
    listed = list(tools)
    twice = [name for name, count in Counter(tool.name for tool in listed).items() if count > 1]
    if twice:
        raise DefinitionError(f"tool names must be unique, as the model calls tools by name: {', '.join(twice)}")
    return {tool.name: tool for tool in listed}


def _tool(tool: Tool, places: Ids | None) -> JsonObject:
    data = tool.to_wire()
    if places is None:
        return data
    data["description"] = resolve_placeholders(data["description"], places)
    inputs = data["value"]["inputs"]
    data["value"]["inputs"] = {name: _described(value, places) for name, value in inputs.items()}
    return data


def _described(value: Any, places: Ids) -> Any:
    """The value of a dynamic input is words for the model, which may hold placeholders too."""
    if isinstance(value, Mapping) and value.get("type") == "dynamic" and isinstance(value.get("value"), str):
        return {**value, "value": resolve_placeholders(value["value"], places)}
    return value


def _ids(configs: Mapping[str, IoConfig], prefix: str) -> dict[str, str]:
    """Ids by name, made once: a second attempt to save must not name an input anew."""
    for config in configs.values():
        config.server_id = config.server_id or new_id(prefix)
    return {name: str(config.server_id) for name, config in configs.items()}


def _io(configs: Mapping[str, IoConfig], ids: Mapping[str, str]) -> JsonObject:
    return {
        ids[name]: {"name": name, "io_type": config.io_type, "description": config.description}
        for name, config in configs.items()
    }


def _io_from(data: object) -> dict[str, IoConfig]:
    entries = data.items() if isinstance(data, Mapping) else ()
    return {
        entry.get("name", key): IoConfig(
            io_type=entry.get("io_type", "string"), description=entry.get("description"), server_id=key
        )
        for key, entry in entries
    }


def _type_from(word: object) -> AgentType:
    is_conversational = isinstance(word, str) and word.lower() == AgentType.CONVERSATIONAL
    return AgentType.CONVERSATIONAL if is_conversational else AgentType.FUNCTIONAL


def _first(data: Mapping[str, Any], *keys: str) -> Any:
    return next((data[key] for key in keys if data.get(key) is not None), None)


_READ = {
    *("_id", "name", "mainBranch", "llm_client_key", "tools", "inputs", "outputs", "instructions"),
    *("agent_type", "agentType", "variant", "memory_config", "memoryConfig"),
    *("enable_subagents", "enableSubagents", "editable_object_types", "editableObjectTypes"),
}
_BOOKKEEPING = {
    *("id", "object_type", "type", "metadata", "status", "description", "tags"),
    *("created_at", "updated_at", "createdAt", "updatedAt", "createdDate", "modifiedDate"),
    *("organization_id", "org_id", "orgID", "owner_id", "user_id", "userID", "creator_id"),
    *("currentVersion", "versions", "version", "branches"),
    *("shared_with", "sharedWith", "published", "is_public"),
}

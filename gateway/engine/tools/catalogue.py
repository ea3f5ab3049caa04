"""From the tools of an agent, as the wire has them, to tools that can run.

A tool of a kind that cannot run here is offered all the same, and fails in words when it is called: the agent's author
sees at once which one it is. The order is the order of the wire's object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gateway.agent.errors import DefinitionError
from gateway.agent.local import LocalTool
from gateway.agent.policy import ApprovalPolicy
from gateway.agent.tool import ToolApprovalConfig, kind_of
from gateway.engine.tools import echo, knowledge_tool
from gateway.engine.tools.base import RunnableTool, ToolContext, ToolFailure, ToolOutcome, ToolRun, guarded
from gateway.engine.tools.inputs import (
    WireInputs,
    full_schema,
    known_inputs,
    model_schema,
    open_schema,
    read_inputs,
    with_static_removed,
)
from gateway.engine.tools.marks import with_switch
from gateway.engine.tools.mcp_servers import McpTool
from gateway.engine.tools.search import SEARCH_KINDS, search_run
from gateway.engine.tools.services import ToolServices

CUSTOM_KIND = "custom_tool"
MCP_KIND = "mcp_server"


async def build_tools(
    wire_tools: Mapping[str, Any], services: ToolServices, local_tools: Mapping[str, LocalTool]
) -> list[RunnableTool]:
    """Every tool of an agent, in the wire's order; an MCP server gives one tool per entry of its catalogue."""
    tools: list[RunnableTool] = []
    for tool_id, frame in wire_tools.items():
        declared = _read(tool_id, frame)
        if declared.kind == MCP_KIND:
            tools += await _mcp_tools(declared, services)
        else:
            tools.append(_tool(declared, services, local_tools))
    return tools


@dataclass(frozen=True, slots=True)
class _Declared:
    """A tool as its author declared it."""

    tool_id: str
    name: str
    kind: str
    description: str
    approval: ToolApprovalConfig
    inputs: WireInputs
    value: Mapping[str, Any]
    policy: ApprovalPolicy


def _read(tool_id: str, frame: Any) -> _Declared:
    frame = frame if isinstance(frame, Mapping) else {}
    value = frame.get("value")
    value = value if isinstance(value, Mapping) else {}
    kind = _kind(frame)
    return _Declared(
        tool_id=tool_id,
        name=str(frame.get("name") or tool_id),
        kind=kind,
        description=str(frame.get("description") or ""),
        approval=_approval(frame, kind),
        inputs=read_inputs(value.get("inputs")),
        value=value,
        policy=ApprovalPolicy.from_wire(frame.get("approval_policy")),
    )


def _kind(frame: Mapping[str, Any]) -> str:
    try:
        return kind_of(frame)
    except DefinitionError:
        return ""


def _approval(frame: Mapping[str, Any], kind: str) -> ToolApprovalConfig:
    word = frame.get("approval_config")
    if word is None:
        return ToolApprovalConfig.LET_AGENT_DECIDE if kind == MCP_KIND else ToolApprovalConfig.AUTO_RUN
    try:
        return ToolApprovalConfig(word)
    except ValueError:
        return ToolApprovalConfig.REQUIRES_APPROVAL  # a word that nobody knows must not open a gate


def _tool(declared: _Declared, services: ToolServices, local_tools: Mapping[str, LocalTool]) -> RunnableTool:
    if kind := SEARCH_KINDS.get(declared.kind):
        inputs = known_inputs(kind.inputs, declared.inputs)
        return _runnable(
            replace(declared, inputs=inputs),
            parameters=model_schema(kind.inputs, inputs),
            arguments_schema=full_schema(kind.inputs),
            run=search_run(kind, services.web, services.config),
            is_search=True,
        )
    if declared.kind == CUSTOM_KIND:
        return _custom_tool(declared, services, local_tools)
    return _unavailable(declared, services, f"tools of kind {declared.kind or 'unknown'} cannot run here")


def _custom_tool(declared: _Declared, services: ToolServices, local_tools: Mapping[str, LocalTool]) -> RunnableTool:
    tool_type = str(declared.value.get("tool_type") or "")
    if local := local_tools.get(tool_type):
        return _runnable(
            declared,
            description=declared.description or local.description,
            parameters=with_static_removed(local.parameters, declared.inputs),
            arguments_schema=local.parameters,
            run=guarded(_local_run(local), local.parameters, services.config.limits),
        )
    if tool_type == knowledge_tool.TOOL_TYPE and services.knowledge is not None:
        schema = full_schema(knowledge_tool.INPUTS)
        inputs = known_inputs(knowledge_tool.INPUTS, declared.inputs)
        return _runnable(
            replace(declared, inputs=inputs),
            description=declared.description or knowledge_tool.DESCRIPTION,
            parameters=model_schema(knowledge_tool.INPUTS, inputs),
            arguments_schema=schema,
            run=guarded(knowledge_tool.knowledge_run(services.knowledge), schema, services.config.limits),
        )
    if tool_type == echo.TOOL_TYPE:
        schema = open_schema(declared.inputs)
        return _runnable(
            declared,
            parameters=with_static_removed(schema, declared.inputs),
            arguments_schema=schema,
            run=guarded(echo.echo, schema, services.config.limits),
        )
    return _unavailable(declared, services, f"this engine has no custom tool of type {tool_type}")


def _local_run(local: LocalTool) -> ToolRun:
    async def run(arguments: Mapping[str, Any], _context: ToolContext) -> ToolOutcome:
        return ToolOutcome(await local.call(arguments))

    return run


async def _mcp_tools(declared: _Declared, services: ToolServices) -> list[RunnableTool]:
    """One tool per entry. The server says what they take; the wire's catalogue, where there is one, which to offer."""
    server_id = _server_id(declared.value)
    catalogue = declared.value.get("tools")
    catalogue = catalogue if isinstance(catalogue, Mapping) else {}
    try:
        served = await services.mcp.tools(server_id)
    except ToolFailure:
        served = {}  # the entries of the catalogue stay on offer; calling one says what is wrong
    return [
        _mcp_tool(declared, services, server_id, entry, read_inputs(catalogue.get(entry)), served.get(entry))
        for entry in catalogue or served
    ]


def _mcp_tool(
    declared: _Declared, services: ToolServices, server_id: str, entry: str, inputs: WireInputs, served: McpTool | None
) -> RunnableTool:
    async def run(arguments: Mapping[str, Any], _context: ToolContext) -> ToolOutcome:
        return await services.mcp.call(server_id, entry, arguments)

    schema = served.input_schema if served else open_schema(inputs)
    return _runnable(
        replace(declared, name=f"{declared.name}__{entry}", inputs=inputs),
        description=(served.description if served else "") or declared.description,
        parameters=with_static_removed(schema, inputs),
        arguments_schema=schema,
        run=guarded(run, schema, services.config.limits),
    )


def _server_id(value: Mapping[str, Any]) -> str:
    reference = value.get("server")
    reference = reference.get("value") if isinstance(reference, Mapping) else None
    return str(reference.get("object_id") or "") if isinstance(reference, Mapping) else ""


def _unavailable(declared: _Declared, services: ToolServices, reason: str) -> RunnableTool:
    async def fail(_arguments: Mapping[str, Any], _context: ToolContext) -> ToolOutcome:
        raise ToolFailure(reason)

    schema = open_schema(declared.inputs)
    return _runnable(
        declared,
        parameters=with_static_removed(schema, declared.inputs),
        arguments_schema=schema,
        run=guarded(fail, {"type": "object"}, services.config.limits),
    )


def _runnable(
    declared: _Declared,
    *,
    parameters: Mapping[str, Any],
    arguments_schema: Mapping[str, Any],
    run: ToolRun,
    description: str = "",
    is_search: bool = False,
) -> RunnableTool:
    decides = declared.approval is ToolApprovalConfig.LET_AGENT_DECIDE
    return RunnableTool(
        tool_id=declared.tool_id,
        name=declared.name,
        kind=declared.kind,
        description=description or declared.description,
        parameters=with_switch(parameters) if decides else parameters,
        arguments_schema=arguments_schema,
        approval=declared.approval,
        run=run,
        static=declared.inputs.static,
        is_search=is_search,
        policy=declared.policy,
    )

"""The wire form of a Python function that is a tool: a custom tool whose `tool_type` is the function's name."""

from __future__ import annotations

import hashlib

from gateway.agent.kinds import Approval, CustomTool
from gateway.agent.local import LocalTool
from gateway.agent.policy import ApprovalPolicy


def python_tool(local: LocalTool, approval_config: Approval, policy: ApprovalPolicy) -> CustomTool:
    """Its id follows from its name, so that a restart does not make another tool of it.

    The arguments' JSON schema and the approval policy stand beside the usual keys, where other readers pass them by.
    """
    properties = local.parameters.get("properties", {})
    tool = CustomTool(
        tool_type=local.name,
        inputs={
            name: {"type": "dynamic", "value": schema.get("description", "")} for name, schema in properties.items()
        },
        tool_name=local.name,
        tool_description=local.description or f"Custom tool: {local.name}",
        approval_config=approval_config,
        id=f"custom_tool_{hashlib.sha256(local.name.encode()).hexdigest()[:24]}",
    )
    tool.extras["parameters"] = dict(local.parameters)
    if policy != ApprovalPolicy():
        tool.extras["approval_policy"] = policy.to_wire()
    return tool

"""What every tool of an agent has, and its form on the wire. The kinds with a form of their own are in `kinds`.

A tool on the wire is `{"id", "name", "description", "approval_config", "value": {"node_type", "inputs", …}}`. Whatever
else stands there is kept as it is, so that a tool of a kind that we do not know survives reading and saving.
"""

# ruff: noqa: A002  # arguments are named as in the guide

from __future__ import annotations

import secrets
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel

from gateway.agent.errors import DefinitionError
from gateway.agent.policy import ApprovalPolicy

JsonObject = dict[str, Any]


class ToolInputType(StrEnum):
    """Who gives an input its value: the author of the agent, or the model at each call."""

    STATIC = "static"
    DYNAMIC = "dynamic"


class ToolApprovalConfig(StrEnum):
    """Whether a call runs at once, when the model says so, or only after a person agreed."""

    AUTO_RUN = "auto_run"
    LET_AGENT_DECIDE = "let_agent_decide"
    REQUIRES_APPROVAL = "requires_approval"


class ToolInput(BaseModel):
    """An input of a tool: STATIC with a value, or DYNAMIC with a description for the model."""

    type: ToolInputType = ToolInputType.STATIC
    value: Any = None
    description: str | None = None

    def to_wire(self) -> JsonObject:
        """On the wire a dynamic input carries its description as value."""
        return {"type": self.type.value, "value": self.description if self.value is None else self.value}


class Tool:
    """A tool of any kind. `name` is what the model calls; `inputs` is in its wire form.

    `details` are further keys of `value`; `extras` are keys beside it: `parameters` (a JSON schema of the arguments)
    and `approval_policy` among them.
    """

    default_approval = ToolApprovalConfig.AUTO_RUN

    def __init__(
        self,
        tool_type: str,
        *,
        id: str | None = None,
        tool_name: str | None = None,
        tool_description: str | None = None,
        approval_config: ToolApprovalConfig | str | None = None,
        inputs: Mapping[str, Any] | None = None,
        details: Mapping[str, Any] | None = None,
        extras: Mapping[str, Any] | None = None,
    ) -> None:
        if not isinstance(tool_name, str) or not tool_name.strip():
            raise DefinitionError(f"a tool of kind {tool_type} needs a tool_name: the model calls tools by name")
        self.tool_type = tool_type
        self.task_name = tool_type
        self.id = id or new_id(tool_type)
        self.name = tool_name
        self.description = tool_description or ""
        self.approval_config = ToolApprovalConfig(approval_config or self.default_approval)
        self.inputs: dict[str, JsonObject] = {key: input_to_wire(value) for key, value in (inputs or {}).items()}
        self.details: JsonObject = dict(details or {})
        self.extras: JsonObject = dict(extras or {})

    @property
    def approval_policy(self) -> ApprovalPolicy:
        """Who must agree, as far as the author of the tool said."""
        return ApprovalPolicy.from_wire(self.extras.get("approval_policy"))

    @property
    def parameters(self) -> JsonObject | None:
        """The JSON schema of the arguments, for tools that have one (Python functions)."""
        schema = self.extras.get("parameters")
        return schema if isinstance(schema, dict) else None

    def to_wire(self) -> JsonObject:
        """The tool as the platform keeps it."""
        value = {"node_type": self.tool_type, "inputs": dict(self.inputs), "task_name": self.task_name, **self.details}
        return {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "approval_config": self.approval_config.value,
            "value": value,
            **self.extras,
        }

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Self:
        """Read a tool that the platform kept. Raises DefinitionError for one without kind, name or a known approval."""
        value = data.get("value")
        value = value if isinstance(value, Mapping) else {}
        tool = cls.__new__(cls)
        inputs = value.get("inputs")
        Tool.__init__(
            tool,
            kind_of(data),
            id=_text(data.get("id")),
            tool_name=_text(data.get("name")),
            tool_description=_text(data.get("description")),
            approval_config=_approval(data.get("approval_config")),
            details={key: value[key] for key in value if key not in ("node_type", "type", "inputs", "task_name")},
            extras={key: data[key] for key in data if key not in _FRAME},
        )
        tool.inputs = (
            dict(inputs) if isinstance(inputs, Mapping) else {}
        )  # as they are, also in a form that we do not know
        tool.task_name = _text(value.get("task_name")) or tool.tool_type
        return tool

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r}, kind={self.tool_type!r}, approval={self.approval_config})"


_FRAME = ("id", "name", "description", "approval_config", "value")


def kind_of(data: Mapping[str, Any]) -> str:
    """The kind of a tool on the wire: `node_type`, in older forms `type`; plain, or wrapped as `{"value": …}`."""
    value = data.get("value")
    kind = (value.get("node_type") or value.get("type")) if isinstance(value, Mapping) else None
    while isinstance(kind, Mapping):
        kind = kind.get("value")
    if not isinstance(kind, str) or not kind:
        raise DefinitionError("a tool on the wire needs value.node_type")
    return kind


def new_id(prefix: str) -> str:
    """`<prefix>_` and 24 hex digits, as the platform's own ids look."""
    return f"{prefix}_{secrets.token_hex(12)}"


def input_to_wire(value: Any) -> JsonObject:
    """A `ToolInput`, an input that is in wire form already, or a plain value, which is static."""
    if isinstance(value, ToolInput):
        return value.to_wire()
    if isinstance(value, Mapping) and value.get("type") in tuple(ToolInputType):
        return dict(value)
    return {"type": ToolInputType.STATIC.value, "value": value}


def _approval(word: object) -> ToolApprovalConfig | None:
    if word is None:
        return None
    try:
        return ToolApprovalConfig(str(word))
    except ValueError:
        known = ", ".join(ToolApprovalConfig)
        raise DefinitionError(f"approval_config is {word!r}; it must be one of {known}") from None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None

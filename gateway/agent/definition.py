"""What an agent is: model, instructions, tools, memory, named as in the guide. Where it is kept, `Agent` knows."""

# ruff: noqa: A002  # id, type: named as in the guide

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, Self, TypeVar, overload

from gateway.agent import wire
from gateway.agent.agent_tools import ToolAdder
from gateway.agent.config import AgentType, IoConfig, LlmInfo, MemoryConfig
from gateway.agent.errors import DefinitionError
from gateway.agent.local import LocalTool
from gateway.agent.platform import JsonObject
from gateway.agent.policy import ApprovalPolicy
from gateway.agent.python_tool import python_tool
from gateway.agent.tool import Tool, ToolApprovalConfig

Bump = Literal["major", "minor", "patch"]
F = TypeVar("F", bound=Callable[..., Any])


class Definition:
    """An agent's own data. `extras` are keys of its wire form that we do not know, kept for the next save."""

    def __init__(
        self,
        id: str | None = None,
        name: str | None = None,
        llm_info: LlmInfo | None = None,
        branch_id: str | None = None,
        tools: Sequence[Tool] | None = None,
        instructions: str | None = None,
        inputs: Mapping[str, IoConfig] | None = None,
        outputs: Mapping[str, IoConfig] | None = None,
        agent_type: AgentType | None = None,
        memory_config: MemoryConfig | None = None,
        enable_subagents: bool | None = None,
        editable_object_types: Sequence[str] | None = None,
        *,
        type: AgentType | None = None,
        extras: Mapping[str, Any] | None = None,
    ) -> None:
        self.id = id
        self.name = name
        self.branch_id = branch_id
        self.llm_info = llm_info
        self.tools = list(tools or ())
        self.instructions = instructions or ""
        self.inputs = dict(inputs or {})
        self.outputs = dict(outputs or {})
        self.agent_type = AgentType(agent_type or type or AgentType.FUNCTIONAL)
        self.memory_config = memory_config
        self.enable_subagents = enable_subagents
        self.editable_object_types = list(editable_object_types) if editable_object_types is not None else None
        self.extras = dict(extras or {})
        self._local_tools: dict[str, LocalTool] = {}

    # Tools

    @property
    def add_tool(self) -> ToolAdder[Self]:
        """`agent.add_tool(tool)`, or `agent.add_tool.exa_ai(…)`."""
        return ToolAdder(self)

    @property
    def local_tools(self) -> Mapping[str, LocalTool]:
        """The Python functions among the tools, by the `tool_type` that their wire form names."""
        return MappingProxyType(self._local_tools)

    @overload
    def tool(self, function: F, /) -> F: ...

    @overload
    def tool(
        self,
        function: None = None,
        /,
        *,
        approval_config: ToolApprovalConfig | str = ...,
        high_risk: bool = ...,
        approvers: Sequence[str] = ...,
        approvals_required: int | None = ...,
        ask_above: Mapping[str, float] | None = ...,
        ask_below_assurance: str = ...,
        high_risk_above: Mapping[str, float] | None = ...,
    ) -> Callable[[F], F]: ...

    def tool(
        self,
        function: Callable[..., Any] | None = None,
        /,
        *,
        approval_config: ToolApprovalConfig | str = ToolApprovalConfig.AUTO_RUN,
        high_risk: bool = False,
        approvers: Sequence[str] = (),
        approvals_required: int | None = None,
        ask_above: Mapping[str, float] | None = None,
        ask_below_assurance: str = "",
        high_risk_above: Mapping[str, float] | None = None,
    ) -> Callable[..., Any]:
        """Make a Python function a tool, as `@agent.tool` or with arguments. The function stays as it is.

        Only the embedded engine can run it. `high_risk`, `approvers` (Slack user and group ids) and
        `approvals_required` go with the definition to whoever asks for approval; `high_risk_above={"amount": 500}`
        makes only larger amounts a high risk. Two rules ask for approval of calls that the tool may otherwise run at
        once: `ask_above={"amount": 100}` where the amount is larger, `ask_below_assurance="proven"` where the sender
        is less sure than that (`"claimed"`: where checking them failed).
        """
        policy = ApprovalPolicy(
            high_risk,
            tuple(approvers),
            approvals_required,
            ask_above or {},
            ask_below_assurance,
            high_risk_above or {},
        )

        def add(function: F) -> F:
            local = LocalTool.from_function(function, policy)
            if any(tool.name == local.name for tool in self.tools):
                raise DefinitionError(f"the agent has a tool named {local.name} already")
            self.tools.append(python_tool(local, approval_config, policy))
            self._local_tools[local.name] = local
            return function

        return add if function is None else add(function)

    def remove_tool(self, tool_or_name: Tool | str) -> None:
        """Remove one tool, or all of a name or kind."""
        if isinstance(tool_or_name, Tool):
            self.tools = [tool for tool in self.tools if tool.id != tool_or_name.id]
        else:
            self.tools = [tool for tool in self.tools if tool_or_name not in (tool.name, tool.tool_type)]
        left = {tool.details.get("tool_type") for tool in self.tools}
        self._local_tools = {name: local for name, local in self._local_tools.items() if name in left}

    def update_instructions(self, instructions: str) -> None:
        """Change what the agent is told; `save` keeps it."""
        self.instructions = instructions

    def update_llm_info(self, llm_info: LlmInfo) -> None:
        """Change the model; `save` keeps it."""
        self.llm_info = llm_info

    # On the wire

    def to_wire(self) -> JsonObject:
        """What is sent to save the agent. Conversational agents always say what they remember."""
        memory = self.memory_config
        if memory is None and self.agent_type is AgentType.CONVERSATIONAL:
            memory = MemoryConfig()
        return {**self._payload(memory), **{key: value for key, value in self.extras.items() if key not in _OURS}}

    def _payload(self, memory_config: MemoryConfig | None) -> JsonObject:
        return wire.payload(
            name=self.name,
            agent_type=self.agent_type,
            llm_info=self.llm_info,
            tools=self.tools,
            instructions=self.instructions,
            inputs=self.inputs,
            outputs=self.outputs,
            memory_config=memory_config,
            enable_subagents=self.enable_subagents,
            editable_object_types=self.editable_object_types,
        )


_OURS = ("_id", "branch_id")

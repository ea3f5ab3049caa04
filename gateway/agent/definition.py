"""An agent: defined in Python, kept on a platform, run through sessions. The names and signatures are the guide's."""

# ruff: noqa: A002  # id, type: named as in the guide

from __future__ import annotations

import builtins
from collections.abc import Callable, Coroutine, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, TypeVar, overload

from gateway.agent import running, wire
from gateway.agent.agent_tools import ToolAdder
from gateway.agent.config import AgentType, IoConfig, LlmInfo, MemoryConfig
from gateway.agent.errors import DefinitionError, PlatformError
from gateway.agent.local import LocalTool
from gateway.agent.platform import RUN_TIMEOUT_S, JsonObject, Platform
from gateway.agent.python_tool import python_tool
from gateway.agent.running import AgentRunResult, ConversationalAgentRunResult
from gateway.agent.tool import ApprovalPolicy, Tool, ToolApprovalConfig
from gateway.session import Session
from gateway.session.compose import Content, File

Bump = Literal["major", "minor", "patch"]
F = TypeVar("F", bound=Callable[..., Any])


class Agent:
    """A definition until it is saved (`Agent(…)`, then `save`), or what the platform keeps (`new`, `fetch`, `list`).

    `platform` says where; left out, the `VECTORSHIFT_…` variables do.
    """

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
        platform: Platform | None = None,
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
        self._platform = platform or Platform()
        self._local_tools: dict[str, LocalTool] = {}

    # Tools

    @property
    def add_tool(self) -> ToolAdder:
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
        *,
        approval_config: ToolApprovalConfig | str = ...,
        high_risk: bool = ...,
        approvers: Sequence[str] = ...,
        approvals_required: int | None = ...,
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
    ) -> Callable[..., Any]:
        """Make a Python function a tool, as `@agent.tool` or with arguments. The function stays as it is.

        Only the embedded engine can run it. `high_risk`, `approvers` (Slack user and group ids) and
        `approvals_required` go with the definition to whoever asks for approval.
        """
        policy = ApprovalPolicy(high_risk, tuple(approvers), approvals_required)

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

    @classmethod
    def from_wire(cls, data: Mapping[str, Any], *, platform: Platform | None = None) -> Agent:
        """Read an agent object as the platform returns it."""
        return cls(**wire.fields(data), platform=platform)

    # On the platform

    @classmethod
    def new(
        cls,
        name: str,
        llm_info: LlmInfo,
        tools: Sequence[Tool] | None = None,
        instructions: str | None = None,
        inputs: Mapping[str, IoConfig] | None = None,
        outputs: Mapping[str, IoConfig] | None = None,
        agent_type: AgentType | None = None,
        type: AgentType | None = None,
        memory_config: MemoryConfig | None = None,
        enable_subagents: bool | None = None,
        editable_object_types: Sequence[str] | None = None,
        *,
        platform: Platform | None = None,
    ) -> Agent:
        """Create an agent on the platform."""
        draft = cls(
            None, name, llm_info, None, tools, instructions, inputs, outputs, agent_type or type, memory_config,
            enable_subagents, editable_object_types, platform=platform,
        )  # fmt: skip
        created = draft._platform.request("POST", "/agent", body=draft._payload(memory_config))
        return draft._as_kept(cls.fetch(id=_created_id(created), platform=platform))

    @classmethod
    async def anew(
        cls,
        name: str,
        llm_info: LlmInfo,
        tools: Sequence[Tool] | None = None,
        instructions: str | None = None,
        inputs: Mapping[str, IoConfig] | None = None,
        outputs: Mapping[str, IoConfig] | None = None,
        agent_type: AgentType | None = None,
        type: AgentType | None = None,
        memory_config: MemoryConfig | None = None,
        enable_subagents: bool | None = None,
        editable_object_types: Sequence[str] | None = None,
        *,
        platform: Platform | None = None,
    ) -> Agent:
        """`new`, without blocking the event loop."""
        draft = cls(
            None, name, llm_info, None, tools, instructions, inputs, outputs, agent_type or type, memory_config,
            enable_subagents, editable_object_types, platform=platform,
        )  # fmt: skip
        created = await draft._platform.arequest("POST", "/agent", body=draft._payload(memory_config))
        return draft._as_kept(await cls.afetch(id=_created_id(created), platform=platform))

    @classmethod
    def fetch(
        cls,
        id: str | None = None,
        name: str | None = None,
        username: str | None = None,
        org_name: str | None = None,
        *,
        platform: Platform | None = None,
    ) -> Agent:
        """The agent of this id or name. Raises NotFoundError."""
        query = _fetch_query(id, name, username, org_name)
        answer = (platform or Platform()).request("GET", "/agent", query=query)
        return cls.from_wire(_object_in(answer), platform=platform)

    @classmethod
    async def afetch(
        cls,
        id: str | None = None,
        name: str | None = None,
        username: str | None = None,
        org_name: str | None = None,
        *,
        platform: Platform | None = None,
    ) -> Agent:
        """`fetch`, without blocking the event loop."""
        query = _fetch_query(id, name, username, org_name)
        answer = await (platform or Platform()).arequest("GET", "/agent", query=query)
        return cls.from_wire(_object_in(answer), platform=platform)

    @classmethod
    def list(
        cls,
        limit: int = 50,
        offset: int = 0,
        include_shared: bool = False,
        verbose: bool = False,
        *,
        platform: Platform | None = None,
    ) -> builtins.list[Agent]:
        """The agents that the key may see, newest first."""
        query = _list_query(limit, offset, include_shared, verbose)
        return cls._listed((platform or Platform()).request("GET", "/agents", query=query), platform)

    @classmethod
    async def alist(
        cls,
        limit: int = 50,
        offset: int = 0,
        include_shared: bool = False,
        verbose: bool = False,
        *,
        platform: Platform | None = None,
    ) -> builtins.list[Agent]:
        """`list`, without blocking the event loop."""
        query = _list_query(limit, offset, include_shared, verbose)
        return cls._listed(await (platform or Platform()).arequest("GET", "/agents", query=query), platform)

    def save(self, deploy: bool = False, bump: Bump | None = None, description: str | None = None) -> JsonObject:
        """Keep the agent as it is now; one that the platform does not have yet is created."""
        if self.id is None:
            created = self._platform.request("POST", "/agent", body=self.to_wire())
            self._take_over(type(self).fetch(id=_created_id(created), platform=self._platform))
            return created
        return self._platform.request("POST", f"/update/agent/{self.id}", body=self._saved(deploy, bump, description))

    async def asave(self, deploy: bool = False, bump: Bump | None = None, description: str | None = None) -> JsonObject:
        """`save`, without blocking the event loop."""
        if self.id is None:
            created = await self._platform.arequest("POST", "/agent", body=self.to_wire())
            self._take_over(await type(self).afetch(id=_created_id(created), platform=self._platform))
            return created
        body = self._saved(deploy, bump, description)
        return await self._platform.arequest("POST", f"/update/agent/{self.id}", body=body)

    def delete(self) -> JsonObject:
        """Remove the agent from the platform."""
        return self._platform.request("DELETE", f"/agent/{self._kept_id()}")

    async def adelete(self) -> JsonObject:
        """`delete`, without blocking the event loop."""
        return await self._platform.arequest("DELETE", f"/agent/{self._kept_id()}")

    # Running

    async def create_session(self, session_id: str | None = None) -> Session:
        """A session with this conversational agent, not connected yet: `async with await agent.create_session()`."""
        self._ensure_conversational()
        return self._session(owner_type="agent", owner_id=self._kept_id(), session_id=session_id)

    async def resume_session(self, session_id: str) -> Session:
        """A session that was created earlier, not connected yet."""
        self._ensure_conversational()
        if not session_id:
            raise ValueError("resume_session needs a session_id")
        return self._session(session_id=session_id)

    @overload
    def run(self, inputs: dict[str, Any], additional_instructions: str | None = ...) -> AgentRunResult: ...

    @overload
    def run(
        self,
        inputs: Content,
        additional_instructions: str | None = ...,
        *,
        files: Sequence[File] | None = ...,
        session_id: str | None = ...,
        keep_alive: bool = ...,
        include_deltas: bool = ...,
        timeout: float = ...,
    ) -> Coroutine[Any, Any, ConversationalAgentRunResult]: ...

    def run(
        self,
        inputs: Any = None,
        additional_instructions: str | None = None,
        *,
        files: Sequence[File] | None = None,
        session_id: str | None = None,
        keep_alive: bool = False,
        include_deltas: bool = False,
        timeout: float = 300.0,
    ) -> AgentRunResult | Coroutine[Any, Any, ConversationalAgentRunResult]:
        """One run. `agent.run({…})` of a functional agent returns its outputs; `await agent.run("…")` of a
        conversational one posts one message to a session of its own, and returns the answer.

        `keep_alive` leaves that session to be resumed, `session_id` resumes one. A turn that needs a person raises
        ConversationalRunActionRequiredError.
        """
        if self.agent_type is AgentType.FUNCTIONAL:
            request = self._run_request(inputs, additional_instructions, files, session_id, keep_alive, include_deltas)
            endpoint = f"/agent/{self._kept_id()}/run"
            answer = self._platform.request(
                "POST", endpoint, body=request.body, form=request.form, files=request.files, timeout_s=RUN_TIMEOUT_S
            )
            return running.run_result(self.outputs, answer)
        return self._run_turn(inputs, files, session_id, keep_alive, include_deltas, timeout)

    @overload
    async def arun(self, inputs: dict[str, Any], additional_instructions: str | None = ...) -> AgentRunResult: ...

    @overload
    async def arun(
        self,
        inputs: Content,
        additional_instructions: str | None = ...,
        *,
        files: Sequence[File] | None = ...,
        session_id: str | None = ...,
        keep_alive: bool = ...,
        include_deltas: bool = ...,
        timeout: float = ...,
    ) -> ConversationalAgentRunResult: ...

    async def arun(
        self,
        inputs: Any = None,
        additional_instructions: str | None = None,
        *,
        files: Sequence[File] | None = None,
        session_id: str | None = None,
        keep_alive: bool = False,
        include_deltas: bool = False,
        timeout: float = 300.0,
    ) -> AgentRunResult | ConversationalAgentRunResult:
        """`run`, without blocking the event loop."""
        if self.agent_type is AgentType.FUNCTIONAL:
            request = self._run_request(inputs, additional_instructions, files, session_id, keep_alive, include_deltas)
            endpoint = f"/agent/{self._kept_id()}/run"
            answer = await self._platform.arequest(
                "POST", endpoint, body=request.body, form=request.form, files=request.files, timeout_s=RUN_TIMEOUT_S
            )
            return running.run_result(self.outputs, answer)
        return await self._run_turn(inputs, files, session_id, keep_alive, include_deltas, timeout)

    def __repr__(self) -> str:
        return f"Agent(id={self.id!r}, name={self.name!r}, type={self.agent_type.value!r})"

    # Below this line nothing is for users

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

    def _saved(self, deploy: bool, bump: Bump | None, description: str | None) -> JsonObject:
        data = {**self.to_wire(), "branch_id": self.branch_id}
        if deploy:
            data["deploy"] = True
        if bump:
            data["bump"] = bump
        if description is not None:
            data["description"] = description
        return data

    def _as_kept(self, kept: Agent) -> Agent:
        """What was fetched, but showing what was asked for where a platform does not give it back."""
        kept.agent_type = self.agent_type
        kept.memory_config = self.memory_config
        kept.enable_subagents = kept.enable_subagents if self.enable_subagents is None else self.enable_subagents
        kept.editable_object_types = self.editable_object_types or kept.editable_object_types
        return kept

    def _take_over(self, kept: Agent) -> None:
        self.id, self.branch_id = kept.id, kept.branch_id

    @classmethod
    def _listed(cls, answer: JsonObject, platform: Platform | None) -> builtins.list[Agent]:
        objects = answer.get("objects")
        if objects:
            return [cls.from_wire(data, platform=platform) for data in objects]
        return [cls(id=wire.plain_id(agent_id), platform=platform) for agent_id in answer.get("object_ids") or ()]

    def _kept_id(self) -> str:
        if self.id is None:
            raise DefinitionError(f"the agent {self.name!r} is not on the platform yet: save() it first")
        return self.id

    def _session(self, **names: Any) -> Session:
        where = self._platform
        return Session(api_key=where.api_key, base_url=where.base_url, ws_url=where.ws_url, **names)

    def _ensure_conversational(self) -> None:
        if self.agent_type is not AgentType.CONVERSATIONAL:
            raise ValueError("a functional agent holds no sessions: run({…}) it, or make it AgentType.CONVERSATIONAL")

    def _run_request(
        self, inputs: Any, additional_instructions: str | None, *for_conversations: object
    ) -> running.RunRequest:
        if not isinstance(inputs, Mapping):
            raise ValueError(f"a functional agent runs on inputs by name, not on {type(inputs).__name__}")
        if any(for_conversations):
            raise ValueError("files, session_id, keep_alive and include_deltas are for conversational agents")
        return running.run_request(self.inputs, inputs, additional_instructions)

    def _run_turn(
        self,
        content: Any,
        files: Sequence[File] | None,
        session_id: str | None,
        keep_alive: bool,
        include_deltas: bool,
        timeout: float,
    ) -> Coroutine[Any, Any, ConversationalAgentRunResult]:
        if content is None or isinstance(content, Mapping):
            raise ValueError("a conversational agent runs on a message: await agent.run('…')")
        session = self._session(owner_type="agent", owner_id=self._kept_id(), session_id=session_id)
        return running.run_turn(
            session,
            content,
            files=files,
            stays=keep_alive or session_id is not None,
            include_deltas=include_deltas,
            timeout_s=timeout,
        )


_OURS = ("_id", "branch_id")


def _created_id(answer: JsonObject) -> str:
    created = wire.plain_id(answer.get("id"))
    if created is None:
        raise PlatformError("POST /agent: the answer has no id")
    return created


def _object_in(answer: JsonObject) -> Mapping[str, Any]:
    found = answer.get("object")
    if not isinstance(found, Mapping):
        raise PlatformError("GET /agent: the answer has no object")
    return found


def _fetch_query(id: str | None, name: str | None, username: str | None, org_name: str | None) -> dict[str, str]:
    if id is None and name is None:
        raise ValueError("fetch needs an id or a name")
    named = {"id": id, "name": name, "username": username, "org_name": org_name}
    return {key: value for key, value in named.items() if value is not None}


def _list_query(limit: int, offset: int, include_shared: bool, verbose: bool) -> dict[str, Any]:
    optional = {"include_shared": include_shared, "verbose": verbose}
    return {"limit": limit, "offset": offset, **{key: True for key, wanted in optional.items() if wanted}}

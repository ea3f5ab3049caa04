"""An agent on a platform: created, fetched, saved, deleted there, and run. Names and signatures are the guide's."""

# ruff: noqa: A002  # id, type: named as in the guide

from __future__ import annotations

import builtins
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Literal, overload

from gateway.agent import running, wire
from gateway.agent.config import AgentType, IoConfig, LlmInfo, MemoryConfig
from gateway.agent.definition import Definition
from gateway.agent.errors import DefinitionError, PlatformError
from gateway.agent.platform import RUN_TIMEOUT_S, JsonObject, Platform
from gateway.agent.running import AgentRunResult, ConversationalAgentRunResult
from gateway.agent.tool import Tool
from gateway.session import Session
from gateway.session.compose import Content, File

Bump = Literal["major", "minor", "patch"]


class Agent(Definition):
    """A definition until it is saved (`Agent(…)`, then `save`), or what the platform keeps (`new`, `fetch`, `list`).

    `platform` says where; what it leaves open comes from the `VECTORSHIFT_…` variables.
    """

    platform = Platform()

    @classmethod
    def from_wire(cls, data: Mapping[str, Any], *, platform: Platform | None = None) -> Agent:
        """Read an agent object as the platform returns it."""
        return cls(**wire.fields(data))._on(platform)

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
            enable_subagents, editable_object_types,
        )._on(platform)  # fmt: skip
        created = draft.platform.request("POST", "/agent", body=draft._payload(memory_config))
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
            enable_subagents, editable_object_types,
        )._on(platform)  # fmt: skip
        created = await draft.platform.arequest("POST", "/agent", body=draft._payload(memory_config))
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
            created = self.platform.request("POST", "/agent", body=self.to_wire())
            self._take_over(type(self).fetch(id=_created_id(created), platform=self.platform))
            return created
        return self.platform.request("POST", f"/update/agent/{self.id}", body=self._saved(deploy, bump, description))

    async def asave(self, deploy: bool = False, bump: Bump | None = None, description: str | None = None) -> JsonObject:
        """`save`, without blocking the event loop."""
        if self.id is None:
            created = await self.platform.arequest("POST", "/agent", body=self.to_wire())
            self._take_over(await type(self).afetch(id=_created_id(created), platform=self.platform))
            return created
        body = self._saved(deploy, bump, description)
        return await self.platform.arequest("POST", f"/update/agent/{self.id}", body=body)

    def delete(self) -> JsonObject:
        """Remove the agent from the platform."""
        return self.platform.request("DELETE", f"/agent/{self._kept_id()}")

    async def adelete(self) -> JsonObject:
        """`delete`, without blocking the event loop."""
        return await self.platform.arequest("DELETE", f"/agent/{self._kept_id()}")

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
            answer = self.platform.request(
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
            answer = await self.platform.arequest(
                "POST", endpoint, body=request.body, form=request.form, files=request.files, timeout_s=RUN_TIMEOUT_S
            )
            return running.run_result(self.outputs, answer)
        return await self._run_turn(inputs, files, session_id, keep_alive, include_deltas, timeout)

    def __repr__(self) -> str:
        return f"Agent(id={self.id!r}, name={self.name!r}, type={self.agent_type.value!r})"

    def _on(self, platform: Platform | None) -> Agent:
        self.platform = platform or self.platform
        return self

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
        return [cls(id=wire.plain_id(agent_id))._on(platform) for agent_id in answer.get("object_ids") or ()]

    def _kept_id(self) -> str:
        if self.id is None:
            raise DefinitionError(f"the agent {self.name!r} is not on the platform yet: save() it first")
        return self.id

    def _session(self, **names: Any) -> Session:
        where = self.platform
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

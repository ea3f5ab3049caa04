"""What a tool is to the engine, and the guard around every run of one.

A tool that fails, hangs or talks too much gives an outcome in words; it never ends the turn. Which tools there are is
the catalogue's business, when a person is asked is the turn's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, TypeAlias

import structlog
from pydantic_ai.tools import ToolDefinition

from gateway.agent.policy import ApprovalPolicy
from gateway.agent.tool import ToolApprovalConfig
from gateway.engine.tools.arguments import complaint
from gateway.engine.tools.marks import APPROVAL_SWITCH, SEARCH_MARK, has_switch

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One thing that a search found."""

    title: str
    url: str
    text: str


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """How a call ended: its result, or the error in words. `hits` and `query` are for what a search tool found."""

    text: str
    is_error: bool = False
    hits: tuple[SearchHit, ...] = ()
    query: str = ""


@dataclass(frozen=True, slots=True)
class ToolContext:
    """Which call this is."""

    session_id: str
    tool_call_id: str
    agent_id: str


ToolRun: TypeAlias = Callable[[Mapping[str, Any], ToolContext], Awaitable[ToolOutcome]]


class ToolFailure(Exception):
    """A tool's own word for why it could not do its work; the model reads it as it stands."""


@dataclass(frozen=True, slots=True)
class ToolLimits:
    """How long a tool may take, and how much it may say."""

    timeout: timedelta = timedelta(seconds=60)
    max_result_chars: int = 100_000


@dataclass(frozen=True, slots=True)
class RunnableTool:
    """A tool that an agent declares, ready to be offered to a model and to run.

    `parameters` is the JSON schema of what the model may supply; where the agent decides, it holds the switch by which
    the model asks for approval. `arguments_schema` covers everything the tool runs with. `static` values override the
    model's, and a person's override both. `run` raises nothing but `CancelledError`.
    """

    tool_id: str
    name: str
    kind: str
    description: str
    parameters: Mapping[str, Any]
    arguments_schema: Mapping[str, Any]
    approval: ToolApprovalConfig
    run: ToolRun
    static: Mapping[str, Any] = field(default_factory=dict)
    is_search: bool = False
    policy: ApprovalPolicy = field(default_factory=ApprovalPolicy)

    def definition(self) -> ToolDefinition:
        """What the model is told."""
        return ToolDefinition(
            name=self.name,
            description=self.description or None,
            parameters_json_schema=dict(self.parameters),
            metadata={SEARCH_MARK: self.is_search},
            sequential=True,
        )

    def asks_for_approval(self, from_model: Mapping[str, Any], assurance: str = "") -> bool:
        """Whether this call waits for a person. `assurance` says how sure it is who wrote what led to it."""
        if self.policy.raises(self.arguments_to_run(from_model), assurance):
            return True
        match self.approval:
            case ToolApprovalConfig.AUTO_RUN:
                return False
            case ToolApprovalConfig.REQUIRES_APPROVAL:
                return True
            case ToolApprovalConfig.LET_AGENT_DECIDE:
                # A tool with an argument of this name of its own has no room for the switch, and so always asks.
                return not has_switch(self.parameters) or from_model.get(APPROVAL_SWITCH) is True

    def arguments_to_run(self, from_model: Mapping[str, Any]) -> dict[str, Any]:
        """What a call runs with, before anybody edits it: without the switch, static values over the model's."""
        switch = {APPROVAL_SWITCH} if has_switch(self.parameters) else set()
        return {**{key: value for key, value in from_model.items() if key not in switch}, **self.static}


def guarded(run: ToolRun, arguments_schema: Mapping[str, Any], limits: ToolLimits) -> ToolRun:
    """The same run, within its limits and without exceptions: arguments are checked, time and length are bounded."""

    async def run_guarded(arguments: Mapping[str, Any], context: ToolContext) -> ToolOutcome:
        if wrong := complaint(arguments_schema, arguments):
            return ToolOutcome(wrong, is_error=True)
        try:
            async with asyncio.timeout(limits.timeout.total_seconds()) as clock:
                return _presentable(await run(arguments, context), limits.max_result_chars)
        except ToolFailure as failure:
            return _presentable(ToolOutcome(str(failure), is_error=True), limits.max_result_chars)
        except TimeoutError as error:
            if not clock.expired():
                return _unexpected(error, context, limits)
            log.warning("tool.timed_out", session_id=context.session_id, tool_call_id=context.tool_call_id)
            return ToolOutcome(f"no answer within {limits.timeout.total_seconds():g} seconds", is_error=True)
        except asyncio.CancelledError as error:
            if _is_being_cancelled():
                raise
            return _unexpected(error, context, limits)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # the boundary to foreign code: no tool ends a turn
            return _unexpected(error, context, limits)

    return run_guarded


def _is_being_cancelled() -> bool:
    """Tells the engine's cancellation from one that broke out of the tool itself."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0


def _unexpected(error: BaseException, context: ToolContext, limits: ToolLimits) -> ToolOutcome:
    log.warning(
        "tool.failed", session_id=context.session_id, tool_call_id=context.tool_call_id, error=type(error).__name__
    )
    return _presentable(ToolOutcome(_in_words(error), is_error=True), limits.max_result_chars)


def _in_words(error: BaseException) -> str:
    """A sentence speaks for itself; anything less needs the name of the error to be understood."""
    words = str(error.args[0] if len(error.args) == 1 else error).strip()
    if " " in words:
        return words
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def _presentable(outcome: ToolOutcome, max_chars: int) -> ToolOutcome:
    """Text that can be stored and sent: of bounded length, and without halves of characters."""
    text = outcome.text.encode("utf-8", "replace").decode()
    if len(text) > max_chars:
        text = f"{text[:max_chars]}\n… (cut here; the whole result had {len(text)} characters)"
    return replace(outcome, text=text)

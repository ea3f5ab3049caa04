"""One turn: the model is asked, its tool calls are run or put before a person, until it has replied.

Each step is recorded before it happens, together with the events that tell of it: a turn that stops anywhere leaves
rows from which it can go on (a paused one) or be ended honestly (a lost one, see `runner`). What is next follows from
the messages of the turn; nothing else is remembered between steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Any

import orjson
import structlog
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, ToolCallPart, ToolReturnPart
from pydantic_ai.models import Model

from gateway.engine.clock import now_us
from gateway.engine.errors import TurnFailed, TurnTaken
from gateway.engine.models import ModelUnavailable, estimate_tokens, explain
from gateway.engine.models.failures import is_overflow
from gateway.engine.protocol.contents import load_items
from gateway.engine.store import sessions, turns
from gateway.engine.store.agents import AgentRecord, find_agent
from gateway.engine.store.events import EventKind
from gateway.engine.store.sessions import SessionRecord
from gateway.engine.store.turns import TurnRecord
from gateway.engine.tools.base import RunnableTool, ToolContext, ToolOutcome
from gateway.engine.turns import memory
from gateway.engine.turns.answers import load_decision, request_content
from gateway.engine.turns.asking import Thought, ask, check_limits
from gateway.engine.turns.calls import (
    CallLabel,
    CallStatus,
    RunningCall,
    call_content,
    denied,
    read_arguments,
    result_content,
    returned,
    search_content,
)
from gateway.engine.turns.journal import Journal
from gateway.engine.turns.prompts import user_prompt
from gateway.engine.turns.reply import Reply
from gateway.engine.turns.transcript import (
    add_result,
    close_calls,
    dump_messages,
    load_messages,
    said,
    unanswered_calls,
)
from gateway.engine.turns.workshop import Workshop
from gateway.store.database import Statements

log = structlog.get_logger(__name__)

SUMMARY_CHARS = 80


class Turn:
    """A claimed session on its way to a reply, a pause or an error."""

    def __init__(self, workshop: Workshop, session: SessionRecord, turn: TurnRecord) -> None:
        self._workshop = workshop
        self._session = session
        self._turn = turn
        self._journal = Journal(workshop, session)
        self._messages: list[ModelMessage] = load_messages(turn.messages)
        self._decision = load_decision(turn.answer) if turn.answer else None
        self._reply = Reply(self._tell_delta, index=turn.deltas, text=said(self._messages))
        self._tools: Mapping[str, RunnableTool] = {}
        self._wire_tools: Mapping[str, Any] = {}
        self._earlier: Sequence[ModelMessage] | None = None

    async def run(self) -> int:
        """Go on until the turn ends or pauses. Returns how many turns wait for the session."""
        try:
            return await self._run()
        except TurnFailed as failure:
            return await self._end_with_error(failure)

    async def _run(self) -> int:
        agent = await find_agent(self._workshop.db, self._session.owner, self._session.agent_id)
        if agent is None:
            raise TurnFailed("model_error", "The agent of this session has been deleted.")
        async with AsyncExitStack() as stack:
            model = await self._open_model(agent, stack)
            prompt = user_prompt(load_items(self._turn.contents), model.profile)
            self._wire_tools = agent.payload["tools"]
            tools = await self._workshop.build_tools(self._wire_tools)
            self._tools = {tool.name: tool for tool in tools}
            while True:
                calls = unanswered_calls(self._messages)
                if calls:
                    if await self._settle(calls[0]):
                        return 0
                elif self._has_replied():
                    return await self._end()
                else:
                    await self._ask(agent, model, prompt)

    async def _open_model(self, agent: AgentRecord, stack: AsyncExitStack) -> Model:
        try:
            return await stack.enter_async_context(self._workshop.models.use(agent.payload["llm_client_key"]))
        except ModelUnavailable as error:
            raise TurnFailed("model_error", explain(error)) from error

    def _has_replied(self) -> bool:
        return bool(self._messages) and isinstance(self._messages[-1], ModelResponse)

    # The model

    async def _ask(self, agent: AgentRecord, model: Model, prompt: ModelRequest) -> None:
        check_limits(self._messages)
        if self._earlier is None:
            self._earlier = await self._recall(agent, model, prompt)
        try:
            await self._hear_answer(agent, model, prompt)
        except TurnFailed as failure:
            if not is_overflow(failure.__cause__ or failure) or not self._earlier:
                raise
            # Our estimate was too low: once more with half of the window.
            self._earlier = await self._recall(agent, model, prompt, share=memory.WINDOW_SHARE / 2)
            await self._hear_answer(agent, model, prompt)
        self._reply.pause()

    async def _recall(
        self, agent: AgentRecord, model: Model, prompt: ModelRequest, share: float = memory.WINDOW_SHARE
    ) -> Sequence[ModelMessage]:
        if not remembers(agent):
            return []
        described = orjson.dumps([tool.parameters for tool in self._tools.values()])
        instructions = str(agent.payload.get("instructions") or "")
        taken = estimate_tokens([prompt, *self._messages]) + (len(described) + len(instructions.encode())) // 3
        return await self._workshop.memory.recall(self._session, model, taken=taken, share=share)

    async def _hear_answer(self, agent: AgentRecord, model: Model, prompt: ModelRequest) -> None:
        messages = [*(self._earlier or ()), prompt, *self._messages]
        instructions = agent.payload.get("instructions")
        async with aclosing(ask(model, messages, tuple(self._tools.values()), instructions)) as answer:
            async for heard in answer:
                match heard:
                    case str():
                        self._reply.add(heard)
                    case Thought():
                        await self._tell_thought(heard)
                    case ModelResponse():
                        self._messages.append(heard)

    async def _tell_thought(self, thought: Thought) -> None:
        self._journal.stage_message(
            {"type": "thinking", "content": thought.text, "summary": thought.text[:SUMMARY_CHARS]}
        )
        await self._record()

    # Tool calls

    async def _settle(self, call: ToolCallPart) -> bool:
        """Run a call, or find out why it does not run. True where the turn pauses for a person."""
        tool = self._tools.get(call.tool_name)
        label = CallLabel(call.tool_call_id, tool.tool_id if tool else "", call.tool_name)
        supplied = read_arguments(call)
        decision, self._decision = self._decision, None
        if decision is not None and not decision.approved:
            await self._deny(label, decision.arguments, decision.reason)
        elif tool is None:
            await self._fail(label, supplied or {}, f"There is no tool named {call.tool_name}.")
        elif supplied is None:
            await self._fail(label, {}, f"The arguments for {call.tool_name} are not a JSON object.")
        elif decision is not None:
            note = edit_note(decision.edited, decision.arguments)
            await self._execute(tool, label, decision.arguments, note)
        elif tool.asks_for_approval(supplied, self._turn.assurance):
            await self._pause(tool, call, tool.arguments_to_run(supplied))
            return True
        else:
            await self._execute(tool, label, tool.arguments_to_run(supplied))
        return False

    async def _execute(
        self, tool: RunnableTool, label: CallLabel, arguments: Mapping[str, Any], note: str | None = None
    ) -> None:
        message_id = self._journal.stage_message(call_content(label, arguments, "Running"))
        await self._record(RunningCall(message_id, label, arguments))
        context = ToolContext(self._session.id, label.tool_call_id, self._session.agent_id)
        outcome = await tool.run(arguments, context)
        status: CallStatus = "Error" if outcome.is_error else "Complete"
        self._journal.stage_message(call_content(label, arguments, status), message_id=message_id)
        self._journal.stage_message(result_content(label, outcome.text, status))
        if tool.is_search and not outcome.is_error:
            self._journal.stage_message(search_content(label, outcome))
        await self._add_result(returned(label, outcome, note))

    async def _fail(self, label: CallLabel, arguments: Mapping[str, Any], text: str) -> None:
        """The call cannot run at all."""
        self._journal.stage_message(call_content(label, arguments, "Error"))
        self._journal.stage_message(result_content(label, text, "Error"))
        await self._add_result(returned(label, ToolOutcome(text, is_error=True)))

    async def _deny(self, label: CallLabel, arguments: Mapping[str, Any], reason: str) -> None:
        self._journal.stage_message(call_content(label, arguments, "Denied"))
        self._journal.stage_message(result_content(label, reason, "Denied"))
        await self._add_result(denied(label, reason))

    async def _pause(self, tool: RunnableTool, call: ToolCallPart, arguments: Mapping[str, Any]) -> None:
        wire_tool = self._wire_tools.get(tool.tool_id)
        content = request_content(tool, call, arguments, wire_tool)
        request_id = self._journal.stage_message(content, kind=EventKind.REQUEST)
        self._journal.stage_status("AwaitingApproval")
        async with self._journal.transaction() as tx:
            self._still_ours(
                await sessions.pause(tx, self._session.id, self._session.fence, self._journal.seq, request_id)
            )
            await self._save_progress(tx)
        log.info("turn.paused", session_id=self._session.id, turn=self._turn.number, request_id=request_id)

    async def _add_result(self, result: ToolReturnPart) -> None:
        add_result(self._messages, result)
        await self._record()

    # Records

    async def _record(self, running: RunningCall | None = None) -> None:
        async with self._journal.transaction() as tx:
            kept = await sessions.keep_running(tx, self._session.id, self._session.fence, self._journal.seq)
            self._still_ours(kept)
            await self._save_progress(tx, running)

    async def _save_progress(self, tx: Statements, running: RunningCall | None = None) -> None:
        await turns.record_progress(
            tx,
            self._session.id,
            self._turn.number,
            messages=dump_messages(self._messages),
            deltas=self._reply.index,
            running_call=running.dump() if running else None,
        )

    async def _end(self) -> int:
        self._reply.flush()
        text = self._reply.text
        if not text.strip():
            raise TurnFailed("model_error", "The model gave no answer.")
        self._journal.stage_message(
            {"type": "data_type_message", "value": text, "status": "Complete"}, message_id=self._turn.reply_id
        )
        waiting = await self._release()
        log.info("turn.ended", session_id=self._session.id, turn=self._turn.number)
        return waiting

    async def _end_with_error(self, failure: TurnFailed) -> int:
        close_calls(self._messages, None)
        self._journal.stage_message({"type": "error_message", "error": failure.text, "code": failure.code})
        waiting = await self._release()
        log.warning("turn.failed", session_id=self._session.id, turn=self._turn.number, code=failure.code)
        return waiting

    async def _release(self) -> int:
        self._journal.stage_status("Idle")
        async with self._journal.transaction() as tx:
            session = await sessions.release(tx, self._session.id, self._session.fence, self._journal.seq)
            self._still_ours(session is not None)
            await turns.end_turn(
                tx,
                self._session.id,
                self._turn.number,
                messages=dump_messages(self._messages),
                tokens=memory.measure(self._turn.contents, self._messages),
                at=now_us(),
            )
        return session.waiting if session else 0

    def _still_ours(self, kept: bool) -> None:
        if not kept:
            raise TurnTaken(f"session {self._session.id} was taken at fence {self._session.fence}")

    def _tell_delta(self, index: int, text: str) -> None:
        self._journal.tell_delta(self._turn.reply_id, index, text)


def edit_note(edited: Sequence[str], arguments: Mapping[str, Any]) -> str | None:
    """Tells the model what a person changed in its call."""
    if not edited:
        return None
    changes = {name: arguments[name] for name in edited}
    return f"The approver changed the arguments of this call before it ran: {orjson.dumps(changes).decode()}"


def remembers(agent: AgentRecord) -> bool:
    """Whether the model sees earlier turns."""
    config = agent.payload.get("memory_config")
    return not isinstance(config, dict) or config.get("enable_session_memory") is not False

"""A functional run: named inputs in, named outputs out, in one request. Nothing is kept, and nobody can approve."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import orjson
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart, ToolReturnPart
from pydantic_ai.models import Model

from gateway.engine.errors import TurnFailed
from gateway.engine.ids import new_id
from gateway.engine.models import ModelUnavailable, explain
from gateway.engine.protocol.contents import File, PostedItem, Text
from gateway.engine.store.agents import AgentRecord
from gateway.engine.tools.base import RunnableTool, ToolContext, ToolOutcome
from gateway.engine.turns.asking import ask, check_limits
from gateway.engine.turns.calls import CallLabel, denied, read_arguments, returned
from gateway.engine.turns.prompts import user_prompt
from gateway.engine.turns.transcript import add_result, said, unanswered_calls
from gateway.engine.turns.workshop import Workshop

NOBODY_APPROVES = "This run has nobody who could approve the call."
_PLACEHOLDER = re.compile(r"\{\{\s*(inputs|outputs|tools)\.([A-Za-z0-9_\-]+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class RunRequest:
    """The values of the inputs, and files by the names of theirs."""

    inputs: Mapping[str, Any]
    files: Sequence[tuple[str, File]] = ()
    additional_instructions: str = ""


async def run_agent(workshop: Workshop, agent: AgentRecord, request: RunRequest) -> Mapping[str, Any]:
    """The answer of the run; a model that fails is told in it."""
    run_id = new_id()
    answer: dict[str, Any] = {"status": "success", "run_id": run_id, "outputs": {}, "error": None}
    try:
        reply = await _Run(workshop, agent, request, run_id).reply()
    except TurnFailed as failure:
        return {**answer, "status": "failed", "error": failure.text}
    return {**answer, "outputs": split_outputs(agent.payload["outputs"], reply)}


@dataclass(slots=True)
class _Run:
    """The loop of a turn, with nothing recorded: whoever asks waits for the answer, or asks again."""

    workshop: Workshop
    agent: AgentRecord
    request: RunRequest
    run_id: str
    messages: list[ModelMessage] = field(default_factory=list)

    async def reply(self) -> str:
        async with AsyncExitStack() as stack:
            try:
                model = await stack.enter_async_context(self.workshop.models.use(self.agent.payload["llm_client_key"]))
            except ModelUnavailable as error:
                raise TurnFailed("model_error", explain(error)) from error
            tools = await self.workshop.build_tools(self.agent.payload["tools"])
            while True:
                calls = unanswered_calls(self.messages)
                if calls:
                    add_result(self.messages, await self._settle(calls[0], tools))
                elif self.messages and isinstance(self.messages[-1], ModelResponse):
                    return said(self.messages)
                else:
                    await self._ask(model, tools)

    async def _ask(self, model: Model, tools: Sequence[RunnableTool]) -> None:
        check_limits(self.messages)
        prompt = user_prompt(prompt_items(self.agent.payload["inputs"], self.request), model.profile)
        async for heard in ask(
            model, [prompt, *self.messages], tools, instructions_for(self.agent.payload, self.request)
        ):
            if isinstance(heard, ModelResponse):
                self.messages.append(heard)

    async def _settle(self, call: ToolCallPart, tools: Sequence[RunnableTool]) -> ToolReturnPart:
        tool = next((tool for tool in tools if tool.name == call.tool_name), None)
        label = CallLabel(call.tool_call_id, tool.tool_id if tool else "", call.tool_name)
        supplied = read_arguments(call)
        if tool is None:
            return returned(label, ToolOutcome(f"There is no tool named {call.tool_name}.", is_error=True))
        if supplied is None:
            text = f"The arguments for {call.tool_name} are not a JSON object."
            return returned(label, ToolOutcome(text, is_error=True))
        if tool.asks_for_approval(supplied):
            return denied(label, NOBODY_APPROVES)
        context = ToolContext(self.run_id, call.tool_call_id, self.agent.id)
        return returned(label, await tool.run(tool.arguments_to_run(supplied), context))


def prompt_items(declared: Mapping[str, Any], request: RunRequest) -> list[PostedItem]:
    """One line per declared input that has a value, then the files."""
    names = [str(config.get("name", "")) for config in declared.values() if isinstance(config, dict)]
    lines = [f"{name}: {_in_words(request.inputs[name])}" for name in names if name in request.inputs]
    text = [PostedItem("", Text("\n".join(lines)))] if lines else []
    return [*text, *(PostedItem("", file) for name, file in request.files if name in names)]


def instructions_for(agent: Mapping[str, Any], request: RunRequest) -> str:
    """The agent's instructions with their placeholders filled in."""
    inputs, outputs, tools = agent["inputs"], agent["outputs"], agent["tools"]

    def fill(match: re.Match[str]) -> str:
        kind, key = match.groups()
        name = _name({"inputs": inputs, "outputs": outputs, "tools": tools}[kind].get(key))
        return _in_words(request.inputs[name]) if kind == "inputs" and name in request.inputs else name or match[0]

    written = [_PLACEHOLDER.sub(fill, str(agent.get("instructions") or "")), request.additional_instructions]
    if len(outputs) > 1:
        wanted = ", ".join(f'"{_name(output)}"' for output in outputs.values())
        written.append(f"Answer with one JSON object that has the keys {wanted}, and nothing else.")
    return "\n\n".join(part for part in written if part)


def split_outputs(declared: Mapping[str, Any], reply: str) -> Mapping[str, Any]:
    """The reply by output id: to each its key where the reply is the JSON object that was asked for, else all of it."""
    names = {output_id: _name(output) for output_id, output in declared.items()}
    if len(names) > 1:
        try:
            answer = orjson.loads(reply.strip().removeprefix("```json").removesuffix("```"))
        except orjson.JSONDecodeError:
            answer = None
        if isinstance(answer, dict) and set(names.values()) <= answer.keys():
            return {output_id: answer[name] for output_id, name in names.items()}
    return dict.fromkeys(names, reply)


def _name(declared: object) -> str:
    return str(declared.get("name") or "") if isinstance(declared, dict) else ""


def _in_words(value: object) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()

"""From the wire to tools that run: names, order, static and dynamic inputs, approval, and tools that misbehave."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from typing import Any

import pytest

from gateway.agent.local import LocalTool
from gateway.agent.tool import ToolApprovalConfig
from gateway.engine.tools.arguments import complaint, complaint_about_edit
from gateway.engine.tools.base import ToolLimits, ToolOutcome
from gateway.engine.tools.catalogue import build_tools
from gateway.engine.tools.config import ToolsConfig
from gateway.engine.tools.marks import APPROVAL_SWITCH, SEARCH_MARK
from gateway.engine.tools.services import ToolServices
from tests.gateway.engine.tools.wire import CONTEXT, built, dynamic, run_once, static, tool_frame


async def refund(order_id: str, amount: float, reason: str = "") -> str:
    """Refund an order.

    Args:
        order_id: The order.
    """
    return f"{order_id} {amount} {reason}"


REFUND = LocalTool.from_function(refund)


def custom(tool_type: str, **more: Any) -> dict[str, Any]:
    return tool_frame("custom_tool", tool_type=tool_type, **more)


async def test_tools_keep_the_order_of_the_wire() -> None:
    wire = {"z": custom("echo", name="last"), "a": tool_frame("wikipedia", name="wiki"), "m": custom("echo", name="e")}

    async with ToolServices.open(ToolsConfig()) as services:
        tools = await build_tools(wire, services, {})

    assert [(tool.tool_id, tool.name) for tool in tools] == [("z", "last"), ("a", "wiki"), ("m", "e")]


async def test_the_model_is_told_of_dynamic_inputs_and_not_of_constants() -> None:
    frame = tool_frame("exa_ai", name="exa", inputs={"query": dynamic("What to search"), "num_results": static(3)})

    async with ToolServices.open(ToolsConfig()) as services:
        definition = (await built(frame, services)).definition()

    schema = definition.parameters_json_schema
    assert definition.name == "exa"
    assert definition.description == "What it does."
    assert definition.metadata == {SEARCH_MARK: True}
    assert schema["required"] == ["query"]
    assert schema["properties"]["query"] == {"type": "string", "description": "What to search", "minLength": 1}
    assert "num_results" not in schema["properties"]
    assert "livecrawl" in schema["properties"]


async def test_constants_override_the_model() -> None:
    frame = custom("echo", inputs={"note": dynamic(), "mode": static("safe"), "level": static(1)})

    async with ToolServices.open(ToolsConfig()) as services:
        tool = await built(frame, services)
        arguments = tool.arguments_to_run({"note": "hi", "mode": "wild", "level": 9})
        outcome = await tool.run(arguments, CONTEXT)

    assert outcome == ToolOutcome('{"level":1,"mode":"safe","note":"hi"}')


async def test_echo_answers_compact_json_with_sorted_keys() -> None:
    outcome = await run_once(custom("echo"), {"b": [1, {"é": None}], "a": 1.5})

    assert outcome.text == '{"a":1.5,"b":[1,{"é":null}]}'


@pytest.mark.parametrize(
    ("word", "approval"),
    [
        ("auto_run", ToolApprovalConfig.AUTO_RUN),
        ("let_agent_decide", ToolApprovalConfig.LET_AGENT_DECIDE),
        ("requires_approval", ToolApprovalConfig.REQUIRES_APPROVAL),
        (None, ToolApprovalConfig.AUTO_RUN),
        ("whatever", ToolApprovalConfig.REQUIRES_APPROVAL),
    ],
)
async def test_the_approval_setting_is_kept_and_an_unknown_word_opens_no_gate(
    word: str | None, approval: ToolApprovalConfig
) -> None:
    frame = {**custom("echo"), "approval_config": word}

    async with ToolServices.open(ToolsConfig()) as services:
        assert (await built(frame, services)).approval is approval


async def test_where_the_agent_decides_the_model_has_a_switch_that_the_tool_never_sees() -> None:
    frame = custom("echo", approval="let_agent_decide")

    async with ToolServices.open(ToolsConfig()) as services:
        tool = await built(frame, services)

    assert APPROVAL_SWITCH in tool.parameters["properties"]
    assert tool.asks_for_approval({APPROVAL_SWITCH: True})
    assert not tool.asks_for_approval({APPROVAL_SWITCH: False})
    assert not tool.asks_for_approval({})
    assert tool.arguments_to_run({"a": 1, APPROVAL_SWITCH: True}) == {"a": 1}


@pytest.mark.parametrize(("approval", "asks"), [("auto_run", False), ("requires_approval", True)])
async def test_without_that_choice_the_model_has_no_switch(approval: str, asks: bool) -> None:
    async with ToolServices.open(ToolsConfig()) as services:
        tool = await built(custom("echo", approval=approval), services)

    assert APPROVAL_SWITCH not in tool.parameters["properties"]
    assert tool.asks_for_approval({APPROVAL_SWITCH: not asks}) is asks


@pytest.mark.parametrize(
    ("amount", "asks"), [(99.5, False), (100, False), (100.01, True), ("1e9", True), (True, True), (None, True)]
)
async def test_a_tool_that_runs_at_once_asks_above_its_limit(amount: object, asks: bool) -> None:
    frame = {**custom("echo"), "approval_policy": {"ask_above": {"amount": 100}}}

    async with ToolServices.open(ToolsConfig()) as services:
        tool = await built(frame, services)

    assert tool.asks_for_approval({"amount": amount}) is asks
    assert not tool.asks_for_approval({})


async def test_a_limit_that_is_no_number_lets_nothing_pass() -> None:
    frame = {**custom("echo"), "approval_policy": {"ask_above": {"amount": "much"}}}

    async with ToolServices.open(ToolsConfig()) as services:
        tool = await built(frame, services)

    assert tool.asks_for_approval({"amount": 1})


async def test_a_tool_with_an_argument_of_the_switchs_name_always_asks() -> None:
    def careful(request_approval: bool) -> str:
        """Says what it was told."""
        return str(request_approval)

    local = LocalTool.from_function(careful)
    async with ToolServices.open(ToolsConfig()) as services:
        tool = await built(custom("careful", approval="let_agent_decide"), services, local)

    assert tool.asks_for_approval({"request_approval": False})
    assert tool.arguments_to_run({"request_approval": False}) == {"request_approval": False}


async def test_a_python_tool_has_the_schema_of_its_signature() -> None:
    frame = {**custom("refund", name="refund_order", inputs={"reason": static("goodwill")}), "description": ""}

    async with ToolServices.open(ToolsConfig()) as services:
        tool = await built(frame, services, REFUND)
        outcome = await tool.run(tool.arguments_to_run({"order_id": "A-1", "amount": 25}), CONTEXT)

    assert tool.description == "Refund an order."
    assert list(tool.parameters["properties"]) == ["order_id", "amount"]
    assert tool.parameters["properties"]["order_id"]["description"] == "The order."
    assert outcome == ToolOutcome("A-1 25.0 goodwill")


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ({"order_id": "A-1"}, "amount is missing."),
        ({"order_id": "A-1", "amount": "much"}, "amount must be a number."),
        ({"order_id": 1, "amount": 2}, "order_id must be text."),
        ({"order_id": "A-1", "amount": 2, "now": True}, "There is no argument named now."),
    ],
)
async def test_a_python_tool_does_not_run_with_arguments_that_do_not_fit(arguments: dict[str, Any], wrong: str) -> None:
    outcome = await run_once(custom("refund"), arguments, None, REFUND)

    assert outcome == ToolOutcome(wrong, is_error=True)


@pytest.mark.parametrize(
    ("proposed", "confirm", "wrong"),
    [
        ({"order_id": "A-1", "amount": 5}, {"amount": 3.5}, None),
        ({"order_id": "A-1", "amount": 5}, {}, None),
        ({"order_id": "A-1", "amount": "x"}, {"reason": "late"}, None),
        ({"order_id": "A-1", "amount": 5}, {"amount": "3"}, "amount must be a number."),
        ({"order_id": "A-1", "amount": 5}, {"amuont": 3}, "There is no argument named amuont."),
    ],
)
async def test_an_edit_is_checked_against_the_tools_arguments(
    proposed: dict[str, Any], confirm: dict[str, Any], wrong: str | None
) -> None:
    async with ToolServices.open(ToolsConfig()) as services:
        tool = await built(custom("refund"), services, REFUND)

    assert complaint_about_edit(tool.arguments_schema, proposed, confirm) == wrong


async def test_an_edit_of_a_tool_without_types_may_touch_what_was_declared_or_proposed() -> None:
    async with ToolServices.open(ToolsConfig()) as services:
        tool = await built(custom("echo", inputs={"level": static(1), "note": dynamic()}), services)

    schema = tool.arguments_schema
    assert complaint_about_edit(schema, {"extra": 1}, {"note": "x", "extra": 2, "level": 3}) is None
    assert complaint_about_edit(schema, {}, {"extra": 2}) == "There is no argument named extra."
    assert complaint_about_edit(schema, {}, {"level": "high"}) == "level must be a number."


async def test_a_constant_that_a_kind_does_not_know_is_left_out() -> None:
    frame = tool_frame("wikipedia", inputs={"query": dynamic(), "mood": static("calm"), "chunk_size": static(None)})

    async with ToolServices.open(ToolsConfig()) as services:
        tool = await built(frame, services)

    assert tool.arguments_to_run({"query": "tea"}) == {"query": "tea"}
    assert "chunk_size" in tool.parameters["properties"]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"properties": {"a": {"$ref": "http://127.0.0.1:9/schema.json"}}},
        {"properties": {"a": {"pattern": "("}}},
    ],
)
def test_a_schema_that_cannot_be_applied_finds_nothing_wrong(schema: dict[str, Any]) -> None:
    assert complaint(schema, {"a": "text"}) is None


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        (custom("nobody_knows"), "this engine has no custom tool of type nobody_knows"),
        (tool_frame("mcp_connector"), "tools of kind mcp_connector cannot run here"),
        (tool_frame("slack_sender", inputs={"x": dynamic()}), "tools of kind slack_sender cannot run here"),
    ],
)
async def test_a_tool_that_cannot_run_here_fails_when_it_is_called(frame: dict[str, Any], error: str) -> None:
    outcome = await run_once(frame, {"anything": 1})

    assert outcome == ToolOutcome(error, is_error=True)


@pytest.mark.parametrize("frame", [None, 7, {}, {"value": None}, {"value": {"node_type": 5, "inputs": []}}])
async def test_a_malformed_frame_is_a_tool_that_fails(frame: Any) -> None:
    async with ToolServices.open(ToolsConfig()) as services:
        tools = await build_tools({"t1": frame}, services, {})
        outcome = await tools[0].run({}, CONTEXT)

    assert tools[0].name == "t1"
    assert outcome.is_error


async def hang() -> str:
    """Never comes back."""
    await asyncio.Event().wait()
    return ""


async def talk() -> str:
    """Says a megabyte."""
    return "x" * 1_000_000


async def crash() -> str:
    """Breaks in a way that nobody foresaw."""
    raise KeyError("missing")


async def refuse() -> str:
    """Says why not."""
    raise LookupError("There is no such order.")


async def leave() -> str:
    """Tries to end the process."""
    sys.exit(3)


async def cancelled_inside() -> str:
    """Waits for something that was cancelled."""
    future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    future.cancel()
    return await future


@pytest.mark.parametrize(
    ("function", "error"),
    [
        (hang, "no answer within 0.05 seconds"),
        (crash, "KeyError: missing"),
        (refuse, "There is no such order."),
        (leave, "SystemExit: 3"),
        (cancelled_inside, "CancelledError"),
    ],
)
async def test_a_tool_that_fails_or_hangs_ends_in_words(function: Any, error: str) -> None:
    local = LocalTool.from_function(function)
    limits = ToolsConfig(limits=ToolLimits(timeout=timedelta(milliseconds=50)))

    outcome = await run_once(custom(local.name), {}, limits, local)

    assert outcome == ToolOutcome(error, is_error=True)


async def test_a_tool_that_says_a_megabyte_is_cut_with_a_note() -> None:
    outcome = await run_once(custom("talk"), {}, None, LocalTool.from_function(talk))

    assert not outcome.is_error
    assert outcome.text.startswith("xxx")
    assert outcome.text.endswith("\n… (cut here; the whole result had 1000000 characters)")
    assert len(outcome.text) < 101_000


async def test_halves_of_characters_do_not_leave_a_tool() -> None:
    async def broken() -> str:
        """Says what no encoding knows."""
        return "caf\ud800é"

    local = LocalTool.from_function(broken)

    assert await run_once(custom("broken"), {}, None, local) == ToolOutcome("caf?é")


async def test_the_engines_own_cancellation_goes_through() -> None:
    started = asyncio.Event()

    async def wait() -> str:
        """Waits until it is stopped."""
        started.set()
        await asyncio.Event().wait()
        return ""

    async with ToolServices.open(ToolsConfig()) as services:
        tool = await built(custom("wait"), services, LocalTool.from_function(wait))
        running = asyncio.ensure_future(tool.run({}, CONTEXT))
        await started.wait()
        running.cancel()

        with pytest.raises(asyncio.CancelledError):
            await running

"""Functional runs: named inputs in, named outputs out, over JSON and over forms."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.engine.functional import RunRequest, instructions_for, prompt_items, split_outputs
from gateway.engine.protocol.contents import File, Text
from tests.gateway.engine.wire import echo_tool, make_agent, rest, tools

TOPIC = {"name": "topic", "io_type": "string", "description": ""}
PAPER = {"name": "paper", "io_type": "file", "description": ""}
BRIEF = {"name": "brief", "io_type": "string", "description": ""}
DECLARED: dict[str, Any] = {
    "agent_type": "functional",
    "inputs": {"input_aa": TOPIC, "input_bb": PAPER},
    "outputs": {"output_cc": BRIEF},
}


async def run(engine: str, agent_id: str, **request: Any) -> dict[str, Any]:
    async with rest(engine) as http:
        answer = await http.post(f"/agent/{agent_id}/run", **request)
    assert answer.status_code == 200
    result: dict[str, Any] = answer.json()
    return result


async def test_every_declared_output_gets_the_reply(engine: str) -> None:
    agent_id = await make_agent(engine, **DECLARED)

    result = await run(engine, agent_id, json={"inputs": {"topic": "tea", "undeclared": "x"}})

    assert (result["status"], result["error"]) == ("success", None)
    assert result["run_id"]
    assert result["outputs"] == {"output_cc": "You said: topic: tea"}


async def test_files_come_in_a_form_under_the_names_of_their_inputs(engine: str) -> None:
    agent_id = await make_agent(engine, **DECLARED)

    result = await run(
        engine,
        agent_id,
        data={"inputs": json.dumps({"topic": "tea"})},
        files={"paper": ("leaves.txt", b"green", "text/plain")},
    )

    assert result["outputs"] == {"output_cc": "You said: topic: tea\nFiles: leaves.txt (text/plain, 5 bytes)"}


async def test_a_tool_that_needs_approval_counts_as_denied(engine: str) -> None:
    agent_id = await make_agent(
        engine, **DECLARED, tools=tools(echo_tool(approval="requires_approval"), echo_tool("say"))
    )

    gated = await run(engine, agent_id, json={"inputs": {"topic": '\ncall echo {"text": "a"}'}})
    free = await run(engine, agent_id, json={"inputs": {"topic": '\ncall say {"text": "a"}'}})

    assert gated["outputs"]["output_cc"].startswith("I could not do that: ")
    assert free["outputs"]["output_cc"] == 'tool say returned: {"text":"a"}'


async def test_a_model_that_cannot_be_asked_is_told_in_the_answer(engine: str) -> None:
    agent_id = await make_agent(engine, **DECLARED, llm_client_key={"provider": "demo", "model_id": "other"})

    result = await run(engine, agent_id, json={"inputs": {"topic": "tea"}})

    assert result["status"] == "failed"
    assert "other" in result["error"]
    assert result["outputs"] == {}


@pytest.mark.parametrize("body", [{"inputs": []}, {"inputs": {}, "additional_instructions": 5}])
async def test_a_run_that_makes_no_sense_is_400(engine: str, body: Any) -> None:
    agent_id = await make_agent(engine, **DECLARED)

    async with rest(engine) as http:
        answer = await http.post(f"/agent/{agent_id}/run", json=body)
        form = await http.post(f"/agent/{agent_id}/run", data={"inputs": "{"}, files={"paper": b"x"})

    assert (answer.status_code, form.status_code) == (400, 400)


def test_inputs_are_told_in_the_order_of_their_declaration() -> None:
    request = RunRequest({"b": 5, "a": "x"}, [("f", File("n", "t", b"")), ("other", File("m", "t", b""))])

    items = prompt_items({"1": {"name": "a"}, "2": {"name": "b"}, "3": {"name": "f"}}, request)

    assert [item.item for item in items] == [Text("a: x\nb: 5"), File("n", "t", b"")]


def test_placeholders_in_instructions_are_filled_in() -> None:
    agent = {
        "inputs": {"input_1": {"name": "topic"}},
        "outputs": {"output_1": {"name": "brief"}},
        "tools": {"tool_1": {"name": "search"}},
        "instructions": "Write {{outputs.output_1}} on {{inputs.input_1}} with {{tools.tool_1}}; {{inputs.gone}}.",
    }

    written = instructions_for(agent, RunRequest({"topic": "tea"}, additional_instructions="Be brief."))

    assert written == "Write brief on tea with search; {{inputs.gone}}.\n\nBe brief."


def test_several_outputs_are_taken_from_the_json_that_was_asked_for() -> None:
    declared = {"output_1": {"name": "title"}, "output_2": {"name": "body"}}

    assert split_outputs(declared, '```json\n{"title": "T", "body": [1]}\n```') == {"output_1": "T", "output_2": [1]}
    assert split_outputs(declared, "Just words.") == {"output_1": "Just words.", "output_2": "Just words."}

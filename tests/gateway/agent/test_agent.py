"""Agents on a platform: kept, read back, run, and the errors of each."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from gateway.agent import (
    Agent,
    AgentTools,
    AgentType,
    ConversationalRunActionRequiredError,
    IoConfig,
    LlmInfo,
    McpServer,
    MemoryConfig,
    Platform,
)
from gateway.agent.errors import (
    ApiConnectionError,
    ApiStatusError,
    ApiTimeoutError,
    AuthenticationError,
    BadRequestError,
    DefinitionError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    PlatformError,
    RateLimitError,
    UnprocessableEntityError,
)
from gateway.agent.placeholders import TemplateReferenceError
from gateway.events import SessionEventType
from gateway.session import SessionTimeoutError
from tests.gateway.agent.keeper import Keeper
from tests.gateway.session.scripted import KEY, ack, delta, notification, reply, scripted_platform, silence, status

LLM = LlmInfo(provider="demo", model_id="scripted")


def support(**fields: Any) -> Agent:
    return Agent(name="Support", llm_info=LLM, type=AgentType.CONVERSATIONAL, **fields)


def test_a_definition_is_created_by_saving_it(kept: Keeper) -> None:
    agent = support(memory_config=MemoryConfig(enable_session_memory=False))

    agent.save()
    agent.instructions = "Be kind."
    agent.save()

    assert (agent.id, agent.branch_id) == ("agent-1", "branch-of-agent-1")
    assert kept.agents["agent-1"]["instructions"] == "Be kind."
    assert kept.agents["agent-1"]["memory_config"]["enable_session_memory"] is False


async def test_saving_and_fetching_do_not_block_when_asked_not_to(kept: Keeper) -> None:
    agent = support()

    await agent.asave()
    await agent.asave(deploy=True)
    fetched = await Agent.afetch(name="Support")

    assert (fetched.id, fetched.agent_type) == ("agent-1", AgentType.CONVERSATIONAL)
    assert await fetched.adelete() == {"status": "success", "deleted": "Support"}


def test_an_agent_survives_reading_back(kept: Keeper) -> None:
    agent = support(tools=[AgentTools.exa_ai(tool_name="find")], extras={"of_tomorrow": [1]})
    agent.save()

    fetched = Agent.fetch(id="agent-1")

    assert fetched.to_wire() == agent.to_wire()
    assert fetched.to_wire()["of_tomorrow"] == [1]


def test_what_the_platform_notes_for_itself_is_not_sent_back() -> None:
    noted = {
        "_id": {"$oid": "a-1"},
        "mainBranch": "b-1",
        "created_at": "now",
        "status": "ok",
        "llm_client_key": LLM.model_dump(),
    }

    agent = Agent.from_wire(noted)

    assert agent.id == "a-1"
    assert not {"created_at", "status", "mainBranch", "_id"} & agent.to_wire().keys()


@pytest.mark.parametrize(
    ("word", "kind"), [("Conversational", "conversational"), ("odd", "functional"), (None, "functional")]
)
@pytest.mark.parametrize("key", ["agent_type", "agentType", "variant"])
def test_the_type_is_read_in_every_spelling(key: str, word: object, kind: str) -> None:
    assert Agent.from_wire({key: word, "llm_client_key": LLM.model_dump()}).agent_type == kind


def test_a_list_of_ids_gives_stubs(kept: Keeper) -> None:
    kept.refusal = (200, json.dumps({"object_ids": ["a-1", "a-2"]}))

    assert [agent.id for agent in Agent.list()] == ["a-1", "a-2"]


def test_another_platform_than_the_environments_can_be_named(kept: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VECTORSHIFT_BASE_URL")
    elsewhere = Platform(api_key="key-2", base_url=kept.url)

    agent = Agent.new("Support", LLM, type=AgentType.CONVERSATIONAL, platform=elsewhere)
    agent.save()

    assert {asked.key for asked in kept.asked} == {"Bearer key-2"}


@pytest.mark.parametrize(
    ("status_code", "kind"),
    [
        (400, BadRequestError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (418, ApiStatusError),
        (422, UnprocessableEntityError),
        (429, RateLimitError),
        (503, InternalServerError),
    ],
)
async def test_each_refusal_has_its_error(kept: Keeper, status_code: int, kind: type[ApiStatusError]) -> None:
    kept.refusal = (status_code, '{"status": "failed", "error": "Not today."}')

    with pytest.raises(ApiStatusError) as caught:
        Agent.fetch(id="a-1")
    with pytest.raises(kind):
        await Agent.afetch(id="a-1")

    assert type(caught.value) is kind
    assert (caught.value.status_code, caught.value.error_message) == (status_code, "Not today.")
    assert str(caught.value) == f"GET /agent: HTTP {status_code}: Not today."


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"error": "", "message": "m"}', "m"),
        ('{"errors": ["a", "b"]}', "a; b"),
        ('{"detail": {"x": 1}}', "{'x': 1}"),
        ("{}", "{}"),
        ("[1]", "[1]"),
        ("<h1>bad</h1>", "<h1>bad</h1>"),
    ],
)
def test_the_reason_is_found_where_it_stands(kept: Keeper, body: str, said: str) -> None:
    kept.refusal = (400, body)

    with pytest.raises(BadRequestError) as caught:
        Agent.list()

    assert caught.value.error_message == said


@pytest.mark.parametrize("body", ["no json", "[]", "{}", '{"object": 1}'])
def test_an_answer_that_makes_no_sense_is_an_error(kept: Keeper, body: str) -> None:
    kept.refusal = (200, body)

    with pytest.raises(PlatformError):
        Agent.fetch(id="a-1")
    with pytest.raises(PlatformError):
        support().save()


async def test_a_platform_that_is_not_there_is_told_apart(free_port: int) -> None:
    nowhere = Platform(base_url=f"http://127.0.0.1:{free_port}/v1")

    with pytest.raises(ApiConnectionError):
        Agent.list(platform=nowhere)
    with pytest.raises(ApiConnectionError):
        await Agent.alist(platform=nowhere)


async def test_a_platform_that_does_not_answer_is_told_apart() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        platform = Platform(base_url=f"http://127.0.0.1:{mute.getsockname()[1]}/v1")

        with pytest.raises(ApiTimeoutError):
            platform.request("GET", "/agents", timeout_s=0.1)
        with pytest.raises(ApiTimeoutError):
            await platform.arequest("GET", "/agents", timeout_s=0.1)


def test_two_tools_of_one_name_cannot_be_saved(kept: Keeper) -> None:
    agent = support().add_tool.exa_ai(tool_name="find").add_tool.google_search(tool_name="find")

    with pytest.raises(DefinitionError, match="find"):
        agent.save()

    assert kept.asked == []


def test_an_agent_without_a_model_cannot_be_saved() -> None:
    with pytest.raises(DefinitionError, match="llm_info"):
        Agent(name="Support").to_wire()


@pytest.mark.parametrize(
    ("instructions", "words"),
    [
        ("Use [[topic]].", "must begin with"),
        ("Use [[inputs.colour]].", "inputs are topic"),
        ("Use [[outputs.topic]].", "outputs are none"),
    ],
)
def test_a_placeholder_for_nothing_cannot_be_saved(instructions: str, words: str) -> None:
    agent = Agent(name="a", llm_info=LLM, instructions=instructions, inputs={"topic": IoConfig(io_type="string")})

    with pytest.raises(TemplateReferenceError, match=words):
        agent.to_wire()


def test_placeholders_name_the_same_ids_on_every_save() -> None:
    agent = Agent(
        name="a", llm_info=LLM, instructions="On [[inputs.Topic]].", inputs={"topic": IoConfig(io_type="string")}
    )

    first, second = agent.to_wire(), agent.to_wire()

    (input_id,) = first["inputs"]
    assert first["instructions"] == f"On {{{{inputs.{input_id}}}}}."
    assert second == first
    assert agent.instructions == "On [[inputs.Topic]]."


def test_an_id_in_a_placeholder_stays() -> None:
    topic = IoConfig(io_type="string", server_id="input_7")
    agent = Agent(
        name="a", llm_info=LLM, instructions="On [[inputs.input_7]], {{inputs.input_7}}.", inputs={"t": topic}
    )

    assert agent.to_wire()["instructions"] == "On {{inputs.input_7}}, {{inputs.input_7}}."


async def test_what_does_not_fit_the_type_of_agent_is_refused() -> None:
    functional, conversational = Agent("a-1", "a", LLM), support(id="a-2")

    with pytest.raises(ValueError, match="holds no sessions"):
        await functional.create_session()
    with pytest.raises(ValueError, match="holds no sessions"):
        await functional.resume_session("s-1")
    with pytest.raises(ValueError, match="inputs by name"):
        await functional.arun("text")
    with pytest.raises(ValueError, match="for conversational agents"):
        functional.run({}, keep_alive=True)  # type: ignore[call-overload]  # what a user may write all the same
    with pytest.raises(ValueError, match="runs on a message"):
        await conversational.arun({"topic": "tea"})
    with pytest.raises(ValueError, match="session_id"):
        await conversational.resume_session("")
    with pytest.raises(DefinitionError, match="save"):
        await support().create_session()
    with pytest.raises(ValueError, match="id or a name"):
        Agent.fetch()


async def test_a_functional_run_gives_outputs_by_name(kept: Keeper, tmp_path: Path) -> None:
    agent = Agent(
        "a-1",
        "Briefer",
        LLM,
        inputs={"topic": IoConfig(io_type="string"), "page": IoConfig(io_type="file")},
        outputs={"brief": IoConfig(io_type="string", server_id="output_1")},
    )
    kept.run_outputs = {"output_1": "short", "output_2": "unasked"}
    page = tmp_path / "page.txt"
    page.write_text("a page")

    plain = agent.run({"topic": "tea", "unknown": 1}, "Be brief.")
    with_file = await agent.arun({"topic": "tea", "page": page})

    assert plain.outputs == with_file.outputs == {"brief": "short", "output_2": "unasked"}
    assert (plain.run_id, plain.status, plain.error) == ("run-1", "success", None)
    assert kept.asked[0].body == {"inputs": {"topic": "tea"}, "additional_instructions": "Be brief."}
    assert kept.asked[1].body == {"inputs": [None, '{"topic": "tea"}'], "page": ["page.txt", "a page"]}


async def test_an_mcp_server_lists_its_tools(kept: Keeper) -> None:
    assert McpServer("srv-1").list_tools() == await McpServer("srv-1").alist_tools()
    assert [asked.path for asked in kept.asked] == ["/mcp-server/srv-1/tools"] * 2


async def test_one_turn_of_a_conversational_agent_gives_its_answer() -> None:
    async with scripted_platform() as platform:
        platform.rules["post_message"] = lambda frame: [
            *ack(frame), status("Processing"), delta(0, "Hello"), reply("Hello"), status("Idle"),
        ]  # fmt: skip
        agent = support(id="a-1")
        agent.platform = Platform(KEY, platform.url)

        result = await agent.run("hi")
        again = await agent.arun("hi", session_id="s-9", include_deltas=True)
        await platform.nobody_is_left()

    assert (result.final_message, result.session_id, result.status) == ("Hello", "s-1", "complete")
    assert SessionEventType.MESSAGE_DELTA not in [event.type for event in result.events]
    assert SessionEventType.MESSAGE_DELTA in [event.type for event in again.events]
    assert (again.session_id, platform.count("terminate_session"), platform.count("disconnect_session")) == (
        "s-9",
        1,
        1,
    )


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (notification({"type": "error_message", "error": "the model is down"}), "the model is down"),
        ({"type": "error", "error": "no"}, "no"),
    ],
)
async def test_a_failed_turn_gives_its_error(outcome: dict[str, Any], error: str) -> None:
    async with scripted_platform() as platform:
        platform.rules["post_message"] = lambda frame: [*ack(frame), status("Processing"), outcome]
        agent = support(id="a-1")
        agent.platform = Platform(KEY, platform.url)

        result = await agent.run("hi")

    assert (result.status, result.error, result.final_message) == ("error", error, "")


async def test_a_turn_that_cannot_begin_gives_its_error(free_port: int) -> None:
    agent = support(id="a-1")
    agent.platform = Platform(KEY, f"http://127.0.0.1:{free_port}/v1")

    result = await agent.run("hi")

    assert result.status == "error"
    assert "cannot open" in (result.error or "")


async def test_a_turn_that_needs_a_person_says_so_and_can_be_resumed() -> None:
    request = notification({"type": "tool_call_approval", "tool_name": "refund_order", "arguments": {}}, "p-1")
    async with scripted_platform() as platform:
        platform.rules["post_message"] = lambda frame: [*ack(frame), status("Processing"), request]
        agent = support(id="a-1")
        agent.platform = Platform(KEY, platform.url)

        with pytest.raises(ConversationalRunActionRequiredError, match="s-1") as caught:
            await agent.run("refund me", keep_alive=True)
        async with await agent.resume_session(caught.value.session_id) as session:
            await session.respond(caught.value.event, approved=True)
            answer = await platform.received("post_message", 2)

    assert answer["parent_message_id"] == "p-1"


async def test_a_turn_that_takes_too_long_is_ended() -> None:
    async with scripted_platform() as platform:
        platform.rules["post_message"] = silence
        agent = support(id="a-1")
        agent.platform = Platform(KEY, platform.url)

        with pytest.raises(SessionTimeoutError, match="took over"):
            await agent.run("hi", timeout=0.05)
        await platform.received("terminate_session")


def test_a_secret_is_not_shown() -> None:
    info = LlmInfo(provider="openai", model_id="gpt-5.1", api_key="sk-secret")

    assert "sk-secret" not in repr(info)
    assert "sk-secret" not in repr(Agent(name="a", llm_info=info))

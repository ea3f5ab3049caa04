"""Agents over REST: what is saved comes back, and every refusal is one readable sentence."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.store.database import Database
from tests.gateway.engine.python_agents import Gate, agent_with_gate
from tests.gateway.engine.serving import OTHER_KEY, Served, serving
from tests.gateway.engine.wire import agent_payload, connected, contents, echo_tool, make_agent, reply_of, rest, tools


async def test_an_agent_comes_back_as_it_was_saved(engine: str) -> None:
    declared = tools(echo_tool("zeta"), echo_tool("alpha"), echo_tool("mid"))
    payload = agent_payload(tools=declared, editable_object_types=["Table"])

    async with rest(engine) as http:
        agent_id = (await http.post("/agent", json=payload)).json()["id"]
        found = (await http.get("/agent", params={"id": agent_id})).json()["object"]

    assert {key: found[key] for key in payload} == payload
    assert list(found["tools"]) == list(declared)
    assert set(found) - set(payload) == {"_id", "mainBranch", "created_at", "updated_at"}
    assert isinstance(found["_id"], str)


async def test_a_save_replaces_the_keys_that_it_carries(engine: str) -> None:
    agent_id = await make_agent(engine, enable_subagents=True)

    async with rest(engine) as http:
        before = (await http.get("/agent", params={"id": agent_id})).json()["object"]
        changes = {
            "name": "New",
            "branch_id": before["mainBranch"],
            "deploy": True,
            "bump": "minor",
            "description": "d",
        }
        saved = await http.post(f"/update/agent/{agent_id}", json=changes)
        after = (await http.get("/agent", params={"id": agent_id})).json()["object"]

    assert saved.status_code == 200
    assert {**before, "name": "New", "updated_at": after["updated_at"]} == after


async def test_agents_are_listed_newest_first_and_by_page(engine: str) -> None:
    names = ["one", "two", "three"]
    for name in names:
        await make_agent(engine, name=name)

    async with rest(engine) as http:
        everything = (await http.get("/agents", params={"include_shared": "true", "verbose": "true"})).json()
        page = (await http.get("/agents", params={"limit": 1, "offset": 1})).json()

    assert [found["name"] for found in everything["objects"]] == ["three", "two", "one"]
    assert [found["name"] for found in page["objects"]] == ["two"]


async def test_a_name_means_the_newest_agent_of_that_name(engine: str) -> None:
    await make_agent(engine, name="twin", instructions="old")
    newest = await make_agent(engine, name="twin", instructions="new")
    other = await make_agent(engine, name="other")

    async with rest(engine) as http:
        by_name = (await http.get("/agent", params={"name": "twin"})).json()["object"]
        both = await http.get("/agent", params={"name": "twin", "id": other})

    assert by_name["_id"] == newest
    assert both.status_code == 404


async def test_a_deleted_agent_is_gone_and_its_sessions_can_still_be_read(engine: str) -> None:
    agent_id = await make_agent(engine)

    async with connected(engine) as client, rest(engine) as http:
        await client.create(agent_id)
        await client.turn("Hello.")
        deleted = await http.delete(f"/agent/{agent_id}")
        again = await http.delete(f"/agent/{agent_id}")
        frames = await client.turn("Are you there?")
        history = await client.history()

    assert (deleted.status_code, again.status_code) == (200, 404)
    assert contents(frames, "error_message")[0]["code"] == "model_error"
    assert [message["content"]["type"] for message in history] == [
        "data_type_message",
        "data_type_message",
        "data_type_message",
        "error_message",
    ]


async def test_the_next_turn_uses_the_agent_as_it_was_saved_last(engine: str) -> None:
    agent_id = await make_agent(engine)

    async with connected(engine) as client, rest(engine) as http:
        await client.create(agent_id)
        before = await client.turn('call echo {"text": "a"}')
        await http.post(f"/update/agent/{agent_id}", json={"tools": tools(echo_tool())})
        after = await client.turn('call echo {"text": "a"}')

    assert reply_of(before) == "I have no tool named echo."
    assert reply_of(after) == 'tool echo returned: {"text":"a"}'


async def test_another_keys_agents_are_unknown(engine: str) -> None:
    agent_id = await make_agent(engine)

    async with rest(engine, OTHER_KEY) as http:
        answers = [
            await http.get("/agent", params={"id": agent_id}),
            await http.get("/agent", params={"name": "Acme support"}),
            await http.post(f"/update/agent/{agent_id}", json=agent_payload()),
            await http.delete(f"/agent/{agent_id}"),
            await http.post(f"/agent/{agent_id}/run", json={"inputs": {}}),
        ]
        listed = (await http.get("/agents")).json()["objects"]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert listed == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/agent", b"not json", 400),
        ("POST", "/agent", b"[]", 400),
        ("POST", "/agent", b'{"name": "x"}', 400),
        ("POST", "/agent", b'{"llm_client_key": {}}', 400),
        ("POST", "/agent", b'{"name": "x", "llm_client_key": {}, "tools": [1]}', 400),
        ("POST", "/agent", b'{"name": "\\u0000", "llm_client_key": {}}', 400),
        ("POST", "/agent", b'{"name": "x", "llm_client_key": {"a": ' + b"[" * 500 + b"]" * 500 + b"}}", 400),
        ("GET", "/agent", b"", 400),
        ("GET", "/agent?id=nobody", b"", 404),
        ("GET", "/agent?id=%00", b"", 404),
        ("GET", "/agent?name=%00", b"", 404),
        ("GET", "/agents?limit=many", b"", 400),
        ("POST", "/update/agent/nobody", b'{"name": "x"}', 404),
        ("DELETE", "/agent/nobody", b"", 404),
        ("DELETE", "/agent/%00", b"", 404),
        ("POST", "/agent/nobody/run", b"{}", 404),
        ("GET", "/mcp-server/nobody/tools", b"", 404),
        ("GET", "/nothing/here", b"", 404),
        ("PUT", "/agents", b"", 405),
    ],
)
async def test_a_refusal_has_a_status_and_a_sentence(
    engine: str, method: str, path: str, body: bytes, status: int
) -> None:
    async with rest(engine) as http:
        answer = await http.request(method, path, content=body)

    assert answer.status_code == status
    assert answer.json()["status"] == "failed"
    assert answer.json()["error"]


async def test_a_wrong_key_is_401_everywhere(engine: str) -> None:
    async with rest(engine, "wrong") as http:
        answers = [
            await http.get("/agents"),
            await http.post("/agent", json=agent_payload()),
            await http.get("/mcp-server/a/tools"),
        ]

    assert [answer.status_code for answer in answers] == [401] * 3


async def test_an_agent_from_python_code_keeps_its_id_and_is_seen_by_every_key(database_url: str) -> None:
    found: list[dict[str, Any]] = []
    for key in ("test-key", OTHER_KEY):
        async with serving(database_url, agent_with_gate(Gate())) as engine, rest(engine.address, key) as http:
            found += (await http.get("/agents")).json()["objects"]

    assert len(found) == 2
    assert found[0]["_id"] == found[1]["_id"]
    assert found[0]["name"] == "Gatekeeper"


async def test_an_erased_session_leaves_nothing_and_cannot_be_resumed(served: Served, database: Database) -> None:
    agent_id = await make_agent(served.address)
    async with (
        connected(served.address) as client,
        rest(served.address) as http,
        rest(served.address, OTHER_KEY) as stranger,
    ):
        session_id = await client.create(agent_id)
        await client.turn("My name is Wanda")
        refused = await stranger.delete(f"/session/{session_id}")
        erased = await http.delete(f"/session/{session_id}")
        again = await http.delete(f"/session/{session_id}")

    assert (refused.status_code, erased.status_code, again.status_code) == (404, 200, 404)
    for table in ("engine_sessions", "engine_turns", "engine_events"):
        assert await database.fetch(f"SELECT * FROM {table}") == []  # noqa: S608  # our own names

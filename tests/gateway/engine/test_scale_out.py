"""Two engine processes on one Postgres: it does not matter which of them a connection lands on."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.gateway.engine.python_agents import Gate, agent_with_gate, id_of
from tests.gateway.engine.serving import Served, serving
from tests.gateway.engine.wire import (
    connected,
    contents,
    echo_tool,
    is_turn_end,
    make_agent,
    message_of,
    outline,
    reply_of,
    status_of,
    tools,
)


@pytest.fixture(params=["postgres"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """SQLite has one engine process."""
    return str(request.param)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
async def here(database_url: str, gate: Gate) -> AsyncIterator[Served]:
    async with serving(database_url, agent_with_gate(gate)) as engine:
        yield engine


@pytest.fixture
async def there(database_url: str, gate: Gate, here: Served) -> AsyncIterator[Served]:
    async with serving(database_url, agent_with_gate(gate)) as engine:
        yield engine


async def test_a_listener_elsewhere_hears_the_whole_turn(here: Served, there: Served) -> None:
    agent_id = await make_agent(here.address, tools=tools(echo_tool()))

    async with connected(here.address) as client, connected(there.address) as listener:
        session_id = await client.create(agent_id)
        await listener.resume(session_id)
        told = await client.turn('call echo {"text": "%s"}' % ("long " * 2000))
        heard = await listener.until(is_turn_end)

    assert heard == told[1:]
    deltas = [frame["value"] for frame in heard if frame["type"] == "message_delta"]
    assert "".join(deltas) == reply_of(heard)


async def test_an_approval_may_be_decided_elsewhere(here: Served, there: Served) -> None:
    agent_id = await make_agent(here.address, tools=tools(echo_tool(approval="requires_approval")))

    async with connected(here.address) as client, connected(there.address) as approver:
        session_id = await client.create(agent_id)
        await approver.resume(session_id)
        await client.turn('call echo {"text": "hello"}')
        asked = await approver.until(is_turn_end)
        await approver.decide(message_of(asked, "tool_call_approval")["id"], {"confirm": {"text": "bye"}})
        heard = await client.until(lambda frame: status_of(frame) == "Idle")

    assert outline(heard)[:3] == ["Processing", "tool_call Running", "tool_call Complete"]
    assert reply_of(heard) == 'tool echo returned: {"text":"bye"}'


async def test_a_turn_is_terminated_from_elsewhere(here: Served, there: Served, gate: Gate) -> None:
    agent_id = await id_of(here.address, "Gatekeeper")

    async with connected(here.address) as client, connected(there.address) as other:
        session_id = await client.create(agent_id)
        await other.resume(session_id)
        await client.post("call hold")
        await gate.entered.wait()
        await other.ask(type="terminate_session", session_id=session_id)
        heard = await client.until(lambda frame: status_of(frame) == "Idle")
        after = await client.turn("Hello again.")

    assert contents(heard, "error_message")[0]["code"] == "terminated"
    assert contents(heard, "tool_call")[-1]["status"] == "Error"
    assert reply_of(after) == "You said: Hello again."
    assert gate.runs == 1


async def test_a_message_posted_elsewhere_during_a_turn_is_the_next_turn(
    here: Served, there: Served, gate: Gate
) -> None:
    agent_id = await id_of(here.address, "Gatekeeper")

    async with connected(here.address) as client, connected(there.address) as other:
        session_id = await client.create(agent_id)
        await other.resume(session_id)
        await client.post("call hold")
        await gate.entered.wait()
        await other.post("And then this.")
        await other.until(lambda frame: frame["type"] == "post_message")
        gate.opened.set()
        first = await client.until(lambda frame: status_of(frame) == "Idle")
        second = await client.until(lambda frame: status_of(frame) == "Idle")

    assert reply_of(first) == "tool hold returned: through"
    assert reply_of(second) == "You said: And then this."

"""Two engine processes on one Postgres: it does not matter which of them a connection lands on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from tests.gateway.engine.process import AGENT_NAME, engine_process
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


async def test_the_turns_of_a_killed_process_are_ended_by_another(
    database_url: str, here: Served, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    async with engine_process(database_url) as other, connected(other.address) as client:
        session_id = await client.create(await id_of(other.address, AGENT_NAME))
        async with connected(here.address) as listener:
            await listener.resume(session_id)
            await client.post(f'call stall {{"path": "{ledger}"}}')
            begun = await listener.until(lambda frame: bool(contents([frame], "tool_call")))
            await other.kill()
            ended = await listener.until(is_turn_end)
            after = await listener.turn("Hello.")

    assert outline(begun) == ["Processing", "tool_call Running"]
    assert outline(ended) == ["tool_call Error", "tool_result Error", "error_message", "Idle"]
    assert contents(ended, "error_message")[0]["tools_started"] is True
    assert reply_of(after) == "You said: Hello."


async def test_what_was_announced_to_a_broken_connection_is_told_later(
    here: Served, there: Served, database_url: str
) -> None:
    agent_id = await make_agent(here.address)

    async with connected(here.address) as client, connected(there.address) as listener:
        session_id = await client.create(agent_id)
        await listener.resume(session_id)
        await _break_listening(database_url)
        told = await client.turn("Can you hear me?")
        heard = await listener.until(is_turn_end)

    recorded = [frame for frame in told if frame["type"] in ("message_notification", "participant_status")]
    assert [frame for frame in heard if frame["type"] != "message_delta"] == recorded


async def _break_listening(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.fetch(
        """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE query LIKE 'LISTEN%' AND datname = current_database()"""
    )
    await connection.close()

"""Killing the engine at any moment loses nothing that was acknowledged, and runs nothing twice."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.gateway.engine.process import AGENT_NAME, engine_process, ledger_agent
from tests.gateway.engine.python_agents import id_of
from tests.gateway.engine.serving import serving
from tests.gateway.engine.wire import PATIENCE_S, Client, Frame, connected, contents, message_of, reply_of, status_of

# Starting a process takes seconds where many tests run at once.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """Where the tools leave their lines."""
    return tmp_path / "ledger"


async def until_idle(client: Client) -> list[Frame]:
    return await client.until(lambda frame: status_of(frame) == "Idle")


async def until_written(ledger: Path) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not ledger.exists():  # noqa: ASYNC110, ASYNC240  # another process has no event to wait for
            await asyncio.sleep(0.05)


def lines_of(ledger: Path) -> list[str]:
    return ledger.read_text().splitlines()


def replies_in(frame: Frame) -> list[Frame]:
    return contents([frame], "data_type_message")


async def start_session(client: Client, address: str) -> str:
    return await client.create(await id_of(address, AGENT_NAME))


async def test_a_turn_killed_inside_a_tool_is_told_as_of_unknown_outcome(database_url: str, ledger: Path) -> None:
    async with engine_process(database_url) as first, connected(first.address) as client:
        session_id = await start_session(client, first.address)
        await client.turn("My name is Alice.")
        await client.post(f'call stall {{"path": "{ledger}"}}')
        await client.post("This one waits.")
        await until_written(ledger)
        await client.until(lambda frame: frame["type"] == "post_message" and frame["success"])
        await first.kill()
    async with engine_process(database_url) as second, connected(second.address) as client:
        await client.resume(session_id, after_seq=0)
        replay = await client.until(lambda frame: bool(contents([frame], "error_message")))
        await until_idle(client)
        waited = await until_idle(client)
        after = await client.turn("Who am I?")
        history = await client.history()

    assert lines_of(ledger) == ["stalled"]
    error = contents(replay, "error_message")[0]
    assert (error["code"], error["tools_started"]) == ("interrupted", True)
    assert [content["status"] for content in contents(replay, "tool_call")] == ["Running", "Error"]
    assert "unknown" in contents(replay, "tool_result")[0]["result"]
    assert reply_of(waited) == "You said: This one waits."
    assert reply_of(after) == "You told me that your name is Alice."
    assert [message["content"]["type"] for message in history if message["sender"] != {"user_id": None}] == [
        "data_type_message",
        "tool_call",
        "tool_result",
        "error_message",
        "data_type_message",
        "data_type_message",
    ]


async def test_a_paused_approval_survives_a_kill_and_runs_once(database_url: str, ledger: Path) -> None:
    async with engine_process(database_url) as first, connected(first.address) as client:
        session_id = await start_session(client, first.address)
        asked = await client.turn(f'call pay {{"path": "{ledger}"}}')
        await first.kill()
    async with engine_process(database_url) as second, connected(second.address) as client:
        await client.resume(session_id)
        repeated = await client.until(lambda frame: status_of(frame) == "AwaitingApproval")
        await client.decide(message_of(asked, "tool_call_approval")["id"], {"confirm": {}})
        frames = await until_idle(client)

    assert message_of(repeated, "tool_call_approval") == message_of(asked, "tool_call_approval")
    assert reply_of(frames) == "tool pay returned: paid"
    assert lines_of(ledger) == ["paid"]


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_an_engine_that_is_asked_to_stop_ends_its_turns_honestly(database_url: str, ledger: Path) -> None:
    async with engine_process(database_url) as first, connected(first.address) as client:
        session_id = await start_session(client, first.address)
        await client.post(f'call stall {{"path": "{ledger}"}}')
        await until_written(ledger)
        exit_code = await first.stop()
    async with engine_process(database_url) as second, connected(second.address) as client:
        await client.resume(session_id)
        history = await client.history()
        after = await client.turn("Hello.")

    assert exit_code == 0
    assert [message["content"]["type"] for message in history] == [
        "data_type_message",
        "tool_call",
        "tool_result",
        "error_message",
    ]
    assert reply_of(after) == "You said: Hello."


@pytest.mark.parametrize("database_kind", ["postgres"])
async def test_killing_at_any_moment_loses_no_acknowledged_message(database_url: str) -> None:
    acknowledged: list[str] = []
    session_id = ""
    for delay_ms in (0, 8, 30):
        async with engine_process(database_url) as engine, connected(engine.address) as client:
            session_id = session_id or await start_session(client, engine.address)
            await client.resume(session_id)
            await client.post(f"Message of {delay_ms}.", client_message_id=f"m-{delay_ms}")
            ack = (await client.until(lambda frame: frame["type"] == "post_message"))[-1]
            acknowledged.append(ack["message_id"])
            await asyncio.sleep(delay_ms / 1000)
            await engine.kill()
    async with engine_process(database_url) as engine, connected(engine.address) as client:
        await client.resume(session_id)
        await client.post("Last.", client_message_id="last")
        await client.until(lambda frame: "You said: Last." in [said["value"] for said in replies_in(frame)])
        history = await client.history()

    by_user = [message["id"] for message in history if "user_id" in message["sender"]]
    ends = [message for message in history if "object_id" in message["sender"]]
    assert by_user[:-1] == acknowledged
    assert len(ends) == len(by_user)
    assert len({message["id"] for message in history}) == len(history)


async def test_an_answer_that_nobody_acted_on_is_acted_on_after_the_crash(
    database_url: str, ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(database_url, ledger_agent()) as first, connected(first.address) as client:
        session_id = await start_session(client, first.address)
        asked = await client.turn(f'call pay {{"path": "{ledger}"}}')
        monkeypatch.setattr(first.engine.runner, "start", lambda _session, _turn: None)  # it dies before it can
        await client.decide(message_of(asked, "tool_call_approval")["id"], {"confirm": {}})
        ack = await client.until(lambda frame: frame["type"] == "post_message")
    async with serving(database_url, ledger_agent()) as second, connected(second.address) as client:
        await client.resume(session_id, after_seq=0)
        frames = await until_idle(client)

    assert ack[-1]["success"] is True
    assert reply_of(frames) == "tool pay returned: paid"
    assert lines_of(ledger) == ["paid"]

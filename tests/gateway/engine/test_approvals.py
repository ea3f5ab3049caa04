"""Approval requests: what they show, who answers first, and what becomes of the call."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.agent import Agent, AgentType, LlmInfo
from gateway.agent.tool import ToolApprovalConfig
from tests.gateway.engine.python_agents import id_of
from tests.gateway.engine.serving import serving
from tests.gateway.engine.wire import (
    Client,
    Frame,
    agent_payload,
    connected,
    contents,
    echo_tool,
    make_agent,
    message_of,
    outline,
    reply_of,
    rest,
    status_of,
    tools,
)


def refund_agent() -> Agent:
    agent = Agent(name="Refunds", type=AgentType.CONVERSATIONAL, llm_info=LlmInfo(provider="demo", model_id="scripted"))

    @agent.tool(approval_config=ToolApprovalConfig.REQUIRES_APPROVAL, high_risk=True)
    async def refund(order_id: str, amount: float) -> str:
        """Pay money back."""
        return f"{amount} for {order_id}"

    return agent


async def until_idle(client: Client) -> list[Frame]:
    return await client.until(lambda frame: status_of(frame) == "Idle")


async def asked_to_echo(client: Client, engine: str, approval: str = "requires_approval", **static: Any) -> str:
    """A session that is paused at a call of the echo tool; returns the request's id."""
    await client.create(await make_agent(engine, tools=tools(echo_tool(approval=approval, **static))))
    frames = await client.turn('call echo {"text": "hello"}')
    request_id: str = message_of(frames, "tool_call_approval")["id"]
    return request_id


async def test_a_request_shows_the_arguments_that_would_run(engine: str) -> None:
    async with connected(engine) as client:
        agent_id = await make_agent(engine, tools=tools(echo_tool(approval="requires_approval", count=5)))
        await client.create(agent_id)
        frames = await client.turn('call echo {"text": "hello", "count": 1}')

    request = contents(frames, "tool_call_approval")[0]
    assert request["arguments"] == {"text": "hello", "count": 5}
    assert (request["tool_name"], request["description"]) == ("echo", "Says it again.")
    assert request["tool_call_id"]


async def test_a_request_carries_the_types_and_the_policy_of_its_tool(database_url: str) -> None:
    async with serving(database_url, refund_agent()) as engine, connected(engine.address) as client:
        await client.create(await id_of(engine.address, "Refunds"))
        frames = await client.turn('call refund {"order_id": "A-1", "amount": 25}')

    request = contents(frames, "tool_call_approval")[0]
    assert request["arguments_schema"]["properties"]["amount"]["type"] == "number"
    assert request["approval_policy"]["high_risk"] is True


async def test_an_edited_call_runs_with_the_persons_values_over_all_others(engine: str) -> None:
    async with connected(engine) as client:
        request_id = await asked_to_echo(client, engine, count=5)
        await client.decide(request_id, {"confirm": {"count": 1}})
        frames = await until_idle(client)

    assert contents(frames, "tool_call")[0]["arguments"] == {"text": "hello", "count": 1}
    assert reply_of(frames) == 'tool echo returned: {"count":1,"text":"hello"}'


async def test_a_denied_call_never_starts_and_the_model_is_told_why(engine: str) -> None:
    async with connected(engine) as client:
        request_id = await asked_to_echo(client, engine)
        await client.decide(request_id, {"deny": "Not this week."})
        frames = await until_idle(client)

    assert outline(frames) == [
        "post_message",
        "Processing",
        "tool_call Denied",
        "tool_result Denied",
        "delta",
        "data_type_message",
        "Idle",
    ]
    assert contents(frames, "tool_result")[0]["result"] == "Not this week."
    assert reply_of(frames) == "I could not do that: Not this week."


async def test_only_the_first_answer_counts(engine: str) -> None:
    async with connected(engine) as client:
        request_id = await asked_to_echo(client, engine)
        await client.decide(request_id, {"confirm": {}})
        first = await until_idle(client)
        await client.decide(request_id, {"deny": "Too late."})
        contrary = await client.next()
        await client.decide(request_id, {"confirm": {"nonsense": 1}})
        alike = await client.next()
        history = await client.history()

    assert (contrary["success"], contrary["duplicate"]) == (True, True)
    assert (alike["success"], alike["duplicate"]) == (True, True)
    assert contrary["message_id"] == first[0]["message_id"]
    assert len([message for message in history if message["content"]["type"] == "response_message"]) == 1
    assert [message["content"]["status"] for message in history if "tool_name" in message["content"]] == [
        "Approved",
        "Complete",
        "Complete",
    ]


async def test_ten_answers_at_once_run_the_tool_once(database_url: str) -> None:
    async with serving(database_url) as engine, connected(engine.address) as client:
        request_id = await asked_to_echo(client, engine.address)
        for _ in range(10):
            await client.decide(request_id, {"confirm": {}})
        frames = await until_idle(client)
        acks = [frame for frame in frames if frame["type"] == "post_message"]
        while len(acks) < 10:
            acks.append(await client.next())

    assert [ack.get("duplicate", False) for ack in acks] == [False] + [True] * 9
    assert len(contents(frames, "tool_result")) == 1


@pytest.mark.parametrize("request_id", [None, "nobody-knows", "of-another-session"])
async def test_an_answer_without_its_request_fails_and_changes_nothing(engine: str, request_id: str | None) -> None:
    async with connected(engine) as client, connected(engine) as other:
        await asked_to_echo(client, engine)
        ids = {"of-another-session": await asked_to_echo(other, engine)}
        await client.decide(ids.get(request_id or "", request_id), {"confirm": {}})
        ack = await client.next()
        history = await client.history()

    assert (ack["type"], ack["success"], ack["code"]) == ("post_message", False, "not_pending")
    assert history[-1]["content"]["status"] == "Pending"


@pytest.mark.parametrize("confirm", [{"order": "A-2"}, {"amount": "a lot"}, {"amount": None}])
async def test_an_edit_that_does_not_fit_the_tool_fails_and_may_be_tried_again(
    database_url: str, confirm: dict[str, Any]
) -> None:
    async with serving(database_url, refund_agent()) as engine, connected(engine.address) as client:
        await client.create(await id_of(engine.address, "Refunds"))
        asked = await client.turn('call refund {"order_id": "A-1", "amount": 25}')
        request_id = message_of(asked, "tool_call_approval")["id"]
        await client.decide(request_id, {"confirm": confirm})
        refused = await client.next()
        await client.decide(request_id, {"confirm": {"amount": 10.5}})
        frames = await until_idle(client)

    assert (refused["success"], refused["code"]) == (False, "bad_content")
    assert reply_of(frames) == "tool refund returned: 10.5 for A-1"


async def test_gated_calls_of_one_turn_are_asked_one_by_one(engine: str) -> None:
    async with connected(engine) as client:
        await client.create(await make_agent(engine, tools=tools(echo_tool(approval="requires_approval"))))
        first = await client.turn('call echo {"text": "one"}\ncall echo {"text": "two"}')
        await client.decide(message_of(first, "tool_call_approval")["id"], {"confirm": {}})
        second = await client.until(lambda frame: status_of(frame) == "AwaitingApproval")
        await client.decide(message_of(second, "tool_call_approval")["id"], {"deny": "One is enough."})
        last = await until_idle(client)

    assert outline(second)[2:] == [
        "tool_call Running",
        "tool_call Complete",
        "tool_result Complete",
        "tool_call_approval",
        "AwaitingApproval",
    ]
    assert reply_of(last) == 'tool echo returned: {"text":"one"}\nI could not do that: One is enough.'


@pytest.mark.parametrize(
    ("approval", "text", "pauses"),
    [
        ("auto_run", 'ask me first\ncall echo {"text": "a"}', False),
        ("let_agent_decide", 'call echo {"text": "a"}', False),
        ("let_agent_decide", 'ask me first\ncall echo {"text": "a"}', True),
        ("requires_approval", 'call echo {"text": "a"}', True),
    ],
)
async def test_the_setting_of_the_tool_says_whether_a_person_is_asked(
    engine: str, approval: str, text: str, pauses: bool
) -> None:
    async with connected(engine) as client:
        await client.create(await make_agent(engine, tools=tools(echo_tool(approval=approval))))
        frames = await client.turn(text)

    assert (status_of(frames[-1]) == "AwaitingApproval") is pauses
    assert {"text": "a"} in [content["arguments"] for content in contents(frames, "tool_call")] or pauses


@pytest.mark.parametrize(
    ("post", "pauses"),
    [
        ({"assurance": "proven"}, False),
        ({"assurance": "claimed"}, True),
        ({"assurance": "failed"}, True),
        ({"assurance": "a word of tomorrow"}, True),
        ({}, True),
    ],
)
async def test_a_sender_who_is_not_sure_enough_raises_the_gate(engine: str, post: dict[str, str], pauses: bool) -> None:
    careful = {**echo_tool(approval="auto_run"), "approval_policy": {"ask_below_assurance": "proven"}}
    async with connected(engine) as client:
        await client.create(await make_agent(engine, tools=tools(careful)))
        frames = await client.turn('call echo {"text": "a"}', **post)

    assert bool(contents(frames, "tool_call_approval")) is pauses


async def test_what_is_written_while_a_request_is_pending_is_the_next_turn(engine: str) -> None:
    async with connected(engine) as client:
        request_id = await asked_to_echo(client, engine)
        await client.post("Are you still there?")
        ack = await client.next()
        await client.decide(request_id, {"confirm": {}})
        first = await until_idle(client)
        second = await until_idle(client)
        history = await client.history()

    assert (ack["type"], ack["success"]) == ("post_message", True)
    assert reply_of(first) == 'tool echo returned: {"text":"hello"}'
    assert reply_of(second) == "You said: Are you still there?"
    assert [message["content"]["type"] for message in history] == [
        "data_type_message",
        "tool_call_approval",
        "response_message",
        "tool_call",
        "tool_result",
        "data_type_message",
        "data_type_message",
        "data_type_message",
    ]
    assert history[2]["parent_message_id"] == request_id


async def test_a_pending_request_is_repeated_once_more_at_the_first_ping(engine: str) -> None:
    async with connected(engine) as client:
        request_id = await asked_to_echo(client, engine)
        session_id = client.session_id
    async with connected(engine) as client:
        await client.resume(session_id)
        first = await client.until(lambda frame: status_of(frame) == "AwaitingApproval")
        await client.send(type="ping_session", session_id=session_id)
        second = await client.until(lambda frame: status_of(frame) == "AwaitingApproval")
        pong = await client.ask(type="ping_session", session_id=session_id)
        history = await client.history()

    assert outline(first) == ["tool_call_approval", "AwaitingApproval"]
    assert outline(second) == ["pong", "tool_call_approval", "AwaitingApproval"]
    assert message_of(second, "tool_call_approval")["id"] == request_id
    assert pong["type"] == "pong"
    assert len(history) == 2


async def test_a_terminated_session_can_still_be_answered(engine: str) -> None:
    async with connected(engine) as client:
        request_id = await asked_to_echo(client, engine)
        await client.ask(type="terminate_session", session_id=client.session_id)
        session_id = client.session_id
    async with connected(engine) as client:
        await client.resume(session_id)
        await client.decide(request_id, {"confirm": {}})
        frames = await until_idle(client)

    assert reply_of(frames) == 'tool echo returned: {"text":"hello"}'


async def test_a_call_whose_tool_was_removed_meanwhile_fails_in_words(engine: str) -> None:
    async with connected(engine) as client:
        request_id = await asked_to_echo(client, engine)
        await _remove_tools(engine)
        await client.decide(request_id, {"confirm": {}})
        frames = await until_idle(client)

    assert contents(frames, "tool_result")[0]["result"] == "There is no tool named echo."
    assert status_of(frames[-1]) == "Idle"


async def _remove_tools(engine: str) -> None:
    async with rest(engine) as http:
        found = (await http.get("/agents")).json()["objects"][0]
        await http.post(f"/update/agent/{found['_id']}", json=agent_payload(tools={}))

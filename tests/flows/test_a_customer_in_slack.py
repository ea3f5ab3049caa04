"""Slack as a customers' channel, as stories: threads are conversations, gestures are heard once, answers come once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from channels.sandbox.faults import Fault, FaultKind
from channels.sandbox.slack.sockets import SocketWire
from channels.sandbox.world import APPROVERS_CHANNEL
from tests.conftest import find_free_port
from tests.flows.deployment import Deployment, deployed, eventually
from tests.flows.slack_customer import (
    CARL,
    CARLA,
    DIRECT,
    MENTION,
    STAN,
    SUPPORT,
    answer,
    direct_messages,
    said,
    write,
)
from tests.flows.stories import REFUND, is_at_rest


async def test_a_direct_message_is_answered_in_its_thread(deployment: Deployment) -> None:
    root = write(deployment, "Hello there", where=DIRECT)
    place = direct_messages(deployment)

    heard = await answer(deployment, root, where=place)

    assert heard == "You said: Hello there"
    assert [message["ts"] for message in deployment.sandbox.slack.messages(place)] == [root]


async def test_a_player_writes_and_waits_for_the_answer(deployment: Deployment) -> None:
    async with httpx.AsyncClient(base_url=deployment.state.sandbox_url, trust_env=False) as player:
        body = {"user": CARLA, "channel": SUPPORT, "text": "@frontdesk Hello", "thread": ""}
        ts = (await player.post("/sandbox/slack", json=body)).json()["ts"]
        await answer(deployment, ts)
        heard = (await player.get("/sandbox/slack/answers", params={"after": ts})).json()

    assert [reply["text"] for reply in heard] == ["You said: Hello"]


async def test_a_thread_that_was_mentioned_into_needs_no_further_mention(deployment: Deployment) -> None:
    root = write(deployment, f"{MENTION} My name is Carla and I live in Oslo.")
    noted = await answer(deployment, root)
    write(deployment, "What did I just tell you about myself?", thread=root)
    remembered = await answer(deployment, root, 2)
    elsewhere = write(deployment, "Lunch, anybody?")
    write(deployment, "Yes please", by=CARL, thread=elsewhere)
    await eventually(lambda: is_at_rest(deployment), "rest")

    assert noted == "Noted: your name is Carla and you live in Oslo."
    assert remembered == "You told me that your name is Carla and that you live in Oslo."
    assert said(deployment, elsewhere) == []
    assert await deployment.rows("SELECT arrived, taken FROM conversations") == [{"arrived": 2, "taken": 2}]


async def test_one_gesture_is_one_turn_however_often_slack_tells_of_it(deployment: Deployment) -> None:
    slack = deployment.sandbox.slack
    slack.faults.plan(Fault(FaultKind.DUPLICATE, "events", 4))
    root = write(deployment, f"{MENTION} Hello")
    await answer(deployment, root)
    slack.write("U0ROBOT", SUPPORT, "I am a bot", root, bot_id="B0OTHER", subtype="bot_message")
    slack.write(CARL, SUPPORT, f"<@{CARL}> has joined the channel", None, subtype="channel_join")
    slack.edit(SUPPORT, root, f"{MENTION} Hello again")
    slack.delete(SUPPORT, root)
    await slack.idle()
    await eventually(lambda: is_at_rest(deployment), "rest")

    assert await deployment.rows("SELECT state FROM turns") == [{"state": "done"}]
    assert await deployment.rows("SELECT text FROM messages") == [{"text": "Hello"}]


async def test_people_in_one_thread_are_each_known_to_the_agent(deployment: Deployment) -> None:
    root = write(deployment, f"{MENTION} Hello")
    alone = await answer(deployment, root)
    write(deployment, "Me too", by=CARL, thread=root)
    second = await answer(deployment, root, 2)
    write(deployment, "And me again", by=CARLA, thread=root)
    third = await answer(deployment, root, 3)

    assert alone == "You said: Hello"
    assert second == "You said: Carl Customer:\nMe too"
    assert third == "You said: Carla Customer:\nAnd me again"


async def test_the_approval_of_a_customer_in_slack_is_decided_by_others(deployment: Deployment) -> None:
    root = write(deployment, f"{MENTION} {REFUND}", by=STAN)
    checking = await answer(deployment, root)
    card = await deployment.card()
    await deployment.click("approval.approve", card, user=STAN)
    await eventually(lambda: deployment.sandbox.slack.ephemerals(STAN), "a word to the customer")
    before = await deployment.refunds()
    await deployment.click("approval.approve", card)
    outcome = await answer(deployment, root, 2)

    assert "colleague" in checking
    assert "yourself" in deployment.sandbox.slack.ephemerals(STAN)[0].text
    assert before == 0
    assert "refund_order returned" in outcome
    assert await deployment.refunds() == 1
    assert "approval.refused" in [row["name"] for row in await deployment.rows("SELECT name FROM audit_events")]


async def test_a_customer_who_takes_a_request_back_stops_it(deployment: Deployment) -> None:
    root = write(deployment, f"{MENTION} {REFUND}")
    await answer(deployment, root)
    card = await deployment.card()
    write(deployment, "never mind", thread=root)
    told = await answer(deployment, root, 2)
    await eventually(lambda: "Withdrawn" in deployment.cards()[0]["text"], "the card's last word")
    await deployment.click("approval.approve", card)
    await eventually(lambda: is_at_rest(deployment), "rest")

    assert "took the request back" in told
    assert "never mind" in deployment.sandbox.slack.messages(APPROVERS_CHANNEL, card["ts"])[-1]["text"]
    assert await deployment.refunds() == 0


async def test_an_answer_that_slack_took_without_saying_so_is_not_posted_again(deployment: Deployment) -> None:
    deployment.sandbox.slack.faults.plan(Fault(FaultKind.DROP_AFTER, "chat.postMessage"))
    root = write(deployment, f"{MENTION} Hello")
    heard = await answer(deployment, root)
    await eventually(lambda: is_at_rest(deployment), "rest")

    assert heard == "You said: Hello"
    assert len(said(deployment, root)) == 1
    assert await deployment.rows("SELECT state FROM deliveries") == [{"state": "sent"}]


@pytest.fixture
async def patient(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Deployment]:
    """A deployment that waits for more of a burst before it answers in Slack."""
    async with deployed(database_url, redis_url, tmp_path, find_free_port, DEBOUNCE_SLACK="5") as running:
        yield running


async def test_an_edit_before_the_turn_replaces_the_text(patient: Deployment) -> None:
    root = write(patient, f"{MENTION} Helo")
    await eventually(lambda: patient.rows("SELECT id FROM messages"), "the message")
    patient.sandbox.slack.edit(SUPPORT, root, f"{MENTION} Hello")
    heard = await answer(patient, root)

    assert heard == "You said: Hello"


@pytest.fixture
async def on_sockets(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Deployment]:
    """A deployment that listens to Slack over Socket Mode."""
    async with deployed(database_url, redis_url, tmp_path, find_free_port, slack_app_token="xapp-test") as running:
        yield running


async def test_over_socket_mode_customers_and_approvers_are_heard_alike(on_sockets: Deployment) -> None:
    root = write(on_sockets, f"{MENTION} {REFUND}")
    await answer(on_sockets, root)
    await on_sockets.click("approval.approve", await on_sockets.card())
    outcome = await answer(on_sockets, root, 2)
    ready = await _readiness(on_sockets)

    assert "refund_order returned" in outcome
    assert ready == 200


async def test_the_listener_reports_itself_ill_while_slack_is_away(on_sockets: Deployment) -> None:
    wire: SocketWire = on_sockets.sandbox.slack.sockets
    on_sockets.sandbox.slack.faults.plan(Fault(FaultKind.SERVER_ERROR, "apps.connections.open", 1000))
    await wire.close()
    await eventually(lambda: _is_ill(on_sockets), "red health")
    on_sockets.sandbox.slack.faults.clear()
    await eventually(lambda: _is_well(on_sockets), "green health")
    root = write(on_sockets, f"{MENTION} Hello")

    assert await answer(on_sockets, root) == "You said: Hello"


async def _is_ill(deployment: Deployment) -> bool:
    return await _readiness(deployment) == 503


async def _is_well(deployment: Deployment) -> bool:
    return await _readiness(deployment) == 200


async def _readiness(deployment: Deployment) -> int:
    async with httpx.AsyncClient(trust_env=False) as http:
        return (await http.get(f"http://127.0.0.1:{deployment.slack_port}/readyz", timeout=10)).status_code

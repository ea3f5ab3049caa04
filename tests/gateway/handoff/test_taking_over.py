"""The ways in: whoever asks, the agent falls silent, the customer is told once, staff get a thread; the first wins."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from channels.staff import ApprovalState, HandoffAction, HandoffState
from gateway import wording
from gateway.domain import HandoffCause, Holder
from gateway.handoff.hours import Hours
from gateway.store import approvals, conversations
from gateway.trace import find_conversations
from tests.gateway.fakes import NOON
from tests.gateway.handoff.scene import ADA, GRACE, OUTSIDER, STRANGER, Scene

NOTICE = wording.handed_over(None, NOON)


async def test_staff_take_a_conversation_and_the_customer_is_told_once(scene: Scene) -> None:
    conversation_id = await scene.says("hello")

    reply = await scene.take_over(conversation_id)
    await scene.settle(conversation_id)

    handoff = await scene.handoff(conversation_id)
    assert reply.text == ""
    assert (handoff.state, handoff.owner, handoff.cause) == (HandoffState.OWNED, "U0ADA", HandoffCause.STAFF)
    assert scene.channel.texts == ["You said: hello", NOTICE]
    assert scene.desk.brief.owner == "U0ADA"
    assert scene.desk.brief.last[-1].text == "You said: hello"
    assert scene.desk.brief.reach == "the customer by text message, +15•••01"


async def test_the_first_who_takes_it_has_it_and_the_others_hear_who(scene: Scene) -> None:
    conversation_id = await scene.says("human")

    first = await scene.take_over(conversation_id, GRACE)
    second = await scene.take_over(conversation_id, ADA)

    assert first.text == ""
    assert second.text == "Already taken by <@U0GRACE>."


async def test_two_at_once_are_one_handoff_and_one_owner(scene: Scene) -> None:
    conversation_id = await scene.says("hello")

    replies = await asyncio.gather(scene.take_over(conversation_id, ADA), scene.take_over(conversation_id, GRACE))

    assert sorted(bool(reply.text) for reply in replies) == [False, True]
    assert len(await scene.rows("SELECT id FROM handoffs")) == 1


async def test_who_may_not_speak_to_customers_cannot_take_one(scene: Scene) -> None:
    conversation_id = await scene.says("hello")

    refused = [(await scene.take_over(conversation_id, member)).text for member in (STRANGER, OUTSIDER)]

    assert all(refused)
    assert (await scene.rows("SELECT id FROM handoffs")) == []


@pytest.mark.parametrize("name", ["+15550001", "s-1", "unknown"])
async def test_a_conversation_is_taken_by_anything_that_names_it(scene: Scene, name: str) -> None:
    await scene.says("hello")

    reply = await scene.presses(HandoffAction.TAKE_OVER, name)

    assert reply.text == (wording.NO_CONVERSATION if name == "unknown" else "")


async def test_plain_words_reach_a_person_without_the_agent(scene: Scene) -> None:
    conversation_id = await scene.says("Talk to a human!")

    assert scene.channel.texts == [NOTICE]
    assert scene.platform.histories == {}
    assert (await scene.handoff(conversation_id)).cause is HandoffCause.CUSTOMER
    assert scene.desk.brief.asked == "Talk to a human!"


async def test_an_agent_that_hands_over_says_nothing_more(scene: Scene) -> None:
    conversation_id = await scene.says("hand over: I am lost")

    handoff = await scene.handoff(conversation_id)
    assert scene.channel.texts == [NOTICE]
    assert (handoff.cause, handoff.reason) == (HandoffCause.AGENT, "the customer is lost")


async def test_outside_of_business_hours_the_customer_is_told_when_we_are_there(scene: Scene) -> None:
    scene.hours = Hours.parse("Mon-Fri 13:00-14:00 UTC")
    scene.__post_init__()
    conversation_id = await scene.says("hello")

    await scene.take_over(conversation_id)
    await scene.settle(conversation_id)

    assert scene.channel.texts[-1].endswith("We are there Mon-Fri 13:00-14:00 (UTC).")


async def test_taking_over_from_a_card_withdraws_the_request(scene: Scene) -> None:
    conversation_id = await scene.says("ask")
    (asked,) = await approvals.newest(scene.db, limit=2)

    await scene.presses(HandoffAction.TAKE_OVER, f"{asked.id}|{asked.shown}")
    await scene.settle(conversation_id)

    decided = await scene.approval(asked.id)
    assert decided.state is ApprovalState.WITHDRAWN
    assert scene.desk.card.state is ApprovalState.WITHDRAWN
    assert not scene.desk.card.can_take_over
    assert scene.platform.answers() == [{"deny": wording.NOT_ASKED_ANY_MORE}]
    assert scene.channel.texts == [wording.CHECKING, NOTICE]


async def test_asking_for_a_person_while_people_decide_withdraws_the_request_too(scene: Scene) -> None:
    conversation_id = await scene.says("ask")
    await scene.says("human")
    await scene.settle(conversation_id)

    (asked,) = await approvals.newest(scene.db, limit=2)
    assert asked.state is ApprovalState.WITHDRAWN
    assert scene.channel.texts == [wording.CHECKING, NOTICE]
    assert (await scene.handoff(conversation_id)).state is HandoffState.WAITING


async def test_a_turn_that_runs_is_stopped_and_what_it_says_is_not_heard(scene: Scene) -> None:
    conversation_id = await scene.text("hang")
    running = asyncio.create_task(scene.turns.advance(conversation_id))
    await scene.platform.wire.received("post_message")

    await scene.take_over(conversation_id)
    running.cancel()
    await asyncio.wait({running})
    await scene.settle(conversation_id)

    assert scene.channel.texts == [NOTICE]
    assert scene.platform.wire.count("terminate_session") == 1
    assert (await scene.row("SELECT state FROM turns"))["state"] == "stopped"


async def test_answers_that_have_not_gone_out_are_cancelled(scene: Scene) -> None:
    conversation_id = await scene.queue("one\n\ntwo")
    await scene.take_over(conversation_id)
    await scene.deliver_all()

    assert scene.channel.texts == [NOTICE]


async def test_a_conversation_is_found_by_a_link_to_its_thread(scene: Scene) -> None:
    conversation_id = await scene.says("human")
    thread = (await scene.handoff(conversation_id)).thread
    assert thread is not None

    link = f"https://acme.slack.com/archives/{thread.slack_channel_id}/p{thread.ts.replace('.', '')}"

    assert await find_conversations(scene.db, link) == [conversation_id]


async def test_a_held_mail_and_a_taken_conversation_are_one_mechanism(scene: Scene) -> None:
    conversation_id = await scene.says("human")
    await scene.handoffs.take_over(conversation_id, actor="cli:root")

    conversation = await conversations.get(scene.db, conversation_id)
    assert conversation is not None
    assert conversation.holder is Holder.HUMAN
    assert (await scene.handoff(conversation_id)).owner == "cli:root"


async def test_nobody_is_their_own_support_under_another_name(scene: Scene) -> None:
    scene.desk.members["U0ADA"] = replace(ADA, phone="+1 555-0001")
    conversation_id = await scene.says("human")

    reply = await scene.take_over(conversation_id)

    assert reply.text == "You are the customer of this conversation."

"""The ways out: the agent knows what was said, answers what nobody has, and does not repeat what somebody did."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels.staff import HandoffAction, HandoffState, Member
from gateway import wording
from gateway.domain import ConversationId, Holder
from gateway.store import conversations
from tests.gateway.handoff.scene import ADA, GRACE, Scene


@pytest.fixture
async def taken(scene: Scene) -> ConversationId:
    """A conversation that Ada has."""
    conversation_id = await scene.says("hello")
    await scene.take_over(conversation_id)
    await scene.settle(conversation_id)
    scene.channel.texts.clear()
    return conversation_id


async def test_what_staff_answered_starts_no_turn_and_is_told_at_the_next(scene: Scene, taken: ConversationId) -> None:
    await scene.says("where is my lamp?")
    await scene.writes(taken, "It comes tomorrow.")
    await scene.writes(taken, "!back she gets a voucher")
    await scene.settle(taken)
    before = list(scene.channel.texts)
    await scene.says("thanks")

    note = scene.platform.posted()[1]
    assert before == ["It comes tomorrow.", wording.HANDED_BACK]
    assert note.startswith(wording.NOTE_MARK)
    assert "Customer: where is my lamp?\nAda: It comes tomorrow." in note
    assert "she gets a voucher" in note
    assert scene.platform.posted()[2:] == ["thanks"]


async def test_what_staff_left_unanswered_is_answered_by_the_agent(scene: Scene, taken: ConversationId) -> None:
    await scene.says("where is my lamp?")
    await scene.writes(taken, "It comes tomorrow.")
    await scene.settle(taken)
    await scene.says("and my cup?")
    await scene.presses(HandoffAction.HAND_BACK, (await scene.handoff(taken)).id)
    await scene.settle(taken)

    assert scene.platform.posted()[-1] == "and my cup?"
    assert scene.channel.texts[-1].endswith("/ and my cup?")


async def test_a_conversation_comes_back_and_can_be_handed_over_anew(scene: Scene, taken: ConversationId) -> None:
    first = await scene.handoff(taken)
    await scene.writes(taken, "!back")
    await scene.settle(taken)
    await scene.presses(HandoffAction.TAKE_OVER, first.id, GRACE)
    await scene.settle(taken)

    again = await scene.handoff(taken)
    assert again.id != first.id
    assert again.owner == "U0GRACE"
    assert again.thread != first.thread


async def test_words_in_a_thread_that_went_back_are_not_sent(scene: Scene, taken: ConversationId) -> None:
    await scene.writes(taken, "!back")
    await scene.settle(taken)
    await scene.writes(taken, "one more thing")
    await scene.settle(taken)

    assert scene.channel.texts == [wording.HANDED_BACK]
    assert scene.desk.whispers[-1][1].startswith(wording.INTERNAL_THREAD_ONLY)


async def test_a_closed_conversation_is_answered_by_the_agent_and_may_reopen(
    scene: Scene, taken: ConversationId
) -> None:
    await scene.says("never mind")
    await scene.writes(taken, "!close")
    await scene.settle(taken)
    closed = await scene.handoff(taken)
    silent = list(scene.channel.texts)
    reply = await scene.presses(HandoffAction.REOPEN, closed.id, GRACE)
    await scene.writes(taken, "I am back", GRACE)
    await scene.settle(taken)

    assert closed.state is HandoffState.CLOSED
    assert silent == []
    assert reply.text == ""
    assert scene.channel.texts == ["I am back"]
    assert (await scene.handoff(taken)).owner == "U0GRACE"


async def test_a_released_conversation_waits_for_the_next(scene: Scene, taken: ConversationId) -> None:
    await scene.writes(taken, "!release")
    await scene.settle(taken)
    released = await scene.handoff(taken)
    await scene.take_over(taken, GRACE)

    assert released.state is HandoffState.WAITING
    assert (await scene.handoff(taken)).owner == "U0GRACE"
    assert scene.channel.texts == []


async def test_a_conversation_is_given_to_somebody_by_naming_them(scene: Scene, taken: ConversationId) -> None:
    await scene.writes(taken, "!assign @Grace", mentions=("U0GRACE",))
    await scene.writes(taken, "!assign nobody")
    await scene.settle(taken)

    assert (await scene.handoff(taken)).assigned_to == "U0GRACE"
    assert scene.desk.brief.assigned_to == "U0GRACE"
    assert "Name a person" in scene.desk.whispers[-1][1]


async def test_an_idle_conversation_goes_back_after_a_warning(scene: Scene) -> None:
    scene.idle = timedelta(hours=1)
    scene.__post_init__()
    conversation_id = await scene.says("human")
    scene.clock.advance(timedelta(minutes=46))
    await scene.upkeep.run()
    await scene.settle(conversation_id)
    warned = [line for line in scene.desk.lines if line.is_warning]
    scene.clock.advance(timedelta(minutes=15))
    await scene.upkeep.run()

    conversation = await conversations.get(scene.db, conversation_id)
    assert len(warned) == 1
    assert conversation is not None
    assert conversation.holder is Holder.AGENT
    assert (await scene.handoff(conversation_id)).closed_by == "idle"


async def test_a_word_in_time_keeps_an_idle_conversation(scene: Scene) -> None:
    scene.idle = timedelta(hours=1)
    scene.__post_init__()
    conversation_id = await scene.says("human")
    scene.clock.advance(timedelta(minutes=46))
    await scene.upkeep.run()
    await scene.settle(conversation_id)
    await scene.writes(conversation_id, "note: I am on it")
    scene.clock.advance(timedelta(minutes=20))
    await scene.upkeep.run()

    assert (await scene.handoff(conversation_id)).state is HandoffState.WAITING


async def test_an_owner_who_left_leaves_the_conversation_waiting(scene: Scene, taken: ConversationId) -> None:
    scene.desk.members["U0ADA"] = Member("U0ADA", ADA.team_id, "Ada", is_active=False)
    scene.clock.advance(timedelta(minutes=6))
    await scene.upkeep.run()
    await scene.settle(taken)

    assert (await scene.handoff(taken)).state is HandoffState.WAITING
    assert "has left" in scene.desk.lines[-1].text


async def test_a_turn_that_was_stopped_is_taken_up_again_with_its_notes(scene: Scene, taken: ConversationId) -> None:
    await scene.writes(taken, "!back")
    await scene.settle(taken)
    await scene.says("break")
    await scene.presses(HandoffAction.HAND_BACK, (await scene.handoff(taken)).id)
    await scene.settle(taken)

    told = [text for text in scene.platform.posted() if text.startswith(wording.NOTE_MARK)]
    assert len(told) == 3, "the first note was told to the turn that failed, and again with the second"

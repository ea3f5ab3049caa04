"""What staff write in the thread: words go to the customer once, notes never, and everybody sees what became of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels.errors import PermanentFailure, TemporaryFailure
from channels.message import Attachment, ChannelName, Consent, ReplyTarget
from channels.staff import CardRef, DraftState, HandoffAction, HandoffState, Member, StaffChange, StaffMessage
from gateway import wording
from gateway.domain import ConversationId
from gateway.store.values import target_from_json
from tests.gateway.handoff.scene import ADA, GRACE, GUEST, OUTSIDER, STRANGER, Scene


@pytest.fixture
async def taken(scene: Scene) -> ConversationId:
    """A conversation that Ada has."""
    conversation_id = await scene.says("hello")
    await scene.take_over(conversation_id)
    await scene.settle(conversation_id)
    scene.channel.texts.clear()
    return conversation_id


async def test_words_of_staff_reach_the_customer_once_and_are_marked(scene: Scene, taken: ConversationId) -> None:
    ts = await scene.writes(taken, "I am *Ada*, how can I help?")
    await scene.writes(taken, "I am *Ada*, how can I help?", ts=ts)
    await scene.settle(taken)

    assert scene.channel.texts == ["I am *Ada*, how can I help?"]
    assert scene.desk.marks == {ts: {"white_check_mark"}}


@pytest.mark.parametrize("note", ["note: she is angry", "! careful", "*Note:* x"])
async def test_a_note_never_reaches_the_customer(scene: Scene, taken: ConversationId, note: str) -> None:
    await scene.writes(taken, note)
    await scene.settle(taken)

    assert scene.channel.texts == []


async def test_each_later_message_of_the_customer_is_shown_once_with_its_files(
    scene: Scene, taken: ConversationId
) -> None:
    scene.channel.files["https://files/1"] = b"a photo"
    photo = Attachment("broken.jpg", "image/jpeg", source="https://files/1")
    await scene.says("look", attachments=(photo,))
    await scene.says("and this")
    await scene.settle(taken)

    assert scene.desk.shown == ["look", "and this"]
    assert scene.desk.lines[-2].attachments[0].content == b"a photo"
    assert len(scene.platform.posted()) == 1


@pytest.mark.parametrize("member", [STRANGER, GUEST, OUTSIDER], ids=lambda member: member.member_id)
async def test_who_may_not_speak_is_told_privately_and_nothing_goes_out(
    scene: Scene, taken: ConversationId, member: Member
) -> None:
    await scene.writes(taken, "send me your password", member)
    await scene.writes(taken, "!back", member)
    await scene.settle(taken)

    assert scene.channel.texts == []
    assert [name for name, _ in scene.desk.whispers] == [member.member_id] * 2
    assert (await scene.handoff(taken)).state is HandoffState.OWNED
    assert (await scene.audited()).count("handoff.refused") == 2


async def test_who_writes_in_a_conversation_that_waits_has_it(scene: Scene) -> None:
    conversation_id = await scene.says("human")
    await scene.writes(conversation_id, "Here I am", GRACE)
    await scene.settle(conversation_id)

    handoff = await scene.handoff(conversation_id)
    assert (handoff.state, handoff.owner) == (HandoffState.OWNED, "U0GRACE")
    assert scene.channel.texts[-1] == "Here I am"


async def test_a_colleague_may_help_out_and_the_owner_stays(scene: Scene, taken: ConversationId) -> None:
    await scene.writes(taken, "Let me add something", GRACE)
    await scene.settle(taken)

    assert scene.channel.texts == ["Let me add something"]
    assert (await scene.handoff(taken)).owner == "U0ADA"


async def test_a_message_in_another_thread_goes_nowhere(scene: Scene, taken: ConversationId) -> None:
    elsewhere = CardRef("C0HANDOFF", "1.000001")
    message = StaffMessage(elsewhere, CardRef("C0HANDOFF", "2.000001"), "U0ADA", "", "hi", scene.clock(), "e")

    await scene.staff.accept_staff(message)

    assert await scene.rows("SELECT id FROM staff_messages") == []


async def test_a_message_in_a_thread_that_is_not_known_yet_is_brought_again(scene: Scene) -> None:
    scene.desk.is_away = True
    await scene.says("human")
    message = StaffMessage(
        CardRef("C0HANDOFF", "9.1"), CardRef("C0HANDOFF", "9.2"), "U0ADA", "", "hi", scene.clock(), "e"
    )

    with pytest.raises(TemporaryFailure):
        await scene.staff.accept_staff(message)


async def test_a_failure_is_marked_with_its_reason(scene: Scene, taken: ConversationId) -> None:
    scene.channel.problems.append(PermanentFailure("the number is not in service", code="30005"))
    ts = await scene.writes(taken, "hello?")
    await scene.settle(taken)

    assert scene.desk.marks == {ts: {"warning"}}
    assert "the number is not in service" in scene.desk.lines[-1].text
    assert scene.desk.lines[-1].is_warning


async def test_news_that_come_late_change_the_mark(scene: Scene, taken: ConversationId) -> None:
    ts = await scene.writes(taken, "hello?")
    await scene.settle(taken)
    await scene.db.execute("UPDATE deliveries SET state = 'failed', reason = 'blocked' WHERE kind = 'relay'")
    await scene.upkeep.run()
    await scene.settle(taken)

    assert scene.desk.marks == {ts: {"warning"}}


async def test_what_is_long_is_asked_about_first(scene: Scene, taken: ConversationId) -> None:
    ts = await scene.writes(taken, "one\n\ntwo")
    await scene.settle(taken)
    asked = scene.desk.lines[-1]
    before = list(scene.channel.texts)
    await scene.presses(HandoffAction.SEND_ANYWAY, asked.asks)
    again = await scene.presses(HandoffAction.SEND_ANYWAY, asked.asks)
    await scene.settle(taken)

    assert before == []
    assert scene.channel.texts == ["one", "two"]
    assert again.text == wording.DECIDED_ALREADY
    assert scene.desk.marks == {ts: {"white_check_mark"}}


async def test_what_is_held_back_is_never_sent(scene: Scene, taken: ConversationId) -> None:
    await scene.writes(taken, "one\n\ntwo")
    await scene.settle(taken)
    await scene.presses(HandoffAction.HOLD_BACK, scene.desk.lines[-1].asks)
    late = await scene.presses(HandoffAction.SEND_ANYWAY, scene.desk.lines[-1].asks)
    await scene.settle(taken)

    assert scene.channel.texts == []
    assert late.text == wording.DECIDED_ALREADY


async def test_who_opted_out_gets_nothing_and_staff_hear_why(scene: Scene, taken: ConversationId) -> None:
    await scene.consent(Consent.STOP, "STOP")
    await scene.writes(taken, "hello?")
    await scene.settle(taken)

    assert scene.channel.texts == []
    assert scene.desk.lines[-1].text == wording.OPTED_OUT
    assert scene.desk.lines[-1].asks == ""


async def test_outside_of_whatsapps_window_staff_are_asked_first(scene: Scene) -> None:
    conversation_id = await scene.says("human", from_="whatsapp:+15550001")
    scene.clock.advance(timedelta(hours=25))
    await scene.writes(conversation_id, "Sorry that it took so long")
    await scene.settle(conversation_id)

    assert "24 hours" in scene.desk.lines[-1].text
    assert scene.desk.lines[-1].asks


async def test_an_edit_of_what_was_sent_is_said_not_to_reach_the_customer(scene: Scene, taken: ConversationId) -> None:
    ts = await scene.writes(taken, "Monday")
    await scene.settle(taken)
    await scene.writes(taken, "Tuesday", ts=ts, change=StaffChange.EDITED)
    await scene.settle(taken)

    assert scene.channel.texts == ["Monday"]
    assert scene.desk.lines[-1].text == wording.EDIT_NOT_SENT


async def test_a_deletion_is_honest_about_what_cannot_be_unsent(scene: Scene, taken: ConversationId) -> None:
    sent = await scene.writes(taken, "Monday")
    await scene.settle(taken)
    waiting = await scene.writes(taken, "Tuesday")
    for ts in (sent, waiting):
        await scene.writes(taken, "", ts=ts, change=StaffChange.DELETED)
    await scene.settle(taken)

    assert scene.channel.texts == ["Monday"]
    assert [line.text for line in scene.desk.lines[-2:]] == [wording.CANNOT_BE_UNSENT, wording.TAKEN_BACK]


async def test_a_slack_that_is_away_is_caught_up_with_in_order(scene: Scene, taken: ConversationId) -> None:
    scene.desk.is_away = True
    await scene.says("first")
    await scene.says("second")
    scene.desk.is_away = False
    scene.clock.advance(timedelta(minutes=10))
    await scene.settle(taken)

    assert scene.desk.shown == ["first", "second"]


async def test_a_line_of_unknown_outcome_is_not_posted_twice(scene: Scene, taken: ConversationId) -> None:
    scene.desk.forgets = 1
    await scene.says("first")
    scene.clock.advance(timedelta(minutes=1))
    await scene.settle(taken)

    assert scene.desk.shown == ["first"]


async def test_a_thread_that_was_deleted_gets_a_successor(scene: Scene, taken: ConversationId) -> None:
    scene.desk.briefs.clear()
    await scene.handoffs.assign((await scene.handoff(taken)).id, "U0GRACE", actor="U0ADA")
    await scene.settle(taken)
    await scene.says("still there?")

    assert scene.desk.brief.assigned_to == "U0GRACE"
    assert scene.desk.shown == ["still there?"]


async def test_what_the_customer_writes_after_the_thread_was_deleted_opens_another_one(
    scene: Scene, taken: ConversationId
) -> None:
    scene.desk.briefs.clear()
    await scene.says("are you there?")
    await scene.says("hello?")

    assert len(scene.desk.briefs) == 1
    assert scene.desk.shown == ["are you there?", "hello?"]


async def test_a_draft_is_sent_only_when_somebody_says_so(scene: Scene, taken: ConversationId) -> None:
    scene.with_drafting()
    await scene.writes(taken, "!draft be kind")
    await scene.settle(taken)
    (draft,) = scene.desk.drafts.values()
    before = list(scene.channel.texts)
    reply = await scene.presses(HandoffAction.SEND_DRAFT, draft.draft_id)
    again = await scene.edits_draft(draft.draft_id, "something else")
    await scene.settle(taken)

    assert before == []
    assert "be kind" in draft.text
    assert (reply.text, again.text) == ("", wording.DECIDED_ALREADY)
    assert "\n\n".join(scene.channel.texts) == draft.text
    assert scene.desk.drafts[draft.draft_id].state is DraftState.SENT


async def test_a_draft_is_edited_or_dropped(scene: Scene, taken: ConversationId) -> None:
    scene.with_drafting()
    for hint in ("one", "two"):
        await scene.writes(taken, f"!draft {hint}")
    await scene.settle(taken)
    edited, dropped = scene.desk.drafts
    await scene.edits_draft(edited, "What I would rather say")
    await scene.presses(HandoffAction.DROP_DRAFT, dropped)
    await scene.settle(taken)

    assert scene.channel.texts == ["What I would rather say"]
    assert scene.desk.drafts[dropped].state is DraftState.DROPPED
    assert len(scene.platform.histories["s-1"]) == 2, "the customer's session heard nothing of it"


async def test_files_of_staff_go_out_with_their_words(scene: Scene, taken: ConversationId) -> None:
    await scene.writes(taken, "Here", files=(Attachment("label.pdf", "application/pdf", source="https://slack/1"),))
    await scene.settle(taken)

    assert scene.channel.texts == ["Here"]
    assert [file.content for file in scene.channel.sent_files] == [b"file"]


async def test_owner_and_customer_are_never_the_same(scene: Scene, taken: ConversationId) -> None:
    scene.desk.members["U0ADA"] = Member("U0ADA", ADA.team_id, "Ada", email="+15550001")

    await scene.writes(taken, "hello me")
    await scene.settle(taken)

    assert scene.channel.texts == []


@pytest.mark.parametrize("name", [ChannelName.EMAIL, ChannelName.SLACK])
async def test_a_person_speaks_on_every_channel_to_where_the_customer_wrote_last(
    scene: Scene, name: ChannelName
) -> None:
    scene.channel.name = name
    scene.__post_init__()
    target = ReplyTarget(name, "ada@x.example", "thread", {"subject": "Re: my lamp"})
    conversation_id = await scene.says("human", channel=name, thread_key="thread", reply_to=target)
    await scene.writes(conversation_id, "Here I am")
    await scene.settle(conversation_id)

    relayed = await scene.row("SELECT target FROM deliveries WHERE kind = 'relay'")
    assert scene.channel.texts[-1] == "Here I am"
    assert target_from_json(relayed["target"]) == target

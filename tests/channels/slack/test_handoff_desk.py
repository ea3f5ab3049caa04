"""A handoff in Slack: its thread, its buttons, its drafts and its command, over real bolt and the simulator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from channels.base import Desk
from channels.errors import PermanentFailure, TemporaryFailure, UnknownOutcome
from channels.message import Attachment
from channels.sandbox.faults import Fault, FaultKind
from channels.staff import (
    CardRef,
    DraftState,
    HandoffAction,
    HandoffState,
    Reply,
    Speaker,
    StaffChange,
    ThreadLine,
)
from tests.channels.slack.deciding import refund
from tests.channels.slack.handing_over import PHOTO, handoff, proposed, said
from tests.channels.slack.harness import APPROVERS, Deployment

SUPPORT = "C0SUPPORT"


async def opened(deployment: Deployment) -> CardRef:
    """A handoff's thread with one line."""
    head = await deployment.app.desk.post_brief(handoff(), key="hnd_1", slack_channel_id=APPROVERS)
    await deployment.app.desk.post_line(said(), thread=head, key="line_1")
    return head


async def test_a_brief_opens_a_thread_and_changes_with_its_state(deployment: Deployment) -> None:
    head = await opened(deployment)

    await deployment.app.desk.update_brief(handoff(state=HandoffState.OWNED, owner="U0STAN", ref=head))

    message = deployment.slack.workspace.message(APPROVERS, head.ts)
    assert [element["text"]["text"] for element in message["blocks"][-1]["elements"]] == [
        "Hand back",
        "Release",
        "Close",
    ]
    assert message["text"].startswith("Taken over: Carla")
    assert message["metadata"]["event_payload"]["key"] == "hnd_1"


async def test_a_brief_that_slack_keeps_as_it_is_gets_its_news_in_the_thread_once(deployment: Deployment) -> None:
    head = await opened(deployment)
    owned = handoff(state=HandoffState.OWNED, owner="U0STAN", ref=head, revision=2, opened_at=datetime.now(UTC))
    deployment.slack.faults.plan(Fault(FaultKind.REJECT, "chat.update", times=2, code="edit_window_closed"))

    await deployment.app.desk.update_brief(owned)
    await deployment.app.desk.update_brief(owned)

    _, _, news = deployment.slack.messages(APPROVERS, head.ts)
    assert news["text"].startswith("Taken over: Carla")


async def test_a_notice_names_colleagues_as_people(deployment: Deployment) -> None:
    head = await opened(deployment)
    line = ThreadLine(Speaker.NOTICE, "<@U0STAN> has this conversation now.", datetime.now(UTC))

    ref = await deployment.app.desk.post_line(line, thread=head, key="line_3")

    posted = deployment.slack.workspace.message(ref.slack_channel_id, ref.ts)
    assert posted["blocks"][0]["text"]["text"] == ":information_source: <@U0STAN> has this conversation now."


async def test_the_files_of_a_line_stand_above_its_words(deployment: Deployment) -> None:
    head = await opened(deployment)
    line = said("Look:", at=datetime.now(UTC), attachments=(PHOTO, Attachment("gone.pdf", "application/pdf")))

    ref = await deployment.app.desk.post_line(line, thread=head, key="line_2")

    *_, shared, words = deployment.slack.messages(APPROVERS, head.ts)
    (file,) = shared["files"]
    assert (file["title"], deployment.slack.workspace.files[file["id"]].content) == ("lamp.png", PHOTO.content)
    assert words["ts"] == ref.ts
    assert [element["text"] for element in words["blocks"][-1]["elements"]] == [
        ":paperclip: lamp.png (above)",
        ":paperclip: gone.pdf (not shown here, see the transcript)",
    ]


@pytest.mark.parametrize("method", ["files.completeUploadExternal", "chat.postMessage"])
async def test_files_of_a_line_of_unknown_outcome_are_not_shown_twice(deployment: Deployment, method: str) -> None:
    head = await opened(deployment)
    line = said(at=datetime.now(UTC), attachments=(PHOTO,))
    deployment.slack.faults.plan(Fault(FaultKind.DROP_AFTER, method))
    with pytest.raises(UnknownOutcome):
        await deployment.app.desk.post_line(line, thread=head, key="line_2")

    await deployment.app.desk.post_line(line, thread=head, key="line_2")

    with_files = [message for message in deployment.slack.messages(APPROVERS, head.ts) if message.get("files")]
    assert len(with_files) == 1


async def test_two_lines_may_bring_the_same_file(deployment: Deployment) -> None:
    head = await opened(deployment)
    line = said(at=datetime.now(UTC), attachments=(PHOTO,))

    await deployment.app.desk.post_line(line, thread=head, key="line_2")
    await deployment.app.desk.post_line(line, thread=head, key="line_3")

    with_files = [message for message in deployment.slack.messages(APPROVERS, head.ts) if message.get("files")]
    assert len(with_files) == 2


async def test_a_file_that_slack_refuses_does_not_hold_the_words_back(deployment: Deployment) -> None:
    head = await opened(deployment)
    deployment.slack.faults.plan(Fault(FaultKind.REJECT, "files.completeUploadExternal", code="file_type_not_allowed"))

    await deployment.app.desk.post_line(said("Look:", attachments=(PHOTO,)), thread=head, key="line_2")

    words = deployment.slack.messages(APPROVERS, head.ts)[-1]
    assert "not shown here" in words["blocks"][-1]["elements"][0]["text"]


@pytest.mark.parametrize("kind", [FaultKind.SERVER_ERROR, FaultKind.DROP_BEFORE])
async def test_an_upload_that_broke_may_simply_be_tried_again(deployment: Deployment, kind: FaultKind) -> None:
    head = await opened(deployment)
    deployment.slack.faults.plan(Fault(kind, "files.upload"))

    with pytest.raises(TemporaryFailure):
        await deployment.app.desk.post_line(said(attachments=(PHOTO,)), thread=head, key="line_2")

    assert len(deployment.slack.messages(APPROVERS, head.ts)) == 2


@pytest.mark.parametrize(
    "action", [HandoffAction.HAND_BACK, HandoffAction.RELEASE, HandoffAction.CLOSE], ids=lambda action: action.value
)
async def test_each_button_of_a_brief_reaches_the_gateway(deployment: Deployment, action: HandoffAction) -> None:
    head = await opened(deployment)
    await deployment.app.desk.update_brief(handoff(state=HandoffState.OWNED, owner="U0STAN", ref=head))

    status = await deployment.press("U0STAN", action, head)

    (press,) = deployment.inbox.presses
    assert status == 200
    assert (press.action, press.value, press.member_id, press.card) == (action, "hnd_1", "U0STAN", head)


async def test_taking_over_from_an_approval_card_names_the_request_alone(deployment: Deployment) -> None:
    ref = await deployment.ask(refund())

    await deployment.press("U0ADA", "conversation.take_over", ref)

    (press,) = deployment.inbox.presses
    assert (press.action, press.value, press.card) == (HandoffAction.TAKE_OVER, "apr_1", ref)


async def test_a_press_that_cannot_be_kept_is_not_acknowledged(deployment: Deployment) -> None:
    head = await opened(deployment)
    deployment.inbox.failures = 1

    status = await deployment.press("U0STAN", "conversation.take_over", head)

    assert status == 500


async def test_what_the_gateway_answers_is_whispered_in_the_thread(deployment: Deployment) -> None:
    head = await opened(deployment)
    line = ThreadLine(Speaker.NOTICE, "This is long.", datetime.now(UTC), is_warning=True, asks="stm_1")
    asked = await deployment.app.desk.post_line(line, thread=head, key="line_2")
    deployment.inbox.reply = Reply("Grace has it already.")

    await deployment.press("U0STAN", "relay.send", asked)

    (whisper,) = deployment.slack.ephemerals("U0STAN")
    assert (whisper.text, whisper.thread_ts) == ("Grace has it already.", head.ts)
    assert _buttons(deployment, asked) == ["relay.send", "relay.drop"]


@pytest.mark.parametrize(("action", "shown"), [("relay.send", "Sent anyway"), ("relay.drop", "Held back")])
async def test_a_question_that_was_answered_has_no_buttons(deployment: Deployment, action: str, shown: str) -> None:
    head = await opened(deployment)
    line = ThreadLine(Speaker.NOTICE, "This is long.", datetime.now(UTC), is_warning=True, asks="stm_1")
    asked = await deployment.app.desk.post_line(line, thread=head, key="line_2")

    await deployment.press("U0STAN", action, asked)

    (press,) = deployment.inbox.presses
    message = deployment.slack.workspace.message(APPROVERS, asked.ts)
    assert press.value == "stm_1"
    assert _buttons(deployment, asked) == []
    assert message["blocks"][-1]["elements"][0]["text"] == f"{shown} by <@U0STAN>"


async def test_a_draft_is_sent_or_dropped_by_its_buttons_and_then_has_none(deployment: Deployment) -> None:
    head = await opened(deployment)
    ref = await deployment.app.desk.post_draft(proposed(), thread=head, key="drf_1")

    await deployment.press("U0STAN", "draft.send", ref)
    await deployment.press("U0STAN", "draft.drop", ref)
    await deployment.app.desk.update_draft(proposed(state=DraftState.SENT, decided_by="U0STAN", ref=ref))

    assert [(press.action, press.value) for press in deployment.inbox.presses] == [
        (HandoffAction.SEND_DRAFT, "drf_1"),
        (HandoffAction.DROP_DRAFT, "drf_1"),
    ]
    assert _buttons(deployment, ref) == []


async def test_a_draft_can_be_edited_and_what_was_written_is_kept(deployment: Deployment) -> None:
    head = await opened(deployment)
    draft = deployment.inbox.drafts["drf_1"] = proposed()
    ref = await deployment.app.desk.post_draft(draft, thread=head, key="drf_1")
    await deployment.press("U0STAN", "draft.edit", ref)
    (view,) = deployment.slack.open_views("U0STAN")

    blank = await deployment.slack.submit("U0STAN", {"text": "  "})
    errors = await deployment.slack.submit("U0STAN", {"text": "Hello Carla, we refund you."})

    (submitted,) = deployment.inbox.submitted
    assert view["blocks"][0]["element"]["initial_value"] == draft.text
    assert blank == {"text": "An empty answer can't be sent."}
    assert errors == {}
    assert (submitted.draft_id, submitted.text, submitted.member_id) == (
        "drf_1",
        "Hello Carla, we refund you.",
        "U0STAN",
    )
    assert deployment.slack.open_views("U0STAN") == ()


async def test_who_may_not_edit_a_draft_is_told_in_the_dialog(deployment: Deployment) -> None:
    head = await opened(deployment)
    draft = deployment.inbox.drafts["drf_1"] = proposed()
    ref = await deployment.app.desk.post_draft(draft, thread=head, key="drf_1")
    deployment.inbox.reply = Reply("You can't answer customers.")

    await deployment.press("U0GUS", "draft.edit", ref)

    (view,) = deployment.slack.open_views("U0GUS")
    assert [item["text"]["text"] for item in view["blocks"]] == ["You can't answer customers."]


async def test_a_command_of_staff_takes_over_and_is_answered_privately(deployment: Deployment) -> None:
    deployment.inbox.reply = Reply("You have it: <@U0STAN> <!here>")

    heard = await deployment.slack.command("U0STAN", APPROVERS, "/takeover", " cnv_1 ")

    (press,) = deployment.inbox.presses
    assert heard.status == 200
    assert (press.action, press.value, press.member_id, press.team_id) == (
        HandoffAction.TAKE_OVER,
        "cnv_1",
        "U0STAN",
        "T0FRONT",
    )
    assert deployment.slack.ephemerals("U0STAN")[0].text == "You have it: <@U0STAN> &lt;!here&gt;"


async def test_a_command_typed_elsewhere_reaches_no_handoff(deployment: Deployment) -> None:
    await deployment.slack.command("U0CARLA", SUPPORT, "/takeover", "cnv_1")
    await deployment.slack.command("U0CARLA", "dm", "/takeover", "cnv_1")

    assert deployment.inbox.presses == []
    assert "staff channel" in deployment.slack.ephemerals("U0CARLA")[0].text


async def test_marks_come_and_go_and_a_repeat_is_no_failure(deployment: Deployment) -> None:
    head = await opened(deployment)
    message = CardRef(APPROVERS, await deployment.says("U0STAN", APPROVERS, "Hello Carla", head.ts))
    desk = deployment.app.desk

    await desk.mark(message, "hourglass")
    await desk.mark(message, "hourglass")
    await desk.mark(message, "white_check_mark")
    await desk.unmark(message, "hourglass")
    await desk.unmark(message, "hourglass")

    assert deployment.slack.reactions(APPROVERS, message.ts) == ["white_check_mark"]


Act = Callable[[Desk, CardRef], Awaitable[object]]
ACTS: dict[str, Act] = {
    "brief": lambda desk, head: desk.update_brief(handoff(ref=head)),
    "line": lambda desk, head: desk.post_line(said(attachments=(PHOTO,)), thread=head, key="line_9"),
    "draft": lambda desk, head: desk.post_draft(proposed(), thread=head, key="drf_9"),
    "mark": lambda desk, head: desk.mark(head, "warning"),
    "notice": lambda desk, head: desk.notify("hello", key="n9", slack_channel_id=APPROVERS, thread_ts=head.ts),
}


@pytest.mark.parametrize("act", ACTS)
async def test_a_thread_that_is_gone_is_named_as_such(deployment: Deployment, act: str) -> None:
    head = await opened(deployment)
    deployment.slack.delete(APPROVERS, head.ts)

    with pytest.raises(PermanentFailure) as failure:
        await ACTS[act](deployment.app.desk, head)

    assert failure.value.code == "message_not_found"


@pytest.mark.parametrize("act", ACTS)
async def test_a_channel_that_was_archived_is_named_as_such(deployment: Deployment, act: str) -> None:
    head = await opened(deployment)
    deployment.slack.archive(APPROVERS)

    with pytest.raises(PermanentFailure) as failure:
        await ACTS[act](deployment.app.desk, head)

    assert failure.value.code == "is_archived"


async def test_what_staff_write_comes_as_markdown_with_names_and_files(deployment: Deployment) -> None:
    head = await opened(deployment)

    await deployment.says(
        "U0STAN",
        APPROVERS,
        "*Hello* <@U0ADA>, see <https://acme.example/1|this> :tada:",
        head.ts,
        files=[("guide.pdf", "application/pdf", b"%PDF")],
    )

    (written,) = deployment.inbox.staff
    fetched = await deployment.app.desk.fetch(written.attachments[0])
    assert written.text == "**Hello** @Ada Approver, see [this](https://acme.example/1) 🎉"
    assert (written.mentions, written.member_name) == (("U0ADA",), "Stan Staff")
    assert (fetched.name, fetched.content) == ("guide.pdf", b"%PDF")


async def test_the_token_is_shown_to_slack_s_hosts_alone(deployment: Deployment) -> None:
    foreign = Attachment("x.pdf", "application/pdf", source="T0FRONT F01 https://evil.example/x.pdf")

    with pytest.raises(PermanentFailure) as failure:
        await deployment.app.desk.fetch(foreign)

    assert failure.value.code == "foreign_host"


async def test_an_edit_and_a_deletion_are_told_and_an_unfurl_is_not(deployment: Deployment) -> None:
    head = await opened(deployment)
    ts = await deployment.says("U0STAN", APPROVERS, "See <https://acme.example>", head.ts)

    deployment.slack.edit(APPROVERS, ts, "See <https://acme.example>")  # as it is told when a link unfurls
    deployment.slack.edit(APPROVERS, ts, "See <https://acme.example> <@U0ADA>")
    await deployment.slack.idle()
    deployment.slack.delete(APPROVERS, ts)
    await deployment.slack.idle()

    assert [(message.change, message.text) for message in deployment.inbox.staff] == [
        (StaffChange.WRITTEN, "See https://acme.example"),
        (StaffChange.EDITED, "See https://acme.example @Ada Approver"),
        (StaffChange.DELETED, ""),
    ]
    assert {message.message.ts for message in deployment.inbox.staff} == {ts}


async def test_bots_announcements_and_chatter_outside_of_threads_say_nothing_to_customers(
    deployment: Deployment,
) -> None:
    head = await opened(deployment)

    await deployment.says("U0ROBOT", APPROVERS, "beep", head.ts, bot_id="B0ROBOT", app_id="A0ROBOT")
    await deployment.says("U0ADA", APPROVERS, "has joined", head.ts, subtype="channel_join")
    await deployment.says("U0STAN", APPROVERS, "lunch?")

    assert deployment.inbox.staff == []


async def test_customers_and_staff_never_hear_of_each_other_s_rooms(deployment: Deployment) -> None:
    head = await opened(deployment)
    asked = await deployment.says("U0CARLA", SUPPORT, "<@U0FRONTDESK> help")
    direct = await deployment.says("U0STAN", "dm", "I am staff, and a customer here")

    await deployment.says("U0STAN", APPROVERS, "<@U0FRONTDESK> for the customer", head.ts)
    await deployment.says("U0STAN", SUPPORT, "in the customer's thread", asked)

    assert [message.text for message in deployment.inbox.staff] == ["for the customer"]
    assert [message.provider_id.split(":")[1:] for message in deployment.inbox.messages] == [
        [SUPPORT, asked],
        ["D0STAN", direct],
        [SUPPORT, deployment.slack.messages(SUPPORT, asked)[-1]["ts"]],
    ]


def _buttons(deployment: Deployment, ref: CardRef) -> list[str]:
    message = deployment.slack.workspace.message(ref.slack_channel_id, ref.ts)
    actions = [item for item in message["blocks"] if item["type"] == "actions"]
    return [element["action_id"] for item in actions for element in item["elements"]]

"""What customers and staff write: which of it reaches the gateway, once, and in what form."""

from __future__ import annotations

import pytest

from channels.message import Assurance, Attachment
from channels.sandbox.faults import Fault, FaultKind
from channels.sandbox.slack import SlackUser
from channels.slack.config import Prompt
from channels.slack.later import Later
from channels.slack.prompts import Prompts
from channels.staff import CardRef, StaffChange
from tests.channels.slack.harness import APPROVERS, Deployment

BOT = "<@U0FRONTDESK>"
SUPPORT = "C0SUPPORT"


async def test_a_direct_message_starts_a_thread_of_its_own(deployment: Deployment) -> None:
    ts = await deployment.says("U0CARLA", "dm", "Where is my order? It's > 3 weeks & counting")

    (message,) = deployment.inbox.messages
    assert message.text == "Where is my order? It's > 3 weeks & counting"
    assert message.thread_key == f"T0FRONT:D0CARLA:{ts}"
    assert message.provider_id == f"T0FRONT:D0CARLA:{ts}"
    assert message.sender.address == "U0CARLA"
    assert message.sender.name == "Carla Customer"
    assert message.sender.assurance is Assurance.PROVEN
    assert message.details == {"time_zone": "Europe/London", "locale": "en-GB"}
    assert message.reply_to.details["thread_ts"] == ts


async def test_a_reply_in_a_direct_message_thread_stays_in_its_conversation(deployment: Deployment) -> None:
    ts = await deployment.says("U0CARLA", "dm", "Where is my order?")

    await deployment.says("U0CARLA", "dm", "Hello?", ts)

    assert [message.thread_key for message in deployment.inbox.messages] == [f"T0FRONT:D0CARLA:{ts}"] * 2


async def test_a_mention_counts_once_though_slack_sends_two_events(deployment: Deployment) -> None:
    await deployment.says("U0CARLA", SUPPORT, f"{BOT} where is my order?")

    (message,) = deployment.inbox.messages
    assert message.text == "where is my order?"
    assert len(deployment.replies) == 2


async def test_after_a_mention_the_thread_needs_no_more_mentions(deployment: Deployment) -> None:
    ts = await deployment.says("U0CARLA", SUPPORT, f"{BOT} where is my order?")

    await deployment.says("U0CARL", SUPPORT, "I wonder too", ts)

    assert [(message.text, message.sender.name) for message in deployment.inbox.messages] == [
        ("where is my order?", "Carla Customer"),
        ("I wonder too", "Carl Customer"),
    ]


async def test_what_people_say_among_themselves_is_not_taken(deployment: Deployment) -> None:
    ts = await deployment.says("U0CARLA", SUPPORT, "Lunch?")
    await deployment.says("U0CARL", SUPPORT, "Sure", ts)

    assert deployment.inbox.messages == []
    assert deployment.inbox.reasons == ["not_addressed", "not_our_thread"]


async def test_a_mention_in_the_middle_of_somebody_s_thread_starts_a_conversation_there(deployment: Deployment) -> None:
    ts = await deployment.says("U0CARLA", SUPPORT, "Is it late?")
    await deployment.says("U0CARL", SUPPORT, f"ask {BOT} about it", ts)

    (message,) = deployment.inbox.messages
    assert message.thread_key == f"T0FRONT:{SUPPORT}:{ts}"
    assert message.text == "ask @Frontdesk about it"


async def test_an_event_that_could_not_be_stored_comes_again_and_counts_once(deployment: Deployment) -> None:
    deployment.inbox.failures = 2

    await deployment.says("U0CARLA", "dm", "Where is my order?")

    assert [reply.status for reply in deployment.replies] == [500, 500, 200]
    assert len(deployment.inbox.messages) == 1


@pytest.mark.parametrize("kind", [FaultKind.DUPLICATE, FaultKind.DROP_BEFORE])
async def test_a_repeated_or_lost_delivery_changes_nothing(deployment: Deployment, kind: FaultKind) -> None:
    deployment.slack.faults.plan(Fault(kind, "events"))

    await deployment.says("U0CARLA", "dm", "Where is my order?")

    assert len(deployment.inbox.messages) == 1


async def test_one_gesture_with_two_timestamps_is_recognised_by_its_client_id(deployment: Deployment) -> None:
    await deployment.says("U0CARLA", "dm", "Where is my order?", client_msg_id="same")
    await deployment.says("U0CARLA", "dm", "Where is my order?", client_msg_id="same")

    assert len(deployment.inbox.messages) == 1


async def test_our_own_answers_and_other_bots_start_nothing(deployment: Deployment) -> None:
    await deployment.says("U0ROBOT", SUPPORT, f"{BOT} beep", bot_id="B0ROBOT", app_id="A0ROBOT")
    await deployment.app.desk.notify("an answer", key="k", slack_channel_id=SUPPORT)
    await deployment.slack.idle()

    assert deployment.inbox.messages == []
    assert set(deployment.inbox.reasons) == {"bot", "own_message"}


@pytest.mark.parametrize("subtype", ["channel_join", "channel_topic", "bot_message", "reminder_add"])
async def test_announcements_start_nothing(deployment: Deployment, subtype: str) -> None:
    await deployment.says("U0CARLA", SUPPORT, f"{BOT} has joined", subtype=subtype)

    # Slack sends no mention for an announcement; the simulator does, and it is none of a person either.
    assert deployment.inbox.messages == []


async def test_a_reply_that_is_also_sent_to_the_channel_counts_once(deployment: Deployment) -> None:
    ts = await deployment.says("U0CARLA", SUPPORT, f"{BOT} where is my order?")

    await deployment.says("U0CARLA", SUPPORT, "for all to see", ts, subtype="thread_broadcast")

    assert [message.text for message in deployment.inbox.messages][1:] == ["for all to see"]


async def test_an_edit_is_told_and_a_mere_unfurl_is_not(deployment: Deployment) -> None:
    ts = await deployment.says("U0CARLA", "dm", "Where is my order?")

    deployment.slack.edit("D0CARLA", ts, "Where is my order A-1?")
    deployment.slack.edit("D0CARLA", ts, "Where is my order A-1?")
    await deployment.slack.idle()

    (edited,) = deployment.inbox.edited
    assert (edited.provider_id, edited.text) == (f"T0FRONT:D0CARLA:{ts}", "Where is my order A-1?")
    assert deployment.inbox.reasons == ["unchanged"]
    assert len(deployment.inbox.messages) == 1


async def test_a_message_taken_back_is_told(deployment: Deployment) -> None:
    ts = await deployment.says("U0CARLA", "dm", "My password is hunter2")

    deployment.slack.delete("D0CARLA", ts)
    await deployment.slack.idle()

    (deleted,) = deployment.inbox.deleted
    assert deleted.provider_id == f"T0FRONT:D0CARLA:{ts}"


async def test_a_file_comes_with_its_message_and_can_be_fetched(deployment: Deployment) -> None:
    await deployment.says("U0CARLA", "dm", "", files=[("lamp.png", "image/png", b"\x89PNG")])

    (message,) = deployment.inbox.messages
    (attachment,) = message.attachments
    fetched = await deployment.app.channel.fetch(attachment)
    assert (attachment.name, attachment.mime_type, attachment.size) == ("lamp.png", "image/png", 4)
    assert fetched.content == b"\x89PNG"


async def test_a_file_of_another_organisation_is_looked_up_first(deployment: Deployment) -> None:
    await deployment.says("U0CARLA", "dm", "", files=[("lamp.png", "image/png", b"\x89PNG")])
    (attachment,) = deployment.inbox.messages[0].attachments
    team, file_id, _ = attachment.source.split(" ")

    fetched = await deployment.app.channel.fetch(Attachment("lamp.png", "image/png", source=f"{team} {file_id}"))

    assert fetched.content == b"\x89PNG"


async def test_strangers_and_guests_are_not_vouched_for(deployment: Deployment) -> None:
    deployment.slack.workspace.add_user(SlackUser("U0GAST", "Gast", is_guest=True))
    await deployment.says("U0SAM", SUPPORT, f"{BOT} hello")
    await deployment.says("U0GAST", "dm", "hello")

    assert [message.sender.assurance for message in deployment.inbox.messages] == [Assurance.CLAIMED] * 2


async def test_a_slow_directory_does_not_hold_a_message_up(deployment: Deployment) -> None:
    deployment.slack.faults.plan(Fault(FaultKind.SLOW, "users.info", seconds=120))

    await deployment.says("U0CARLA", "dm", "Where is my order?")

    (message,) = deployment.inbox.messages
    assert (message.sender.address, message.sender.name) == ("U0CARLA", "")


async def test_what_staff_write_in_a_thread_goes_to_staff_alone(deployment: Deployment) -> None:
    card = await deployment.app.desk.notify("Handed over", key="h1")
    ts = await deployment.says("U0STAN", APPROVERS, "Hello, I am Stan, not <@U0ADA>", card.ts)
    deployment.slack.edit(APPROVERS, ts, "Hello, I'm Stan")
    await deployment.slack.idle()
    deployment.slack.delete(APPROVERS, ts)
    await deployment.slack.idle()

    written, edited, deleted = deployment.inbox.staff
    assert written.thread == CardRef(APPROVERS, card.ts)
    assert (written.member_id, written.text, written.message.ts) == (
        "U0STAN",
        "Hello, I am Stan, not @Ada Approver",
        ts,
    )
    assert (edited.change, edited.text) == (StaffChange.EDITED, "Hello, I'm Stan")
    assert (deleted.change, deleted.text) == (StaffChange.DELETED, "")
    assert deployment.inbox.messages == []


async def test_a_mention_in_a_staff_channel_does_not_reach_the_agent(deployment: Deployment) -> None:
    await deployment.says("U0STAN", APPROVERS, f"{BOT} refund everybody")

    assert deployment.inbox.messages == []
    assert deployment.inbox.staff == []


async def test_who_opens_the_app_is_shown_what_to_ask_once(deployment: Deployment) -> None:
    deployment.slack.open_messages("U0CARLA")
    await deployment.slack.idle()
    deployment.slack.open_messages("U0CARLA")
    await deployment.slack.idle()
    await deployment.app.settle()

    assert deployment.slack.agent.prompts["D0CARLA"][0]["title"] == "Where is my order?"
    calls = [method for method, _ in deployment.slack.calls_made]
    assert calls.count("assistant.threads.setSuggestedPrompts") == 1


async def test_suggestions_that_failed_are_made_the_next_time(deployment: Deployment) -> None:
    deployment.slack.faults.plan(Fault(FaultKind.SERVER_ERROR, "assistant.threads.setSuggestedPrompts"))
    deployment.slack.open_messages("U0CARLA")
    await deployment.slack.idle()
    await deployment.app.settle()
    before = dict(deployment.slack.agent.prompts)

    deployment.slack.open_messages("U0CARLA")
    await deployment.slack.idle()
    await deployment.app.settle()

    assert before == {}
    assert [prompt["title"] for prompt in deployment.slack.agent.prompts["D0CARLA"]] == ["Where is my order?"]


async def test_suggestions_of_a_second_process_change_nothing(deployment: Deployment) -> None:
    deployment.slack.open_messages("U0CARLA")
    await deployment.slack.idle()
    await deployment.app.settle()
    before = dict(deployment.slack.agent.prompts)
    body = {"team_id": "T0FRONT", "event": {"user": "U0CARLA", "channel": "D0CARLA"}}

    async with Later.open() as second:
        same = [Prompt("Where is my order?", "Where is my order A-1001?")]
        Prompts(deployment.app._api, second, same).opened(body)

    assert deployment.slack.agent.prompts == before
    assert deployment.slack.messages("D0CARLA") == []


async def test_a_change_of_members_is_seen_at_the_next_decision(deployment: Deployment) -> None:
    before = await deployment.app.desk.group_members("S0APPROVERS")
    deployment.slack.workspace.record({"fact": "group", "id": "S0APPROVERS", "members": ["U0GRACE"]})

    deployment.slack.send_event({"type": "subteam_members_changed", "subteam_id": "S0APPROVERS"})
    await deployment.slack.idle()

    assert before == ("U0ADA", "U0GRACE")
    assert await deployment.app.desk.group_members("S0APPROVERS") == ("U0GRACE",)

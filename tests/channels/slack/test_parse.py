"""Reading Slack's events: odd ones are ignored with a reason, or refused with an error, and never anything else."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.errors import MalformedPayload
from channels.message import ChannelName, Ignored, InboundMessage
from channels.slack.parse import IfTakingPart, bot_user_of, customer_event, members_in, staff_message
from channels.slack.reading import mentioned, readable

AUTHORIZATIONS = [{"team_id": "T1", "user_id": "U0BOT", "is_bot": True}]


def body(team_id: str = "T1", **event: Any) -> dict[str, Any]:
    """An envelope around one message event."""
    message = {"type": "message", "channel": "C1", "user": "U1", "ts": "1777887000.000100", "text": "hello", **event}
    authorizations = [{**AUTHORIZATIONS[0], "team_id": team_id}]
    return {"team_id": team_id, "event_id": "Ev1", "authorizations": authorizations, "event": message}


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("a &amp; b &lt;c&gt; &amp;lt;", "a & b <c> &lt;"),
        ("<@U0BOT> hello", "hello"),
        ("<@U0BOT|frontdesk>, hello <@U0BOT>", "hello"),
        ("ask <@U2> or <@U3>", "ask @Bea or @U3"),
        ("in <#C9|general> and <#C8>", "in #general and #C8"),
        ("<!channel> <!here> <!subteam^S1|@team> <!subteam^S1>", "@channel @here @team @subteam"),
        ("<!date^1^{time}|noon>", "noon"),
        ("<https://a.example/x?a=1&amp;b=2>", "https://a.example/x?a=1&b=2"),
        ("<https://a.example|our page>", "our page (https://a.example)"),
        ("<http://a.example|a.example> <mailto:a@b.example|a@b.example>", "http://a.example a@b.example"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<>", "<>"),
    ],
)
def test_text_reads_as_its_author_sees_it(sent: str, read: str) -> None:
    names = {"U2": "Bea"}

    assert readable(sent, bot_user_id="U0BOT", name_of=lambda member: names.get(member, "")) == read


@settings(max_examples=100, deadline=None)
@given(text=st.text(alphabet="<>@#!|&;ltgamp U0BOT^:/"))
def test_any_text_can_be_read(text: str) -> None:
    assert isinstance(readable(text, bot_user_id="U0BOT"), str)
    assert isinstance(mentioned(text), frozenset)


def test_equal_channels_of_two_workspaces_are_two_conversations() -> None:
    events = [customer_event(body(team, channel_type="im"), {}) for team in ("T1", "T2")]

    assert len({event.thread_key for event in events if isinstance(event, InboundMessage)}) == 2


def test_in_a_channel_shared_with_others_the_thread_stays_one_whoever_writes() -> None:
    by_us, by_them = body("T1", channel_type="im"), {**body("T1", channel_type="im", team="T2"), "team_id": "T2"}

    events = [customer_event(sent, {}) for sent in (by_us, by_them)]

    assert {event.thread_key for event in events if isinstance(event, InboundMessage)} == {"T1:C1:1777887000.000100"}
    assert [event.sender.assurance for event in events if isinstance(event, InboundMessage)] == ["proven", "claimed"]


def test_a_reply_without_a_mention_depends_on_the_thread() -> None:
    event = customer_event(body(thread_ts="1777886000.000100"), {})

    assert isinstance(event, IfTakingPart)
    assert event.message.thread_key == "T1:C1:1777886000.000100"


def test_every_name_of_a_gesture_is_kept() -> None:
    event = customer_event(body(channel_type="im", client_msg_id="c-1"), {})

    assert isinstance(event, InboundMessage)
    assert event.also_known_as == ("Ev1", "c-1")


def test_a_deleted_root_with_replies_is_a_deletion() -> None:
    previous = {"user": "U1", "ts": "1.0", "text": "secret"}
    tombstone = {"subtype": "tombstone", "user": "USLACKBOT", "ts": "1.0", "text": "This message was deleted."}

    event = customer_event(body(subtype="message_changed", message=tombstone, previous_message=previous), {})

    assert type(event).__name__ == "MessageDeleted"


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"channel_type": "im", "text": ""}, "empty"),
        ({"channel_type": "im", "text": "<@U0BOT>"}, "empty"),
        ({"user": "U0BOT"}, "own_message"),
        ({"user": "USLACKBOT"}, "bot"),
        ({"bot_id": "B9"}, "bot"),
        ({"subtype": "channel_join"}, "channel_join"),
        ({}, "not_addressed"),
    ],
)
def test_what_starts_nothing_says_why(event: dict[str, Any], reason: str) -> None:
    ignored = customer_event({**body(**event), "api_app_id": "A1"}, {})

    assert ignored == Ignored(ChannelName.SLACK, "Ev1", reason)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = (
    "channel",
    "user",
    "ts",
    "text",
    "thread_ts",
    "subtype",
    "bot_id",
    "files",
    "message",
    "previous_message",
    "team",
    "blocks",
)


@settings(max_examples=200, deadline=None)
@given(
    event=st.dictionaries(st.sampled_from(KEYS), json_values),
    subtype=st.sampled_from(["", "file_share", "message_changed", "message_deleted"]),
    authorizations=json_values,
)
def test_any_event_gives_a_value_or_the_documented_error(
    event: dict[str, Any], subtype: str, authorizations: Any
) -> None:
    payload = body(**{"subtype": subtype, "channel_type": "im", **event}) | {"authorizations": authorizations}

    for read in (lambda: customer_event(payload, {}), lambda: staff_message(payload, {}), lambda: members_in(payload)):
        with contextlib.suppress(MalformedPayload):
            read()
    assert isinstance(bot_user_of(payload), str)

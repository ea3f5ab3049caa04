"""The simulated Slack keeps Slack's rules: the real SDK on one side, an app that notes what it hears on the other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from channels.sandbox.faults import Fault, FaultKind
from channels.sandbox.journal import Journal
from channels.sandbox.slack import SlackSimulator, SlackUser
from channels.sandbox.slack.workspace import as_sent

GENERAL, SUPPORT, APPROVERS = "C0GENERAL", "C0SUPPORT", "C0APPROVERS"
BUTTON = {
    "type": "actions",
    "block_id": "b1",
    "elements": [
        {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "action_id": "go", "value": "v1"},
    ],
}
MODAL = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Title"},
    "submit": {"type": "plain_text", "text": "Go"},
    "blocks": [
        {
            "type": "input",
            "block_id": "name",
            "label": {"type": "plain_text", "text": "Name"},
            "element": {"type": "plain_text_input", "action_id": "value", "max_length": 5},
        }
    ],
}


@dataclass
class Listener:
    """An app that notes each request, and answers what it is told to."""

    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, Any]]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        self.heard.append(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
        status, body = self.answers.pop(0) if self.answers else (200, {})
        return web.json_response(body, status=status) if body else web.Response(status=status)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body)["event"] for headers, body in self.heard if "json" in headers["content-type"]]

    @property
    def interactions(self) -> list[dict[str, Any]]:
        bodies = [body.decode() for headers, body in self.heard if "form" in headers["content-type"]]
        return [json.loads(parse_qs(body)["payload"][0]) for body in bodies]


@dataclass
class World:
    """The simulator with its two neighbours."""

    slack: SlackSimulator
    client: AsyncWebClient
    app: Listener
    clock: list[datetime]


@asynccontextmanager
async def world(**changes: Any) -> AsyncIterator[World]:
    """A simulator whose app is a listener and whose client is slack-sdk."""
    listener, clock = Listener(), [datetime(2026, 5, 4, 9, 30, tzinfo=UTC)]
    ours = web.Application()
    ours.add_routes([web.post("/slack/events", listener.handle)])
    async with TestServer(ours) as front:
        slack = SlackSimulator(
            **{
                "bot_token": "xoxb-1",
                "app_token": "xapp-1",
                "signing_secret": "secret",
                "app_url": str(front.make_url("/slack/events")),
                "retries": (timedelta(),) * 3,
                "now": lambda: clock[0],
                **changes,
            }
        )
        theirs = web.Application()
        theirs.add_routes(slack.routes())
        async with TestServer(theirs) as provider, slack, aiohttp.ClientSession() as session:
            url = str(provider.make_url("/api/"))
            client = AsyncWebClient("xoxb-1", base_url=url, session=session, retry_handlers=[])
            yield World(slack, client, listener, clock)


@pytest.fixture
async def here() -> AsyncIterator[World]:
    async with world() as made:
        yield made


async def error_of(call: Awaitable[Any]) -> str:
    """The error with which Slack answers a call."""
    with pytest.raises(SlackApiError) as raised:
        await call
    return str(raised.value.response["error"])


async def test_what_it_sends_is_signed_as_the_sdk_checks_it(here: World) -> None:
    here.slack.write("U0CARLA", SUPPORT, "hello")
    await here.slack.idle()

    ((headers, body),) = here.app.heard
    assert SignatureVerifier("secret").is_valid_request(body, headers)
    assert not SignatureVerifier("other").is_valid_request(body, headers)


async def test_an_event_is_sent_again_until_taken_with_its_reason(here: World) -> None:
    here.app.answers = [(500, {}), (404, {})]

    here.slack.write("U0CARLA", SUPPORT, "hello")
    await here.slack.idle()

    retries = [(headers.get("x-slack-retry-num"), headers.get("x-slack-retry-reason")) for headers, _ in here.app.heard]
    assert retries == [(None, None), ("1", "http_error"), ("2", "http_error")]
    assert len({json.loads(body)["event_id"] for _, body in here.app.heard}) == 1


async def test_after_three_repetitions_it_gives_up(here: World) -> None:
    here.app.answers = [(500, {})] * 9

    here.slack.write("U0CARLA", SUPPORT, "hello")
    await here.slack.idle()

    assert len(here.app.heard) == 4
    assert len(here.slack.deliveries.given_up) == 1


async def test_a_mention_is_two_events_with_one_timestamp(here: World) -> None:
    here.slack.write("U0CARLA", SUPPORT, "<@U0FRONTDESK> hello & <welcome>")
    await here.slack.idle()

    assert sorted(event["type"] for event in here.app.events) == ["app_mention", "message"]
    assert len({event["ts"] for event in here.app.events}) == 1
    assert here.app.events[0]["text"] == "<@U0FRONTDESK> hello &amp; &lt;welcome&gt;"


async def test_the_app_hears_nothing_of_channels_that_it_is_not_in(here: World) -> None:
    here.slack.write("U0CARLA", GENERAL, "hello")
    await here.slack.idle()

    assert here.app.heard == []
    assert await error_of(here.client.chat_postMessage(channel=GENERAL, text="hi")) == "not_in_channel"


async def test_metadata_is_shown_only_on_request(here: World) -> None:
    metadata = {"event_type": "e", "event_payload": {"key": "k"}}
    await here.client.chat_postMessage(channel=SUPPORT, text="hi", metadata=metadata)

    without = await here.client.conversations_history(channel=SUPPORT)
    with_it = await here.client.conversations_history(channel=SUPPORT, include_all_metadata=True)

    assert "metadata" not in without["messages"][0]
    assert with_it["messages"][0]["metadata"] == metadata


async def test_history_comes_newest_first_in_pages(here: World) -> None:
    for number in range(5):
        await here.client.chat_postMessage(channel=SUPPORT, text=str(number))

    first = await here.client.conversations_history(channel=SUPPORT, limit=2)
    cursor = first["response_metadata"]["next_cursor"]
    second = await here.client.conversations_history(channel=SUPPORT, limit=2, cursor=cursor)

    assert [message["text"] for message in [*first["messages"], *second["messages"]]] == ["4", "3", "2", "1"]


async def test_replies_are_in_their_thread_and_not_in_the_channel(here: World) -> None:
    root = await here.client.chat_postMessage(channel=SUPPORT, text="root")
    await here.client.chat_postMessage(channel=SUPPORT, text="reply", thread_ts=root["ts"])

    thread = await here.client.conversations_replies(channel=SUPPORT, ts=root["ts"])

    assert [message["text"] for message in thread["messages"]] == ["root", "reply"]
    assert [message["text"] for message in here.slack.messages(SUPPORT)] == ["root"]


Call = Callable[[AsyncWebClient], Awaitable[Any]]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda client: client.chat_postMessage(channel="C0NOWHERE", text="hi"), "channel_not_found"),
        (lambda client: client.chat_postMessage(channel=SUPPORT, text="x" * 40_001), "msg_too_long"),
        (lambda client: client.chat_postMessage(channel=SUPPORT, text="hi", blocks=[BUTTON] * 51), "invalid_blocks"),
        (lambda client: client.chat_postMessage(channel=SUPPORT, text="hi", thread_ts="1.0"), "thread_not_found"),
        (lambda client: client.chat_update(channel=SUPPORT, ts="1.0", text="hi"), "message_not_found"),
        (lambda client: client.users_info(user="U0NOBODY"), "user_not_found"),
        (lambda client: client.usergroups_users_list(usergroup="S0NONE"), "no_such_subteam"),
        (lambda client: client.views_open(trigger_id="none", view=MODAL), "invalid_trigger_id"),
        (lambda client: client.chat_postEphemeral(channel=SUPPORT, user="U0ADA", text="hi"), "user_not_in_channel"),
        (lambda client: client.api_call("no.suchMethod"), "unknown_method"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_it_refuses_in_slack_s_words(here: World, call: Call, error: str) -> None:
    assert await error_of(call(here.client)) == error


async def test_a_wrong_token_is_refused(here: World) -> None:
    assert await error_of(here.client.auth_test(token="xoxb-other")) == "invalid_auth"


async def test_only_our_own_messages_can_be_updated_and_not_too_long(here: World) -> None:
    theirs = here.slack.write("U0CARLA", SUPPORT, "hello")
    ours = await here.client.chat_postMessage(channel=SUPPORT, text="hi")

    assert await error_of(here.client.chat_update(channel=SUPPORT, ts=theirs["ts"], text="x")) == "cant_update_message"
    assert await error_of(here.client.chat_update(channel=SUPPORT, ts=ours["ts"], text="x" * 4001)) == "msg_too_long"


async def test_a_click_carries_what_slack_sends(here: World) -> None:
    posted = await here.client.chat_postMessage(channel=APPROVERS, text="Go?", blocks=[BUTTON])

    heard = await here.slack.click("U0ADA", "go", here.slack.workspace.message(APPROVERS, posted["ts"]))

    (payload,) = here.app.interactions
    assert heard.status == 200
    assert payload["type"] == "block_actions"
    assert (payload["user"]["id"], payload["user"]["team_id"]) == ("U0ADA", "T0FRONT")
    assert payload["actions"][0]["action_id"] == "go"
    assert payload["actions"][0]["value"] == "v1"
    assert payload["container"] == {
        "type": "message", "message_ts": posted["ts"], "channel_id": APPROVERS, "is_ephemeral": False
    }  # fmt: skip
    assert payload["trigger_id"]


async def test_a_button_that_is_not_there_cannot_be_pressed(here: World) -> None:
    message = here.slack.write("U0ADA", APPROVERS, "no buttons")

    with pytest.raises(LookupError):
        await here.slack.click("U0ADA", "go", message)


async def opened(here: World, view: dict[str, Any] = MODAL) -> None:
    """Open a dialog for Ada by a click."""
    posted = await here.client.chat_postMessage(channel=APPROVERS, text="Go?", blocks=[BUTTON])
    await here.slack.click("U0ADA", "go", here.slack.workspace.message(APPROVERS, posted["ts"]))
    await here.client.views_open(trigger_id=here.app.interactions[-1]["trigger_id"], view=view)


async def test_a_trigger_works_once_and_for_three_seconds(here: World) -> None:
    await opened(here)
    used = here.app.interactions[-1]["trigger_id"]
    late = here.slack.views.new_trigger("U0ADA")
    here.clock[0] += timedelta(seconds=4)

    assert await error_of(here.client.views_open(trigger_id=used, view=MODAL)) == "exchanged_trigger_id"
    assert await error_of(here.client.views_open(trigger_id=late, view=MODAL)) == "expired_trigger_id"


async def test_a_dialog_is_checked_by_the_client_before_it_is_sent(here: World) -> None:
    await opened(here)

    empty = await here.slack.submit("U0ADA", {})
    long = await here.slack.submit("U0ADA", {"name": "too long"})

    assert empty == {"name": "Please complete this required field."}
    assert long == {"name": "Please enter at most 5 characters."}
    assert [payload["type"] for payload in here.app.interactions] == ["block_actions"]


async def test_a_submitted_dialog_does_what_the_app_answers(here: World) -> None:
    await opened(here)
    here.app.answers = [
        (200, {"response_action": "errors", "errors": {"name": "taken"}}),
        (200, {"response_action": "update", "view": {**MODAL, "title": {"type": "plain_text", "text": "Again"}}}),
        (200, {"response_action": "push", "view": MODAL}),
        (200, {}),
        (200, {"response_action": "clear"}),
    ]

    errors = await here.slack.submit("U0ADA", {"name": "Ada"})
    seen = [len(here.slack.open_views("U0ADA"))]
    for _ in range(4):
        await here.slack.submit("U0ADA", {"name": "Ada"})
        seen.append(len(here.slack.open_views("U0ADA")))

    assert errors == {"name": "taken"}
    assert seen == [1, 1, 2, 1, 0]
    state = here.app.interactions[-1]["view"]["state"]
    assert state == {"values": {"name": {"value": {"type": "plain_text_input", "value": "Ada"}}}}


async def test_it_remembers_everything_over_a_restart(tmp_path: Path) -> None:
    journal = tmp_path / "slack.jsonl"
    async with world(journal=Journal(journal)) as before:
        before.slack.workspace.add_user(SlackUser("U0NEW", "Nia New"))
        posted = await before.client.chat_postMessage(channel=SUPPORT, text="one", blocks=[BUTTON])
        await before.client.chat_update(channel=SUPPORT, ts=posted["ts"], text="two", blocks=[])
        await before.client.reactions_add(channel=SUPPORT, timestamp=posted["ts"], name="eyes")
        await before.client.chat_postEphemeral(channel=SUPPORT, user="U0CARLA", text="psst")
        before.slack.write("U0CARLA", "dm", "hello", files=[("a.txt", "text/plain", b"bytes")])
        gone = before.slack.write("U0CARLA", SUPPORT, "gone")
        before.slack.delete(SUPPORT, gone["ts"])
        kept = before.slack.workspace

    async with world(journal=Journal(journal)) as after:
        again = after.slack.workspace
        later = await after.client.chat_postMessage(channel=SUPPORT, text="three")

    assert {name: list(messages) for name, messages in kept.messages.items()} == {
        name: [message for message in messages if message["ts"] != later["ts"]]
        for name, messages in again.messages.items()
    }
    assert (kept.users, kept.channels, kept.whispers, kept.files) == (
        again.users, again.channels, again.whispers, again.files
    )  # fmt: skip
    assert float(later["ts"]) > float(gone["ts"])


async def test_a_rate_limit_names_its_seconds(here: World) -> None:
    here.slack.faults.plan(Fault(FaultKind.RATE_LIMIT, "users.info", seconds=7))

    with pytest.raises(SlackApiError) as limited:
        await here.client.users_info(user="U0ADA")

    assert limited.value.response.status_code == 429
    assert limited.value.response.headers["Retry-After"] == "7"


@pytest.mark.parametrize(("kind", "posted"), [(FaultKind.DROP_BEFORE, 0), (FaultKind.DROP_AFTER, 1)])
async def test_a_cut_connection_leaves_the_call_undone_or_done(here: World, kind: FaultKind, posted: int) -> None:
    here.slack.faults.plan(Fault(kind, "chat.postMessage"))

    with pytest.raises(aiohttp.ClientError):
        await here.client.chat_postMessage(channel=SUPPORT, text="hi")

    assert len(here.slack.messages(SUPPORT)) == posted


async def test_a_held_back_event_comes_after_the_next_one(here: World) -> None:
    here.slack.faults.plan(Fault(FaultKind.REORDER, "events"))

    here.slack.write("U0CARLA", SUPPORT, "first")
    await here.slack.idle()
    here.slack.write("U0CARLA", SUPPORT, "second")
    await here.slack.idle()

    assert [event["text"] for event in here.app.events] == ["second", "first"]


async def test_a_stream_grows_stops_and_dies_of_age(here: World) -> None:
    root = here.slack.write("U0CARLA", SUPPORT, "hello")
    recipient: dict[str, Any] = {"recipient_user_id": "U0CARLA", "recipient_team_id": "T0FRONT"}
    started = [
        await here.client.chat_startStream(channel=SUPPORT, thread_ts=root["ts"], markdown_text="a", **recipient)
        for _ in range(2)
    ]
    first, second = (answer["ts"] for answer in started)

    await here.client.chat_appendStream(channel=SUPPORT, ts=first, markdown_text="b")
    early = await error_of(here.client.chat_update(channel=SUPPORT, ts=first, text="x"))
    await here.client.chat_stopStream(channel=SUPPORT, ts=first, markdown_text="c")
    stopped = await error_of(here.client.chat_appendStream(channel=SUPPORT, ts=first, markdown_text="d"))
    here.clock[0] += timedelta(minutes=5)
    aged = await error_of(here.client.chat_stopStream(channel=SUPPORT, ts=second))

    assert here.slack.workspace.message(SUPPORT, first)["text"] == "abc"
    assert early == "streaming_state_conflict"
    assert stopped == aged == "message_not_in_streaming_state"


async def test_an_uploaded_file_is_shared_once_and_only_as_it_was_announced(here: World) -> None:
    short = await here.client.files_getUploadURLExternal(filename="a.txt", length=99)
    right = await here.client.files_getUploadURLExternal(filename="b.txt", length=3)
    async with aiohttp.ClientSession() as session:
        refused = await session.post(short["upload_url"], data=b"abc")
        taken = await session.post(right["upload_url"], data=b"abc")
    files = [{"id": right["file_id"], "title": "B"}]

    await here.client.files_completeUploadExternal(files=files, channel_id=SUPPORT, initial_comment="look")

    [message] = here.slack.messages(SUPPORT)
    assert (refused.status, taken.status) == (400, 200)
    assert (message["text"], message["files"][0]["title"], message["files"][0]["size"]) == ("look", "B", 3)
    again = here.client.files_completeUploadExternal(files=files, channel_id=SUPPORT)
    assert await error_of(again) == "file_not_found"


async def test_an_archived_channel_takes_nothing(here: World) -> None:
    posted = await here.client.chat_postMessage(channel=SUPPORT, text="hi")
    here.slack.archive(SUPPORT)

    assert await error_of(here.client.chat_postMessage(channel=SUPPORT, text="hi")) == "is_archived"
    assert await error_of(here.client.chat_update(channel=SUPPORT, ts=posted["ts"], text="ho")) == "is_inactive"
    reaction = here.client.reactions_add(channel=SUPPORT, timestamp=posted["ts"], name="eyes")
    assert await error_of(reaction) == "is_archived"


async def test_everybody_has_reactions_of_their_own(here: World) -> None:
    message = here.slack.write("U0CARLA", SUPPORT, "hi")
    here.slack.react("U0STAN", SUPPORT, message["ts"], "eyes")
    await here.client.reactions_add(channel=SUPPORT, timestamp=message["ts"], name="eyes")

    await here.client.reactions_remove(channel=SUPPORT, timestamp=message["ts"], name="eyes")

    again = here.client.reactions_remove(channel=SUPPORT, timestamp=message["ts"], name="eyes")
    assert await error_of(again) == "no_reaction"
    assert here.slack.workspace.message(SUPPORT, message["ts"])["reactions"] == [
        {"name": "eyes", "users": ["U0STAN"], "count": 1}
    ]


async def test_a_typed_command_is_a_form_and_its_answer_is_for_one_person(here: World) -> None:
    here.app.answers.append((200, {"text": "You have it."}))

    await here.slack.command("U0STAN", SUPPORT, "/takeover", "cnv_1")

    [(headers, body)] = here.app.heard
    form = {name: value for name, (value,) in parse_qs(body.decode()).items()}
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert (form["command"], form["text"], form["user_id"], form["channel_id"]) == (
        "/takeover",
        "cnv_1",
        "U0STAN",
        SUPPORT,
    )
    assert [whisper.text for whisper in here.slack.ephemerals("U0STAN")] == ["You have it."]


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("<@U0ADA> & <https://a.example|a>", "<@U0ADA> &amp; <https://a.example|a>"),
        ('{"a": 1}', '{"a": 1}'),
    ],
)
def test_what_people_type_is_sent_as_slack_s_editor_sends_it(typed: str, sent: str) -> None:
    assert as_sent(typed) == sent


async def test_socket_mode_sends_envelopes_again_until_acknowledged() -> None:
    async with world(app_url="", patience=timedelta(milliseconds=50)) as here:
        answer = await here.client.apps_connections_open(app_token="xapp-1")
        async with aiohttp.ClientSession() as session, session.ws_connect(answer["url"]) as socket:
            hello = await socket.receive_json()
            here.slack.write("U0CARLA", SUPPORT, "hello")
            first, second = await socket.receive_json(), await socket.receive_json()
            await socket.send_json({"envelope_id": second["envelope_id"]})
            await asyncio.wait_for(here.slack.idle(), 60)

    assert hello["type"] == "hello"
    assert first["type"] == "events_api"
    assert first["payload"] == second["payload"]
    assert (first["retry_attempt"], second["retry_attempt"]) == (0, 1)


async def test_a_socket_address_works_once_and_only_for_the_app_token() -> None:
    async with world(app_url="") as here:
        answer = await here.client.apps_connections_open(app_token="xapp-1")
        async with aiohttp.ClientSession() as session, session.ws_connect(answer["url"]):
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(answer["url"])

        assert await error_of(here.client.apps_connections_open(app_token="xapp-2")) == "invalid_auth"

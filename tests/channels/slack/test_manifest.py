"""The app's manifest asks for what the code uses, and for nothing else."""

from __future__ import annotations

import re
from inspect import getsource
from pathlib import Path

import channels.slack.api
import channels.slack.intake
import channels.slack.web
from channels.slack.config import Prompt
from channels.slack.manifest import EVENTS, SCOPES, manifest

# By Slack's method pages; a method that reads conversations needs the scope of each kind of them.
NEEDED_BY_METHOD = {
    "auth.test": set(),
    "chat.postMessage": {"chat:write"},
    "chat.update": {"chat:write"},
    "chat.delete": {"chat:write"},
    "chat.postEphemeral": {"chat:write"},
    "chat.getPermalink": set(),
    "chat.startStream": {"chat:write"},
    "chat.appendStream": {"chat:write"},
    "chat.stopStream": {"chat:write"},
    "assistant.threads.setStatus": {"chat:write"},
    "assistant.threads.setSuggestedPrompts": {"assistant:write"},
    "conversations.history": {"channels:history", "groups:history", "im:history"},
    "conversations.replies": {"channels:history", "groups:history", "im:history"},
    "conversations.members": {"channels:read", "groups:read"},
    "files.info": {"files:read"},
    "files.download": {"files:read"},
    "files.getUploadURLExternal": {"files:write"},
    "files.upload": set(),  # to the address that it names
    "files.completeUploadExternal": {"files:write"},
    "reactions.add": {"reactions:write"},
    "reactions.remove": {"reactions:write"},
    "users.info": {"users:read", "users:read.email"},
    "usergroups.users.list": {"usergroups:read"},
    "views.open": set(),
    "views.push": set(),
    "views.update": set(),
    "apps.connections.open": set(),  # of the app-level token
}
NEEDED_BY_EVENT = {
    "app_home_opened": set(),
    "app_mention": {"app_mentions:read"},
    "app_uninstalled": set(),
    "member_joined_channel": {"channels:read", "groups:read"},
    "member_left_channel": {"channels:read", "groups:read"},
    "message.channels": {"channels:history"},
    "message.groups": {"groups:history"},
    "message.im": {"im:history"},
    "subteam_members_changed": {"usergroups:read"},
    "tokens_revoked": set(),
    "user_change": {"users:read"},
}


def test_the_scopes_are_exactly_those_of_the_methods_and_events_in_use() -> None:
    source = getsource(channels.slack.api) + getsource(channels.slack.web)
    methods = set(re.findall(r'"((?:[a-z]+\.)+[a-zA-Z]+)"', source))

    assert methods == NEEDED_BY_METHOD.keys()
    assert set(EVENTS) == NEEDED_BY_EVENT.keys()
    assert set(SCOPES) == {"commands"}.union(*NEEDED_BY_METHOD.values(), *NEEDED_BY_EVENT.values())


def test_every_event_that_is_asked_for_is_taken() -> None:
    source = Path(channels.slack.intake.__file__).read_text()
    taken = {event for event in EVENTS if f'"{event}"' in source} | {"app_mention"}

    assert {event for event in EVENTS if not event.startswith("message.")} == taken


def test_with_an_address_slack_is_told_where_to_send() -> None:
    whole = manifest(public_url="https://desk.example/", prompts=(Prompt("Hello", "Hello!"),))
    settings = whole["settings"]

    assert settings["event_subscriptions"]["request_url"] == "https://desk.example/slack/events"
    assert settings["interactivity"]["request_url"] == "https://desk.example/slack/events"
    assert settings["socket_mode_enabled"] is False
    assert [(known["command"], known["url"]) for known in whole["features"]["slash_commands"]] == [
        ("/takeover", "https://desk.example/slack/events")
    ]


def test_without_an_address_it_listens_by_socket_mode() -> None:
    settings = manifest()["settings"]

    assert settings["socket_mode_enabled"] is True
    assert "request_url" not in settings["event_subscriptions"]

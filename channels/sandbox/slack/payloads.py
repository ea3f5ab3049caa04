"""What Slack sends to an app: events, clicks, submissions. Shapes only.

See https://docs.slack.dev/apis/events-api/ and https://docs.slack.dev/reference/interaction-payloads/
"""

from __future__ import annotations

from channels.sandbox.slack.workspace import APP, BOT_USER, TEAM, Json, SlackChannel, SlackUser


def event(inner: Json, *, event_id: str, event_time: int, channel: SlackChannel | None = None) -> Json:
    """The envelope of an event."""
    return {
        "token": "unused",
        "team_id": TEAM,
        "context_team_id": TEAM,
        "context_enterprise_id": None,
        "api_app_id": APP,
        "event": inner,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": event_time,
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM,
                "user_id": BOT_USER,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": bool(channel and channel.is_shared),
        "event_context": f"4-{event_id}",
    }


def message_event(message: Json, channel: SlackChannel) -> Json:
    """Somebody wrote."""
    return {
        **{name: value for name, value in message.items() if name not in ("metadata", "reply_count", "reactions")},
        "channel": channel.id,
        "channel_type": channel.kind,
        "event_ts": message["ts"],
    }


def changed_event(message: Json, previous: Json, channel: SlackChannel, ts: str) -> Json:
    """Somebody edited."""
    return {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "message": dict(message),  # as it is now, however often it changes before this arrives
        "previous_message": previous,
        "channel": channel.id,
        "channel_type": channel.kind,
        "ts": ts,
        "event_ts": ts,
    }


def deleted_event(previous: Json, channel: SlackChannel, ts: str) -> Json:
    """Somebody took a message back."""
    return {
        "type": "message",
        "subtype": "message_deleted",
        "hidden": True,
        "deleted_ts": previous["ts"],
        "previous_message": previous,
        "channel": channel.id,
        "channel_type": channel.kind,
        "ts": ts,
        "event_ts": ts,
    }


def block_actions(
    user: SlackUser,
    channel: SlackChannel,
    message: Json,
    button: Json,
    *,
    block_id: str,
    trigger_id: str,
    action_ts: str,
    response_url: str,
) -> Json:
    """Somebody pressed a button."""
    action = {name: button[name] for name in ("type", "action_id", "text", "value", "style") if name in button}
    return {
        "type": "block_actions",
        "user": _user(user),
        "api_app_id": APP,
        "token": "unused",
        "container": {
            "type": "message",
            "message_ts": message["ts"],
            "channel_id": channel.id,
            "is_ephemeral": False,
            **({"thread_ts": message["thread_ts"]} if "thread_ts" in message else {}),
        },
        "trigger_id": trigger_id,
        "team": {"id": TEAM, "domain": "acme"},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": channel.id, "name": channel.name or "directmessage"},
        "message": message,
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [{**action, "block_id": block_id, "action_ts": action_ts}],
    }


def slash_command(user: SlackUser, channel: SlackChannel, command: str, text: str, *, trigger_id: str) -> Json:
    """Somebody typed a command."""
    return {
        "token": "unused",
        "team_id": TEAM,
        "team_domain": "acme",
        "channel_id": channel.id,
        "channel_name": channel.name or "directmessage",
        "user_id": user.id,
        "user_name": _user(user)["name"],
        "command": command,
        "text": text,
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": "",
        "trigger_id": trigger_id,
    }


def view_submission(user: SlackUser, view: Json, *, trigger_id: str) -> Json:
    """Somebody submitted a dialog."""
    return {
        "type": "view_submission",
        "team": {"id": TEAM, "domain": "acme"},
        "user": _user(user),
        "api_app_id": APP,
        "token": "unused",
        "trigger_id": trigger_id,
        "view": {name: value for name, value in view.items() if name != "_user"},
        "response_urls": [],
        "is_enterprise_install": False,
        "enterprise": None,
    }


def _user(user: SlackUser) -> Json:
    name = user.name.lower().replace(" ", ".")
    return {"id": user.id, "username": name, "name": name, "team_id": user.team_id}

"""The manifest of the Slack app: exactly the scopes and events that this package uses, and why.

`agent_view` is the only app surface that new apps can have. See https://docs.slack.dev/reference/app-manifest/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from channels.slack.config import Prompt
from channels.slack.desk.handoff_listeners import TAKE_OVER_COMMAND

# Each scope with what would not work without it.
SCOPES = {
    "app_mentions:read": "hear mentions",
    "assistant:write": "suggest what to ask",
    "channels:history": "read threads in public channels that it takes part in, and look a lost post up",
    "channels:read": "know the members of the approvers channel",
    "chat:write": "answer, post cards, show a status",
    "commands": "take a conversation over by a command",
    "files:read": "read the files that customers and staff send",
    "files:write": "show staff the files of customers",
    "groups:history": "the same in private channels",
    "groups:read": "the same for a private approvers channel",
    "im:history": "hear direct messages",
    "reactions:write": "mark what was passed on to a customer",
    "usergroups:read": "know the members of approving user groups",
    "users:read": "know names, time zones, guests and bots",
    "users:read.email": "bar approvers from deciding on their own requests",
}
EVENTS = (
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "member_joined_channel",
    "member_left_channel",
    "message.channels",
    "message.groups",
    "message.im",
    "subteam_members_changed",
    "tokens_revoked",
    "user_change",
)

_DESCRIPTION = "Answers your questions, and asks a person before it acts."
_MOST_PROMPTS = 4


def manifest(
    *,
    name: str = "Frontdesk",
    public_url: str = "",
    prompts: Sequence[Prompt] = (),
    return_url: str = "",
    rotate_tokens: bool = False,
) -> dict[str, Any]:
    """The manifest for an app at `public_url`; without one it listens by Socket Mode.

    `return_url` is where Slack sends the browser back to in an installation; without one there are none. Tokens that
    rotate are only for an app whose tokens come from there.
    """
    redirect_urls = {"redirect_urls": [return_url]} if return_url else {}
    request_url = {"request_url": f"{public_url.rstrip('/')}/slack/events"} if public_url else {}
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {"name": name, "description": _DESCRIPTION, "background_color": "#1f3a5f"},
        "features": {
            "app_home": {
                "home_tab_enabled": False,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": name, "always_online": True},
            "slash_commands": [_take_over_command(request_url.get("request_url", ""))],
            "agent_view": {
                "agent_description": _DESCRIPTION,
                "suggested_prompts": [
                    {"title": prompt.title, "message": prompt.message} for prompt in prompts[:_MOST_PROMPTS]
                ],
            },
        },
        "oauth_config": {**redirect_urls, "scopes": {"bot": sorted(SCOPES)}},
        "settings": {
            "event_subscriptions": {**request_url, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **request_url},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not public_url,
            "token_rotation_enabled": rotate_tokens,
        },
    }


def _take_over_command(request_url: str) -> dict[str, Any]:
    return {
        "command": TAKE_OVER_COMMAND,
        "description": "Take a conversation over from the agent",
        "usage_hint": "[conversation]",
        "should_escape": False,
        **({"url": request_url} if request_url else {}),
    }

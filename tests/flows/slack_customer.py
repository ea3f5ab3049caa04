"""A customer's side of Slack, for stories: writing, and reading what the app said in a thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from channels.sandbox.slack.workspace import BOT_USER
from tests.flows.deployment import Deployment, eventually

CARLA, CARL = "U0CARLA", "U0CARL"
STAN = "U0STAN"  # a customer here, and a member of the approvers' channel
SUPPORT, DIRECT = "C0SUPPORT", "dm"
MENTION = f"<@{BOT_USER}>"


def write(deployment: Deployment, text: str, *, by: str = CARLA, where: str = SUPPORT, thread: str = "") -> str:
    """Write a message; returns its timestamp, which names the thread that it begins."""
    return str(deployment.sandbox.slack.write(by, where, text, thread or None)["ts"])


def direct_messages(deployment: Deployment, of: str = CARLA) -> str:
    """The Slack channel of somebody's direct messages with the app."""
    return deployment.sandbox.slack.workspace.direct_messages(of).id


def said(deployment: Deployment, thread: str, where: str = SUPPORT) -> Sequence[str]:
    """What the app said in a thread, oldest first."""
    return [message["text"] for message in _ours(deployment, thread, where)]


async def answer(deployment: Deployment, thread: str, count: int = 1, where: str = SUPPORT) -> str:
    """The app's `count`th message in a thread, once it is there and complete."""

    def complete() -> bool:
        messages = _ours(deployment, thread, where)
        return len(messages) >= count and bool(messages[count - 1].get("metadata"))

    await eventually(complete, f"message {count} in thread {thread}")
    return said(deployment, thread, where)[count - 1]


def _ours(deployment: Deployment, thread: str, where: str) -> list[dict[str, Any]]:
    return [message for message in deployment.sandbox.slack.messages(where, thread) if message.get("user") == BOT_USER]

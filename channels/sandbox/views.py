"""What a player sees: a phone's messages and Slack's rooms, as plain JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from channels.sandbox.mail.simulator import MailSimulator
from channels.sandbox.slack.simulator import SlackSimulator
from channels.sandbox.slack.workspace import BOT_USER
from channels.sandbox.twilio.simulator import TwilioSimulator

Json = dict[str, Any]


def phone(twilio: TwilioSimulator, address: str) -> list[Json]:
    """The messages of one phone, or of all of them, oldest first."""
    messages = twilio.messages(address) if address else reversed(twilio.account.messages())
    return [
        {
            "sid": message.sid,
            "from": message.sender,
            "to": message.to,
            "text": message.body,
            "status": message.status,
            "is_inbound": message.is_inbound,
        }
        for message in messages
    ]


def mails(mail: MailSimulator, address: str) -> list[Json]:
    """The mails that an address has received, oldest first."""
    return [
        {
            "message_id": received.message_id,
            "from": received.from_address,
            "subject": received.subject,
            "text": received.text,
            "files": list(received.files),
        }
        for received in mail.inbox(address)
    ]


def rooms(slack: SlackSimulator) -> list[Json]:
    """Every room with its messages, oldest first, threads under their roots."""
    return [
        {
            "id": channel.id,
            "name": channel.name,
            "messages": [_message(slack, channel.id, message) for message in slack.messages(channel.id)],
        }
        for channel in slack.workspace.channels.values()
    ]


def answers(slack: SlackSimulator, *, after: str) -> list[Json]:
    """What the app has said in the thread of one message since it was written. What still grows is no answer yet."""
    found = [
        (channel_id, message)
        for channel_id, messages in slack.workspace.messages.items()
        for message in messages
        if message["ts"] == after
    ]
    if not found:
        return []
    channel_id, asked = found[0]
    thread = slack.messages(channel_id, asked.get("thread_ts") or after)
    return [
        {"ts": message["ts"], "user": BOT_USER, "text": message["text"]}
        for message in thread
        if message.get("user") == BOT_USER and message.get("metadata") and float(message["ts"]) > float(after)
    ]


def find_button(slack: SlackSimulator, action_id: str) -> tuple[str, Json] | None:
    """The newest message with a button of this action, and its channel."""
    found = [
        (channel_id, message)
        for channel_id in slack.workspace.channels
        for message in slack.messages(channel_id)
        if action_id in dict(_buttons(message))
    ]
    return max(found, key=lambda pair: float(pair[1]["ts"]), default=None)


def _message(slack: SlackSimulator, channel_id: str, message: Mapping[str, Any]) -> Json:
    replies = slack.messages(channel_id, message["ts"])[1:]
    return {
        "ts": message["ts"],
        "user": message.get("user", ""),
        "text": message.get("text", ""),
        "lines": list(_lines(message)),
        "buttons": dict(_buttons(message)),
        "replies": [
            {"ts": reply["ts"], "user": reply.get("user", ""), "text": reply.get("text", "")} for reply in replies
        ],
    }


def _lines(message: Mapping[str, Any]) -> Iterator[str]:
    """The readable text of a message's blocks."""
    for block in message.get("blocks", []):
        for part in (block.get("text"), *block.get("fields", []), *block.get("elements", [])):
            if isinstance(part, Mapping) and part.get("type") in ("mrkdwn", "plain_text"):
                yield part["text"]
            elif isinstance(part, str):
                yield part


def _buttons(message: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for block in message.get("blocks", []):
        for element in block.get("elements", []):
            if isinstance(element, Mapping) and element.get("type") == "button":
                yield element["action_id"], element["text"]["text"]

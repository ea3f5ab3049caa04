"""What the page shows, by part: the phones, the mailboxes, Slack, the faults to come, and what has happened.

Plain JSON out of the simulators' state, cut to the newest. Texts are what somebody wrote; the page never takes them
for markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from typing import Any

from channels.sandbox.faults import Faults
from channels.sandbox.happenings import Happenings
from channels.sandbox.mail.message import ReceivedMail
from channels.sandbox.mail.simulator import MailSimulator
from channels.sandbox.mail.store import INBOX, SENT, StoredMail
from channels.sandbox.slack.simulator import SlackSimulator
from channels.sandbox.slack.workspace import BOT_USER, SlackChannel
from channels.sandbox.twilio.simulator import TwilioSimulator
from channels.sandbox.world import CUSTOMERS, OUR_NUMBER, ROLES

Json = dict[str, Any]
MOST = 150

_OF_A_MESSAGE = ("ts", "user", "text", "blocks", "thread_ts", "reactions", "files", "edited", "subtype")


def scene(
    twilio: TwilioSimulator,
    slack: SlackSimulator,
    mail: MailSimulator,
    faults: Mapping[str, Faults],
    happenings: Happenings,
) -> Json:
    """All parts as they are now."""
    return {
        "world": _world(twilio, slack, mail),
        "phone": _texts(twilio),
        "mail": _mailboxes(mail),
        "slack": _workspace(slack),
        "faults": {name: [asdict(fault) for fault in plan.planned()] for name, plan in faults.items()},
        "happenings": list(happenings.newest()),
    }


def find_mail(mail: MailSimulator, address: str, message_id: str) -> ReceivedMail | None:
    """A mail in one of an address's folders."""
    mails = (_read(stored.raw, stored.arrived_at) for name in (INBOX, SENT) for stored in _stored(mail, address, name))
    return next((found for found in mails if found.message_id == message_id), None)


def _world(twilio: TwilioSimulator, slack: SlackSimulator, mail: MailSimulator) -> Json:
    """Who there is. `sandbox` tells one sandbox from another, over restarts."""
    people = {role.slack_user_id: role.does for role in ROLES}
    return {
        "sandbox": twilio.account.sid[-8:],
        "number": OUR_NUMBER,
        "support": mail.support_address,
        "bot": BOT_USER,
        "customers": [asdict(customer) for customer in CUSTOMERS],
        "people": [
            {"id": user.id, "name": user.name, "does": people.get(user.id, ""), "is_bot": user.is_bot}
            for user in slack.workspace.users.values()
        ],
    }


def _texts(twilio: TwilioSimulator) -> list[Json]:
    """Every phone's messages, oldest first."""
    return [
        {
            "sid": message.sid,
            "customer": message.sender if message.is_inbound else message.to,
            "is_inbound": message.is_inbound,
            "text": message.body,
            "files": [_media(twilio, sid) for sid in message.media],
            "status": message.status,
            "at": message.created_at.isoformat(),
        }
        for message in reversed(twilio.account.messages()[:MOST])
    ]


def _media(twilio: TwilioSimulator, sid: str) -> Json:
    media = twilio.account.media_on_phone(sid)
    return {"id": sid, "mimetype": media.mime_type if media else ""}


def _mailboxes(mail: MailSimulator) -> dict[str, list[Json]]:
    """By address, what came and what was sent, oldest first. The support address is the gateway's own."""
    addresses = {customer.address for customer in CUSTOMERS} | set(mail.store.addresses())
    return {address: _mails(mail, address) for address in sorted(addresses - {mail.support_address})}


def _mails(mail: MailSimulator, address: str) -> list[Json]:
    found = [
        _mail(_read(stored.raw, stored.arrived_at), is_sent=folder == SENT)
        for folder in (INBOX, SENT)
        for stored in _stored(mail, address, folder)[-MOST:]
    ]
    return sorted(found, key=lambda each: str(each["at"]))


def _mail(read: ReceivedMail, *, is_sent: bool) -> Json:
    return {
        "id": read.message_id,
        "is_sent": is_sent,
        "thread": read.references[0] if read.references else read.message_id,
        "from": read.from_address,
        "subject": read.subject,
        "text": read.text,
        "has_html": bool(read.html),
        "files": list(read.files),
        "at": read.arrived_at.isoformat(),
    }


def _workspace(slack: SlackSimulator) -> Json:
    workspace = slack.workspace
    return {
        "channels": [_channel(slack, channel) for channel in workspace.channels.values()],
        "whispers": [asdict(whisper) for whisper in workspace.whispers],
        "views": {user: list(slack.open_views(user)) for user in workspace.users if slack.open_views(user)},
        "statuses": [
            {"channel": channel, "thread": thread, "text": text}
            for (channel, thread), text in slack.agent.statuses.items()
        ],
        "prompts": slack.agent.prompts,
    }


def _channel(slack: SlackSimulator, channel: SlackChannel) -> Json:
    messages = slack.workspace.messages.get(channel.id, [])[-MOST:]
    return {
        "id": channel.id,
        "name": channel.name,
        "members": list(channel.members),
        "messages": [
            {name: message[name] for name in _OF_A_MESSAGE if name in message}
            | {"grows": slack.agent.is_streaming(channel.id, message["ts"])}
            for message in messages
        ],
    }


def _stored(mail: MailSimulator, address: str, folder: str) -> list[StoredMail]:
    mails = mail.store.folder(address, folder).mails
    return [mails[uid] for uid in sorted(mails)]


@lru_cache(maxsize=1000)
def _read(raw: bytes, arrived_at: datetime) -> ReceivedMail:
    return ReceivedMail.read(raw, arrived_at)

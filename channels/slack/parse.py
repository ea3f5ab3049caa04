"""Events of the customer surface and of staff threads, from Slack's JSON to values. Pure; raises `MalformedPayload`.

One gesture has up to three names, and all of them are kept for recognising a redelivery: channel and timestamp,
`event_id`, and `client_msg_id`. A mention arrives as two events with one timestamp.
See https://docs.slack.dev/reference/events/message/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from channels.errors import MalformedPayload
from channels.message import (
    Assurance,
    Attachment,
    ChannelName,
    Ignored,
    InboundMessage,
    MessageDeleted,
    MessageEdited,
    ReplyTarget,
    Sender,
)
from channels.slack.desk.staff_text import mentions, signs_in, staff_markdown
from channels.slack.people import Person
from channels.slack.reading import NameOf, mentioned, readable
from channels.staff import CardRef, StaffChange, StaffMessage

Json = Mapping[str, Any]

# Subtypes that somebody wrote by hand; all others are Slack's own announcements.
_WRITTEN = frozenset({"", "file_share", "thread_broadcast", "me_message"})


@dataclass(frozen=True, slots=True)
class IfTakingPart:
    """A message in somebody's thread, without a mention: ours only where we take part in that thread."""

    message: InboundMessage


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands, by its names in Slack."""

    team_id: str
    slack_channel_id: str
    ts: str
    thread_ts: str

    @property
    def provider_id(self) -> str:
        return f"{self.team_id}:{self.slack_channel_id}:{self.ts}"

    @property
    def thread_key(self) -> str:
        return f"{self.team_id}:{self.slack_channel_id}:{self.thread_ts or self.ts}"


People = Mapping[str, Person]
CustomerEvent = InboundMessage | IfTakingPart | MessageEdited | MessageDeleted | Ignored


def is_message(body: Json) -> bool:
    """An event that is about a message at all."""
    return body["event"]["type"] in ("message", "app_mention")


def slack_channel_of(body: Json) -> str:
    """The Slack channel that a message event is about."""
    return str(body["event"].get("channel", ""))


def author_of(body: Json) -> str:
    """The member id of whoever wrote."""
    return str(body["event"].get("user", ""))


def members_in(body: Json) -> frozenset[str]:
    """The members whose names a reader of the message would want: its author, and whom it mentions."""
    event = body["event"]
    message = event.get("message")
    message = message if isinstance(message, dict) else event  # an edit has what was written inside
    text = message.get("text")
    named = mentioned(text) if isinstance(text, str) else frozenset()
    author = message.get("user")
    return (named | {author} if isinstance(author, str) else named) - {""}


def customer_event(body: Json, people: People) -> CustomerEvent:
    """A message event outside of the staff's channels. `people` holds as many of its members as are known."""
    try:
        event = body["event"]
        match event.get("subtype", ""):
            case "message_changed":
                return _edited(body, event, people)
            case "message_deleted":
                return _deleted(body, event["previous_message"], event)
            case _:
                return _written(body, event, people)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise MalformedPayload("a message event without its parts") from error


def staff_message(body: Json, people: People) -> StaffMessage | Ignored:
    """A message event in one of the staff's channels. Only replies in threads of ours mean anything there."""
    try:
        event = body["event"]
        subtype = event.get("subtype", "")
        change = {"message_changed": StaffChange.EDITED, "message_deleted": StaffChange.DELETED}.get(subtype)
        message = event["previous_message"] if change is StaffChange.DELETED else event.get("message", event)
        reason = _not_by_a_person(body, message)
        if not reason and event["type"] == "app_mention":
            reason = "mention"  # the same message comes as itself, too
        if not reason and not message.get("thread_ts"):
            reason = "not_in_a_thread"
        if change is StaffChange.EDITED and message.get("text") == event["previous_message"].get("text"):
            reason = "unchanged"
        if reason:
            return _ignored(body, reason)
        return _by_staff(body, event, message, change or StaffChange.WRITTEN, people)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise MalformedPayload("a message event without its parts") from error


def team_of(body: Json) -> str:
    """The workspace that installed the app; in a shared channel the event itself may name another organisation's."""
    match body.get("authorizations"):
        case [{"team_id": str() as team_id}, *_]:
            return team_id
        case _:
            return str(body["team_id"])


def bot_user_of(body: Json) -> str:
    """The app's own user in this workspace, as the event itself names it."""
    match body.get("authorizations"):
        case [{"is_bot": True, "user_id": str() as user_id}, *_]:  # Slack lists one, whatever the number
            return user_id
        case _:
            return ""


def _written(body: Json, event: Json, people: People) -> CustomerEvent:
    reason = _not_by_a_person(body, event)
    if reason:
        return _ignored(body, reason)
    bot_user_id = bot_user_of(body)
    message = _inbound(body, event, people)
    is_mention = event["type"] == "app_mention" or (bot_user_id and bot_user_id in mentioned(event.get("text", "")))
    if is_mention or event.get("channel_type") == "im":
        return message if message.text or message.attachments else _ignored(body, "empty")
    if event.get("thread_ts"):
        return IfTakingPart(message)
    return _ignored(body, "not_addressed")


def _edited(body: Json, event: Json, people: People) -> MessageEdited | MessageDeleted | Ignored:
    message, previous = event["message"], event["previous_message"]
    if message.get("subtype") == "tombstone":  # a deleted message that has replies
        return _deleted(body, previous, event)
    reason = _not_by_a_person(body, message)
    if not reason and message.get("text") == previous.get("text"):
        reason = "unchanged"  # a link was unfurled, a thread got a reply
    if reason:
        return _ignored(body, reason)
    return MessageEdited(
        channel=ChannelName.SLACK,
        provider_id=_place(body, event, message).provider_id,
        text=_text(body, message, people),
        edited_at=_moment(str(event["ts"])),
    )


def _deleted(body: Json, previous: Json, event: Json) -> MessageDeleted | Ignored:
    reason = _not_by_a_person(body, previous)
    if reason:
        return _ignored(body, reason)
    place = _place(body, event, previous)
    return MessageDeleted(ChannelName.SLACK, place.provider_id, deleted_at=_moment(str(event["ts"])))


def _inbound(body: Json, event: Json, people: People) -> InboundMessage:
    place = _place(body, event, event)
    member_id = str(event["user"])
    person = people.get(member_id, Person())
    names = (str(body.get("event_id", "")), str(event.get("client_msg_id", "")))
    return InboundMessage(
        channel=ChannelName.SLACK,
        provider_id=place.provider_id,
        thread_key=place.thread_key,
        sender=Sender(member_id, person.name, _assurance(body, event, person)),
        text=_text(body, event, people),
        received_at=_moment(place.ts),
        reply_to=ReplyTarget(
            channel=ChannelName.SLACK,
            address=member_id,
            thread_key=place.thread_key,
            details={
                "team": place.team_id,
                "slack_channel": place.slack_channel_id,
                "thread_ts": place.thread_ts or place.ts,
                "member_team": str(event.get("user_team") or event.get("team") or place.team_id),
            },
        ),
        attachments=tuple(_attachments(event, place.team_id)),
        also_known_as=tuple(name for name in names if name),
        original=str(event.get("text", "")),
        details={name: value for name, value in (("time_zone", person.tz), ("locale", person.locale)) if value},
    )


def _by_staff(body: Json, event: Json, message: Json, change: StaffChange, people: People) -> StaffMessage:
    place = _place(body, event, message)
    member_id = str(message["user"])
    said = "" if change is StaffChange.DELETED else str(message.get("text", ""))
    return StaffMessage(
        thread=CardRef(place.slack_channel_id, place.thread_ts),
        message=CardRef(place.slack_channel_id, place.ts),
        member_id=member_id,
        team_id=str(message.get("user_team") or message.get("team") or place.team_id),
        text=staff_markdown(
            said, bot_user_id=bot_user_of(body), name_of=_names(people), signs=signs_in(message.get("blocks"))
        ),
        sent_at=_moment(str(event["ts"])),
        event_id=str(body.get("event_id", "")),
        change=change,
        attachments=tuple(_attachments(message, place.team_id)),
        mentions=mentions(said),
        member_name=people.get(member_id, Person()).name,
    )


def _place(body: Json, event: Json, message: Json) -> Place:
    return Place(
        team_id=team_of(body),
        slack_channel_id=str(event["channel"]),
        ts=str(message["ts"]),
        thread_ts=str(message.get("thread_ts", "")),
    )


def _not_by_a_person(body: Json, message: Json) -> str:
    """Why a message is nobody's: our own, another bot's, or an announcement. Nothing where a person wrote it."""
    bot_user_id = bot_user_of(body)
    if bot_user_id and message.get("user") == bot_user_id:
        return "own_message"
    if message.get("bot_id") or message.get("subtype") == "bot_message":
        return "own_message" if message.get("app_id") == body.get("api_app_id") else "bot"
    if message.get("subtype", "") not in _WRITTEN:
        return str(message["subtype"])
    return "" if message.get("user", "USLACKBOT") != "USLACKBOT" else "bot"


def _text(body: Json, message: Json, people: People) -> str:
    return readable(message.get("text", ""), bot_user_id=bot_user_of(body), name_of=_names(people))


def _names(people: People) -> NameOf:
    return lambda member_id: people.get(member_id, Person()).name


def _assurance(body: Json, event: Json, person: Person) -> Assurance:
    """We vouch for our own members; guests, and strangers in a shared channel, were let in by somebody else."""
    our_team = team_of(body)
    author_team = event.get("user_team") or event.get("team") or our_team
    is_ours = author_team == our_team and not person.is_outsider
    return Assurance.PROVEN if is_ours else Assurance.CLAIMED


def _attachments(message: Json, team_id: str) -> Iterator[Attachment]:
    for file in message.get("files", ()):
        if file.get("mode") in ("tombstone", "hidden_by_limit"):
            continue
        address = "" if file.get("file_access") == "check_file_info" else file.get("url_private_download")
        yield Attachment(
            name=str(file.get("name") or file.get("title") or "file"),
            mime_type=str(file.get("mimetype") or "application/octet-stream"),
            size=file["size"] if isinstance(file.get("size"), int) else None,
            source=f"{team_id} {file['id']} {address or file.get('url_private', '')}".strip(),
        )


def _ignored(body: Json, reason: str) -> Ignored:
    return Ignored(ChannelName.SLACK, str(body.get("event_id", "")), reason)


def _moment(ts: str) -> datetime:
    return datetime.fromtimestamp(float(ts), UTC)

"""The memory of the simulated workspace: people, channels, messages. Every change is a fact in the journal."""

from __future__ import annotations

import itertools
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from channels.sandbox.journal import Journal

Json = dict[str, Any]

_TAG = re.compile(r"(<(?:[@#!]|https?:|mailto:)[^<>]*>)")

TEAM = "T0FRONT"
APP = "A0FRONTDESK"
BOT_USER = "U0FRONTDESK"
BOT = "B0FRONTDESK"


@dataclass(frozen=True, slots=True)
class SlackUser:
    """Somebody in the workspace, or a stranger of another one who shares a channel."""

    id: str
    name: str
    email: str = ""
    team_id: str = TEAM
    is_bot: bool = False
    is_guest: bool = False
    is_stranger: bool = False
    deleted: bool = False
    tz: str = "Europe/London"
    locale: str = "en-GB"

    def as_slack(self) -> Json:
        """The user object of `users.info`."""
        return {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.name.lower().replace(" ", "."),
            "real_name": self.name,
            "deleted": self.deleted,
            "is_bot": self.is_bot,
            "is_restricted": self.is_guest,
            "is_ultra_restricted": False,
            "is_stranger": self.is_stranger,
            "tz": self.tz,
            "locale": self.locale,
            "profile": {"real_name": self.name, "display_name": self.name, "email": self.email},
        }


@dataclass(frozen=True, slots=True)
class SlackChannel:
    """A channel (`C…`), or the direct messages of one person with the app (`D…`)."""

    id: str
    name: str
    members: tuple[str, ...] = ()
    is_private: bool = False
    is_archived: bool = False
    is_shared: bool = False

    @property
    def kind(self) -> str:
        """The `channel_type` of its events."""
        if self.id.startswith("D"):
            return "im"
        return "group" if self.is_private else "channel"


PEOPLE = (
    SlackUser(BOT_USER, "Frontdesk", is_bot=True),
    SlackUser("U0CARLA", "Carla Customer", "carla@customer.example"),
    SlackUser("U0CARL", "Carl Customer", "carl@customer.example"),
    SlackUser("U0ADA", "Ada Approver", "ada@acme.example"),
    SlackUser("U0GRACE", "Grace Approver", "grace@acme.example"),
    SlackUser("U0STAN", "Stan Staff", "stan@acme.example"),
    SlackUser("U0GUS", "Gus Guest", "gus@agency.example", is_guest=True),
    SlackUser("U0SAM", "Sam Stranger", "sam@other.example", team_id="T0OTHER", is_stranger=True),
    SlackUser("U0ROBOT", "Other Bot", is_bot=True),
    SlackUser("U0LEFT", "Lee Left", "lee@acme.example", deleted=True),
)
CHANNELS = (
    SlackChannel("C0APPROVERS", "approvals", (BOT_USER, "U0ADA", "U0GRACE", "U0STAN", "U0GUS", "U0ROBOT")),
    SlackChannel("C0SUPPORT", "support", (BOT_USER, "U0CARLA", "U0CARL", "U0STAN", "U0SAM")),
    SlackChannel("C0GENERAL", "general", tuple(user.id for user in PEOPLE if user.id != BOT_USER)),
)
GROUPS = {"S0APPROVERS": ("U0ADA", "U0GRACE")}


@dataclass(slots=True)
class Whisper:
    """An ephemeral message."""

    channel: str
    user: str
    text: str
    thread_ts: str = ""


@dataclass(frozen=True, slots=True)
class SlackFile:
    """A file that somebody shared: what Slack says of it, and its bytes."""

    described: Json
    content: bytes


@dataclass(slots=True)
class Workspace:
    """All of it. Changes go through `record`, which remembers and applies them; reads are plain."""

    journal: Journal
    now: Callable[[], datetime]
    users: dict[str, SlackUser] = field(default_factory=dict)
    channels: dict[str, SlackChannel] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(GROUPS))
    messages: dict[str, list[Json]] = field(default_factory=dict)
    whispers: list[Whisper] = field(default_factory=list)
    files: dict[str, SlackFile] = field(default_factory=dict)
    _last_ts: int = 0

    def __post_init__(self) -> None:
        self.users = {user.id: user for user in PEOPLE}
        self.channels = {channel.id: channel for channel in CHANNELS}
        for fact in self.journal.facts():
            self._apply(fact)

    def record(self, fact: Json) -> None:
        """Make something so, and remember it."""
        self.journal.append(fact)
        self._apply(fact)

    def add_user(self, user: SlackUser) -> None:
        """Invite somebody, or change them."""
        self.record({"fact": "user", **asdict(user)})

    def add_channel(self, channel: SlackChannel) -> None:
        """Open a channel, or change it."""
        self.record({"fact": "channel", **asdict(channel)})

    def direct_messages(self, user_id: str) -> SlackChannel:
        """The channel between one person and the app, opened where it is missing."""
        channel_id = f"D{user_id[1:]}"
        if channel_id not in self.channels:
            self.add_channel(SlackChannel(channel_id, "", (BOT_USER, user_id)))
        return self.channels[channel_id]

    def next_ts(self) -> str:
        """A message's identity within its channel: the time, never the same twice."""
        self._last_ts = max(int(self.now().timestamp() * 1_000_000), self._last_ts + 1)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def post(self, channel_id: str, message: Json) -> Json:
        """Put a new message into a channel."""
        posted = {"type": "message", "ts": self.next_ts(), **message}
        self.record({"fact": "message", "channel": channel_id, "message": posted})
        return self.message(channel_id, posted["ts"])

    def change(self, channel_id: str, ts: str, **values: Any) -> Json:
        """Change a message in place."""
        self.record({"fact": "change", "channel": channel_id, "ts": ts, "values": values})
        return self.message(channel_id, ts)

    def delete(self, channel_id: str, ts: str) -> None:
        """Take a message away."""
        self.record({"fact": "delete", "channel": channel_id, "ts": ts})

    def react(self, channel_id: str, ts: str, name: str, user_id: str) -> None:
        """Put somebody's emoji under a message."""
        reactions = self._reactions(channel_id, ts)
        self._set_reactions(channel_id, ts, {**reactions, name: [*reactions.get(name, ()), user_id]})

    def unreact(self, channel_id: str, ts: str, name: str, user_id: str) -> bool:
        """Take somebody's emoji away. False where it is not there."""
        reactions = self._reactions(channel_id, ts)
        if user_id not in reactions.get(name, ()):
            return False
        self._set_reactions(channel_id, ts, {**reactions, name: [user for user in reactions[name] if user != user_id]})
        return True

    def add_file(self, name: str, mime_type: str, content: bytes, *, base_url: str, title: str = "") -> Json:
        """Keep a file, and describe it as a message does."""
        file_id = f"F0{len(self.files) + 1:08d}"
        described = {
            "id": file_id,
            "name": name,
            "title": title or name,
            "mimetype": mime_type,
            "size": len(content),
            "mode": "hosted",
            "url_private": f"{base_url}/files/{file_id}",
            "url_private_download": f"{base_url}/files/{file_id}",
        }
        encoded = b64encode(content).decode()
        self.record({"fact": "file", "described": described, "content": encoded})
        return described

    def message(self, channel_id: str, ts: str) -> Json:
        """One message. Raises `KeyError` where there is none."""
        for message in self.messages.get(channel_id, ()):
            if message["ts"] == ts:
                return message
        raise KeyError(f"no message {ts} in {channel_id}")

    def top_level(self, channel_id: str) -> Sequence[Json]:
        """The messages of a channel that are not replies, oldest first."""
        return [message for message in self.messages.get(channel_id, ()) if not _is_reply(message)]

    def thread(self, channel_id: str, root_ts: str) -> Sequence[Json]:
        """A thread with its root, oldest first."""
        return [
            message
            for message in self.messages.get(channel_id, ())
            if message["ts"] == root_ts or message.get("thread_ts") == root_ts
        ]

    def _reactions(self, channel_id: str, ts: str) -> dict[str, list[str]]:
        return {reaction["name"]: reaction["users"] for reaction in self.message(channel_id, ts).get("reactions", ())}

    def _set_reactions(self, channel_id: str, ts: str, users_by_name: dict[str, list[str]]) -> None:
        reactions = [
            {"name": name, "users": users, "count": len(users)} for name, users in users_by_name.items() if users
        ]
        self.change(channel_id, ts, reactions=reactions)

    def _apply(self, fact: Json) -> None:
        values = {name: value for name, value in fact.items() if name != "fact"}
        match fact["fact"]:
            case "user":
                self.users[values["id"]] = SlackUser(**values)
            case "channel":
                self.channels[values["id"]] = SlackChannel(**{**values, "members": tuple(values["members"])})
            case "group":
                self.groups[values["id"]] = tuple(values["members"])
            case "message":
                self._add(values["channel"], values["message"])
            case "change":
                self.message(values["channel"], values["ts"]).update(values["values"])
            case "delete":
                self.messages[values["channel"]].remove(self.message(values["channel"], values["ts"]))
            case "file":
                kept = SlackFile(values["described"], b64decode(values["content"]))
                self.files[kept.described["id"]] = kept
            case "whisper":
                self.whispers.append(Whisper(**values))

    def _add(self, channel_id: str, message: Json) -> None:
        self.messages.setdefault(channel_id, []).append(dict(message))
        seconds, _, micros = message["ts"].partition(".")
        self._last_ts = max(self._last_ts, int(seconds) * 1_000_000 + int(micros))


def as_sent(typed: str) -> str:
    """What somebody typed, as Slack's editor sends it: signs escaped, mentions and links left alone."""
    parts = _TAG.split(typed)
    return "".join(part if index % 2 else _escaped(part) for index, part in enumerate(parts))


def page(items: Sequence[Any], *, cursor: str, limit: int) -> tuple[Sequence[Any], str]:
    """One page and the cursor of the next, empty at the end."""
    start = int(cursor) if cursor.isdecimal() else 0
    end = start + max(1, limit)
    return items[start:end], str(end) if end < len(items) else ""


def between(messages: Iterable[Json], oldest: str, latest: str, *, inclusive: bool) -> list[Json]:
    """The messages of a time window."""

    def inside(ts: str) -> bool:
        later = not oldest or float(ts) > float(oldest) or (inclusive and ts == oldest)
        earlier = not latest or float(ts) < float(latest) or (inclusive and ts == latest)
        return later and earlier

    return [message for message in messages if inside(message["ts"])]


def numbered(prefix: str) -> Callable[[], str]:
    """Ids of one kind, never the same twice in a run."""
    counter = itertools.count(1)
    return lambda: f"{prefix}{next(counter):08d}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _is_reply(message: Json) -> bool:
    return bool(message.get("thread_ts", message["ts"]) != message["ts"])

"""The Web API methods, by Slack's names, each from its arguments to its answer or a `SlackError`.

Shapes and errors follow https://docs.slack.dev/reference/methods/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from channels.sandbox.slack.rules import POST_TEXT, UPDATE_TEXT, SlackError, check_message, check_metadata
from channels.sandbox.slack.streams import AgentSurface
from channels.sandbox.slack.uploads import Uploads
from channels.sandbox.slack.views import Views
from channels.sandbox.slack.workspace import APP, BOT, BOT_USER, TEAM, Json, SlackChannel, Workspace, between, page

_MESSAGE_FIELDS = ("blocks", "thread_ts", "metadata", "mrkdwn")


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who must hear of what a call changed."""

    posted: Callable[[SlackChannel, Json], None]
    changed: Callable[[SlackChannel, Json, Json], None]
    deleted: Callable[[SlackChannel, Json], None]


@dataclass(frozen=True, slots=True)
class Calls:
    """The methods over one workspace."""

    workspace: Workspace
    views: Views
    agent: AgentSurface
    uploads: Uploads
    listeners: Listeners

    def answer(self, method: str, arguments: Json) -> Json:
        """Carry out one call. Raises `SlackError`."""
        handlers: Mapping[str, Callable[[Json], Json]] = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post_message,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "chat.postEphemeral": self._post_ephemeral,
            "chat.getPermalink": self._permalink,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "conversations.info": self._info,
            "conversations.members": self._members,
            "conversations.open": self._open,
            "users.info": self._user_info,
            "users.lookupByEmail": self._lookup_by_email,
            "usergroups.list": self._groups,
            "usergroups.users.list": self._group_users,
            "views.open": lambda given: {"view": self.views.open(_required(given, "trigger_id"), given["view"])},
            "views.push": lambda given: {"view": self.views.push(_required(given, "trigger_id"), given["view"])},
            "views.update": self._update_view,
            "files.info": self._file_info,
            "files.completeUploadExternal": self._complete_upload,
            "reactions.add": self._add_reaction,
            "reactions.remove": self._remove_reaction,
        }
        if method in handlers:
            return {"ok": True, **handlers[method](arguments)}
        of_agents = self.agent.handlers().get(method)
        if of_agents is None:
            raise SlackError("unknown_method")
        channel = self._writable({"channel": arguments.get("channel") or arguments.get("channel_id")})
        return {"ok": True, **of_agents(channel, arguments)}

    def _auth_test(self, given: Json) -> Json:
        return {
            "url": "https://acme.slack.com/",
            "team": "Acme",
            "user": "frontdesk",
            "team_id": TEAM,
            "user_id": BOT_USER,
            "bot_id": BOT,
            "is_enterprise_install": False,
        }

    def _post_message(self, given: Json) -> Json:
        channel = self._writable(given)
        text = _text(given)
        check_message(text, given.get("blocks") or (), longest=POST_TEXT)
        check_metadata(given.get("metadata"))
        thread_ts = given.get("thread_ts")
        self._check_thread(channel, thread_ts)
        content = {name: given[name] for name in _MESSAGE_FIELDS if given.get(name)}
        message = self.workspace.post(
            channel.id, {"user": BOT_USER, "bot_id": BOT, "app_id": APP, "text": text, **content}
        )
        self.agent.answered(channel.id, thread_ts or "")
        self.listeners.posted(channel, message)
        return {"channel": channel.id, "ts": message["ts"], "message": _without_metadata(message)}

    def _update(self, given: Json) -> Json:
        channel = self._channel(given)
        if channel.is_archived:
            raise SlackError("is_inactive")
        message = self._own_message(channel, _required(given, "ts"))
        if self.agent.is_streaming(channel.id, message["ts"]):
            raise SlackError("streaming_state_conflict")
        text = _text(given)
        check_message(text, given.get("blocks") or (), longest=UPDATE_TEXT)
        check_metadata(given.get("metadata"))
        previous = dict(message)
        values = {name: given[name] for name in ("blocks", "metadata") if given.get(name) is not None}
        edited = {"user": BOT_USER, "ts": self.workspace.next_ts()}
        changed = self.workspace.change(channel.id, message["ts"], text=text, edited=edited, **values)
        self.listeners.changed(channel, changed, previous)
        return {"channel": channel.id, "ts": message["ts"], "text": text, "message": _without_metadata(changed)}

    def _delete(self, given: Json) -> Json:
        channel = self._channel(given)
        message = self._own_message(channel, _required(given, "ts"))
        self.workspace.delete(channel.id, message["ts"])
        self.listeners.deleted(channel, message)
        return {"channel": channel.id, "ts": message["ts"]}

    def _post_ephemeral(self, given: Json) -> Json:
        channel = self._writable(given)
        user_id = _required(given, "user")
        if user_id not in self.workspace.users:
            raise SlackError("user_not_found")
        if user_id not in channel.members:
            raise SlackError("user_not_in_channel")
        check_message(_text(given), given.get("blocks") or (), longest=POST_TEXT)
        whisper = {"channel": channel.id, "user": user_id, "text": _text(given)}
        self.workspace.record({"fact": "whisper", **whisper, "thread_ts": given.get("thread_ts") or ""})
        return {"message_ts": self.workspace.next_ts()}

    def _permalink(self, given: Json) -> Json:
        channel = self._channel(given)
        ts = _required(given, "message_ts")
        self._message(channel, ts)
        return {
            "channel": channel.id,
            "permalink": f"https://acme.slack.com/archives/{channel.id}/p{ts.replace('.', '')}",
        }

    def _history(self, given: Json) -> Json:
        channel = self._readable(given)
        newest_first = [*reversed(self.workspace.top_level(channel.id))]
        return self._messages(newest_first, given)

    def _replies(self, given: Json) -> Json:
        channel = self._readable(given)
        thread = self.workspace.thread(channel.id, _required(given, "ts"))
        if not thread:
            raise SlackError("thread_not_found")
        return self._messages(list(thread), given)

    def _info(self, given: Json) -> Json:
        channel = self._channel(given)
        described = {
            "id": channel.id,
            "name": channel.name,
            "is_im": channel.kind == "im",
            "is_private": channel.is_private,
            "is_archived": channel.is_archived,
            "is_ext_shared": channel.is_shared,
            "is_member": BOT_USER in channel.members,
        }
        return {"channel": described}

    def _members(self, given: Json) -> Json:
        channel = self._channel(given)
        members, cursor = page(channel.members, cursor=given.get("cursor", ""), limit=int(given.get("limit") or 100))
        return {"members": list(members), "response_metadata": {"next_cursor": cursor}}

    def _open(self, given: Json) -> Json:
        user_id = _required(given, "users")
        if user_id not in self.workspace.users:
            raise SlackError("user_not_found")
        return {"channel": {"id": self.workspace.direct_messages(user_id).id}}

    def _user_info(self, given: Json) -> Json:
        user = self.workspace.users.get(_required(given, "user"))
        if user is None:
            raise SlackError("user_not_found")
        return {"user": user.as_slack()}

    def _lookup_by_email(self, given: Json) -> Json:
        for user in self.workspace.users.values():
            if user.email and user.email == given.get("email"):
                return {"user": user.as_slack()}
        raise SlackError("users_not_found")

    def _groups(self, given: Json) -> Json:
        groups = self.workspace.groups.items()
        return {"usergroups": [{"id": id_, "team_id": TEAM, "users": list(members)} for id_, members in groups]}

    def _group_users(self, given: Json) -> Json:
        members = self.workspace.groups.get(_required(given, "usergroup"))
        if members is None:
            raise SlackError("no_such_subteam")
        return {"users": list(members)}

    def _file_info(self, given: Json) -> Json:
        file = self.workspace.files.get(_required(given, "file"))
        if file is None:
            raise SlackError("file_not_found")
        return {"file": file.described}

    def _complete_upload(self, given: Json) -> Json:
        channel = self._writable({"channel": given.get("channel_id")})
        self._check_thread(channel, given.get("thread_ts"))
        return self.uploads.complete(channel, given)

    def _update_view(self, given: Json) -> Json:
        view_id = _required(given, "view_id")
        return {"view": self.views.update(view_id, given["view"], view_hash=given.get("hash") or "")}

    def _add_reaction(self, given: Json) -> Json:
        channel = self._writable(given)
        message = self._message(channel, _required(given, "timestamp"))
        reactions = list(message.get("reactions", ()))
        name = _required(given, "name")
        if any(reaction["name"] == name and BOT_USER in reaction["users"] for reaction in reactions):
            raise SlackError("already_reacted")
        self.workspace.react(channel.id, message["ts"], name, BOT_USER)
        return {}

    def _remove_reaction(self, given: Json) -> Json:
        channel = self._writable(given)
        message = self._message(channel, _required(given, "timestamp"))
        if not self.workspace.unreact(channel.id, message["ts"], _required(given, "name"), BOT_USER):
            raise SlackError("no_reaction")
        return {}

    def _messages(self, messages: list[Json], given: Json) -> Json:
        """A page of messages; their metadata only where it is asked for."""
        inclusive = _truth(given.get("inclusive"))
        window = between(messages, given.get("oldest") or "", given.get("latest") or "", inclusive=inclusive)
        shown, cursor = page(window, cursor=given.get("cursor", ""), limit=int(given.get("limit") or 100))
        with_metadata = _truth(given.get("include_all_metadata"))
        return {
            "messages": [message if with_metadata else _without_metadata(message) for message in shown],
            "has_more": bool(cursor),
            "response_metadata": {"next_cursor": cursor},
        }

    def _channel(self, given: Json) -> SlackChannel:
        channel_id = _required(given, "channel")
        if channel_id.startswith("U") and channel_id in self.workspace.users:
            return self.workspace.direct_messages(channel_id)
        channel = self.workspace.channels.get(channel_id)
        if channel is None:
            raise SlackError("channel_not_found")
        return channel

    def _readable(self, given: Json) -> SlackChannel:
        channel = self._channel(given)
        if BOT_USER not in channel.members:
            raise SlackError("not_in_channel")
        return channel

    def _writable(self, given: Json) -> SlackChannel:
        channel = self._readable(given)
        if channel.is_archived:
            raise SlackError("is_archived")
        return channel

    def _check_thread(self, channel: SlackChannel, thread_ts: str | None) -> None:
        """A reply needs the message that it replies to, and that one gone takes its thread along."""
        if thread_ts and all(message["ts"] != thread_ts for message in self.workspace.thread(channel.id, thread_ts)):
            raise SlackError("thread_not_found")

    def _message(self, channel: SlackChannel, ts: str) -> Json:
        try:
            return self.workspace.message(channel.id, ts)
        except KeyError:
            raise SlackError("message_not_found") from None

    def _own_message(self, channel: SlackChannel, ts: str) -> Json:
        message = self._message(channel, ts)
        if message.get("bot_id") != BOT:
            raise SlackError("cant_update_message")
        return message


def _required(given: Json, name: str) -> str:
    value = given.get(name)
    if not value:
        raise SlackError("invalid_arguments", f"[ERROR] missing required field: {name}")
    return str(value)


def _text(given: Json) -> str:
    return str(given.get("text") or given.get("markdown_text") or "")


def _truth(value: Any) -> bool:
    return value in (True, 1, "1", "true", "True")


def _without_metadata(message: Json) -> Json:
    return {name: value for name, value in message.items() if name != "metadata"}

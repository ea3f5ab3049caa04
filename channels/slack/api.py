"""The calls to Slack's Web API, as far as we use it, by their names: what goes in, and what comes back.

How they are made (one session, no hidden retry, rate limits) is `channels.slack.web`'s.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from channels.errors import PermanentFailure
from channels.slack.config import SlackConfig
from channels.slack.tokens import Tokens
from channels.slack.web import Json, SlackWeb

METADATA_EVENT = "frontdesk_message"


class SlackApi:
    """Slack, as far as we use it. Every call raises only `SendError`s."""

    def __init__(self, web: SlackWeb) -> None:
        self._web = web

    @classmethod
    @asynccontextmanager
    async def open(cls, config: SlackConfig, tokens: Tokens, *, now: Callable[[], datetime]) -> AsyncIterator[SlackApi]:
        """An API client whose connections are closed at the end."""
        async with SlackWeb.open(config, tokens, now=now) as web:
            yield cls(web)

    def client(self, token: str = "") -> AsyncWebClient:
        """A slack-sdk client on the shared session, for those who need the SDK itself."""
        return self._web.client(token)

    async def who_am_i(self, *, team_id: str = "") -> Json:
        """`auth.test`: the bot user and team behind the token."""
        return await self._web.call("auth.test", team_id, lambda client: client.auth_test(), repeatable=True)

    async def post(
        self, *, channel: str, text: str, key: str, thread_ts: str = "", team_id: str = "", **content: Any
    ) -> Json:
        """Post a message that carries `key` in its metadata, by which `find` recognises it."""
        arguments = {
            "channel": channel,
            "text": text,
            "thread_ts": thread_ts or None,
            "metadata": metadata(key),
            "unfurl_links": False,
            "unfurl_media": False,
            "link_names": False,
            **content,
        }
        return await self._web.call("chat.postMessage", team_id, lambda client: client.chat_postMessage(**arguments))

    async def update(self, *, channel: str, ts: str, text: str, team_id: str = "", **content: Any) -> Json:
        """Replace a message of ours; its metadata stays."""
        arguments = {"channel": channel, "ts": ts, "text": text, "link_names": False, **content}
        return await self._web.call(
            "chat.update", team_id, lambda client: client.chat_update(**arguments), repeatable=True
        )

    async def delete(self, *, channel: str, ts: str, team_id: str = "") -> None:
        """Take a message of ours away."""
        await self._web.call(
            "chat.delete", team_id, lambda client: client.chat_delete(channel=channel, ts=ts), repeatable=True
        )

    async def whisper(self, *, channel: str, user: str, text: str, thread_ts: str = "", team_id: str = "") -> None:
        """Show a message to one member only. Slack does not promise that it arrives."""
        arguments: dict[str, Any] = {"channel": channel, "user": user, "text": text, "thread_ts": thread_ts or None}
        await self._web.call("chat.postEphemeral", team_id, lambda client: client.chat_postEphemeral(**arguments))

    async def find(
        self, *, channel: str, key: str, oldest: datetime, thread_ts: str = "", team_id: str = ""
    ) -> Json | None:
        """The message posted under `key` since `oldest`, in the channel or in one of its threads."""
        messages = self._messages(channel=channel, oldest=oldest, thread_ts=thread_ts, team_id=team_id)
        async for message in messages:
            if key_of(message) == key:
                return dict(message)
        return None

    async def file_names(
        self, *, channel: str, oldest: datetime, thread_ts: str = "", team_id: str = ""
    ) -> frozenset[str]:
        """The names of the files that were shared there since `oldest`."""
        messages = self._messages(channel=channel, oldest=oldest, thread_ts=thread_ts, team_id=team_id)
        return frozenset([str(file.get("name", "")) async for message in messages for file in message.get("files", ())])

    async def _messages(self, *, channel: str, oldest: datetime, thread_ts: str, team_id: str) -> AsyncIterator[Json]:
        window: dict[str, Any] = {"channel": channel, "oldest": f"{oldest.timestamp():.6f}", "limit": 200}
        window["include_all_metadata"] = True
        if thread_ts:
            window["ts"] = thread_ts
        pages = self._web.pages(
            "conversations.replies" if thread_ts else "conversations.history",
            team_id,
            lambda client, cursor: (
                client.conversations_replies(**window, cursor=cursor)
                if thread_ts
                else client.conversations_history(**window, cursor=cursor)
            ),
        )
        async for page in pages:
            for message in page["messages"]:
                yield message

    async def user(self, user_id: str, *, team_id: str = "") -> Json:
        """One member as Slack knows them."""
        answer = await self._web.call(
            "users.info",
            team_id,
            lambda client: client.users_info(user=user_id, include_locale=True),
            repeatable=True,
        )
        return dict(answer["user"])

    async def group_members(self, group_id: str, *, team_id: str = "") -> Sequence[str]:
        """The user ids of a user group. Free plans have none: `PermanentFailure` with `plan_upgrade_required`."""
        answer = await self._web.call(
            "usergroups.users.list",
            team_id,
            lambda client: client.usergroups_users_list(usergroup=group_id),
            repeatable=True,
        )
        return tuple(answer["users"])

    async def channel_members(self, channel: str, *, team_id: str = "") -> Sequence[str]:
        """The user ids of all members of a channel."""
        members: list[str] = []
        pages = self._web.pages(
            "conversations.members",
            team_id,
            lambda client, cursor: client.conversations_members(channel=channel, limit=1000, cursor=cursor),
        )
        async for page in pages:
            members.extend(page["members"])
        return tuple(members)

    async def open_view(self, *, trigger_id: str, view: Json, team_id: str = "") -> Json:
        """Open a dialog. The trigger lives for three seconds and works once."""
        answer = await self._web.call(
            "views.open", team_id, lambda client: client.views_open(trigger_id=trigger_id, view=dict(view))
        )
        return dict(answer["view"])

    async def push_view(self, *, trigger_id: str, view: Json, team_id: str = "") -> Json:
        """Open a dialog above the one that is open."""
        answer = await self._web.call(
            "views.push", team_id, lambda client: client.views_push(trigger_id=trigger_id, view=dict(view))
        )
        return dict(answer["view"])

    async def update_view(self, *, view_id: str, view: Json, team_id: str = "") -> None:
        """Fill an open dialog."""
        await self._web.call(
            "views.update",
            team_id,
            lambda client: client.views_update(view_id=view_id, view=dict(view)),
            repeatable=True,
        )

    async def permalink(self, *, channel: str, ts: str, team_id: str = "") -> str:
        """The address of a message in Slack."""
        answer = await self._web.call(
            "chat.getPermalink",
            team_id,
            lambda client: client.chat_getPermalink(channel=channel, message_ts=ts),
            repeatable=True,
        )
        return str(answer["permalink"])

    async def file(self, file_id: str, *, team_id: str = "") -> Json:
        """What Slack knows of a file."""
        answer = await self._web.call(
            "files.info", team_id, lambda client: client.files_info(file=file_id), repeatable=True
        )
        return dict(answer["file"])

    async def download(self, url: str, *, team_id: str, max_bytes: int) -> tuple[bytes, str]:
        """The content of a file and its media type. The caller has checked the host: the token is sent there."""
        return await self._web.download(url, team_id=team_id, max_bytes=max_bytes)

    async def upload_file(self, *, name: str, content: bytes, team_id: str = "") -> str:
        """Put a file at Slack, where nobody sees it yet. Returns its id, for `share_files`."""
        answer = await self._web.call(
            "files.getUploadURLExternal",
            team_id,
            lambda client: client.files_getUploadURLExternal(filename=name, length=len(content)),
            repeatable=True,
        )
        await self._web.upload(str(answer["upload_url"]), content)
        return str(answer["file_id"])

    async def share_files(
        self, titles: Mapping[str, str], *, channel: str, thread_ts: str = "", comment: str = "", team_id: str = ""
    ) -> None:
        """Show uploaded files, by id, in one message. It has no metadata: `file_names` tells whether they are there."""
        files: list[dict[str, str | None]] = [{"id": file_id, "title": title} for file_id, title in titles.items()]
        await self._web.call(
            "files.completeUploadExternal",
            team_id,
            lambda client: client.files_completeUploadExternal(
                files=files, channel_id=channel, thread_ts=thread_ts or None, initial_comment=comment or None
            ),
        )

    async def show_status(self, *, channel: str, thread_ts: str, status: str, team_id: str = "") -> None:
        """The line under the composer that says what we are doing; empty ends it. Slack ends it after two minutes."""
        await self._web.call(
            "assistant.threads.setStatus",
            team_id,
            lambda client: client.assistant_threads_setStatus(channel_id=channel, thread_ts=thread_ts, status=status),
            repeatable=True,
        )

    async def start_stream(
        self, *, channel: str, thread_ts: str, member_id: str, member_team_id: str, team_id: str = ""
    ) -> str:
        """Begin a message that grows, still empty. Returns its timestamp."""
        answer = await self._web.call(
            "chat.startStream",
            team_id,
            lambda client: client.chat_startStream(
                channel=channel,
                thread_ts=thread_ts,
                recipient_user_id=member_id,
                recipient_team_id=member_team_id,
            ),
        )
        return str(answer["ts"])

    async def append_stream(self, *, channel: str, ts: str, chunks: Sequence[Json], team_id: str = "") -> None:
        """Add to a growing message."""
        given = [dict(chunk) for chunk in chunks]
        await self._web.call(
            "chat.appendStream",
            team_id,
            lambda client: client.chat_appendStream(channel=channel, ts=ts, chunks=given),
        )

    async def stop_stream(self, *, channel: str, ts: str, team_id: str = "") -> None:
        """Let a message grow no more; it may have stopped already."""
        try:
            await self._web.call(
                "chat.stopStream",
                team_id,
                lambda client: client.chat_stopStream(channel=channel, ts=ts),
                repeatable=True,
            )
        except PermanentFailure as failure:
            if failure.code not in ("message_not_in_streaming_state", "message_not_found"):
                raise

    async def suggest_prompts(self, *, channel: str, prompts: Sequence[Json], title: str, team_id: str = "") -> None:
        """What somebody could ask, shown where they begin to write."""
        arguments = {"channel_id": channel, "title": title, "prompts": [dict(prompt) for prompt in prompts]}
        # Without the thread that slack-sdk's own method asks for: the app's messages tab has none.
        await self._web.call(
            "assistant.threads.setSuggestedPrompts",
            team_id,
            lambda client: client.api_call("assistant.threads.setSuggestedPrompts", json=arguments),
            repeatable=True,
        )

    async def react(self, *, channel: str, ts: str, name: str, team_id: str = "") -> None:
        """Put an emoji under a message; once, however often asked."""
        try:
            await self._web.call(
                "reactions.add",
                team_id,
                lambda client: client.reactions_add(channel=channel, timestamp=ts, name=name),
                repeatable=True,
            )
        except PermanentFailure as failure:
            if failure.code != "already_reacted":
                raise

    async def unreact(self, *, channel: str, ts: str, name: str, team_id: str = "") -> None:
        """Take our emoji away; it may be gone already."""
        try:
            await self._web.call(
                "reactions.remove",
                team_id,
                lambda client: client.reactions_remove(channel=channel, timestamp=ts, name=name),
                repeatable=True,
            )
        except PermanentFailure as failure:
            if failure.code != "no_reaction":
                raise

    async def socket_url(self, app_token: str) -> str:
        """A fresh address for Socket Mode."""
        answer = await self._web.call(
            "apps.connections.open",
            "",
            lambda client: client.apps_connections_open(app_token=app_token),
            repeatable=True,
        )
        return str(answer["url"])


def metadata(key: str) -> Json:
    """What our messages carry. Anybody in the workspace can read it: a key, and nothing else."""
    return {"event_type": METADATA_EVENT, "event_payload": {"key": key}}


def key_of(message: Json) -> str:
    """The key of a message that we posted, or nothing."""
    data = message.get("metadata") or {}
    return str(data.get("event_payload", {}).get("key", "")) if data.get("event_type") == METADATA_EVENT else ""

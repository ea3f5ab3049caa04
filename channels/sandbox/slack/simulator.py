"""The simulated Slack as one object: its HTTP routes, its lifetime, and what a person does in it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web

from channels.sandbox.faults import Fault, FaultKind, Faults
from channels.sandbox.journal import Journal
from channels.sandbox.slack import payloads
from channels.sandbox.slack.calls import Calls, Listeners
from channels.sandbox.slack.delivery import PATIENCE, RETRIES, Deliveries, Heard, HttpWire
from channels.sandbox.slack.oauth import OAuth
from channels.sandbox.slack.rules import SlackError
from channels.sandbox.slack.sockets import SocketWire
from channels.sandbox.slack.streams import LIFETIME, AgentSurface
from channels.sandbox.slack.uploads import Uploads
from channels.sandbox.slack.views import Refused, Views, filled
from channels.sandbox.slack.workspace import BOT_USER, Json, SlackChannel, Whisper, Workspace, as_sent, numbered

_CALL_FAULTS = (
    FaultKind.DROP_BEFORE, FaultKind.DROP_AFTER, FaultKind.RATE_LIMIT, FaultKind.SERVER_ERROR, FaultKind.SLOW,
    FaultKind.REJECT,
)  # fmt: skip


class SlackSimulator:
    """A workspace with the app installed. Mount `routes()`; what people do is sent while it is entered.

    `app_url` is where the app takes events and clicks; empty means Socket Mode. `public_url` is the simulator's own
    address, needed where people share files. `retries` and lifetimes are Slack's own unless a test cannot wait.
    """

    def __init__(
        self,
        *,
        bot_token: str,
        signing_secret: str,
        app_url: str = "",
        app_token: str = "",
        journal: Journal | None = None,
        faults: Faults | None = None,
        retries: Sequence[timedelta] = RETRIES,
        patience: timedelta = PATIENCE,
        trigger_lifetime: timedelta = timedelta(seconds=3),
        stream_lifetime: timedelta = LIFETIME,
        public_url: str = "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.faults = faults or Faults()
        self.workspace = Workspace(journal or Journal(), now)
        self.views = Views(now, trigger_lifetime)
        self.sockets = SocketWire(patience)
        self.calls_made: list[tuple[str, Json]] = []
        self.agent = AgentSurface(self.workspace, now, self._posted, stream_lifetime)
        listeners = Listeners(self._posted, self._changed, self._deleted)
        self._uploads = Uploads(self.workspace, self._posted)
        self._calls = Calls(self.workspace, self.views, self.agent, self._uploads, listeners)
        self.oauth = OAuth({bot_token})
        self._app_token = app_token
        self._signing_secret = signing_secret
        self._app_url = app_url
        self.public_url = public_url
        self._retries = retries
        self._patience = patience
        self._now = now
        self._next_event = numbered("Ev0")
        self._next_client_message = numbered("client-")

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(trust_env=False)
        http = HttpWire(self._session, self._app_url, self._signing_secret, self._patience)
        self.deliveries = Deliveries(http if self._app_url else self.sockets, self.faults, self._retries)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.deliveries.stop()
        await self.sockets.close()
        await self._session.close()

    def routes(self) -> list[web.RouteDef]:
        """What Slack's servers offer: the Web API, and the address of Socket Mode."""
        return [
            web.post("/api/{method}", self._handle_call),
            web.get("/api/{method}", self._handle_call),
            web.get("/files/{file}", self._handle_download),
            web.post("/upload/{upload}", self._handle_upload),
            web.get("/socket", self.sockets.handle),
        ]

    # What people see

    def messages(self, channel: str, thread: str | None = None) -> Sequence[Json]:
        """The messages of a channel, or of one thread with its root, oldest first."""
        return self.workspace.top_level(channel) if thread is None else self.workspace.thread(channel, thread)

    def ephemerals(self, user: str) -> Sequence[Whisper]:
        """What only this person was shown, oldest first."""
        return [whisper for whisper in self.workspace.whispers if whisper.user == user]

    def reactions(self, channel: str, ts: str) -> Sequence[str]:
        """The emoji under a message, the oldest first."""
        return [str(reaction["name"]) for reaction in self.workspace.message(channel, ts).get("reactions", ())]

    def open_views(self, user: str) -> Sequence[Json]:
        """The dialogs that this person has open, the topmost last."""
        return self.views.of(user)

    # What people do

    def write(
        self,
        user: str,
        channel: str,
        text: str,
        thread_ts: str | None = None,
        *,
        files: Sequence[tuple[str, str, bytes]] = (),
        **extra: Any,
    ) -> Json:
        """Write a message; a user id as channel means the direct messages with the app.

        `<@U…>` and `<https://…|label>` in the text are mentions and links, as Slack's editor makes them; all else is
        what the person typed. A file is name, type and bytes.
        """
        place = self._place(channel, user)
        thread = {"thread_ts": thread_ts} if thread_ts else {}
        author = self.workspace.users[user]
        written: Json = {"user": user, "team": author.team_id, "text": as_sent(text)}
        written["client_msg_id"] = self._next_client_message()
        if files:
            described = [self.workspace.add_file(*file, base_url=self.public_url) for file in files]
            written |= {"subtype": "file_share", "files": described}
        message = self.workspace.post(place.id, {**written, **thread, **extra})
        self._posted(place, message)
        return message

    def edit(self, channel: str, ts: str, text: str) -> None:
        """Change a message that somebody wrote."""
        place = self.workspace.channels[channel]
        previous = dict(self.workspace.message(channel, ts))
        edited = {"user": previous["user"], "ts": self.workspace.next_ts()}
        self._changed(place, self.workspace.change(channel, ts, text=as_sent(text), edited=edited), previous)

    def delete(self, channel: str, ts: str) -> None:
        """Take a message back."""
        previous = self.workspace.message(channel, ts)
        self.workspace.delete(channel, ts)
        self._deleted(self.workspace.channels[channel], previous)

    def react(self, user: str, channel: str, ts: str, name: str) -> None:
        """Put an emoji under a message."""
        self.workspace.react(channel, ts, name, user)

    def archive(self, channel: str, *, is_archived: bool = True) -> None:
        """Close a channel, or open it again."""
        self.workspace.add_channel(replace(self.workspace.channels[channel], is_archived=is_archived))

    async def command(self, user: str, channel: str, command: str, text: str = "") -> Heard:
        """Type a command such as `/takeover`. What the app answers is shown to this person alone."""
        payload = payloads.slash_command(
            self.workspace.users[user],
            self._place(channel, user),
            command,
            text,
            trigger_id=self.views.new_trigger(user),
        )
        heard = await self.deliveries.command(payload)
        if heard.body and heard.body.get("text"):
            self.workspace.record(
                {"fact": "whisper", "channel": payload["channel_id"], "user": user, "text": heard.body["text"]}
            )
        return heard

    async def click(self, user: str, action_id: str, message: Json, channel: str | None = None) -> Heard:
        """Press the button `action_id` of a message (of the channel where it is found, unless one is named)."""
        place = self.workspace.channels[channel or self._channel_of(message)]
        block_id, button = _button(message, action_id)
        payload = payloads.block_actions(
            self.workspace.users[user],
            place,
            message,
            button,
            block_id=block_id,
            trigger_id=self.views.new_trigger(user),
            action_ts=self.workspace.next_ts(),
            response_url="",
        )
        return await self.deliveries.interaction(payload)

    async def submit(self, user: str, values: Mapping[str, Any] | None = None) -> Mapping[str, str]:
        """Fill and submit the topmost dialog of this person. Returns the field errors that they then see.

        Raises `LookupError` where no dialog is open, `ConnectionError` where the app did not answer.
        """
        stack = self.views.of(user)
        if not stack:
            raise LookupError(f"{user} has no dialog open")
        view = stack[-1]
        state = filled(view, values or {})
        if isinstance(state, Refused):
            return state.errors
        payload = payloads.view_submission(
            self.workspace.users[user], {**view, "state": state}, trigger_id=self.views.new_trigger(user)
        )
        heard = await self.deliveries.interaction(payload)
        if not heard.taken:
            raise ConnectionError(f"the app answered {heard.status} {heard.reason}")
        if heard.body and heard.body.get("response_action") == "errors":
            return dict(heard.body["errors"])
        self.views.answer(view, user, heard.body)
        return {}

    def send_event(self, inner: Json, channel: SlackChannel | None = None) -> Json:
        """Tell the app of an event of any type. Returns the whole envelope."""
        payload = payloads.event(
            inner, event_id=self._next_event(), event_time=int(self._now().timestamp()), channel=channel
        )
        self.deliveries.event(payload)
        return payload

    def open_messages(self, user: str) -> None:
        """Open the app's messages, as a person does before writing."""
        channel = self.workspace.direct_messages(user)
        inner = {"type": "app_home_opened", "user": user, "channel": channel.id, "tab": "messages"}
        self.send_event({**inner, "event_ts": self.workspace.next_ts()}, channel)

    async def idle(self) -> None:
        """Wait until every event was taken or given up."""
        await self.deliveries.idle()

    # Slack's side of the Web API

    async def _handle_call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        arguments = await _arguments(request)
        self.calls_made.append((method, arguments))
        fault = self.faults.take(method, *_CALL_FAULTS)
        if fault is not None and fault.kind is not FaultKind.DROP_AFTER and fault.kind is not FaultKind.SLOW:
            return _misbehave(request, fault)
        answer = self._answer(request, method, arguments)
        if fault is not None and fault.kind is FaultKind.DROP_AFTER:
            return _cut(request)
        if fault is not None:
            await asyncio.sleep(fault.seconds)
        return web.json_response(answer)

    async def _handle_download(self, request: web.Request) -> web.StreamResponse:
        file = self.workspace.files.get(request.match_info["file"])
        fault = self.faults.take("files.download", *_CALL_FAULTS)
        if fault is not None:
            return _misbehave(request, fault)
        if file is None:
            raise web.HTTPNotFound
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.oauth.bot_tokens:
            return web.Response(text="<html>Sign in to Slack</html>", content_type="text/html")
        return web.Response(body=file.content, content_type=file.described["mimetype"])

    async def _handle_upload(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.take("files.upload", *_CALL_FAULTS)
        if fault is not None:
            return _misbehave(request, fault)
        content = b"".join([chunk async for chunk in request.content.iter_any()])
        if not self._uploads.put(request.match_info["upload"], content):
            raise web.HTTPBadRequest
        return web.Response(text=f"OK - {len(content)}")

    def _answer(self, request: web.Request, method: str, arguments: Json) -> Json:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ") or arguments.get("token", "")
        try:
            if method == "apps.connections.open":
                return self._open_connection(request, token)
            if method == "oauth.v2.access":
                return self.oauth.access(request.headers.get("Authorization", ""), arguments)
            if token not in self.oauth.bot_tokens:
                raise SlackError("invalid_auth" if token else "not_authed")
            if method == "files.getUploadURLExternal":
                return self._uploads.begin(arguments, self.public_url or str(request.url.origin()))
            return self._calls.answer(method, arguments)
        except SlackError as error:
            return {"ok": False, "error": error.code, "response_metadata": {"messages": list(error.details)}}

    def _open_connection(self, request: web.Request, token: str) -> Json:
        if not self._app_token or token != self._app_token:
            raise SlackError("invalid_auth")
        url = request.url.with_scheme("ws").with_path("/socket").with_query(ticket=self.sockets.issue_ticket())
        return {"ok": True, "url": str(url)}

    # What the app hears of

    def _posted(self, channel: SlackChannel, message: Json) -> None:
        if BOT_USER not in channel.members:
            return
        self.send_event(payloads.message_event(message, channel), channel)
        if f"<@{BOT_USER}>" in message.get("text", "") and channel.kind != "im":
            mention = {**payloads.message_event(message, channel), "type": "app_mention"}
            mention.pop("channel_type")
            self.send_event(mention, channel)

    def _changed(self, channel: SlackChannel, message: Json, previous: Json) -> None:
        if BOT_USER in channel.members:
            self.send_event(payloads.changed_event(message, previous, channel, self.workspace.next_ts()), channel)

    def _deleted(self, channel: SlackChannel, previous: Json) -> None:
        if BOT_USER in channel.members:
            self.send_event(payloads.deleted_event(previous, channel, self.workspace.next_ts()), channel)

    def _place(self, channel: str, user: str) -> SlackChannel:
        if channel in (BOT_USER, user, "dm"):
            return self.workspace.direct_messages(user)
        return self.workspace.channels[channel]

    def _channel_of(self, message: Json) -> str:
        for channel_id, messages in self.workspace.messages.items():
            if any(message is known or message == known for known in messages):
                return channel_id
        raise LookupError("no channel has this message; name the channel to press an old state of it")


async def _arguments(request: web.Request) -> Json:
    """Arguments as slack-sdk sends them: query, form or JSON; lists and objects within a form are JSON."""
    given: Json = dict(request.query)
    if request.content_type == "application/json":
        given |= await request.json()
    elif request.can_read_body:
        given |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    return {name: _parsed(value) for name, value in given.items()}


def _parsed(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in "[{" and value:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _misbehave(request: web.Request, fault: Fault) -> web.StreamResponse:
    match fault.kind:
        case FaultKind.RATE_LIMIT:
            headers = {"Retry-After": str(int(fault.seconds))}
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
        case FaultKind.SERVER_ERROR:
            return web.Response(status=500, text="<html><body>Server Error</body></html>", content_type="text/html")
        case FaultKind.REJECT:
            return web.json_response({"ok": False, "error": fault.code})
        case _:
            return _cut(request)


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _button(message: Json, action_id: str) -> tuple[str, Json]:
    for block in message.get("blocks", ()):
        for element in [*block.get("elements", ()), block.get("accessory", {})]:
            if element.get("action_id") == action_id:
                return block.get("block_id", ""), element
    raise LookupError(f"the message has no button {action_id!r}")

"""Messages that grow while they are read, the status line, and suggested prompts: Slack's surface for agents.

A stream lives five minutes, however busy. See https://docs.slack.dev/reference/methods/chat.startStream
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from channels.sandbox.slack.rules import SlackError, check_message, check_metadata
from channels.sandbox.slack.workspace import APP, BOT, BOT_USER, Json, SlackChannel, Workspace

LIFETIME = timedelta(minutes=5)
MOST_TEXT = 12_000
_TASK_STATES = frozenset({"pending", "in_progress", "complete", "error"})


@dataclass(slots=True)
class AgentSurface:
    """The methods of this surface, and what it shows besides messages."""

    workspace: Workspace
    now: Callable[[], datetime]
    posted: Callable[[SlackChannel, Json], None]
    lifetime: timedelta = LIFETIME
    statuses: dict[tuple[str, str], str] = field(default_factory=dict)
    prompts: dict[str, list[Json]] = field(default_factory=dict)
    _started_at: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def handlers(self) -> Mapping[str, Callable[[SlackChannel, Json], Json]]:
        """By method, over the channel that the call names."""
        return {
            "chat.startStream": self._start,
            "chat.appendStream": self._append,
            "chat.stopStream": self._stop,
            "assistant.threads.setStatus": self._set_status,
            "assistant.threads.setSuggestedPrompts": self._set_prompts,
        }

    def is_streaming(self, channel_id: str, ts: str) -> bool:
        """The message still grows."""
        started_at = self._started_at.get((channel_id, ts))
        return started_at is not None and self.now() - started_at < self.lifetime

    def answered(self, channel_id: str, thread_ts: str) -> None:
        """A message of the app ends its status."""
        self.statuses.pop((channel_id, thread_ts), None)

    def _start(self, channel: SlackChannel, given: Json) -> Json:
        thread_ts = str(given.get("thread_ts") or "")
        if not self.workspace.thread(channel.id, thread_ts):
            raise SlackError("invalid_thread_ts")
        if channel.kind != "im" and not (given.get("recipient_user_id") and given.get("recipient_team_id")):
            raise SlackError("missing_recipient_user_id")
        text = _added("", given)
        app = {"user": BOT_USER, "bot_id": BOT, "app_id": APP}
        message = self.workspace.post(channel.id, {**app, "text": text, "thread_ts": thread_ts})
        self._started_at[channel.id, message["ts"]] = self.now()
        self.answered(channel.id, thread_ts)
        self.posted(channel, message)
        return {"channel": channel.id, "ts": message["ts"]}

    def _append(self, channel: SlackChannel, given: Json) -> Json:
        message = self._growing(channel, given)
        self.workspace.change(channel.id, message["ts"], text=_added(message["text"], given))
        return {"channel": channel.id, "ts": message["ts"]}

    def _stop(self, channel: SlackChannel, given: Json) -> Json:
        message = self._growing(channel, given)
        blocks = given.get("blocks") or []
        text = _added(message["text"], given)
        check_message(text or " ", blocks, longest=40_000)
        check_metadata(given.get("metadata"))
        values = {name: given[name] for name in ("blocks", "metadata") if given.get(name)}
        changed = self.workspace.change(channel.id, message["ts"], text=text, **values)
        del self._started_at[channel.id, message["ts"]]
        return {"channel": channel.id, "ts": message["ts"], "message": changed}

    def _growing(self, channel: SlackChannel, given: Json) -> Json:
        ts = str(given.get("ts") or "")
        try:
            message = self.workspace.message(channel.id, ts)
        except KeyError:
            raise SlackError("message_not_found") from None
        if not self.is_streaming(channel.id, ts):
            raise SlackError("message_not_in_streaming_state")
        return message

    def _set_status(self, channel: SlackChannel, given: Json) -> Json:
        place = (channel.id, str(given.get("thread_ts") or ""))
        if not self.workspace.thread(*place):
            raise SlackError("invalid_thread_ts")
        self.statuses.pop(place, None)
        if given.get("status"):
            self.statuses[place] = str(given["status"])
        return {}

    def _set_prompts(self, channel: SlackChannel, given: Json) -> Json:
        prompts = given.get("prompts") or []
        if not 0 < len(prompts) <= 4 or any(not prompt.get("title") or not prompt.get("message") for prompt in prompts):
            raise SlackError("invalid_arguments")
        self.prompts[channel.id] = list(prompts)
        return {}


def _added(text: str, given: Json) -> str:
    """The text with what a call adds, as Markdown or in chunks."""
    if given.get("markdown_text") and given.get("chunks"):
        raise SlackError("invalid_arguments")
    added = str(given.get("markdown_text") or "")
    for chunk in given.get("chunks") or ():
        match chunk:
            case {"type": "markdown_text", "text": str(more)}:
                added += more
            case {"type": "task_update", "id": str(), "title": str(), "status": status} if status in _TASK_STATES:
                pass
            case {"type": "plan_update", "title": str()} | {"type": "blocks"}:
                pass
            case _:
                raise SlackError("invalid_chunks")
    if len(added) > MOST_TEXT:
        raise SlackError("msg_too_long")
    return text + added

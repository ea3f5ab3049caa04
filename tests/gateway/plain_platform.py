"""A platform that speaks the session protocol and none of our engine's extras: it knows no client_message_id, sends no
tool_result, gives no codes, and repeats nothing on connecting. It has a history, as every platform has.

The agent says "You said: …". A message `ask` makes it ask for approval; `break` makes it fail; `hang` is not answered;
`ask twice` makes it ask for two approvals at once and go on when it has both, `ask either` when it has one; `hand over`
makes it call the tool that hands a conversation to staff.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from tests.gateway.session.scripted import JsonObject, ScriptedPlatform, ack, scripted_platform

AGENT = {"object_id": "a-1", "object_type": "agent"}
USER = {"user_id": "u-1"}


class PlainPlatform:
    """The agent and its sessions' histories. Posts are handled in order; a turn is over before the next begins."""

    def __init__(self, wire: ScriptedPlatform) -> None:
        self.wire = wire
        self.histories: dict[str, list[JsonObject]] = {}
        wire.rules.update(
            create_session=self._create,
            connect_session=self._connect,
            post_message=self._post_message,
            post_messages=self._post_messages,
            get_messages=lambda frame: [{**frame, "messages": self.histories[frame["session_id"]]}],
        )

    @property
    def url(self) -> str:
        return self.wire.url

    @property
    def history(self) -> list[JsonObject]:
        """The history of the only session."""
        (history,) = self.histories.values()
        return history

    def posted(self) -> list[str]:
        """The texts of the user, in order."""
        return [
            message["content"]["value"]
            for message in self.history
            if message["sender"] == USER and message["content"]["type"] == "data_type_message"
        ]

    def answers(self) -> list[JsonObject]:
        """The answers to approval requests, in order."""
        return [
            message["content"]["value"]["tool_call_approval"]
            for message in self.history
            if message["content"]["type"] == "response_message"
        ]

    def say(self, text: str) -> None:
        """Somebody talks into the only session by hand."""
        self._keep(self.history, USER, text_content(text))

    def _create(self, frame: JsonObject) -> list[JsonObject]:
        session_id = f"s-{len(self.histories) + 1}"
        self.histories[session_id] = []
        return [{"type": "session_created", "session_id": session_id}]

    def _connect(self, frame: JsonObject) -> list[JsonObject]:
        if frame["session_id"] in self.histories:
            return ack(frame)
        return [{**frame, "success": False, "error": "no such session"}]

    def _post_message(self, frame: JsonObject) -> list[JsonObject]:
        history = self.histories[frame["session_id"]]
        content = frame["content"]
        if isinstance(content, dict) and content.get("type_string") == "response_message":
            kept = {"type": "response_message", "value": content["value"]}
            message = self._keep(history, USER, kept, parent_message_id=frame["parent_message_id"])
            if self._waits_for_more(history):
                return [*ack(frame, message_id=message["id"]), _status(frame, "Processing")]
            answer = content["value"]["tool_call_approval"]
            said = f"Denied: {answer['deny']}" if "deny" in answer else f"Done with {answer['confirm']}"
            return [*ack(frame, message_id=message["id"]), *self._reply(frame, history, said)]
        message = self._keep(history, USER, text_content(content))
        return [*ack(frame, message_id=message["id"]), *self._turn(frame, history, [content])]

    def _post_messages(self, frame: JsonObject) -> list[JsonObject]:
        history = self.histories[frame["session_id"]]
        texts = [_value(content) for content in frame["messages"]]
        ids = [self._keep(history, USER, text_content(text))["id"] for text in texts]
        return [*ack(frame, message_ids=ids), *self._turn(frame, history, texts)]

    def _turn(self, frame: JsonObject, history: list[JsonObject], texts: Sequence[str]) -> list[JsonObject]:
        match texts[-1]:
            case "ask":
                content = {"type": "tool_call_approval", "tool_name": "refund_order", "arguments": {"amount": 25}}
                told = self._tell(frame, self._keep(history, AGENT, content))
                return [_status(frame, "Processing"), told, _status(frame, "AwaitingApproval")]
            case "ask twice" | "ask either":
                requests = [
                    {"type": "tool_call_approval", "tool_name": "refund_order", "arguments": {"amount": amount}}
                    for amount in (25, 30)
                ]
                asked = [self._tell(frame, self._keep(history, AGENT, request)) for request in requests]
                return [_status(frame, "Processing"), *asked, _status(frame, "AwaitingApproval")]
            case "break":
                content = {"type": "error_message", "error": "no quota"}
                return [
                    _status(frame, "Processing"),
                    self._tell(frame, self._keep(history, AGENT, content)),
                    _status(frame, "Idle"),
                ]
            case str() as text if text.startswith("hand over"):
                content = {
                    "type": "tool_call",
                    "tool_name": "handoff_to_human",
                    "arguments": {"reason": "the customer is lost"},
                    "status": "Complete",
                }
                told = self._tell(frame, self._keep(history, AGENT, content))
                return [_status(frame, "Processing"), told, *self._reply(frame, history, "Somebody will come.")[1:]]
            case "hang":
                return [_status(frame, "Processing")]
            case _:
                return self._reply(frame, history, f"You said: {' / '.join(texts)}")

    def _reply(self, frame: JsonObject, history: list[JsonObject], text: str) -> list[JsonObject]:
        told = self._tell(frame, self._keep(history, AGENT, text_content(text)))
        return [_status(frame, "Processing"), told, _status(frame, "Idle")]

    def _waits_for_more(self, history: list[JsonObject]) -> bool:
        """Whether the agent, asked to wait for two answers, has only one of them."""
        said = [message["content"].get("value") for message in history if message["sender"] == USER]
        return "ask twice" in said and len(self.answers()) < 2

    def _keep(self, history: list[JsonObject], sender: JsonObject, content: JsonObject, **fields: Any) -> JsonObject:
        message = {"id": f"m-{len(history) + 1}", "sender": sender, "content": content, **fields}
        history.append(message)
        return message

    def _tell(self, frame: JsonObject, message: JsonObject) -> JsonObject:
        # A copy: whoever reads it may write into it.
        copy = {**message, "content": dict(message["content"])}
        return {"type": "message_notification", "session_id": frame["session_id"], "message": copy}


def text_content(text: str) -> JsonObject:
    return {"type": "data_type_message", "value": text, "status": "Complete"}


@asynccontextmanager
async def plain_platform() -> AsyncIterator[PlainPlatform]:
    async with scripted_platform() as wire:
        yield PlainPlatform(wire)


def _status(frame: JsonObject, word: str) -> JsonObject:
    return {"type": "participant_status", "session_id": frame["session_id"], "message": {"status": word}}


def _value(content: Any) -> str:
    """A text, or the name of a file."""
    return content if isinstance(content, str) else str(content["value"]["metadata"]["name"])

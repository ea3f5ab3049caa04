"""Reads the events of one turn until it ends or pauses, and says what came of it. Knows no store and no customer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from channels.base import Activity, Progress
from gateway.events import ParticipantStatus, SessionEvent, SessionEventType, SessionMessage

# Any agent that calls a tool of this name hands its conversation to staff.
HANDOFF_TOOL = "handoff_to_human"
# A platform says `Idle` right after the reply, and `AwaitingApproval` right after a request; one that does not is
# not waited for longer than this.
SETTLE_S = 2.0


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What became of one tool call."""

    tool_call_id: str
    text: str
    failed: bool


@dataclass(frozen=True, slots=True)
class ApprovalAsked:
    """The agent wants to run a tool that is gated."""

    request_id: str
    tool_call_id: str
    tool_name: str
    description: str
    arguments: Mapping[str, Any]
    schema: Mapping[str, Any]
    policy: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Replied:
    """The turn is over, and this is what the agent said."""

    text: str
    leaves_open: bool = False  # it has done without an answer to some of its requests


@dataclass(frozen=True, slots=True)
class Paused:
    """The turn waits for people: for these, or for what it has asked before."""

    requests: tuple[ApprovalAsked, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """The turn is over without a reply."""

    reason: str
    was_interrupted: bool = False  # the platform lost the turn, and knows that no tool had started


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The agent or the customer asked for a person. What else the agent said does not count any more."""

    reason: str
    by_customer: bool = False


Ending = Replied | Paused | Failed | HandedOver


@dataclass(slots=True)
class Relay:
    """The state of one reading. `answered` are requests that are known: the platform may repeat them.

    `is_waiting` says that people still decide on some of them: a platform that has fallen silent waits for those.
    """

    answered: Collection[str] = ()
    is_waiting: bool = False
    progress: Progress | None = None  # what the customer sees meanwhile
    outcomes: list[ToolOutcome] = field(default_factory=list)
    _deltas: list[str] = field(default_factory=list)
    _reply: str | None = None
    _error: Failed | None = None
    _requests: dict[str, ApprovalAsked] = field(default_factory=dict)
    _handed: HandedOver | None = None
    _running: set[str] = field(default_factory=set)  # tool calls

    async def read(self, events: AsyncIterator[SessionEvent]) -> Ending:
        """Read until the turn ends or pauses. Raises SessionError when the connection is lost."""
        while True:
            try:
                async with asyncio.timeout(SETTLE_S if self._seems_over else None):
                    event = await anext(events)
            except TimeoutError:
                return self._ending()
            if self._take(event):
                return self._ending()

    @property
    def _seems_over(self) -> bool:
        is_silent = self.is_waiting and not self._running
        return self._reply is not None or self._error is not None or bool(self._requests) or is_silent

    def _take(self, event: SessionEvent) -> bool:
        """Note what an event says; True when nothing more is to come."""
        if self.progress is not None:
            show(event, self.progress)
        if event.type is SessionEventType.TOOL_CALL:
            self._note_call(event.data)
        match event.type:
            case SessionEventType.MESSAGE_DELTA:
                self._deltas.append(event.delta or "")
            case SessionEventType.MESSAGE_COMPLETE if event.text is not None:
                self._reply = event.text
            case SessionEventType.ERROR:
                self._error = failure_from(event.data)
            case SessionEventType.TOOL_CALL if is_handoff(event.data):
                self._handed = handed_from(event.data)
            case SessionEventType.TOOL_RESULT:
                self.outcomes.append(_outcome(event.data))
            case SessionEventType.APPROVAL_REQUEST if event.message_id and event.message_id not in self.answered:
                self._requests[event.message_id] = asked_from(event.message_id, event.data)
            case SessionEventType.PARTICIPANT_STATUS:
                return self._is_final(event.participant_status)
            case _:
                pass
        return False

    def _note_call(self, data: Mapping[str, Any]) -> None:
        call_id = str(data.get("tool_call_id") or "")
        if data.get("status") == "Running":
            self._running.add(call_id)
        else:
            self._running.discard(call_id)

    def _is_final(self, status: ParticipantStatus | None) -> bool:
        match status:
            case ParticipantStatus.AWAITING_APPROVAL:
                return bool(self._requests)
            case ParticipantStatus.IDLE:
                return self._seems_over or bool(self._deltas) or self._handed is not None
            case _:
                return False

    def _ending(self) -> Ending:
        if self._handed is not None:
            return self._handed
        if self._reply is not None:
            return Replied(self._reply, leaves_open=self.is_waiting)
        if self._requests or (self.is_waiting and self._error is None):
            return Paused(tuple(self._requests.values()))
        return self._error or Replied("".join(self._deltas))


def show(event: SessionEvent, progress: Progress) -> None:
    """Show the customer what an event says, as far as it is for them: words of the answer, and calls that run.

    A call that waits for approval is no such event, and what a tool returns is never shown.
    """
    match event.type:
        case SessionEventType.MESSAGE_DELTA if event.delta:
            progress.write(event.delta)
        case SessionEventType.TOOL_CALL if event.data.get("status") in _ACTIVITIES:
            call_id = str(event.data.get("tool_call_id") or event.message_id)
            title = str(event.tool_name or "").replace("_", " ").strip().capitalize()
            progress.show(title or "Working", _ACTIVITIES[event.data["status"]], call_id=call_id)
        case _:
            pass


_ACTIVITIES = {"Running": Activity.RUNNING, "Complete": Activity.DONE, "Error": Activity.FAILED}


def ending_from(history: list[SessionMessage], *, after: int, answered: Collection[str]) -> Ending | None:
    """What the history says of a turn whose messages begin at index `after`; None while it still runs."""
    requests: dict[str, ApprovalAsked] = {}
    decided = set(answered)
    ending: Ending | None = None
    handed: HandedOver | None = None
    for message in history[after:]:
        content = message.raw.get("content", {})
        match message.content_type:
            case "tool_call" if is_handoff(content):
                handed = handed_from(content)
            case "data_type_message" if message.is_agent and content.get("status") == "Complete":
                ending = Replied(message.text or "")
            case "error_message":
                ending = failure_from(content)
            case "tool_call_approval":
                requests[message.id] = asked_from(message.id, content)
            case "response_message":
                decided.add(str(message.raw.get("parent_message_id")))
            case _:
                pass
    if ending is not None:
        return handed or ending
    open_requests = tuple(request for key, request in requests.items() if key not in decided)
    return Paused(open_requests) if open_requests else None


def outcomes_from(history: list[SessionMessage], *, after: int) -> list[ToolOutcome]:
    """What the history says of tools of a turn whose messages begin at index `after`, where a platform tells that."""
    contents = [message.raw.get("content", {}) for message in history[after:] if message.content_type == "tool_result"]
    return [_outcome(content) for content in contents]


def failure_from(data: Mapping[str, Any]) -> Failed:
    """An error event or an error in the history."""
    return Failed(
        reason=str(data.get("error") or "the agent failed without saying why"),
        was_interrupted=data.get("code") == "interrupted" and data.get("tools_started") is False,
    )


def is_handoff(data: Mapping[str, Any]) -> bool:
    """Whether a tool call that has started is the one that hands the conversation to staff."""
    return data.get("tool_name") == HANDOFF_TOOL and data.get("status") in ("Running", "Complete", "Error")


def handed_from(data: Mapping[str, Any]) -> HandedOver:
    """The agent asks for a person, and says why where it can."""
    arguments = data.get("arguments")
    reason = arguments.get("reason") if isinstance(arguments, dict) else None
    return HandedOver(str(reason or ""))


def asked_from(request_id: str, data: Mapping[str, Any]) -> ApprovalAsked:
    """An approval request as the platform words it; what it leaves out is empty."""
    arguments, schema, policy = data.get("arguments"), data.get("arguments_schema"), data.get("approval_policy")
    return ApprovalAsked(
        request_id=request_id,
        tool_call_id=str(data.get("tool_call_id") or ""),
        tool_name=str(data.get("tool_name") or data.get("tool_id") or "a tool"),
        description=str(data.get("description") or ""),
        arguments=arguments if isinstance(arguments, dict) else {},
        schema=schema if isinstance(schema, dict) else {},
        policy=policy if isinstance(policy, dict) else {},
    )


def _outcome(data: Mapping[str, Any]) -> ToolOutcome:
    return ToolOutcome(
        tool_call_id=str(data.get("tool_call_id") or ""),
        text=str(data.get("result") or ""),
        failed=data.get("is_error") is True or data.get("status") == "Error",
    )

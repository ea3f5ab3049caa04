"""Running an agent once: a functional one over REST, a conversational one through a session that nobody else sees."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from gateway.agent.config import IoConfig
from gateway.agent.platform import JsonObject, Upload
from gateway.events import ParticipantStatus, SessionEvent, SessionEventType
from gateway.session import Session, SessionError, SessionTimeoutError
from gateway.session.compose import Content, File

FILE_TYPES = ("file", "audio", "image")
NAMELESS = "file"


@dataclass
class AgentRunResult:
    """What a functional run gave, by the names of the agent's outputs."""

    outputs: dict[str, Any]
    run_id: str
    status: str
    error: str | None = None


@dataclass
class ConversationalAgentRunResult:
    """What one turn gave. `events` has no deltas unless they were asked for: they are in `final_message`."""

    final_message: str
    session_id: str
    status: Literal["complete", "error"]
    error: str | None = None
    events: list[SessionEvent] = field(default_factory=list)


class ConversationalRunActionRequiredError(RuntimeError):
    """The turn waits for a person. Resume the session and answer `event` there."""

    def __init__(self, event: SessionEvent, session_id: str) -> None:
        self.event = event
        self.session_id = session_id
        super().__init__(f"the run needs an action ({event.type}); resume_session({session_id!r}) to take it")


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A functional run on the wire: JSON, or a form where there are files."""

    body: JsonObject
    files: tuple[Upload, ...] = ()

    @property
    def form(self) -> dict[str, str]:
        return {key: value if isinstance(value, str) else json.dumps(value) for key, value in self.body.items()}


def run_request(
    declared: Mapping[str, IoConfig], inputs: Mapping[str, Any], additional_instructions: str | None
) -> RunRequest:
    """Inputs that the agent does not declare are left out; files go beside the others."""
    known = {name: value for name, value in inputs.items() if name in declared}
    uploads = {name: value for name, value in known.items() if _is_upload(declared[name], value)}
    body: JsonObject = {"inputs": {name: value for name, value in known.items() if name not in uploads}}
    if additional_instructions:
        body["additional_instructions"] = additional_instructions
    return RunRequest(body, tuple((name, _read(value)) for name, value in uploads.items()))


def run_result(declared: Mapping[str, IoConfig], answer: JsonObject) -> AgentRunResult:
    """Output ids become names again; an output that the agent does not declare keeps its key."""
    names = {config.server_id: name for name, config in declared.items()}
    outputs = answer.get("outputs") or {}
    return AgentRunResult(
        outputs={names.get(key, key): value for key, value in outputs.items()},
        run_id=answer.get("run_id") or "",
        status=answer.get("status") or "success",
        error=answer.get("error"),
    )


@dataclass
class _Turn:
    """What has been seen of the turn so far."""

    events: list[SessionEvent] = field(default_factory=list)
    text: str | None = None
    streamed: str = ""
    error: str | None = None
    has_started: bool = False
    needs: SessionEvent | None = None

    def take(self, event: SessionEvent, *, include_deltas: bool) -> bool:
        """Whether the turn is over."""
        if include_deltas or event.type is not SessionEventType.MESSAGE_DELTA:
            self.events.append(event)
        self.streamed += event.delta or ""
        self.text = event.text or self.text
        self.has_started |= event.participant_status is ParticipantStatus.PROCESSING
        if event.requires_action:
            self.needs = event
        elif event.type is SessionEventType.ERROR:
            self.error = event.error or "session error"
        return bool(self.needs or self.error or (self.has_started and event.is_turn_end))


async def run_turn(
    session: Session,
    content: Content,
    *,
    files: Sequence[File] | None,
    stays: bool,
    include_deltas: bool,
    timeout_s: float,
) -> ConversationalAgentRunResult:
    """Post one message and wait for the end of its turn. A session that does not stay is terminated."""
    turn = _Turn()
    try:
        await session.connect()
    except SessionError as error:
        return ConversationalAgentRunResult("", session.session_id or "", "error", str(error))
    try:
        async with asyncio.timeout(timeout_s):
            await _follow(session, turn, content, files, include_deltas=include_deltas)
    except TimeoutError as error:
        raise SessionTimeoutError(f"the turn in session {session.session_id} took over {timeout_s:g} s") from error
    finally:
        await (session.disconnect() if stays else session.terminate())
    session_id = session.session_id or ""
    if turn.needs is not None:
        raise ConversationalRunActionRequiredError(turn.needs, session_id)
    return ConversationalAgentRunResult(
        final_message=turn.text or turn.streamed,
        session_id=session_id,
        status="error" if turn.error else "complete",
        error=turn.error,
        events=turn.events,
    )


async def _follow(
    session: Session, turn: _Turn, content: Content, files: Sequence[File] | None, *, include_deltas: bool
) -> None:
    with session.subscribe() as events:
        await session.send(content, files=files)
        async for event in events:
            if turn.take(event, include_deltas=include_deltas):
                return


def _is_upload(config: IoConfig, value: object) -> bool:
    return config.io_type in FILE_TYPES and isinstance(value, Path | bytes | io.IOBase)


def _read(value: Any) -> tuple[str, bytes]:
    if isinstance(value, Path):
        return value.name, value.read_bytes()
    if isinstance(value, bytes):
        return NAMELESS, value
    content = value.read()
    file_name = getattr(value, "name", None)
    file_name = Path(file_name).name if isinstance(file_name, str) else NAMELESS
    return file_name, content.encode() if isinstance(content, str) else content

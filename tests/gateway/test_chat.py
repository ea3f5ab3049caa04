"""The chat in the terminal, held with a scripted platform over a real socket."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable

import pytest
from rich.console import Console

from gateway.chat import chat
from gateway.session import Session, SessionDisconnectedError, SessionError
from gateway.terminal import Terminal
from tests.gateway.session.scripted import (
    KEY,
    JsonObject,
    ScriptedPlatform,
    ack,
    delta,
    notification,
    refuse,
    reply,
    scripted_platform,
    status,
)

APPROVAL = notification(
    {
        "type": "tool_call_approval",
        "tool_call_id": "c-1",
        "tool_name": "refund_order",
        "description": "Refund an order.",
        "arguments": {"order_id": "1001", "amount": 20},
    },
    "p-1",
)
PAUSE = [status("Processing"), APPROVAL, status("AwaitingApproval")]
DONE = [status("Processing"), reply("Refunded."), status("Idle")]


class Typist:
    """Somebody at the keyboard, who writes line after line and then leaves."""

    def __init__(self, *lines: str) -> None:
        self._lines = list(lines)
        self._printed = Paper()
        self.terminal = Terminal(Console(file=self._printed, width=100), self._next)

    async def _next(self) -> str:
        if not self._lines:
            raise EOFError
        return self._lines.pop(0)

    @property
    def screen(self) -> str:
        return self._printed.getvalue()

    async def sees(self, words: str) -> None:
        """Waits until these words are on the screen."""
        async with asyncio.timeout(30):
            while words not in self.screen:
                self._printed.was_written.clear()
                await self._printed.was_written.wait()


class Patient(Typist):
    """Somebody who writes when told to."""

    def __init__(self) -> None:
        super().__init__()
        self._told: asyncio.Queue[str] = asyncio.Queue()

    def write(self, line: str) -> None:
        self._told.put_nowait(line)

    async def _next(self) -> str:
        return await self._told.get()


class Paper(io.StringIO):
    """Tells when something was written."""

    def __init__(self) -> None:
        super().__init__()
        self.was_written = asyncio.Event()

    def write(self, text: str) -> int:
        self.was_written.set()
        return super().write(text)


@pytest.fixture
async def platform() -> AsyncIterator[ScriptedPlatform]:
    async with scripted_platform() as running:
        yield running


def new_session(platform: ScriptedPlatform) -> Session:
    return Session(owner_type="agent", owner_id="a-1", api_key=KEY, base_url=platform.url)


def resumed(platform: ScriptedPlatform) -> Session:
    return Session(session_id="s-1", api_key=KEY, base_url=platform.url)


def says(*frames: JsonObject) -> Callable[[JsonObject], list[JsonObject]]:
    return lambda frame: [*ack(frame, message_id="m-1"), *frames]


async def test_a_reply_is_streamed_under_its_speaker(platform: ScriptedPlatform) -> None:
    platform.rules["post_message"] = says(
        status("Processing"), delta(0, "Hel"), delta(1, "lo."), reply("Hello."), status("Idle")
    )
    typist = Typist("hi", "", "again")

    await chat(new_session(platform), typist.terminal)

    assert typist.screen.count("agent> Hello.\n") == 2
    assert [frame["content"] for frame in platform.of_type("post_message")] == ["hi", "again"]
    assert "resume with: frontdesk chat --session s-1" in typist.screen


async def test_tools_at_work_are_seen(platform: ScriptedPlatform) -> None:
    call = {"type": "tool_call", "tool_name": "exa", "arguments": {"query": "tea"}}
    platform.rules["post_message"] = says(
        status("Processing"),
        notification({"type": "thinking", "content": "long", "summary": "which tea"}),
        notification({**call, "status": "Running"}),
        notification({**call, "status": "Complete"}),
        notification({"type": "tool_result", "tool_name": "exa", "result": "[…]", "is_error": False}),
        notification({"type": "search_message", "results": [{"title": "Tea", "url": "http://tea"}, "odd"]}),
        reply("Here."),
        status("Idle"),
    )
    typist = Typist("search")

    await chat(new_session(platform), typist.terminal)

    seen = [line.strip() for line in typist.screen.splitlines()]
    assert 'tool exa {"query": "tea"} …' in seen
    assert {"thinking: which tea", "tool exa done", "result: […]", "found: Tea (http://tea)"} <= set(seen)


async def test_an_approval_is_given(platform: ScriptedPlatform) -> None:
    platform.rules["post_message"] = _pausing(DONE)
    typist = Typist("refund", "what?", "a")

    await chat(new_session(platform), typist.terminal)

    assert "approve refund_order?" in typist.screen
    assert '"order_id": "1001"' in typist.screen
    assert "agent> Refunded." in typist.screen
    assert _answers(platform) == [("p-1", {"confirm": {}})]


async def test_a_denial_says_why(platform: ScriptedPlatform) -> None:
    platform.rules["post_message"] = _pausing(DONE)
    typist = Typist("refund", "d", "not this one")

    await chat(new_session(platform), typist.terminal)

    assert _answers(platform) == [("p-1", {"deny": "not this one"})]


async def test_arguments_are_edited(platform: ScriptedPlatform) -> None:
    platform.rules["post_message"] = _pausing(DONE)
    typist = Typist("refund", "e", "", "e", "{broken", "e", "[1]", "e", '{"amount": 5}')

    await chat(new_session(platform), typist.terminal)

    assert "that is not JSON" in typist.screen
    assert "that is not a JSON object" in typist.screen
    assert _answers(platform) == [("p-1", {"confirm": {"amount": 5}})]


async def test_a_refused_edit_is_asked_again(platform: ScriptedPlatform) -> None:
    answers = [PAUSE, None, DONE]
    platform.rules["post_message"] = lambda frame: _refuse_or_say(answers.pop(0), frame)
    typist = Typist("refund", "e", '{"amount": "x"}', "a")

    await chat(new_session(platform), typist.terminal)

    assert typist.screen.count("amount must be a number") == 1
    assert _answers(platform) == [("p-1", {"confirm": {"amount": "x"}}), ("p-1", {"confirm": {}})]


async def test_a_decision_that_came_too_late_is_told(platform: ScriptedPlatform) -> None:
    first = says(*PAUSE)
    platform.rules["post_message"] = lambda frame: (
        ack(frame, duplicate=True) if "parent_message_id" in frame else first(frame)
    )
    typist = Typist("refund", "a", "/quit")

    await chat(new_session(platform), typist.terminal)

    assert "somebody else has decided already" in typist.screen


async def test_a_resumed_chat_shows_what_was_said_and_asks_what_is_open(platform: ScriptedPlatform) -> None:
    said = {"id": "m", "sender": {"user_id": "u"}, "content": {"type": "data_type_message", "value": "refund me"}}
    platform.rules["get_messages"] = lambda frame: [{**frame, "messages": [said]}, APPROVAL, APPROVAL]
    platform.rules["post_message"] = says(*DONE)
    typist = Patient()
    chatting = asyncio.create_task(chat(resumed(platform), typist.terminal))
    await typist.sees("[a]pprove")

    typist.write("a")
    await typist.sees("agent> Refunded.")
    typist.write("/quit")

    await chatting
    assert "you> refund me" in typist.screen
    assert typist.screen.count("approve refund_order?") == 1


async def test_a_failed_turn_says_so_and_the_chat_goes_on(platform: ScriptedPlatform) -> None:
    answers = [
        [status("Processing"), notification({"type": "error_message", "error": "the model is down"}), status("Idle")],
        [status("Processing"), reply("Back."), status("Idle")],
    ]
    platform.rules["post_message"] = lambda frame: says(*answers.pop(0))(frame)
    typist = Typist("one", "two")

    await chat(new_session(platform), typist.terminal)

    assert "error: the model is down" in typist.screen
    assert "agent> Back." in typist.screen


async def test_a_late_idle_does_not_end_the_next_turn(platform: ScriptedPlatform) -> None:
    answers = [[reply("one")], [status("Idle"), status("Processing"), reply("two"), status("Idle")]]
    platform.rules["post_message"] = lambda frame: says(*answers.pop(0))(frame)
    typist = Typist("1", "2")

    await chat(new_session(platform), typist.terminal)

    assert "agent> two" in typist.screen


async def test_what_an_agent_writes_cannot_steer_the_terminal(platform: ScriptedPlatform) -> None:
    platform.rules["post_message"] = says(reply("\x1b]0;owned\x07[bold]kept[/bold]\x9b2J"))
    typist = Typist("hi")

    await chat(new_session(platform), typist.terminal)

    assert "agent> ]0;owned[bold]kept[/bold]2J" in typist.screen


async def test_ctrl_c_leaves_the_session_and_says_how_to_come_back(platform: ScriptedPlatform) -> None:
    typist = Patient()
    chatting = asyncio.create_task(chat(new_session(platform), typist.terminal))
    await typist.sees("you>")

    chatting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await chatting
    await platform.received("disconnect_session")
    assert "--session s-1" in typist.screen


async def test_a_lost_connection_ends_the_chat_with_an_error(platform: ScriptedPlatform) -> None:
    typist = Patient()
    chatting = asyncio.create_task(chat(new_session(platform), typist.terminal))
    await typist.sees("you>")

    await platform.cut()

    with pytest.raises(SessionDisconnectedError):
        await chatting


async def test_an_unknown_session_is_an_error(platform: ScriptedPlatform) -> None:
    platform.rules["connect_session"] = refuse("There is no such session.", "not_found")

    with pytest.raises(SessionError, match="no such session"):
        await chat(resumed(platform), Typist().terminal)


def _pausing(outcome: list[JsonObject]) -> Callable[[JsonObject], list[JsonObject]]:
    """Pause on the first message, go on after the answer."""
    turns = iter([PAUSE, outcome])
    return lambda frame: says(*next(turns))(frame)


def _refuse_or_say(frames: list[JsonObject] | None, frame: JsonObject) -> list[JsonObject]:
    return refuse("amount must be a number", "bad_content")(frame) if frames is None else says(*frames)(frame)


def _answers(platform: ScriptedPlatform) -> list[tuple[str, JsonObject]]:
    answers = [frame for frame in platform.of_type("post_message") if "parent_message_id" in frame]
    return [(frame["parent_message_id"], frame["content"]["value"]["tool_call_approval"]) for frame in answers]

"""A turn's events, and its part of the history, each come to one ending."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest

from gateway import relay as relay_module
from gateway.events import SessionEvent, SessionMessage
from gateway.relay import ApprovalAsked, Ending, Failed, Paused, Relay, Replied, ToolOutcome, ending_from
from gateway.session import parse

Frame = dict[str, Any]


def status(word: str) -> Frame:
    return {"type": "participant_status", "message": {"status": word}}


def delta(text: str) -> Frame:
    return {"type": "message_delta", "message_id": "r-1", "index": 0, "value": text}


def content(kind: str, message_id: str = "m-1", **fields: Any) -> Frame:
    return {"type": "message_notification", "message": {"id": message_id, "content": {"type": kind, **fields}}}


def reply(text: str) -> Frame:
    return content("data_type_message", "r-1", value=text, status="Complete")


def request(message_id: str = "req-1", **fields: Any) -> Frame:
    return content("tool_call_approval", message_id, tool_name="refund_order", arguments={"amount": 25}, **fields)


def result(call: str = "call-1", **fields: Any) -> Frame:
    return content("tool_result", tool_call_id=call, **fields)


IDLE, BUSY, ASKING = status("Idle"), status("Processing"), status("AwaitingApproval")
ACK: Frame = {"type": "post_message", "success": True, "message_id": "m-0"}
ASKED = ApprovalAsked("req-1", "", "refund_order", "", {"amount": 25}, {}, {})
ASKED_TOO = ApprovalAsked("req-2", "", "refund_order", "", {"amount": 25}, {}, {})

ENDINGS: dict[str, tuple[list[Frame], Ending]] = {
    "plain": ([ACK, BUSY, delta("Hel"), delta("lo"), reply("Hello"), IDLE], Replied("Hello")),
    "an idle from connecting comes first": ([IDLE, ACK, BUSY, reply("Hello"), IDLE], Replied("Hello")),
    "no idle after the reply": ([ACK, BUSY, reply("Hello")], Replied("Hello")),
    "deltas and no reply": ([ACK, BUSY, delta("Hel"), delta("lo"), IDLE], Replied("Hello")),
    "an empty reply": ([ACK, BUSY, reply(""), IDLE], Replied("")),
    "thinking and streaming are no replies": (
        [BUSY, content("thinking", content="hm"), content("data_type_message", value="Hel"), reply("Hello"), IDLE],
        Replied("Hello"),
    ),
    "content of a kind that nobody knows": ([BUSY, content("hologram"), reply("Hello"), IDLE], Replied("Hello")),
    "a model error": ([BUSY, content("error_message", error="no quota"), IDLE], Failed("no quota")),
    "an error and no idle": ([BUSY, content("error_message", error="no quota")], Failed("no quota")),
    "an error without words": ([BUSY, content("error_message"), IDLE], Failed("Unknown error")),
    "a failed tool and a reply all the same": (
        [BUSY, result(is_error=True), reply("It failed, sorry"), IDLE],
        Replied("It failed, sorry"),
    ),
    "interrupted before any tool": (
        [content("error_message", error="restarted", code="interrupted", tools_started=False), IDLE],
        Failed("restarted", was_interrupted=True),
    ),
    "interrupted while a tool ran": (
        [content("error_message", error="restarted", code="interrupted", tools_started=True), IDLE],
        Failed("restarted"),
    ),
    "interrupted, and nobody knows about tools": (
        [content("error_message", error="restarted", code="interrupted"), IDLE],
        Failed("restarted"),
    ),
    "paused": ([ACK, BUSY, request(), ASKING], Paused((ASKED,))),
    "paused without saying so": ([ACK, BUSY, request()], Paused((ASKED,))),
    "two requests": ([BUSY, request(), request("req-2"), ASKING], Paused((ASKED, ASKED_TOO))),
    "a request told twice": ([BUSY, request(), request(), ASKING], Paused((ASKED,))),
    "a decided request is repeated on connecting": (
        [request("req-0"), ASKING, BUSY, reply("Hello"), IDLE],
        Replied("Hello"),
    ),
    "the next request after a decided one": ([request("req-0"), ASKING, BUSY, request(), ASKING], Paused((ASKED,))),
}


@pytest.fixture(autouse=True)
def _settle_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "SETTLE_S", 0.05)


@pytest.mark.parametrize(("frames", "ending"), ENDINGS.values(), ids=ENDINGS.keys())
async def test_a_turns_events_come_to_one_ending(frames: list[Frame], ending: Ending) -> None:
    relay = Relay(answered={"req-0"})

    assert await asyncio.wait_for(relay.read(told(frames)), 60) == ending


@pytest.mark.parametrize(
    "frames",
    [[], [ACK], [ACK, BUSY], [IDLE], [BUSY, content("thinking", content="hm")], [request("req-0"), ASKING]],
    ids=["nothing", "the ack", "busy", "idle from connecting", "thinking", "a stale request"],
)
async def test_what_is_not_an_ending_is_waited_through(frames: list[Frame]) -> None:
    relay = Relay(answered={"req-0"})

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(relay.read(told(frames)), 0.3)


async def test_a_lost_connection_is_an_error() -> None:
    async def breaking() -> AsyncIterator[SessionEvent]:
        yield events([BUSY])[0]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await Relay().read(breaking())


async def test_what_became_of_tools_is_kept() -> None:
    relay = Relay()
    frames = [result("call-1", result="refunded 25"), result("call-2", result="no such order", status="Error"), IDLE]

    await relay.read(told([*frames, reply("Hello"), IDLE]))

    assert relay.outcomes == [
        ToolOutcome("call-1", "refunded 25", failed=False),
        ToolOutcome("call-2", "no such order", failed=True),
    ]


async def test_a_request_brings_everything_that_a_card_shows() -> None:
    whole = request(
        tool_call_id="call-1",
        description="Refund an order.",
        arguments_schema={"type": "object"},
        approval_policy={"high_risk": True, "approvers": ["U0ADA"], "approvals_required": 2},
    )

    ending = await Relay().read(told([whole, ASKING]))

    assert ending == Paused(
        (
            ApprovalAsked(
                "req-1",
                "call-1",
                "refund_order",
                "Refund an order.",
                {"amount": 25},
                {"type": "object"},
                {"high_risk": True, "approvers": ["U0ADA"], "approvals_required": 2},
            ),
        )
    )


@pytest.mark.parametrize("nonsense", [None, [], "words", 5])
async def test_a_request_with_nonsense_in_it_is_still_a_request(nonsense: object) -> None:
    broken = content(
        "tool_call_approval", "req-1", tool_name=None, arguments=nonsense, arguments_schema=nonsense, policy=nonsense
    )

    ending = await Relay().read(told([broken, ASKING]))

    assert ending == Paused((ApprovalAsked("req-1", "", "a tool", "", {}, {}, {}),))


# History


def kept(kind: str, message_id: str = "m", *, user: bool = False, parent: str = "", **fields: Any) -> SessionMessage:
    sender = {"user_id": None} if user else {"object_id": "a-1"}
    raw = {"id": message_id, "session_id": "s-1", "sender": sender, "content": {"type": kind, **fields}}
    return SessionMessage.from_dict({**raw, "parent_message_id": parent} if parent else raw)


def said(text: str, *, user: bool = False, state: str = "Complete") -> SessionMessage:
    return kept("data_type_message", user=user, value=text, status=state)


ANSWER_TO_REQ_1 = kept("response_message", user=True, parent="req-1")
REQUEST = kept("tool_call_approval", "req-1", tool_name="refund_order", arguments={"amount": 25})

HISTORIES: dict[str, tuple[list[SessionMessage], Ending | None]] = {
    "nothing yet": ([], None),
    "still streaming": ([said("Hel", state="Streaming")], None),
    "answered": ([kept("thinking"), said("Hello")], Replied("Hello")),
    "the customer's own words are no answer": ([said("anybody?", user=True)], None),
    "failed": ([kept("error_message", error="no quota")], Failed("no quota")),
    "asked": ([REQUEST], Paused((ASKED,))),
    "asked and answered in the history": ([REQUEST, ANSWER_TO_REQ_1], None),
    "asked, answered and over": ([REQUEST, ANSWER_TO_REQ_1, said("Refunded")], Replied("Refunded")),
    "the last word counts": ([kept("error_message", error="once"), said("Hello")], Replied("Hello")),
}


@pytest.mark.parametrize(("history", "ending"), HISTORIES.values(), ids=HISTORIES.keys())
def test_a_turns_history_comes_to_the_same_endings(history: list[SessionMessage], ending: Ending | None) -> None:
    older = [said("hi", user=True), said("An older answer"), said("my message", user=True)]

    assert ending_from([*older, *history], after=2, answered=()) == ending


def test_a_request_that_we_have_answered_does_not_pause_again() -> None:
    assert ending_from([said("hi", user=True), REQUEST], after=0, answered={"req-1"}) is None


def events(frames: Iterable[Frame]) -> list[SessionEvent]:
    found = [parse.event_from(frame, "s-1") for frame in frames]
    return [event for event in found if event is not None]


async def told(frames: Iterable[Frame]) -> AsyncIterator[SessionEvent]:
    """The events of these frames, and then silence."""
    for event in events(frames):
        yield event
    await asyncio.Event().wait()

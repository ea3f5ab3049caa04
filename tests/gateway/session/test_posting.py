"""What is sent, and how its sender learns what became of it."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest

from gateway.events import MessageSender, SessionEvent, SessionEventType, SessionMessage, SessionMessageRole
from gateway.session import (
    Ack,
    Session,
    SessionDisconnectedError,
    SessionError,
    SessionTimeoutError,
    UserSessionMessage,
)
from gateway.session import client as session_client
from tests.gateway.session.scripted import ScriptedPlatform, ack, refuse, silence

REQUEST = SessionEvent(SessionEventType.APPROVAL_REQUEST, "s-1", "p-1")


def file(name: str, mime_type: str, raw_bytes: str) -> dict[str, object]:
    metadata = {"name": name, "mime_type": mime_type}
    return {"type_string": "file", "value": {"raw_bytes": raw_bytes, "metadata": metadata}}


async def test_text_is_posted_as_it_is(platform: ScriptedPlatform, session: Session) -> None:
    await session.send("hello")

    assert await platform.received("post_message") == {
        "type": "post_message",
        "session_id": "s-1",
        "content": "hello",
    }


async def test_text_with_a_mime_type_carries_it(platform: ScriptedPlatform, session: Session) -> None:
    await session.send("# hello", mime_type="text/markdown")

    frame = await platform.received("post_message")
    assert frame["content"] == {"type_string": "text/markdown", "value": "# hello"}


async def test_files_ride_in_the_same_turn(platform: ScriptedPlatform, session: Session, tmp_path: Path) -> None:
    page = tmp_path / "a.html"
    page.write_bytes(b"<p>")

    await session.send("look", files=[page, b"raw", io.BytesIO(b"stream"), io.StringIO("text")])

    frame = await platform.received("post_messages")
    assert frame["messages"] == [
        "look",
        file("a.html", "text/html", "PHA+"),
        file("file", "application/octet-stream", "cmF3"),
        file("file", "application/octet-stream", "c3RyZWFt"),
        file("file", "application/octet-stream", "dGV4dA=="),
    ]


async def test_a_file_alone_is_a_message(platform: ScriptedPlatform, session: Session, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF")

    with path.open("rb") as opened:
        await session.send(opened, filename="b.pdf")

    frame = await platform.received("post_message")
    assert frame["content"] == file("b.pdf", "application/pdf", "JVBERg==")


async def test_a_batch_is_flattened(platform: ScriptedPlatform, session: Session) -> None:
    earlier = SessionMessage("m-0", "s-1", MessageSender(SessionMessageRole.USER), text="said before")
    empty = SessionMessage("m-0", "s-1", MessageSender(SessionMessageRole.USER))
    with_file = UserSessionMessage("two", files=[b"raw"], mime_type="text/plain")

    posted = await session.send_many(["one", with_file, earlier, empty], wait=True)

    frame = await platform.received("post_messages")
    assert frame["messages"] == [
        "one",
        {"type_string": "text/plain", "value": "two"},
        file("file", "application/octet-stream", "cmF3"),
        "said before",
    ]
    assert posted == Ack(("m-0", "m-1", "m-2", "m-3"))


async def test_waiting_gives_the_stored_messages_id(session: Session) -> None:
    posted = await session.send("hello", wait=True)

    assert posted == Ack(("m-1",), duplicate=False)
    assert posted.message_id == "m-1"


async def test_the_callers_own_id_goes_along(platform: ScriptedPlatform, session: Session) -> None:
    platform.rules["post_message"] = lambda frame: ack(frame, message_id="m-1", duplicate=True)

    posted = await session.send("hello", client_message_id="turn-9", wait=True)

    assert platform.of_type("post_message")[0]["client_message_id"] == "turn-9"
    assert posted.duplicate


async def test_a_refused_post_raises_with_its_code(platform: ScriptedPlatform, session: Session) -> None:
    platform.rules["post_message"] = refuse("The message is empty.", "bad_content")

    with pytest.raises(SessionError, match="The message is empty") as caught:
        await session.send("", wait=True)

    assert caught.value.code == "bad_content"
    assert session.is_connected


async def test_an_error_frame_that_names_the_post_refuses_it(platform: ScriptedPlatform, session: Session) -> None:
    platform.rules["post_message"] = lambda frame: [
        {"type": "error", "error": "too much", "code": "too_large", "request_type": "post_message"}
    ]

    with pytest.raises(SessionError, match="too much"):
        await session.send("hello", wait=True)


async def test_acknowledgements_go_to_their_posts_in_order(platform: ScriptedPlatform, session: Session) -> None:
    await session.send("nobody waits for the first")

    second, third = await asyncio.gather(session.send("2", wait=True), session.send("3", wait=True))

    assert (second.message_id, third.message_id) == ("m-2", "m-3")


async def test_a_late_acknowledgement_is_not_taken_for_the_next(
    platform: ScriptedPlatform, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = platform.rules["post_message"]
    platform.rules["post_message"] = silence
    with monkeypatch.context() as patched:
        patched.setattr(session_client, "ANSWER_TIMEOUT_S", 0.05)
        with pytest.raises(SessionTimeoutError):
            await session.send("slow", wait=True)
    await platform.push({"type": "post_message", "session_id": "s-1", "success": True, "message_id": "m-late"})
    platform.rules["post_message"] = answer

    posted = await session.send("next", wait=True)

    assert posted.message_id == "m-2"


async def test_a_post_in_flight_fails_when_the_connection_goes(platform: ScriptedPlatform, session: Session) -> None:
    platform.rules["post_message"] = silence
    posting = asyncio.create_task(session.send("hello", wait=True))
    await platform.received("post_message")

    await platform.cut()

    with pytest.raises(SessionDisconnectedError, match="lost"):
        await posting


async def test_an_approval_is_answered_under_its_request(platform: ScriptedPlatform, session: Session) -> None:
    await session.respond(REQUEST, approved=True)

    assert await platform.received("post_message") == {
        "type": "post_message",
        "session_id": "s-1",
        "parent_message_id": "p-1",
        "content": {"type_string": "response_message", "value": {"tool_call_approval": {"confirm": {}}}},
    }


async def test_edited_arguments_go_along(platform: ScriptedPlatform, session: Session) -> None:
    await session.respond_approval(REQUEST, approved=True, confirm={"amount": 5}, client_message_id="d-1", wait=True)

    frame = await platform.received("post_message")
    assert frame["content"]["value"] == {"tool_call_approval": {"confirm": {"amount": 5}}}
    assert frame["client_message_id"] == "d-1"


@pytest.mark.parametrize(("given", "told"), [("too much", "too much"), (None, "User denied tool call.")])
async def test_a_denial_says_why(platform: ScriptedPlatform, session: Session, given: str | None, told: str) -> None:
    await session.respond_approval(REQUEST, approved=False, deny_reason=given)

    frame = await platform.received("post_message")
    assert frame["content"]["value"] == {"tool_call_approval": {"deny": told}}


async def test_an_answer_to_a_request_without_id_names_no_parent(platform: ScriptedPlatform, session: Session) -> None:
    await session.respond(SessionEvent(SessionEventType.APPROVAL_REQUEST, "s-1"), approved=True)

    assert "parent_message_id" not in await platform.received("post_message")


async def test_a_refused_answer_raises(platform: ScriptedPlatform, session: Session) -> None:
    platform.rules["post_message"] = refuse("amount must be a number", "bad_content")

    with pytest.raises(SessionError, match="amount must be a number"):
        await session.respond_approval(REQUEST, approved=True, confirm={"amount": "x"}, wait=True)


async def test_only_approval_requests_are_answered(session: Session) -> None:
    other = SessionEvent(SessionEventType.TOOL_CALL, "s-1")

    with pytest.raises(TypeError):
        await session.respond(other, approved=True)
    with pytest.raises(TypeError):
        await session.respond_approval(other, approved=True)
    with pytest.raises(TypeError):
        await session.respond(REQUEST)


async def test_text_that_is_no_unicode_is_mended(platform: ScriptedPlatform, session: Session) -> None:
    await session.send("a\ud83d\ude00b\ud800c")

    frame = await platform.received("post_message")
    assert frame["content"] == "a😀b\ufffdc"


async def test_whole_numbers_of_any_size_are_sent(platform: ScriptedPlatform, session: Session) -> None:
    await session.respond_approval(REQUEST, approved=True, confirm={"n": 10**30})

    frame = await platform.received("post_message")
    assert frame["content"]["value"]["tool_call_approval"]["confirm"] == {"n": 10**30}


async def test_messages_of_many_megabytes_are_sent(platform: ScriptedPlatform, session: Session) -> None:
    await session.send("x" * 15_000_000, wait=True)

    assert len(platform.of_type("post_message")[0]["content"]) == 15_000_000

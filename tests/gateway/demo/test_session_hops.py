"""The trace names what happened in the session, and nothing of what was said in it."""

from __future__ import annotations

import orjson

from gateway.demo.session_hops import session_hops
from gateway.domain import ConversationId
from gateway.engine.store.events import Event, EventKind, add_events
from gateway.store.database import Database

SECRET = "my card is 4111"
CALL = {"tool_call_id": "call-1", "tool_name": "refund_order"}


def event(seq: int, kind: EventKind, content: object) -> Event:
    text = content if isinstance(content, str) else orjson.dumps(content).decode()
    return Event(seq, kind, text, created_at=1_700_000_000_000_000 + seq, message_id=f"m{seq}")


async def test_tools_and_decisions_are_named_once_and_words_never(database: Database) -> None:
    await database.execute(
        "INSERT INTO conversations (id, channel, thread_key, address, session_id, created_at, updated_at) "
        "VALUES ('cnv_1', 'sms', '+15550001', '+15550001', 'session-1', 1, 1)"
    )
    await add_events(
        database,
        "session-1",
        [
            event(1, EventKind.SILENT, {"type": "data_type_message", "value": SECRET}),
            event(2, EventKind.STATUS, "Processing"),
            event(3, EventKind.REQUEST, {"type": "tool_call_approval", "arguments": SECRET, **CALL}),
            event(4, EventKind.STATUS, "AwaitingApproval"),
            event(5, EventKind.SILENT, {"type": "response_message", "value": SECRET}),
            event(6, EventKind.MESSAGE, {"type": "tool_call", "arguments": SECRET, **CALL}),
            event(7, EventKind.MESSAGE, {"type": "tool_call", "status": "Complete", **CALL}),
            event(8, EventKind.MESSAGE, {"type": "tool_result", "value": SECRET, **CALL}),
            event(9, EventKind.MESSAGE, {"type": "data_type_message", "value": SECRET}),
        ],
    )

    hops = await session_hops(database, ConversationId("cnv_1"))

    assert [hop.what for hop in hops] == [
        "session.message given",
        "session.asks for approval",
        "session.waits for a decision",
        "session.decision given",
        "tool.called",
        "tool.returned",
        "session.answered",
    ]
    assert SECRET not in str(hops)


async def test_a_conversation_without_a_session_adds_nothing(database: Database) -> None:
    assert await session_hops(database, ConversationId("cnv_2")) == ()

"""One WebSocket: reads frames in order, answers each, and hears what its sessions have to tell.

The reading loop waits for the database, never for a turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, assert_never

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from gateway.engine.connections.outbox import Outbox
from gateway.engine.connections.seat import Seat
from gateway.engine.errors import Refused
from gateway.engine.listeners.hub import Hub
from gateway.engine.protocol import frames
from gateway.engine.protocol.contents import Answer, Item, parse_content, require_substance
from gateway.engine.protocol.history import history_frame
from gateway.engine.sessions import Acknowledge, Post, Posted, Sessions
from gateway.store.database import DatabaseUnavailable

log = structlog.get_logger(__name__)

MAX_FRAME_BYTES = 16 * 1024 * 1024
WITHOUT_SESSION = timedelta(seconds=60)  # sockets that have no session are closed after this time
NORMAL_CLOSURE = 1000


class Socket:
    """A client's connection, and its seats in sessions."""

    def __init__(self, websocket: WebSocket, owner: str, sessions: Sessions, hub: Hub) -> None:
        self._websocket = websocket
        self._owner = owner
        self._sessions = sessions
        self._hub = hub
        self._outbox = Outbox(websocket)
        self._seats: dict[str, Seat] = {}
        self._idle_timer: asyncio.TimerHandle | None = None

    async def serve(self) -> None:
        """Until the client leaves."""
        await self._websocket.accept()
        self._watch_idleness()
        try:
            while True:
                await self._take(await self._websocket.receive())
                await self._outbox.settle()
        except WebSocketDisconnect:
            return
        finally:
            await self._leave()

    async def _take(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect
        frame: Mapping[str, Any] = {}
        try:
            frame = frames.read_object(_text_of(message))
            await self._answer(frames.parse_frame(frame))
        except Refused as refusal:
            self._outbox.put(frames.refused(frame, refusal))
        except DatabaseUnavailable:
            self._outbox.put(frames.refused(frame, Refused("unavailable", "The engine cannot reach its database.")))
        except Exception as error:  # noqa: BLE001  # a request's boundary: the socket outlives what we did not foresee
            log.error("socket.frame_broken", request_type=str(frame.get("type"))[:40], error=type(error).__name__)
            self._outbox.put(frames.refused(frame, Refused("internal", "The engine could not do this.")))

    async def _answer(self, frame: frames.ClientFrame) -> None:
        match frame:
            case frames.CreateSession(object_type, object_id):
                session_id = await self._sessions.create(self._owner, object_type, object_id)
                self._outbox.put(frames.session_created(session_id))
            case frames.ConnectSession(session_id, after_seq):
                await self._connect(session_id, after_seq)
            case frames.PostMessage():
                await self._post_message(frame)
            case frames.PostMessages(session_id, contents):
                await self._require_seat(session_id)
                items = [_require_item(parse_content(content)) for content in contents]
                await self._post(frame, items, self._acknowledge_many(session_id))
            case frames.GetMessages(session_id):
                seat = await self._require_seat(session_id)
                self._outbox.put(await self._history(session_id, seat.agent_id))
            case frames.PingSession(session_id):
                seat = await self._require_seat(session_id)
                self._outbox.put(frames.pong(session_id))
                await seat.repeat_at_ping()
            case frames.DisconnectSession(session_id):
                await self._require_seat(session_id)
                self._detach(session_id)
                self._outbox.put(frames.acknowledged("disconnect_session", session_id))
            case frames.TerminateSession(session_id):
                await self._require_seat(session_id)
                await self._sessions.terminate(self._owner, session_id)
                self._outbox.put(frames.acknowledged("terminate_session", session_id))
            case _:
                assert_never(frame)

    async def _connect(self, session_id: str, after_seq: int | None) -> None:
        seat = Seat(session_id, self._owner, self._sessions, self._hub, self._outbox)
        former = self._seats.get(session_id)
        await seat.take(after_seq, former)
        self._seats[session_id] = seat
        self._watch_idleness()

    async def _post_message(self, frame: frames.PostMessage) -> None:
        await self._require_seat(frame.session_id)
        content = parse_content(frame.content)
        acknowledge = self._acknowledge_one(frame.session_id)
        if isinstance(content, Answer):
            await self._sessions.answer(self._owner, frame.session_id, frame.parent_message_id, content, acknowledge)
        else:
            await self._post(frame, [content], acknowledge)

    async def _post(
        self, frame: frames.PostMessage | frames.PostMessages, items: list[Item], acknowledge: Acknowledge
    ) -> None:
        require_substance(items)
        post = Post(items, frame.client_message_id, frame.assurance)
        await self._sessions.post(self._owner, frame.session_id, post, acknowledge)

    async def _history(self, session_id: str, agent_id: str) -> str:
        recorded = [
            *await self._sessions.events_after(session_id, 0),
            *await self._sessions.waiting_messages(session_id),
        ]
        return history_frame(session_id, agent_id, recorded)

    def _acknowledge_one(self, session_id: str) -> Acknowledge:
        def acknowledge(posted: Posted) -> None:
            fields: dict[str, object] = {"message_id": posted.message_ids[0]}
            self._outbox.put(frames.acknowledged("post_message", session_id, **fields, **_repeated(posted)))

        return acknowledge

    def _acknowledge_many(self, session_id: str) -> Acknowledge:
        def acknowledge(posted: Posted) -> None:
            fields: dict[str, object] = {"message_ids": posted.message_ids}
            self._outbox.put(frames.acknowledged("post_messages", session_id, **fields, **_repeated(posted)))

        return acknowledge

    async def _require_seat(self, session_id: str) -> Seat:
        seat = self._seats.get(session_id)
        if seat is not None:
            return seat
        await self._sessions.find(self._owner, session_id)
        raise Refused("not_attached", "This connection has not connected to that session.")

    def _detach(self, session_id: str) -> None:
        self._seats.pop(session_id).leave()
        self._watch_idleness()

    def _watch_idleness(self) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None
        if not self._seats:
            loop = asyncio.get_running_loop()
            self._idle_timer = loop.call_later(WITHOUT_SESSION.total_seconds(), self._outbox.shut, NORMAL_CLOSURE)

    async def _leave(self) -> None:
        for seat in self._seats.values():
            seat.leave()
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        await self._outbox.close()


def _text_of(message: Mapping[str, Any]) -> str:
    text = message.get("text")
    if not isinstance(text, str):
        raise Refused("bad_frame", "Frames are text, not binary.")
    if len(text) > MAX_FRAME_BYTES or (len(text) > MAX_FRAME_BYTES // 4 and len(text.encode()) > MAX_FRAME_BYTES):
        raise Refused("too_large", f"Frames may have {MAX_FRAME_BYTES} bytes at most.")
    return text


def _require_item(content: Item | Answer) -> Item:
    if isinstance(content, Answer):
        raise Refused("bad_content", "An answer to an approval request is posted alone.")
    return content


def _repeated(posted: Posted) -> dict[str, object]:
    return {"duplicate": True} if posted.is_repeated else {}

"""A session with an agent: post messages, listen to events, answer approval requests, read the history.

Names and behaviour as in the guide. Beyond it: a lost connection is an error wherever somebody waits, no event is
dropped, posts can wait for their acknowledgement, and a platform that knows them recognises a repeat by its
`client_message_id` and heeds how sure we are of who wrote (`assurance`). It needs none of these extras.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self, overload

from gateway.events import SessionEvent, SessionEventType, SessionMessage
from gateway.session import compose, parse
from gateway.session.address import Address
from gateway.session.compose import ApprovalResponse, Content, File, JsonObject, SendManyItem, UserSessionMessage
from gateway.session.errors import SessionDisconnectedError, SessionError, SessionTimeoutError, again
from gateway.session.requests import Requests
from gateway.session.subscription import Subscription
from gateway.session.wire import Wire, open_socket

ANSWER_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Ack:
    """The platform has stored what was posted. `duplicate`: it had been posted before, or answered by somebody else."""

    message_ids: tuple[str, ...]
    duplicate: bool = False

    @property
    def message_id(self) -> str | None:
        return self.message_ids[0] if self.message_ids else None


class Session:
    """A conversation with one agent, over one WebSocket.

    New with `owner_type` and `owner_id` (see `Agent.create_session`), resumed with `session_id` alone. Use it as an
    async context manager. `after_seq` asks a platform that counts its frames for those that were missed since.
    """

    def __init__(
        self,
        *,
        owner_type: str = "",
        owner_id: str = "",
        session_id: str | None = None,
        api_key: str | None = None,
        base_url: str | None = None,
        ws_url: str | None = None,
        after_seq: int | None = None,
        ping_interval_s: float = 5.0,
        deaf_after_s: float = 20.0,
    ) -> None:
        self._owner = (owner_type, owner_id)
        self._session_id = session_id
        self._address = Address(api_key, base_url, ws_url)
        self._last_seq = after_seq
        self._ping_interval_s = ping_interval_s
        self._deaf_after_s = deaf_after_s
        self._wire: Wire | None = None
        self._end: SessionDisconnectedError | None = None
        self._subscriptions: list[Subscription] = []
        self._requests = Requests()

    @property
    def session_id(self) -> str | None:
        """The id under which the session can be resumed; None before it is created."""
        return self._session_id

    @property
    def last_seq(self) -> int | None:
        """The number of the newest frame seen, where the platform counts them: the next session's `after_seq`."""
        return self._last_seq

    @property
    def is_connected(self) -> bool:
        return self._wire is not None

    async def connect(self) -> Self:
        """Open the socket and create or resume the session. Raises SessionError when the platform refuses."""
        if self._wire is not None:
            return self
        if not self._session_id and not all(self._owner):
            raise SessionError("a new session needs owner_type and owner_id; to resume one, give its session_id")
        socket = await open_socket(self._address.socket(), self._address.headers())
        self._end = None
        self._wire = Wire(
            socket,
            on_object=self._receive,
            on_end=self._finish,
            ping_frame=self._ping_frame,
            ping_interval_s=self._ping_interval_s,
            deaf_after_s=self._deaf_after_s,
        )
        try:
            await self._attach()
        except BaseException:
            await self._close()
            raise
        return self

    async def disconnect(self) -> None:
        """Leave; the session goes on without us and can be resumed."""
        await self._close("disconnect_session")

    async def terminate(self) -> None:
        """End what runs and leave. The session keeps its history and can still be resumed."""
        await self._close("terminate_session")

    @overload
    async def send(
        self,
        content: Content,
        *,
        files: Sequence[File] | None = None,
        mime_type: str | None = None,
        filename: str | None = None,
        client_message_id: str | None = None,
        assurance: str | None = None,
        wait: Literal[False] = False,
    ) -> None: ...

    @overload
    async def send(
        self,
        content: Content,
        *,
        files: Sequence[File] | None = None,
        mime_type: str | None = None,
        filename: str | None = None,
        client_message_id: str | None = None,
        assurance: str | None = None,
        wait: Literal[True],
    ) -> Ack: ...

    async def send(
        self,
        content: Content,
        *,
        files: Sequence[File] | None = None,
        mime_type: str | None = None,
        filename: str | None = None,
        client_message_id: str | None = None,
        assurance: str | None = None,
        wait: bool = False,
    ) -> Ack | None:
        """Post one message, its files in the same turn. With `wait`, return when the platform has stored it."""
        if files:
            message = UserSessionMessage(content, files, mime_type, filename)
            return await self._post_batch([message], client_message_id, assurance, wait=wait)
        self._ensure_connected()
        if isinstance(content, str):
            encoded = compose.content(content, mime_type=mime_type)
        else:
            encoded = await asyncio.to_thread(compose.content, content, mime_type=mime_type, filename=filename)
        return await self._post(
            "post_message", wait, content=encoded, client_message_id=client_message_id, assurance=assurance
        )

    @overload
    async def send_many(
        self,
        messages: Sequence[SendManyItem],
        *,
        client_message_id: str | None = None,
        assurance: str | None = None,
        wait: Literal[False] = False,
    ) -> None: ...

    @overload
    async def send_many(
        self,
        messages: Sequence[SendManyItem],
        *,
        client_message_id: str | None = None,
        assurance: str | None = None,
        wait: Literal[True],
    ) -> Ack: ...

    async def send_many(
        self,
        messages: Sequence[SendManyItem],
        *,
        client_message_id: str | None = None,
        assurance: str | None = None,
        wait: bool = False,
    ) -> Ack | None:
        """Post several messages as one turn."""
        return await self._post_batch(messages, client_message_id, assurance, wait=wait)

    async def respond(
        self,
        event: SessionEvent,
        *,
        approved: bool | None = None,
        confirm: Mapping[str, Any] | None = None,
        deny_reason: str | None = None,
    ) -> None:
        """Answer an event that asks for something: so far only approval requests do."""
        if event.type is not SessionEventType.APPROVAL_REQUEST:
            raise TypeError(f"an event of type {event.type} cannot be answered, only APPROVAL_REQUEST can")
        if approved is None:
            raise TypeError("an approval request is answered with approved=True or approved=False")
        await self.respond_approval(event, approved=approved, confirm=confirm, deny_reason=deny_reason)

    @overload
    async def respond_approval(
        self,
        event: SessionEvent,
        *,
        approved: bool,
        confirm: Mapping[str, Any] | None = None,
        deny_reason: str | None = None,
        client_message_id: str | None = None,
        wait: Literal[False] = False,
    ) -> None: ...

    @overload
    async def respond_approval(
        self,
        event: SessionEvent,
        *,
        approved: bool,
        confirm: Mapping[str, Any] | None = None,
        deny_reason: str | None = None,
        client_message_id: str | None = None,
        wait: Literal[True],
    ) -> Ack: ...

    async def respond_approval(
        self,
        event: SessionEvent,
        *,
        approved: bool,
        confirm: Mapping[str, Any] | None = None,
        deny_reason: str | None = None,
        client_message_id: str | None = None,
        wait: bool = False,
    ) -> Ack | None:
        """Answer an approval request; `confirm` replaces arguments by name, `deny_reason` is told to the agent.

        With `wait`, an answer that the platform refuses (unknown argument, wrong type) raises SessionError, and one
        that came after another is an `Ack` with `duplicate`.
        """
        if event.type is not SessionEventType.APPROVAL_REQUEST:
            raise TypeError(f"an APPROVAL_REQUEST is needed, not an event of type {event.type}")
        self._ensure_connected()
        return await self._post(
            "post_message",
            wait,
            content=compose.approval_answer(ApprovalResponse(approved, confirm, deny_reason)),
            parent_message_id=event.message_id,
            client_message_id=client_message_id,
        )

    def subscribe(self, *, event_types: Collection[SessionEventType] | None = None, maxsize: int = 0) -> Subscription:
        """Events from now on, kept until they are read. Before `connect` it sees the very first ones too."""
        if self._end is not None:
            raise again(self._end)
        subscription = Subscription(self._unsubscribe, event_types=event_types, maxsize=maxsize)
        self._subscriptions.append(subscription)
        return subscription

    async def listen(
        self, *, event_types: Collection[SessionEventType] | None = None, maxsize: int = 0
    ) -> AsyncGenerator[SessionEvent, None]:
        """Events from the first step of the loop on. Ends on `disconnect`; a lost connection raises."""
        self._ensure_connected()
        with self.subscribe(event_types=event_types, maxsize=maxsize) as events:
            async for event in events:
                yield event

    async def get_messages(self) -> list[SessionMessage]:
        """The whole history, oldest first."""
        self._ensure_connected()
        answer = await self._ask(compose.frame("get_messages", self._session_id))
        messages = answer.get("messages")
        listed = messages if isinstance(messages, list) else []
        return [SessionMessage.from_dict(message) for message in listed if isinstance(message, dict)]

    async def __aenter__(self) -> Self:
        return await self.connect()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.disconnect()

    def __await__(self) -> Generator[Any, None, Self]:
        return self.connect().__await__()

    # Connecting and leaving

    async def _attach(self) -> None:
        if not self._session_id:
            object_type, object_id = self._owner
            created = await self._ask(
                compose.frame("create_session", None, object_type=object_type, object_id=object_id)
            )
            self._session_id = str(created.get("session_id") or "") or None
        await self._ask(compose.frame("connect_session", self._session_id, after_seq=self._last_seq))

    async def _close(self, farewell: str | None = None) -> None:
        if self._wire is not None:
            wire, self._wire = self._wire, None
            named = farewell and self._session_id
            await wire.close(compose.frame(farewell, self._session_id) if farewell and named else None)

    def _finish(self, error: SessionDisconnectedError | None) -> None:
        """Everybody who waits is told: by an error, or quietly when we left on purpose."""
        self._wire = None
        self._end = error or SessionDisconnectedError("the session was disconnected")
        self._requests.fail(self._end)
        for subscription in self._subscriptions:
            subscription.end(error and again(error))
        self._subscriptions.clear()

    def _ensure_connected(self) -> Wire:
        if self._wire is None:
            raise again(self._end) if self._end else SessionDisconnectedError("the session is not connected")
        return self._wire

    def _unsubscribe(self, subscription: Subscription) -> None:
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)

    def _ping_frame(self) -> JsonObject | None:
        return compose.frame("ping_session", self._session_id) if self._session_id else None

    # Requests and their answers

    async def _post_batch(
        self, messages: Sequence[SendManyItem], client_message_id: str | None, assurance: str | None, *, wait: bool
    ) -> Ack | None:
        self._ensure_connected()
        encoded = await asyncio.to_thread(compose.contents, messages)
        return await self._post(
            "post_messages", wait, messages=encoded, client_message_id=client_message_id, assurance=assurance
        )

    async def _post(self, kind: str, wait: bool, **fields: Any) -> Ack | None:
        request = compose.frame(kind, self._session_id, **fields)
        if not wait:
            self._requests.expect_unheard(kind)
            await self._ensure_connected().send(request)
            return None
        ack = await self._ask(request)
        return Ack(parse.message_ids(ack), duplicate=ack.get("duplicate") is True)

    async def _ask(self, request: JsonObject) -> JsonObject:
        """Send a frame and wait for its answer."""
        kind = request["type"]
        wire = self._ensure_connected()
        answer = self._requests.expect(kind)
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                await wire.send(request)
                return await answer
        except TimeoutError:
            raise SessionTimeoutError(f"no answer to {kind} within {ANSWER_TIMEOUT_S:g} s", code="timeout") from None
        finally:
            _ = answer.cancelled() or answer.cancel() or answer.exception()

    def _receive(self, frame: JsonObject) -> None:
        seq = frame.get("seq")
        if type(seq) is int:
            self._last_seq = seq
        self._requests.take(frame)
        event = parse.event_from(frame, self._session_id or "")
        if event is not None:
            for subscription in self._subscriptions:
                subscription.put(event)

"""A connection's seat in a session: what it missed, what it hears, and the reminder of an approval that is pending."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

from gateway.engine.connections.outbox import Outbox
from gateway.engine.errors import Refused
from gateway.engine.listeners.hub import Attachment, Hub
from gateway.engine.listeners.telling import tell_all
from gateway.engine.protocol import frames
from gateway.engine.sessions import Sessions
from gateway.engine.store.sessions import SessionState
from gateway.store.database import DatabaseUnavailable

REPEAT_AFTER = timedelta(milliseconds=250)  # what comes in the same breath as the ack reaches no listener yet


class Seat:
    """Taken by `connect_session`, left by `disconnect_session` or the end of the connection."""

    def __init__(self, session_id: str, owner: str, sessions: Sessions, hub: Hub, outbox: Outbox) -> None:
        self.session_id = session_id
        self.agent_id = ""
        self._owner = owner
        self._sessions = sessions
        self._hub = hub
        self._outbox = outbox
        self._attachment = Attachment(session_id, outbox.put)
        self._reminder: asyncio.Task[None] | None = None
        self._reminds_at_ping = False

    async def take(self, after_seq: int | None, former: Seat | None) -> None:
        """Attach, acknowledge, and tell what was missed. `former` is the seat that this one replaces."""
        self._attachment.hold()
        self._hub.attach(self._attachment)
        try:
            session = await self._sessions.find(self._owner, self.session_id)
            missed = [] if after_seq is None else await self._sessions.events_after(self.session_id, after_seq)
        except BaseException:
            self._hub.detach(self._attachment)
            raise
        self.agent_id = session.agent_id
        self._attachment.last_seq = session.seq if after_seq is None else min(after_seq, session.seq)
        if former is not None:
            former.leave()
            if after_seq is None:
                self._attachment.last_seq = former._attachment.last_seq
        self._outbox.put(frames.acknowledged("connect_session", self.session_id, last_seq=session.seq))
        self._attachment.catch_up(tell_all(self.session_id, self.agent_id, missed))
        if after_seq is None and session.state is not SessionState.IDLE:
            self._reminds_at_ping = session.state is SessionState.AWAITING
            self._reminder = asyncio.create_task(self._remind_soon())

    async def repeat_at_ping(self) -> None:
        """Repeat a request that is still pending at the first ping."""
        if self._reminds_at_ping:
            self._reminds_at_ping = False
            await self._remind()

    def leave(self) -> None:
        self._hub.detach(self._attachment)
        if self._reminder is not None:
            self._reminder.cancel()

    async def _remind_soon(self) -> None:
        await asyncio.sleep(REPEAT_AFTER.total_seconds())
        with suppress(Refused, DatabaseUnavailable):  # the first ping may do better
            await self._remind()

    async def _remind(self) -> None:
        """Say again what the session is busy with, unless it has moved on."""
        session = await self._sessions.find(self._owner, self.session_id)
        request = await self._sessions.pending_request(session)
        status = await self._sessions.last_status(self.session_id)
        if session.state is SessionState.IDLE or status is None or self._attachment.idle_seq >= status.seq:
            return
        for told in tell_all(self.session_id, self.agent_id, [request, status] if request else [status]):
            self._outbox.put(told.frame)

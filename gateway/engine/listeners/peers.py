"""The other engine processes on the same database: what happens here is told to listeners there, and the reverse.

Recorded events are announced by their numbers, in the transaction that records them, and read from their rows by
whoever has listeners. Deltas, which have no rows, are carried along themselves, joined to a few messages a second. With
nobody else on the database nothing is said at all.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import structlog

from gateway.engine.clock import now_us
from gateway.engine.listeners.hub import Hub
from gateway.engine.listeners.telling import Delta, publish, publish_delta
from gateway.engine.store import events, processes, sessions
from gateway.engine.store.events import Event
from gateway.engine.store.sessions import SessionPosition
from gateway.store.database import Database, DatabaseUnavailable, Statements

log = structlog.get_logger(__name__)

CHANNEL = "frontdesk_engine"
DELTA_INTERVAL = timedelta(milliseconds=50)
SESSIONS_PER_QUERY = 500


class Peers:
    """What this process says to the others and hears from them."""

    def __init__(self, db: Database, hub: Hub, process_id: str, database_url: str) -> None:
        self.process_id = process_id
        self._db = db
        self._database_url = database_url
        self._hub = hub
        self._others = 0
        self._deltas: dict[str, list[Delta]] = {}
        self._behind: Mapping[str, SessionPosition] = {}
        self._in_flight: frozenset[str] = frozenset()
        self._sending = asyncio.Lock()
        self._waiting_deltas = asyncio.Event()
        self._heard: asyncio.Queue[str | None] = asyncio.Queue()
        self._stop_turn: Callable[[str, int], None] = lambda _session_id, _fence: None

    @asynccontextmanager
    async def listening(self, stop_turn: Callable[[str, int], None]) -> AsyncIterator[None]:
        """Hear the others while the block runs; `stop_turn` is told of turns that were taken from us."""
        if self._db.dialect == "sqlite":  # one engine process at a time
            yield
            return
        from gateway.store.notify import listening  # asyncpg is an extra

        self._stop_turn = stop_turn
        async with AsyncExitStack() as stack:
            hear, missed = self._heard.put_nowait, lambda: self._heard.put_nowait(None)
            await stack.enter_async_context(listening(self._database_url, CHANNEL, hear, missed))
            tasks = [asyncio.create_task(self._keep_hearing()), asyncio.create_task(self._keep_telling_deltas())]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)

    # Saying

    async def introduce(self) -> None:
        """Tell the others that we are here."""
        await self._count_others()
        if self._others:
            await self._say(self._db, {})

    async def announce(self, tx: Statements, session_id: str, agent_id: str, recorded: Sequence[Event]) -> None:
        """Say in the transaction that records these events that they are there."""
        if not self._others or not recorded:
            return
        if session_id in self._in_flight:
            async with self._sending:  # deltas that are being said come first
                pass
        deltas = _on_the_wire(self._deltas.pop(session_id, []))
        numbers = [recorded[0].seq, recorded[-1].seq]
        await self._say(tx, {"session": session_id, "deltas": deltas, "agent": agent_id, "events": numbers})

    def tell_delta(self, session_id: str, delta: Delta) -> None:
        if self._others:
            self._deltas.setdefault(session_id, []).append(delta)
            self._waiting_deltas.set()

    async def stop_turn(self, tx: Statements, session_id: str, fence: int) -> None:
        """Say that the turn with this fence is nobody's any more."""
        if self._others:
            await self._say(tx, {"session": session_id, "taken": fence})

    async def beat(self) -> None:
        """Once every few seconds: see who is there, and tell what we should have heard of since the last time."""
        if self._db.dialect == "sqlite":
            return
        await self._count_others()
        if self._others:
            await self._catch_up(self._behind)
            self._behind = await self._positions()

    async def _say(self, db: Statements, message: dict[str, Any]) -> None:
        from gateway.store.notify import notify

        await notify(db, CHANNEL, json.dumps({"from": self.process_id, **message}))

    async def _count_others(self) -> None:
        self._others = await processes.count_others(self._db, self.process_id, now_us())

    async def _keep_telling_deltas(self) -> None:
        while True:
            await self._waiting_deltas.wait()
            await asyncio.sleep(DELTA_INTERVAL.total_seconds())
            self._waiting_deltas.clear()
            async with self._sending:
                deltas, self._deltas = self._deltas, {}
                self._in_flight = frozenset(deltas)
                try:
                    async with self._db.transaction() as tx:
                        for session_id, told in deltas.items():
                            await self._say(tx, {"session": session_id, "deltas": _on_the_wire(told)})
                except DatabaseUnavailable:
                    log.warning("peers.deltas_untold", sessions=len(deltas))
                finally:
                    self._in_flight = frozenset()

    # Hearing

    async def _keep_hearing(self) -> None:
        while True:
            message = await self._heard.get()
            try:
                if message is None:
                    await self._catch_up(await self._positions())
                else:
                    await self._take(json.loads(message))
            except DatabaseUnavailable:
                log.warning("peers.message_lost")  # the next beat catches up
            except Exception as error:  # noqa: BLE001  # one message that we cannot read must not deafen us
                log.error("peers.message_broken", error=type(error).__name__)

    async def _take(self, message: dict[str, Any]) -> None:
        if message["from"] == self.process_id:
            return
        session_id = message.get("session")
        if session_id is None:
            await self._count_others()
        elif "taken" in message:
            self._stop_turn(session_id, message["taken"])
        elif self._hub.has_listeners(session_id):
            for delta in message.get("deltas", ()):
                publish_delta(self._hub, session_id, Delta(*delta))
            if "events" in message:
                await self._tell_recorded(session_id, message["agent"], *message["events"])

    async def _tell_recorded(self, session_id: str, agent_id: str, first: int, last: int) -> None:
        recorded = await events.list_events_between(self._db, session_id, first, last)
        publish(self._hub, session_id, agent_id, recorded)

    async def _positions(self) -> dict[str, SessionPosition]:
        """Sessions with listeners here that do not know of all that is recorded."""
        known = dict(self._hub.last_seqs())
        ids = list(known)
        chunks = [ids[start : start + SESSIONS_PER_QUERY] for start in range(0, len(ids), SESSIONS_PER_QUERY)]
        return {
            position.session_id: position
            for chunk in chunks
            for position in await sessions.list_positions(self._db, chunk)
            if position.seq > known[position.session_id]
        }

    async def _catch_up(self, behind: Mapping[str, SessionPosition]) -> None:
        """Tell our listeners what was recorded without our hearing of it."""
        for session_id, known in self._hub.last_seqs():
            if (position := behind.get(session_id)) and position.seq > known:
                await self._tell_recorded(session_id, position.agent_id, known + 1, position.seq)
                self._hub.skip_to(session_id, position.seq)


def _on_the_wire(deltas: Sequence[Delta]) -> list[list[object]]:
    return [[delta.seq, delta.message_id, delta.index, delta.value] for delta in deltas]

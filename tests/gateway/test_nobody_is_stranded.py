"""Any order of arrivals, claims, decisions, deaths and take-overs leaves somebody to look at what waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.staff import ApprovalState
from gateway.domain import Approval, ConversationId, Turn, TurnState, new_id
from gateway.errors import LeaseLost
from gateway.leases import Leases
from gateway.relay import Paused, Replied
from gateway.store import approvals, conversations
from gateway.store.conversations import Claimed
from gateway.store.database import Database
from tests.gateway.world import World, a_text, asked

WORKERS = ("a", "b")


@pytest.fixture
def database_kind() -> str:
    """The statements are the same on both; what differs is tried elsewhere."""
    return "sqlite"


class Story:
    """One conversation, two workers. A worker sees what it saw when it claimed, as the real ones do."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.thread = new_id("thread")
        self.leases = {name: Leases(world.db, clock=world.clock) for name in WORKERS}
        self.held: dict[str, Claimed] = {}
        self.turns: dict[str, Turn] = {}
        self.undecided_when_claimed: dict[str, bool] = {}

    async def possible(self) -> list[tuple[str, str]]:
        """What may happen next, and by whom; what the world does of itself is put to `a`."""
        undecided = await self._undecided()
        steps = [("arrive", "a"), ("wait long", "a"), *([("decide", "a")] * 2 if undecided else [])]
        for worker in WORKERS:
            running = worker in self.turns and not self.undecided_when_claimed[worker]
            idle = ["claim"] if worker not in self.held else ["die", "renew"] + ["reply", "pause"] * running
            steps += [(name, worker) for name in idle]
            steps += [("go on", worker)] * (2 if worker in self.held and not running else 0)
        return steps

    async def step(self, name: str, worker: str) -> None:
        self.world.clock.advance(timedelta(microseconds=7))
        try:
            await getattr(self, f"_{name.replace(' ', '_')}")(worker)
        except LeaseLost:
            self._forget(worker)

    async def _arrive(self, _worker: str) -> None:
        await self.world.inbound.accept(a_text("hello", new_id("SM"), thread_key=self.thread))

    async def _claim(self, worker: str) -> None:
        conversation_id = await self.conversation_id()
        if conversation_id is None or worker in self.held:
            return
        self.world.clock.advance(timedelta(seconds=1.3))
        claimed = await self.leases[worker].claim(conversation_id)
        if claimed is None:
            return
        self.held[worker] = claimed
        if claimed.open_turn_id is not None:
            self.turns[worker] = await self.world.turn(claimed.open_turn_id)
        self.undecided_when_claimed[worker] = bool(await self._undecided())

    async def _go_on(self, worker: str) -> None:
        """Start what waits, or leave where nothing can be done."""
        claimed = self.held.get(worker)
        if claimed is None:
            return
        turn = self.turns.get(worker)
        if turn is not None and turn.state is TurnState.PAUSED and self.undecided_when_claimed[worker]:
            await self.world.outcomes.wait_on(claimed, turn)
            self._forget(worker)
        elif turn is None and claimed.conversation.arrived == claimed.conversation.taken:
            await self.world.outcomes.leave(claimed)
            self._forget(worker)
        elif turn is None:
            self.turns[worker] = await self.world.start_turn(claimed)

    async def _pause(self, worker: str) -> None:
        await self._conclude(worker, Paused((asked(new_id("req")),)))

    async def _reply(self, worker: str) -> None:
        await self._conclude(worker, Replied("hello"))

    async def _conclude(self, worker: str, ending: Paused | Replied) -> None:
        turn = self.turns.get(worker)
        if turn is None or self.undecided_when_claimed[worker]:
            return
        await self.world.outcomes.conclude(self.held[worker], turn, ending, posted=1, tools=())
        self._forget(worker)

    async def _die(self, worker: str) -> None:
        self._forget(worker)

    async def _decide(self, _worker: str) -> None:
        for approval in await self._undecided():
            await self.world.press(approval)

    async def _renew(self, worker: str) -> None:
        await self.leases[worker]._renew()

    async def _wait_long(self, _worker: str) -> None:
        self.world.clock.advance(timedelta(seconds=16))

    async def is_somebody_needed(self) -> bool:
        """A message belongs to no turn, or a turn is open that does not wait for people."""
        undecided = bool(await self._undecided())
        row = await self._row()
        return not undecided and (row["arrived"] > row["taken"] or row["open_turn_id"] is not None)

    async def is_somebody_coming(self) -> bool:
        return (await self._row())["due_at"] is not None

    async def finish(self) -> None:
        """Everybody dies; one worker lives on, and people decide."""
        for worker in WORKERS:
            self._forget(worker)
        for _ in range(20):
            for step in ("decide", "wait long", "claim", "go on", "reply"):
                await self.step(step, "a")

    async def conversation_id(self) -> ConversationId | None:
        rows = await self.world.rows("SELECT id FROM conversations WHERE thread_key = $1", self.thread)
        return ConversationId(rows[0]["id"]) if rows else None

    async def _row(self) -> dict[str, Any]:
        return await self.world.row(
            "SELECT arrived, taken, due_at, open_turn_id FROM conversations WHERE thread_key = $1", self.thread
        )

    async def _undecided(self) -> list[Approval]:
        rows = await self.world.rows(
            """
            SELECT a.id FROM approvals a JOIN conversations c ON c.open_turn_id = a.turn_id
            WHERE c.thread_key = $1 AND a.state = $2
            """,
            self.thread,
            ApprovalState.PENDING,
        )
        return [await self.world.approval(row["id"]) for row in rows]

    def _forget(self, worker: str) -> None:
        for memory in (self.held, self.turns, self.undecided_when_claimed):
            memory.pop(worker, None)


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whoever_writes_is_answered_in_the_end(database: Database, data: st.DataObject) -> None:
    story = Story(World(database))
    await story.step("arrive", "a")

    for _ in range(data.draw(st.integers(1, 30), label="how many steps")):
        name, worker = data.draw(st.sampled_from(await story.possible()), label="step")
        await story.step(name, worker)
        assert await story.is_somebody_coming() or not await story.is_somebody_needed()
    await story.finish()

    row = await story._row()
    assert (row["taken"], row["due_at"], row["open_turn_id"]) == (row["arrived"], None, None)


async def test_what_a_late_worker_leaves_behind_is_looked_at(database: Database) -> None:
    story = Story(World(database))
    for step in ("arrive", "claim", "go on", "arrive", "wait long", "die", "claim", "wait long", "pause"):
        await story.step(step, "a")

    assert await story.is_somebody_coming()


@given(cut=st.integers(1, 9))
@settings(max_examples=9, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_every_message_belongs_to_exactly_one_turn(database: Database, cut: int) -> None:
    story = Story(World(database))
    for _ in range(cut):
        await story.step("arrive", "a")
    await story.finish()
    for _ in range(10 - cut):
        await story.step("arrive", "b")
    await story.finish()

    conversation_id = await story.conversation_id()
    assert conversation_id is not None
    turns = await story.world.rows(
        "SELECT first_position, last_position FROM turns WHERE conversation_id = $1 ORDER BY first_position",
        conversation_id,
    )
    covered = [position for turn in turns for position in range(turn["first_position"], turn["last_position"] + 1)]
    assert covered == list(range(1, 11))
    assert await approvals.newest(story.world.db, limit=1) == []
    assert await conversations.due_time(story.world.db, conversation_id) is None

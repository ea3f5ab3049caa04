"""Any order of customers, agents, staff, hand-backs, deaths and a Slack that is away: one voice at a time, no note to
a customer, nothing lost, nothing doubled, and no state that the table of moves does not allow.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.staff import CardRef, HandoffState, StaffMessage
from gateway.domain import HANDOFF_MOVES, ConversationId, Holder, Turn, new_id
from gateway.errors import LeaseLost
from gateway.leases import LEASE, Leases
from gateway.relay import Ending, Failed, HandedOver, Replied
from gateway.store import conversations, handoffs
from gateway.store.conversations import Claimed
from gateway.store.database import Database
from tests.gateway.world import World

STEPS = (
    "customer writes",
    "worker begins",
    "agent replies",
    "agent hands over",
    "agent fails",
    "worker dies",
    "staff take over",
    "staff write",
    "staff write a note",
    "staff hand back",
    "staff close",
    "staff release",
    "staff reopen",
    "slack goes away or comes back",
    "outbox moves",
)
MEMBERS = ("U0ADA", "U0GRACE")


@pytest.fixture
def database_kind() -> str:
    """The statements are tried on both elsewhere."""
    return "sqlite"


class Story:
    """One conversation. Its agent is named by its turns, so that what it says can be told from everything else."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.thread_key = new_id("thread")
        self.conversation_id: ConversationId | None = None
        self.leases = Leases(world.db, clock=world.clock)
        self.claimed: Claimed | None = None
        self.turn: Turn | None = None
        self.wrote: list[str] = []
        self.spoken: list[str] = []
        self.states: dict[str, HandoffState] = {}
        self.number = 0

    async def step(self, name: str) -> None:
        self.world.clock.advance(timedelta(milliseconds=500))
        self.number += 1
        if self.conversation_id is None:
            name = "customer writes"
        try:
            await getattr(self, f"_{name.replace(' ', '_')}")()
        except LeaseLost:
            self.claimed = self.turn = None
        await self._look()

    async def _customer_writes(self) -> None:
        text = f"customer {self.number}"
        self.wrote.append(text)
        self.conversation_id = await self.world.text(text, thread_key=self.thread_key)

    async def _worker_begins(self) -> None:
        if self.claimed is not None:
            return
        self.world.clock.advance(timedelta(seconds=1))
        claimed = await self.leases.claim(self._id)
        if claimed is None:
            return
        if claimed.conversation.holder is Holder.HUMAN:
            await self.world.outcomes.show(claimed)
        elif claimed.open_turn_id is not None:
            row = await self.world.turn(claimed.open_turn_id)
            self.claimed, self.turn = claimed, row
        elif claimed.conversation.arrived > claimed.conversation.taken:
            self.claimed, self.turn = claimed, await self.world.start_turn(claimed)
        else:
            await self.world.outcomes.leave(claimed)

    async def _agent_replies(self) -> None:
        await self._end(Replied(f"agent {self.number}\n\nand more of it"))

    async def _agent_hands_over(self) -> None:
        await self._end(HandedOver("lost"))

    async def _agent_fails(self) -> None:
        await self._end(Failed("no quota"))

    async def _end(self, ending: Ending) -> None:
        claimed, turn = self.claimed, self.turn
        self.claimed = self.turn = None
        if claimed is not None and turn is not None:
            await self.world.outcomes.conclude(claimed, turn, ending, posted=0, tools=())

    async def _worker_dies(self) -> None:
        self.claimed = self.turn = None
        self.world.clock.advance(LEASE)

    async def _staff_take_over(self) -> None:
        await self.world.handoffs.take_over(self._id, actor=MEMBERS[self.number % 2])

    async def _staff_write(self) -> None:
        await self._write(f"staff {self.number}")

    async def _staff_write_a_note(self) -> None:
        await self._write(f"note: staff {self.number}")

    async def _write(self, text: str) -> None:
        handoff = await handoffs.newest_of(self.world.db, self._id)
        if handoff is None or handoff.thread is None or self.world.desk.is_away:
            return
        message = StaffMessage(
            thread=handoff.thread,
            message=CardRef("C0HANDOFF", f"{self.thread_key}.{self.number}"),
            member_id=MEMBERS[self.number % 2],
            team_id="",
            text=text,
            sent_at=self.world.clock(),
            event_id=new_id("evt"),
        )
        await self.world.staff.accept_staff(message)
        await self.world.staff.accept_staff(message)
        if handoff.is_open and text.startswith("staff"):
            self.spoken.append(text)

    async def _staff_hand_back(self) -> None:
        await self._move("hand_back")

    async def _staff_close(self) -> None:
        await self._move("close")

    async def _staff_release(self) -> None:
        await self._move("release")

    async def _staff_reopen(self) -> None:
        await self._move("reopen")

    async def _move(self, name: str) -> None:
        handoff = await handoffs.newest_of(self.world.db, self._id)
        if handoff is not None:
            await getattr(self.world.handoffs, name)(handoff.id, actor="U0ADA")

    async def _slack_goes_away_or_comes_back(self) -> None:
        self.world.desk.is_away = not self.world.desk.is_away

    async def _outbox_moves(self) -> None:
        await self.world.deliver_all()

    async def _look(self) -> None:
        """What must be true after every step."""
        for row in await self.world.rows("SELECT id, state FROM handoffs WHERE conversation_id = $1", self._id):
            state = HandoffState(row["state"])
            before = self.states.get(row["id"])
            if before is None:
                assert state in (HandoffState.WAITING, HandoffState.OWNED)
            elif before is not state:
                assert state in HANDOFF_MOVES[before], f"{before} -> {state}"
            self.states[row["id"]] = state
        conversation = await conversations.get(self.world.db, self._id)
        found = await handoffs.open_of(self.world.db, self._id)
        assert conversation is not None
        assert (conversation.holder is Holder.HUMAN) == (found is not None)
        if found is not None:
            waiting = await self.world.rows(
                "SELECT id FROM deliveries WHERE conversation_id = $1 AND kind = 'answer' AND state = 'queued'",
                self._id,
            )
            assert waiting == [], "the agent would speak while a person has the conversation"

    async def end(self) -> None:
        """Everything that waits happens, then what was said is weighed."""
        world = self.world
        world.desk.is_away = False
        await self._worker_dies()
        for _ in range(4):
            self.number += 1
            await self._worker_begins()
            await self._agent_replies()
            world.clock.advance(timedelta(minutes=11))
            await world.deliver_all()
        await self._look()
        await self._weigh()

    async def _weigh(self) -> None:
        world = self.world
        sent = await world.rows(
            "SELECT kind, text, state FROM deliveries WHERE conversation_id = $1 AND lane = $1 ORDER BY seq", self._id
        )
        heard = [row["text"] for row in sent if row["state"] == "sent"]
        assert [text for text in heard if text.startswith("staff")] == self.spoken, "words of staff lost or doubled"
        assert not [text for text in heard if "note:" in text], "a note reached the customer"
        conversation = await conversations.get(world.db, self._id)
        assert conversation is not None
        assert conversation.arrived == conversation.taken, "a message that nobody looks at"
        assert await self._seen() == set(range(1, conversation.arrived + 1)), "a message that nobody has seen"
        shown = [text for text in world.desk.shown if text in self.wrote]
        assert len(shown) == len(set(shown)), "a line twice in the thread"

    async def _seen(self) -> set[int]:
        """The positions of the messages that a turn or a person has had."""
        had = await self.world.rows(
            """
            SELECT first_position AS first, last_position AS last FROM turns WHERE conversation_id = $1
            UNION ALL SELECT since + 1 AS first, shown AS last FROM handoffs WHERE conversation_id = $1
            """,
            self._id,
        )
        return {position for row in had for position in range(row["first"], row["last"] + 1)}

    @property
    def _id(self) -> ConversationId:
        assert self.conversation_id is not None
        return self.conversation_id


@given(steps=st.lists(st.sampled_from(STEPS), max_size=40))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_order_keeps_the_promises_of_a_handoff(database: Database, steps: list[str]) -> None:
    await database.execute("UPDATE handoffs SET thread_slack_channel_id = 'of an earlier story'")
    story = Story(World(database, debounce=timedelta()))
    await story.step("customer writes")

    for step in steps:
        await story.step(step)
    await story.end()

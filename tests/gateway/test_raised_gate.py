"""A rule of the tool's author raises the gate, and the card says why."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from channels.message import Assurance, Sender
from channels.staff import ApprovalCard
from gateway.agent import Agent, AgentType, LlmInfo
from gateway.attachments import Attachments
from gateway.relay import Paused
from gateway.runner import Runner
from gateway.session import Session
from gateway.sessions import Sessions
from gateway.store import approvals
from gateway.store.database import Database
from gateway.turns import Turns
from tests.gateway.engine.python_agents import id_of
from tests.gateway.engine.serving import serving
from tests.gateway.engine.wire import KEY
from tests.gateway.world import ALICE, World, asked

ONLY_CLAIMED = "the sender's identity is only claimed, and this runs by itself only where it is proven"


@dataclass
class Shop:
    """A gateway over the embedded engine, with one tool that only sometimes asks."""

    world: World
    turns: Turns

    async def hears(self, text: str, assurance: Assurance) -> None:
        """A customer writes, and the turn runs to its reply or its pause."""
        conversation_id = await self.world.text(text, sender=Sender(ALICE, "", assurance))
        await self.turns.advance(conversation_id)

    async def approve(self) -> None:
        (newest,) = await approvals.newest(self.world.db, limit=1)
        await self.world.press(newest)
        await self.turns.advance(newest.conversation_id)

    @property
    def newest_card(self) -> ApprovalCard:
        return list(self.world.desk.cards.values())[-1]


def till() -> Agent:
    agent = Agent(name="Till", type=AgentType.CONVERSATIONAL, llm_info=LlmInfo(provider="demo", model_id="scripted"))

    @agent.tool(ask_above={"amount": 100}, ask_below_assurance="proven", high_risk_above={"amount": 500})
    async def pay(amount: int) -> str:
        """Pay it out."""
        return f"{amount} paid"

    return agent


@pytest.fixture
async def shop(database: Database, database_url: str) -> AsyncIterator[Shop]:
    world = World(database, debounce=timedelta())
    async with serving(database_url, till()) as engine:
        agent_id = await id_of(engine.address, "Till")

        async def connect(session_id: str | None) -> Session:
            owner_id = "" if session_id else agent_id
            session = Session(
                owner_type="agent",
                owner_id=owner_id,
                session_id=session_id,
                api_key=KEY,
                base_url=f"{engine.address}/v1",
            )
            return await session.connect()

        sessions = Sessions(connect)
        runner = Runner(database, sessions, Attachments(database, world.channels), clock=world.clock)
        timeout = timedelta(minutes=5)
        yield Shop(
            world,
            Turns(
                database,
                world.leases,
                runner,
                world.outcomes,
                world.outbound,
                turn_timeout=timeout,
                clock=world.clock,
            ),
        )
        await sessions.close()


async def test_what_is_small_and_sure_runs_by_itself_and_the_rest_waits_for_a_person(shop: Shop) -> None:
    await shop.hears('call pay {"amount": 30}', Assurance.PROVEN)
    assert shop.world.channel.texts == ["tool pay returned: 30 paid"]
    assert not shop.world.desk.cards

    await shop.hears('call pay {"amount": 600}', Assurance.PROVEN)
    large = shop.newest_card
    assert (large.reason, large.high_risk) == ("amount is above 100", True)
    await shop.approve()
    assert shop.world.channel.texts[-1] == "tool pay returned: 600 paid"

    await shop.hears('call pay {"amount": 31}', Assurance.CLAIMED)
    unsure = shop.newest_card
    assert (unsure.reason, unsure.assurance, unsure.high_risk) == (ONLY_CLAIMED, "claimed", False)
    await shop.approve()
    assert shop.world.channel.texts[-1] == "tool pay returned: 31 paid"


async def test_the_card_says_which_limit_was_passed(world: World) -> None:
    await world.ask(asked(policy={"ask_above": {"amount": 20}}))

    assert world.desk.card.reason == "amount is above 20"


async def test_the_card_gives_every_reason(world: World) -> None:
    await world.ask(asked(policy={"ask_above": {"amount": 20}, "ask_below_assurance": "proven"}))

    assert world.desk.card.reason == f"amount is above 20, and {ONLY_CLAIMED}"


async def test_of_several_people_the_one_we_know_least_of_counts(world: World) -> None:
    await world.text("Refund me", sender=Sender(ALICE, "", Assurance.FAILED))
    conversation_id = await world.text("Yes, do", sender=Sender(ALICE, "", Assurance.PROVEN))
    claimed, turn = await world.begin(conversation_id)

    request = asked(policy={"ask_below_assurance": "claimed"})
    await world.outcomes.conclude(claimed, turn, Paused((request,)), posted=2, tools=())
    await world.deliver_all()

    assert world.desk.card.assurance == "failed"
    assert world.desk.card.reason.startswith("the sender's identity could not be verified")


async def test_a_tool_that_always_asks_says_so(world: World) -> None:
    await world.ask()

    assert world.desk.card.reason == "this tool always needs a person's approval"


def test_the_rules_stand_with_the_tool_in_the_agents_definition() -> None:
    policy = till().tools[0].approval_policy

    assert policy.ask_above == {"amount": 100}
    assert policy.exceeded({"amount": 101}) == "amount"
    assert policy.ask_below_assurance == "proven"
    assert policy.high_risk_above == {"amount": 500}

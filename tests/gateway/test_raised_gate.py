"""A rule of the tool's author raises the gate, and the card says why."""

from __future__ import annotations

from gateway.agent import Agent, AgentType, LlmInfo
from tests.gateway.world import World, asked


async def test_the_card_says_which_limit_was_passed(world: World) -> None:
    await world.ask(asked(policy={"ask_above": {"amount": 20}}))

    assert world.desk.card.reason == "amount is above 20"


async def test_a_tool_that_always_asks_says_so(world: World) -> None:
    await world.ask()

    assert world.desk.card.reason == "this tool always needs a person's approval"


def test_the_rule_stands_with_the_tool_in_the_agents_definition() -> None:
    agent = Agent(name="Shop", type=AgentType.CONVERSATIONAL, llm_info=LlmInfo(provider="demo", model_id="scripted"))

    @agent.tool(ask_above={"amount": 100})
    async def refund(amount: float) -> str:
        """Refund it."""
        return f"{amount}"

    assert agent.tools[0].approval_policy.ask_above == {"amount": 100}
    assert agent.tools[0].approval_policy.exceeded({"amount": 101}) == "amount"

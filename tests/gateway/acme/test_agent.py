"""The bundled agent: its tools as the engine sees them, and what they say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.acme.agent import build_agent
from gateway.acme.shop import Shop
from gateway.agent import Agent
from gateway.agent.tool import ToolApprovalConfig
from gateway.engine.tools.base import RunnableTool, ToolContext, ToolOutcome
from gateway.engine.tools.catalogue import build_tools
from gateway.engine.tools.config import ToolsConfig
from gateway.engine.tools.services import ToolServices

CONTEXT = ToolContext("session", "call", "agent")


@pytest.fixture
def shop_path(tmp_path: Path) -> Path:
    return tmp_path / "shop.db"


@pytest.fixture
def agent(shop_path: Path) -> Agent:
    return build_agent("demo:scripted", shop_path)


@pytest.fixture
async def tools(agent: Agent) -> AsyncIterator[dict[str, RunnableTool]]:
    async with ToolServices.open(ToolsConfig()) as services:
        built = await build_tools(agent.to_wire()["tools"], services, agent.local_tools)
        yield {tool.name: tool for tool in built}


async def run(tool: RunnableTool, **arguments: Any) -> ToolOutcome:
    return await tool.run(tool.arguments_to_run(arguments), CONTEXT)


def test_its_tools_ask_as_their_weight_demands(agent: Agent) -> None:
    assert {tool.name: tool.approval_config for tool in agent.tools} == {
        "lookup_order": ToolApprovalConfig.AUTO_RUN,
        "update_address": ToolApprovalConfig.LET_AGENT_DECIDE,
        "refund_order": ToolApprovalConfig.REQUIRES_APPROVAL,
        "handoff_to_human": ToolApprovalConfig.AUTO_RUN,
        "knowledge_base": ToolApprovalConfig.AUTO_RUN,
    }


def test_it_searches_the_web_only_where_that_is_wanted(shop_path: Path) -> None:
    names = [tool.name for tool in build_agent("openai:gpt-5.1", shop_path, web_search=True).tools]

    assert names[-1] == "web_search"


def test_its_model_is_the_one_that_is_named(shop_path: Path) -> None:
    llm = build_agent("openai:ft:gpt:acme", shop_path).to_wire()["llm_client_key"]

    assert (llm["provider"], llm["model_id"]) == ("openai", "ft:gpt:acme")


@pytest.mark.parametrize("model", ["", "gpt", "openai:", ":x"])
def test_a_model_of_another_form_is_refused(shop_path: Path, model: str) -> None:
    with pytest.raises(ValueError, match="a model is written provider:model"):
        build_agent(model, shop_path)


async def test_a_refund_runs_with_what_the_scripted_model_gives(
    tools: dict[str, RunnableTool], shop_path: Path
) -> None:
    outcome = await run(tools["refund_order"], order_id="A-1001", amount=25)

    refunds = Shop(shop_path).refunds("A-1001")
    assert outcome == ToolOutcome(f"Refunded €25.00 of order A-1001. Refund id: {refunds[0].refund_id}")
    assert len(refunds) == 1


async def test_a_refund_of_too_much_fails_in_words(tools: dict[str, RunnableTool], shop_path: Path) -> None:
    outcome = await run(tools["refund_order"], order_id="A-1001", amount=89.01)

    assert outcome.is_error
    assert outcome.text.startswith("Order A-1001 cannot be refunded by €89.01: ")
    assert not Shop(shop_path).refunds("A-1001")


async def test_an_order_is_described_with_its_refunds(tools: dict[str, RunnableTool]) -> None:
    await run(tools["refund_order"], order_id="A-1001", amount=12.5, reason="one tea was missing")

    outcome = await run(tools["lookup_order"], order_id="a-1001")

    assert "Customer: Ada Lovelace <ada@example.com>" in outcome.text
    assert "- 2 × Sencha, 100 g, €12.50 each" in outcome.text
    assert "Total: €89.00" in outcome.text
    assert "Refunded: €12.50 (R-" in outcome.text


async def test_an_unknown_order_fails_in_words(tools: dict[str, RunnableTool]) -> None:
    assert await run(tools["lookup_order"], order_id="X") == ToolOutcome("There is no order X.", is_error=True)


async def test_an_address_is_changed(tools: dict[str, RunnableTool], shop_path: Path) -> None:
    outcome = await run(tools["update_address"], order_id="A-1010", address="Keizersgracht 1, Amsterdam")

    assert outcome.text == "Order A-1010 will be sent to: Keizersgracht 1, Amsterdam"
    assert Shop(shop_path).order("A-1010").address == "Keizersgracht 1, Amsterdam"


async def test_a_person_can_be_asked_for(tools: dict[str, RunnableTool]) -> None:
    outcome = await run(tools["handoff_to_human"], reason="The customer is upset.")

    assert outcome == ToolOutcome("A colleague has been asked to take over.")


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("how long does a refund take to arrive", "refunds.md › Refunds › How the money comes back"),
        ("refund policy", "refunds.md › Refunds"),
        ("shipping cost express", "shipping.md › Shipping › What it costs"),
        ("can I change my email address?", "account.md › Account › Changing your details"),
        ("rusty teapot", "products.md › Products and care › Teapots and kettles"),
        ("talk to a human person", "contact.md › Reaching us › Talking to a person"),
    ],
)
async def test_the_handbook_answers_with_the_place_where_it_says_so(
    tools: dict[str, RunnableTool], query: str, place: str
) -> None:
    outcome = await run(tools["knowledge_base"], query=query)

    assert f"] {place}" in outcome.text


async def test_the_handbook_says_so_where_it_knows_nothing(tools: dict[str, RunnableTool]) -> None:
    assert await run(tools["knowledge_base"], query="xylophone") == ToolOutcome("The handbook says nothing about this.")

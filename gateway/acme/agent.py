"""The bundled agent, "Acme support": an example of an agent in Python, and what a new installation answers with.

It reads no settings: the model, the shop's file and whether the web may be searched are passed in.
"""

from __future__ import annotations

import asyncio
from contextlib import closing
from decimal import Decimal
from pathlib import Path

from gateway.acme.seed import Order
from gateway.acme.shop import Refund, Shop, money
from gateway.agent import (
    Agent,
    AgentType,
    LlmInfo,
    MemoryConfig,
    ToolApprovalConfig,
    ToolInput,
    ToolInputType,
)
from gateway.engine.tools.knowledge.base import cited
from gateway.engine.tools.knowledge.index import KnowledgeIndex

NAME = "Acme support"
INSTRUCTIONS = """\
You are the support agent of Acme, a shop for tea and kitchen things. You are friendly, brief and honest.

Look up an order before you say anything about it. Look into the knowledge base before you explain how something is done
at Acme, and rely on what it says. If neither holds the answer, say so plainly.

Refunds are checked by a colleague before they happen: call refund_order with what the customer asks for, and tell the
customer the outcome. If a colleague declines, pass on the reason kindly. Before you change an address, read the new one
back; ask for approval where you are not sure that the customer owns the order.

Hand the conversation to a person when the customer asks for one, is very upset, or needs what your tools cannot do."""

_KNOWLEDGE = Path(__file__).parent / "knowledge"
_QUOTED_PASSAGES = 3


def build_agent(model: str, shop_path: Path, *, web_search: bool = False) -> Agent:
    """The agent with `model` as `provider:model`, on the shop in `shop_path`. Raises ValueError for another form."""
    agent = Agent(
        name=NAME,
        type=AgentType.CONVERSATIONAL,
        llm_info=_llm_info(model),
        instructions=INSTRUCTIONS,
        memory_config=MemoryConfig(enable_session_memory=True),
    )
    _add_shop_tools(agent, Shop(shop_path))
    _add_knowledge_base(agent)
    if web_search:
        _add_web_search(agent)
    return agent


def _llm_info(model: str) -> LlmInfo:
    provider, _, model_id = model.partition(":")
    if not provider or not model_id:
        raise ValueError(f"a model is written provider:model, not {model!r}")
    return LlmInfo(provider=provider, model_id=model_id)


def _add_shop_tools(agent: Agent, shop: Shop) -> None:
    @agent.tool(approval_config=ToolApprovalConfig.AUTO_RUN)
    async def lookup_order(order_id: str) -> str:
        """Look up an order: its customer, items, status, address and refunds.

        Args:
            order_id: The order's number, such as A-1001.
        """
        order = await asyncio.to_thread(shop.order, order_id)
        return _described(order, await asyncio.to_thread(shop.refunds, order_id))

    @agent.tool(approval_config=ToolApprovalConfig.LET_AGENT_DECIDE, ask_below_assurance="claimed")
    async def update_address(order_id: str, address: str) -> str:
        """Change where an order is sent, as long as it has not left the warehouse.

        Args:
            order_id: The order's number, such as A-1001.
            address: The whole new address, with postcode and country.
        """
        order = await asyncio.to_thread(shop.update_address, order_id, address)
        return f"Order {order.order_id} will be sent to: {order.address}"

    @agent.tool(approval_config=ToolApprovalConfig.REQUIRES_APPROVAL)
    async def refund_order(order_id: str, amount: float, reason: str = "") -> str:
        """Refund an order or a part of it to the card that paid for it.

        Args:
            order_id: The order's number, such as A-1001.
            amount: How much, in euros.
            reason: Why, in a few words.
        """
        refund = await asyncio.to_thread(shop.refund, order_id, Decimal(str(amount)), reason)
        return f"Refunded {money(refund.amount)} of order {refund.order_id}. Refund id: {refund.refund_id}"

    @agent.tool(approval_config=ToolApprovalConfig.AUTO_RUN)
    async def handoff_to_human(reason: str) -> str:
        """Hand the conversation to a person of the support team.

        Args:
            reason: What the person should know, in a sentence.
        """
        await asyncio.to_thread(shop.record_handoff, reason)
        return "A colleague has been asked to take over."


def _add_knowledge_base(agent: Agent) -> None:
    @agent.tool(approval_config=ToolApprovalConfig.AUTO_RUN)
    async def knowledge_base(query: str) -> str:
        """Search Acme's handbook on refunds, returns, shipping, payment, accounts and products.

        Args:
            query: What to look for, in a few words.
        """
        return await asyncio.to_thread(_look_up, query)


def _look_up(query: str) -> str:
    # The handbook is a few pages: indexing them anew takes less time than a model takes for a word.
    with closing(KnowledgeIndex(_KNOWLEDGE)) as index:
        found = index.search(query, _QUOTED_PASSAGES)
    return cited(found) if found else "The handbook says nothing about this."


def _add_web_search(agent: Agent) -> None:
    agent.add_tool.exa_ai(
        tool_name="web_search",
        tool_description="Search the web for what the handbook does not know.",
        query=ToolInput(type=ToolInputType.DYNAMIC, description="What to search for"),
        num_results=3,
        approval_config=ToolApprovalConfig.AUTO_RUN,
    )


def _described(order: Order, refunds: list[Refund]) -> str:
    lines = [
        f"Order {order.order_id} of {order.ordered_on}, {order.status}",
        f"Customer: {order.customer} <{order.email}>",
        f"Address: {order.address}",
        *(f"- {item.quantity} × {item.name}, {money(item.price)} each" for item in order.items),
        f"Total: {money(order.total)}",
    ]
    if order.shipped_on:
        lines.append(
            f"Shipped on {order.shipped_on}" + (f", delivered on {order.delivered_on}" if order.delivered_on else "")
        )
    lines += [f"Refunded: {money(refund.amount)} ({refund.refund_id})" for refund in refunds]
    return "\n".join(lines)

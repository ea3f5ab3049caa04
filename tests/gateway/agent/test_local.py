"""Python functions as tools: the schema, the words, the arguments, the call."""

from __future__ import annotations

import datetime
import enum
import json
import threading
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from gateway.agent import Agent, AgentType, ArgumentsError, LlmInfo, LocalTool, ToolApprovalConfig
from gateway.agent.docstring import read_docstring
from gateway.agent.errors import DefinitionError
from gateway.agent.policy import ApprovalPolicy


class Size(enum.Enum):
    SMALL = "s"
    LARGE = "l"


class Address(BaseModel):
    street: str
    postcode: str = ""


class NoSchema:
    """Something that JSON does not know."""


async def ship_order(
    order_id: str,
    on: datetime.date,
    speed: Literal["slow", "fast"] = "slow",
    size: Size = Size.SMALL,
    to: Address | None = None,
    boxes: Annotated[int, Field(ge=1, description="How many")] = 1,
    schema: list[str] | None = None,
) -> str:
    """Ship an order.

    It cannot be called back.

    Args:
        order_id: The order,
            as on the receipt.
        on (datetime.date): The day.

    Returns:
        A line about it.
    """
    return f"{order_id} {on:%d.%m.%Y} {speed} {size.name} {to} {boxes} {schema}"


@pytest.fixture
def agent() -> Agent:
    return Agent(name="Shop", llm_info=LlmInfo(provider="demo", model_id="scripted"), type=AgentType.CONVERSATIONAL)


def test_the_signature_is_the_schema() -> None:
    parameters = LocalTool.from_function(ship_order).parameters
    properties = parameters["properties"]

    assert parameters["type"] == "object"
    assert parameters["required"] == ["order_id", "on"]
    assert parameters["additionalProperties"] is False
    assert properties["order_id"]["type"] == "string"
    assert properties["on"]["format"] == "date"
    assert properties["speed"]["enum"] == ["slow", "fast"]
    assert properties["speed"]["default"] == "slow"
    assert properties["boxes"]["minimum"] == 1
    assert parameters["$defs"]["Size"]["enum"] == ["s", "l"]


def test_the_docstring_is_the_description() -> None:
    tool = LocalTool.from_function(ship_order)

    assert tool.description == "Ship an order.\n\nIt cannot be called back."
    assert tool.parameters["properties"]["order_id"]["description"] == "The order, as on the receipt."
    assert tool.parameters["properties"]["on"]["description"] == "The day."
    assert tool.parameters["properties"]["boxes"]["description"] == "How many"


def test_a_docstring_in_sphinx_style_is_read_too() -> None:
    read = read_docstring(
        "Ship it.\n\n:param str order_id: The order,\n    all of it.\n:param boxes: How many\n:returns: x"
    )

    assert read.summary == "Ship it."
    assert read.parameters == {"order_id": "The order, all of it.", "boxes": "How many"}


def test_a_docstring_that_mentions_a_colon_keeps_its_words() -> None:
    read = read_docstring(
        "Note: ship it.\n\nArgs:\n    when: at 10:30\n        or later: much\n    where: there\n\nRaises:\n    x: y"
    )

    assert read.summary == "Note: ship it."
    assert read.parameters == {"when": "at 10:30 or later: much", "where": "there"}


async def test_arguments_from_json_become_what_the_function_takes() -> None:
    tool = LocalTool.from_function(ship_order)

    result = await tool.call(
        {"order_id": "7", "on": "2026-02-03", "size": "l", "to": {"street": "High St"}, "boxes": "2", "schema": ["a"]}
    )

    assert result == "7 03.02.2026 slow LARGE street='High St' postcode='' 2 ['a']"


async def test_wrong_arguments_are_told_one_by_one_and_nothing_runs() -> None:
    ran = []

    def refund(amount: float, to: Address) -> None:
        ran.append(amount)

    with pytest.raises(ArgumentsError) as caught:
        await LocalTool.from_function(refund).call({"amount": "much", "to": {}, "why": "because"})

    assert ran == []
    assert caught.value.tool == "refund"
    assert set(caught.value.problems) == {"amount", "to", "why"}
    assert caught.value.problems["to"] == "street: Field required"
    assert "much" not in str(caught.value)


async def test_a_plain_function_runs_in_a_thread() -> None:
    def where() -> str:
        return threading.current_thread().name

    assert await LocalTool.from_function(where).call({}) != threading.main_thread().name


@pytest.mark.parametrize(
    ("result", "text"),
    [
        ("as it is", "as it is"),
        (None, "null"),
        ({"é": [1, 2.5, True]}, '{"é":[1,2.5,true]}'),
        (Address(street="High St"), '{"street":"High St","postcode":""}'),
        ([datetime.date(2026, 2, 3), Decimal("1.50"), Size.LARGE], '["2026-02-03","1.50","l"]'),
    ],
)
async def test_a_result_becomes_text(result: Any, text: str) -> None:
    async def answer() -> Any:
        return result

    assert await LocalTool.from_function(answer).call({}) == text


async def test_what_the_function_raises_comes_through() -> None:
    def fail() -> None:
        raise RuntimeError("no stock")

    with pytest.raises(RuntimeError, match="no stock"):
        await LocalTool.from_function(fail).call({})


def _takes_anything(*orders: str) -> None:
    """Cannot be described."""


def _takes_by_position(order: str, /) -> None:
    """Cannot be called by name."""


def _takes_the_unknown(order: NoSchema) -> None:
    """Cannot be described."""


def _takes_the_undefined(order: Undefined) -> None:  # type: ignore[name-defined]  # noqa: F821  # that is the test
    """Cannot be read."""


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (_takes_anything, "all have names"),
        (_takes_by_position, "all have names"),
        (_takes_the_unknown, "no JSON schema"),
        (_takes_the_undefined, "Undefined"),
        (lambda order: order, "a name"),
    ],
)
def test_a_function_that_cannot_be_a_tool_says_why(function: Any, words: str) -> None:
    with pytest.raises(DefinitionError, match=words):
        LocalTool.from_function(function)


def test_a_decorated_function_is_a_tool_and_stays_a_function(agent: Agent) -> None:
    @agent.tool
    def lookup_order(order_id: str) -> str:
        """Look an order up."""
        return order_id

    (tool,) = agent.tools
    assert lookup_order("7") == "7"
    assert (tool.name, tool.description, tool.approval_config) == (
        "lookup_order",
        "Look an order up.",
        ToolApprovalConfig.AUTO_RUN,
    )
    assert tool.details == {"tool_type": "lookup_order"}
    assert list(agent.local_tools) == ["lookup_order"]


def test_risk_travels_with_the_definition(agent: Agent) -> None:
    @agent.tool(
        approval_config=ToolApprovalConfig.REQUIRES_APPROVAL, high_risk=True, approvers=["U1"], approvals_required=2
    )
    def refund_order(order_id: str, amount: float = 1.0) -> str:
        """Refund an order."""
        return order_id

    local = agent.local_tools["refund_order"]
    (read_back,) = Agent.from_wire(json.loads(json.dumps(agent.to_wire()))).tools
    assert (local.high_risk, local.approvers, local.approvals_required) == (True, ("U1",), 2)
    assert read_back.approval_policy == ApprovalPolicy(True, ("U1",), 2)
    assert read_back.approval_config is ToolApprovalConfig.REQUIRES_APPROVAL
    assert read_back.parameters == local.parameters
    assert read_back.inputs["order_id"] == {"type": "dynamic", "value": ""}


def test_a_python_tool_keeps_its_id_over_restarts() -> None:
    agents = [Agent(name="a"), Agent(name="a")]
    for agent in agents:
        agent.tool(ship_order)

    assert agents[0].tools[0].id == agents[1].tools[0].id


def test_two_tools_of_one_name_are_refused(agent: Agent) -> None:
    agent.tool(ship_order)

    with pytest.raises(DefinitionError, match="ship_order already"):
        agent.tool(ship_order)


def test_a_removed_tool_is_gone_for_good(agent: Agent) -> None:
    agent.tool(ship_order)

    agent.remove_tool("ship_order")

    assert (agent.tools, dict(agent.local_tools)) == ([], {})

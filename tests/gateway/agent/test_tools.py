"""Tools: what they are on the wire, what survives reading them back, and what is refused at once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.agent import (
    Agent,
    AgentTools,
    CustomTool,
    LlmInfo,
    McpConnectorTool,
    McpServer,
    McpServerTool,
    Tool,
    ToolApprovalConfig,
    ToolInput,
    ToolInputType,
    tool_from_wire,
)
from gateway.agent.errors import DefinitionError
from gateway.agent.policy import ApprovalPolicy

LLM = LlmInfo(provider="demo", model_id="scripted")


def test_a_search_declares_every_input() -> None:
    tool = AgentTools.exa_ai(tool_name="find", query=ToolInput(type=ToolInputType.DYNAMIC, description="What"))

    assert tool.inputs["query"] == {"type": "dynamic", "value": "What"}
    assert tool.inputs["num_results"] == {"type": "static", "value": 10}
    assert tool.inputs["livecrawl"] == {"type": "dynamic", "value": ""}
    assert set(tool.inputs) == set(AgentTools.exa_ai.declared)


def test_chunks_bring_their_own_inputs() -> None:
    whole = AgentTools.wikipedia(tool_name="whole")
    chunks = AgentTools.wikipedia(tool_name="chunks", chunk_text=ToolInput(value=True))

    assert set(chunks.inputs) - set(whole.inputs) == {"chunk_size", "chunk_overlap"}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: AgentTools.exa_ai(), "tool_name"),
        (lambda: AgentTools.exa_ai(tool_name=" "), "tool_name"),
        (lambda: AgentTools.exa_ai(tool_name="x", colour="red"), "no input colour"),
        (lambda: AgentTools.wikipedia(tool_name="x", chunk_size=4), "no input chunk_size"),
        (lambda: AgentTools.wikipedia(tool_name="x", chunk_text=ToolInput(type=ToolInputType.DYNAMIC)), "dynamic"),
        (lambda: CustomTool(tool_type=""), "tool_type"),
        (lambda: McpConnectorTool(integration=object()), "id"),
    ],
)
def test_what_cannot_be_a_tool_is_refused(make: Any, words: str) -> None:
    with pytest.raises(DefinitionError, match=words):
        make()


def test_an_unknown_approval_is_refused() -> None:
    with pytest.raises(ValueError, match="sometimes"):
        AgentTools.exa_ai(tool_name="x", approval_config="sometimes")


def test_a_kind_that_we_do_not_make_is_named() -> None:
    with pytest.raises(AttributeError, match="no tool kind 'telepathy'"):
        Agent(name="a", llm_info=LLM).add_tool.telepathy(tool_name="x")


def test_a_tool_of_an_unknown_kind_is_kept_as_it_is() -> None:
    wire = {
        "id": "t-1",
        "name": "think_at",
        "description": "Think at somebody",
        "approval_config": "auto_run",
        "value": {"node_type": "telepathy", "inputs": {"to": {"value": 7}, "odd": 3}, "task_name": "far", "reach": "∞"},
        "colour": "red",
    }

    tool = tool_from_wire(wire)

    assert type(tool) is Tool
    assert (tool.tool_type, tool.name) == ("telepathy", "think_at")
    assert tool.to_wire() == wire


@pytest.mark.parametrize(
    "tool",
    [
        AgentTools.exa_ai(tool_name="find", approval_config=ToolApprovalConfig.REQUIRES_APPROVAL, num_results=None),
        AgentTools.google_search(tool_name="google", location="uk"),
        AgentTools.wikipedia(tool_name="chunks", chunk_text=True),
        CustomTool(tool_type="echo", inputs={"text": "static"}, custom_node_type="x"),
        McpServerTool(McpServer("srv-1"), tools={"search": {"q": {"type": "dynamic", "value": ""}}}),
        McpServerTool(McpServer("srv-1"), auto_populate_tools=False),
        McpConnectorTool(),
        McpConnectorTool(integration=McpServer("int-1", "Slack")),
    ],
    ids=lambda tool: tool.name,
)
def test_every_kind_survives_reading_back(tool: Tool) -> None:
    back = tool_from_wire(tool.to_wire())

    assert type(back) is type(tool)
    assert back.to_wire() == tool.to_wire()


def test_an_mcp_tool_knows_its_server_and_catalogue() -> None:
    tool = McpServerTool(McpServer("srv-1"), tools={"search": {}})

    assert tool.server == McpServer("srv-1")
    assert tool.catalogue == {"search": {}}


def test_an_mcp_tool_without_a_server_says_so() -> None:
    wire = {"name": "x", "value": {"node_type": "mcp_server"}}
    tool = tool_from_wire(wire)

    assert isinstance(tool, McpServerTool)
    assert tool.approval_config is ToolApprovalConfig.LET_AGENT_DECIDE
    with pytest.raises(DefinitionError, match="no MCP server"):
        _ = tool.server


@pytest.mark.parametrize(
    "kind", [{"node_type": {"value": "echo"}}, {"type": "echo"}, {"type": {"value": {"value": "echo"}}}]
)
def test_older_forms_of_the_kind_are_read(kind: dict[str, Any]) -> None:
    assert tool_from_wire({"name": "x", "value": kind}).tool_type == "echo"


@pytest.mark.parametrize(
    ("wire", "words"),
    [
        ({"name": "x"}, "node_type"),
        ({"name": "x", "value": {"node_type": {"odd": 1}}}, "node_type"),
        ({"value": {"node_type": "exa_ai"}}, "tool_name"),
        ({"name": "x", "value": {"node_type": "exa_ai"}, "approval_config": "never"}, "approval_config"),
    ],
)
def test_a_tool_that_cannot_be_read_says_why(wire: dict[str, Any], words: str) -> None:
    with pytest.raises(DefinitionError, match=words):
        tool_from_wire(wire)


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["id", "name", "description", "approval_config", "value", "parameters", "approval_policy"]),
        st.none()
        | st.text(max_size=3)
        | st.dictionaries(st.sampled_from(["node_type", "inputs"]), st.text(max_size=3)),
    )
)
def test_anything_reads_as_a_tool_or_is_refused(wire: dict[str, Any]) -> None:
    outcomes = _read(wire)

    assert all(isinstance(outcome, Tool | DefinitionError) for outcome in outcomes)


@pytest.mark.parametrize(
    ("needed", "assurance", "doubts"),
    [
        ("", "failed", False),
        ("claimed", "failed", True),
        ("claimed", "", False),
        ("claimed", "claimed", False),
        ("proven", "claimed", True),
        ("proven", "proven", False),
        ("a word of tomorrow", "claimed", True),
    ],
)
def test_a_sender_is_doubted_below_what_the_tool_needs(needed: str, assurance: str, doubts: bool) -> None:
    policy = ApprovalPolicy.from_wire({"ask_below_assurance": needed})

    assert policy.doubts(assurance) is doubts


@pytest.mark.parametrize(
    ("wire", "policy"),
    [
        (None, ApprovalPolicy()),
        ("odd", ApprovalPolicy()),
        ({"high_risk": "yes", "approvers": "U1", "approvals_required": 0}, ApprovalPolicy()),
        ({"high_risk": True, "approvers": ["U1"], "approvals_required": 2}, ApprovalPolicy(True, ("U1",), 2)),
    ],
)
def test_an_approval_policy_is_read_with_care(wire: object, policy: ApprovalPolicy) -> None:
    tool = Tool("custom_tool", tool_name="x", extras={"approval_policy": wire})

    assert tool.approval_policy == policy


def _read(wire: dict[str, Any]) -> list[Tool | DefinitionError]:
    try:
        return [tool_from_wire(wire)]
    except DefinitionError as error:
        return [error]

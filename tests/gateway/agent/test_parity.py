"""The same program, once with the reference SDK and once with us, asks the platform for the same."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from gateway.agent import Agent, AgentType, LlmInfo, McpServer, McpServerTool, ToolApprovalConfig
from tests.gateway.agent.keeper import Asked, Keeper, keeper
from tests.gateway.sdk import our_python, run_script, sdk_python, with_our_imports

PROGRAM = Path(__file__).parent / "definitions.py"

READ_BACK = """
import json, sys
from vectorshift.agent import Agent
agent = Agent.from_json(json.loads(sys.argv[1] if len(sys.argv) > 1 else open("agent.json").read()))
print(json.dumps(agent._build_save_payload()[0]))
"""


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[Asked]]:
    folder = tmp_path_factory.mktemp("ours")
    return _run(our_python(), with_our_imports(PROGRAM, folder))


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[Asked]]:
    python = sdk_python()
    return _run(python, Path(shutil.copy(PROGRAM, tmp_path_factory.mktemp("theirs"))))


def test_the_program_prints_the_same(ours: tuple[str, list[Asked]], theirs: tuple[str, list[Asked]]) -> None:
    assert ours[0] == theirs[0]


def test_the_platform_is_asked_for_the_same(ours: tuple[str, list[Asked]], theirs: tuple[str, list[Asked]]) -> None:
    assert _comparable(ours[1]) == _comparable(theirs[1])


def test_the_order_of_tools_and_of_their_new_inputs_is_the_same(
    ours: tuple[str, list[Asked]], theirs: tuple[str, list[Asked]]
) -> None:
    assert json.dumps(_tools(ours[1])) == json.dumps(_tools(theirs[1]))


def test_the_sdk_reads_a_python_tool_without_a_word_about_its_extra_keys(tmp_path: Path) -> None:
    python = sdk_python()
    agent = Agent("a-1", "Shop", LlmInfo(provider="demo", model_id="scripted"), type=AgentType.CONVERSATIONAL)

    @agent.tool(approval_config=ToolApprovalConfig.REQUIRES_APPROVAL, high_risk=True, approvals_required=2)
    def refund_order(order_id: str, amount: float = 1.0) -> str:
        """Refund an order."""
        return order_id + str(amount)

    wire = agent.to_wire()
    (tmp_path / "agent.json").write_text(json.dumps({**wire, "_id": "a-1", "mainBranch": "b-1"}))
    script = tmp_path / "read_back.py"
    script.write_text("import warnings\nwarnings.simplefilter('error')\n" + READ_BACK)

    read_back = json.loads(run_script(python, script))

    (tool,) = wire["tools"].values()
    (kept,) = read_back["tools"].values()
    assert {"parameters", "approval_policy"} <= tool.keys()
    assert kept == {key: tool[key] for key in ("id", "name", "description", "approval_config", "value")}


def test_an_mcp_server_is_bound_as_the_sdk_binds_it(kept: Keeper, tmp_path: Path) -> None:
    python = sdk_python()
    script = tmp_path / "bind.py"
    script.write_text(
        "import json\n"
        "from vectorshift.agent import Agent, McpServerTool\n"
        "from vectorshift.mcp_server import McpServer\n"
        "tool = McpServerTool(McpServer(id='srv-1', name='code'), id='t-1')\n"
        "bare = McpServerTool(McpServer(id='srv-1'), id='t-2', tool_name='x', auto_populate_tools=False)\n"
        "print(json.dumps(Agent._serialize_tools([tool, bare])))\n"
    )

    theirs = json.loads(run_script(python, script, VECTORSHIFT_BASE_URL=kept.url, VECTORSHIFT_API_KEY="key-1"))
    tool = McpServerTool(McpServer("srv-1", "code"), id="t-1")
    bare = McpServerTool(McpServer("srv-1"), id="t-2", tool_name="x", auto_populate_tools=False)

    assert {"t-1": tool.to_wire(), "t-2": bare.to_wire()} == theirs


def _run(python: Path, program: Path) -> tuple[str, list[Asked]]:
    with keeper() as platform:
        printed = run_script(python, program, VECTORSHIFT_BASE_URL=platform.url, VECTORSHIFT_API_KEY="key-1")
        return printed, platform.asked


def _comparable(asked: list[Asked]) -> list[object]:
    """With the ids that the client invents numbered in the order of their appearance."""
    seen: dict[str, str] = {}
    text = json.dumps([[entry.method, entry.path, entry.query, entry.body, entry.key] for entry in asked])
    numbered = re.sub(r"[0-9a-f]{24}", lambda found: seen.setdefault(found[0], f"#{len(seen)}"), text)
    return list(json.loads(numbered))


def _tools(asked: list[Asked]) -> list[object]:
    """Name and inputs of every tool in the first two writes: the agent as created, then with all its tools."""
    writes = [entry.body["tools"].values() for entry in asked[:3] if entry.method == "POST"]
    return [(tool["name"], tool["value"]["inputs"]) for tools in writes for tool in tools]

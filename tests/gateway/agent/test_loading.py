"""The agent that a name stands for, and words for what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.agent import Agent, load_agent
from gateway.agent.errors import DefinitionError

SOURCE = """
from __future__ import annotations
from neighbour import NAME
from gateway.agent import Agent, AgentType, LlmInfo

agent = Agent(name=NAME, type=AgentType.CONVERSATIONAL, llm_info=LlmInfo(provider="demo", model_id="scripted"))
number = 7

class Order:
    pass

@agent.tool
def look_up(order_id: str, on: str | None = None) -> str:
    "Look up."
    return order_id
"""


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "acme_of_test.py"
    path.write_text(SOURCE)
    (tmp_path / "neighbour.py").write_text("NAME = 'Acme'\n")
    (tmp_path / "imports_nothing.py").write_text("import there_is_no_such_module\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", ["/usr/lib/python3", *__import__("sys").path])
    return path


def test_an_agent_is_found_in_a_file(source: Path) -> None:
    agent = load_agent(f"{source}:agent")

    assert agent.name == "Acme"
    assert list(agent.local_tools) == ["look_up"]


def test_an_agent_is_found_in_a_module(source: Path) -> None:
    assert load_agent("acme_of_test:agent").name == "Acme"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("acme_of_test", "module:attribute"),
        (":agent", "module:attribute"),
        ("acme_of_test:", "module:attribute"),
        ("no_such_module_here:agent", "no module 'no_such_module_here'"),
        ("acme_of_test.deeper:agent", "no module 'acme_of_test.deeper'"),
        ("nowhere/agent.py:agent", "no file nowhere/agent.py"),
        ("acme_of_test.py:bot", "no attribute 'bot'"),
        ("acme_of_test.py:number", "not an Agent but of type int"),
    ],
)
def test_what_is_missing_is_named(source: Path, name: str, words: str) -> None:
    with pytest.raises(DefinitionError, match=words):
        load_agent(name)


@pytest.mark.parametrize("name", ["imports_nothing:agent", "imports_nothing.py:agent"])
def test_what_the_users_code_misses_comes_through(source: Path, name: str) -> None:
    with pytest.raises(ModuleNotFoundError, match="there_is_no_such_module"):
        load_agent(name)


def test_the_loaded_agent_is_one_of_ours(source: Path) -> None:
    assert isinstance(load_agent("acme_of_test.py:agent"), Agent)

"""The guide's seven steps, against `frontdesk engine`: with the SDK as it is, and with our imports in its place."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.guide.conftest import KEY, SearchService
from tests.gateway.sdk import our_python, run_script, sdk_python, with_our_imports

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Guide:
    """One way to run the guide's scripts."""

    is_ours: bool
    python: Path
    folder: Path
    engine_url: str

    def run(self, name: str, **environment: str) -> Any:
        script = HERE / name
        placed = with_our_imports(script, self.folder) if self.is_ours else shutil.copy(script, self.folder / name)
        address = {"VECTORSHIFT_BASE_URL": self.engine_url, "VECTORSHIFT_API_KEY": KEY}
        return json.loads(run_script(self.python, Path(placed), **address, **environment))


@pytest.fixture(scope="module", params=["sdk", "ours"])
def guide(request: pytest.FixtureRequest, engine_url: str, tmp_path_factory: pytest.TempPathFactory) -> Guide:
    is_ours = request.param == "ours"
    python = our_python() if is_ours else sdk_python()
    return Guide(is_ours, python, tmp_path_factory.mktemp(request.param), engine_url)


@pytest.fixture(scope="module")
def seen(guide: Guide, search: SearchService) -> dict[str, Any]:
    """What one run of the first six steps saw, and which searches it made."""
    search.asked.clear()
    return {**guide.run("support_bot.py"), "searches": [asked["numResults"] for asked in search.asked]}


def test_the_agent_is_defined(seen: dict[str, Any]) -> None:
    assert seen["created"] == ["Acme support", True]


def test_a_gated_tool_is_added(seen: dict[str, Any]) -> None:
    assert seen["tools"] == ["exa_ai_search", "exa_ai_gated"]


def test_a_reply_is_streamed(seen: dict[str, Any]) -> None:
    assert seen["reply"] == "You said: Hi, can you remind me what your refund policy is?"
    assert seen["streamed"]


def test_tool_events_are_observed(seen: dict[str, Any]) -> None:
    found = "".join(f"\n- Page {at} (https://pages.example/{at})" for at in range(3))

    assert seen["searched"] == [
        ["tool call", "exa_ai_search", "Running"],
        ["tool call", "exa_ai_search", "Complete"],
        ["search", 3],
        ["reply", f"Here is what exa_ai_search found:{found}"],
    ]


def test_thinking_is_observed(seen: dict[str, Any]) -> None:
    assert seen["thought"] == [["thinking", "about the weather"], ["reply", "I thought about: about the weather"]]


def test_a_failed_turn_is_an_error(seen: dict[str, Any]) -> None:
    assert seen["failed"] == [["error", "the model is tired"]]


def test_an_approved_call_runs_as_it_was_shown(seen: dict[str, Any]) -> None:
    assert seen["approved"][0] == ["approval", "exa_ai_gated", 5]
    assert ["tool call", "exa_ai_gated"] in seen["approved"]
    assert seen["approved"][-1][1].count("\n- Page") == 5


def test_an_edited_call_runs_as_it_was_edited(seen: dict[str, Any]) -> None:
    assert seen["edited"][0] == ["approval", "exa_ai_gated", 5]
    assert seen["edited"][-1][1].count("\n- Page") == 2


def test_a_rejected_call_does_not_run(seen: dict[str, Any]) -> None:
    assert seen["rejected"][-1] == ["reply", "I could not do that: User denied tool call."]
    assert seen["rejected with reason"][-1] == ["reply", "I could not do that: We do not search on Mondays."]
    assert seen["searches"] == [3, 5, 2]


def test_tool_results_are_seen_by_our_client_alone(guide: Guide, seen: dict[str, Any]) -> None:
    results = [entry for entry in seen["approved"] if entry[0] == "tool result"]

    assert len(results) == int(guide.is_ours)


def test_earlier_turns_are_remembered(seen: dict[str, Any]) -> None:
    remembered = "You told me that your name is Alice and that you live in Boston."

    assert seen["remembered"] == remembered
    assert seen["history"] == [
        [True, "My name is Alice and I live in Boston."],
        [False, "Noted: your name is Alice and you live in Boston."],
        [True, "What did I just tell you about myself?"],
        [False, remembered],
    ]


def test_a_session_goes_on_in_another_process(guide: Guide, seen: dict[str, Any]) -> None:
    reply, refused = guide.run("resume.py", SESSION_ID=seen["session_id"])

    assert reply == "We were discussing: What did I just tell you about myself?"
    assert refused == "SessionError"


@pytest.mark.parametrize("script", ["support_bot.py", "resume.py"])
def test_only_the_imports_are_changed(script: str, tmp_path: Path) -> None:
    theirs = (HERE / script).read_text().splitlines()
    ours = with_our_imports(HERE / script, tmp_path).read_text().splitlines()

    changed = [(before, after) for before, after in zip(theirs, ours, strict=True) if before != after]

    assert changed
    assert all(before.startswith("from vectorshift.") for before, _ in changed)
    assert all(after == before.replace("vectorshift", "gateway", 1) for before, after in changed)

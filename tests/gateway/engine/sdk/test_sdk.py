"""The reference SDK, as it is, against the engine: what the guide does not show."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from gateway.store.migrate import migrate
from tests.gateway.engine.serving import serving
from tests.gateway.engine.wire import KEY
from tests.gateway.sdk import run_script, sdk_python

SCRIPT = Path(__file__).parent / "script.py"


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one run of the script saw."""
    python = sdk_python()
    database_url = f"sqlite:///{tmp_path_factory.mktemp('sdk')}/engine.db"
    printed = asyncio.run(_run(python, database_url))
    result: dict[str, Any] = json.loads(printed)
    return result


async def _run(python: Path, database_url: str) -> str:
    await migrate(database_url)
    async with serving(database_url) as engine:
        environment = {"VECTORSHIFT_BASE_URL": f"{engine.address}/v1", "VECTORSHIFT_API_KEY": KEY}
        return await asyncio.to_thread(lambda: run_script(python, SCRIPT, **environment))


def test_a_one_shot_run_returns_the_reply(seen: dict[str, Any]) -> None:
    status, first, resumed, *failed = seen["one shot"]

    assert (status, first) == ("complete", "Noted: your name is Alice.")
    assert resumed == "You told me that your name is Alice."
    assert failed == ["error", "badly"]


def test_a_one_shot_run_that_needs_approval_can_be_resumed_and_decided(seen: dict[str, Any]) -> None:
    assert seen["approval"] == ["approval_request", 'tool gated returned: {"text":"b"}']


def test_files_and_batches_are_one_turn(seen: dict[str, Any]) -> None:
    first, second, messages = seen["files"]

    assert first == (
        "You said: See these.\nFiles: chart.csv (text/csv, 4 bytes), file (application/octet-stream, 2 bytes)"
    )
    assert second == "You said: One.\nTwo.\nFiles: chart.csv (text/csv, 4 bytes)"
    assert messages == [
        [True, "See these."],
        [True, "chart.csv"],
        [True, "file"],
        [False, first],
        [True, "One."],
        [True, "Two."],
        [True, "chart.csv"],
        [False, second],
    ]


def test_refusals_reach_the_caller_in_words(seen: dict[str, Any]) -> None:
    unknown, unauthorised, empty = seen["refusals"]

    assert "There is no session of this id." in unknown
    assert "401" in unauthorised
    assert empty == "post_message: A post needs text or a file."


def test_a_terminated_session_can_be_resumed(seen: dict[str, Any]) -> None:
    assert seen["terminated"] == "We were discussing: Before."


def test_agents_are_saved_fetched_listed_and_deleted(seen: dict[str, Any]) -> None:
    assert seen["agents"] == [
        True,
        ["echo", "gated", "search"],
        "Be brief.",
        True,
        "conversational",
        True,
        "NotFoundError",
    ]


def test_functional_runs_give_their_outputs_by_name(seen: dict[str, Any]) -> None:
    status, plain, with_file, gated = seen["functional"]

    assert (status, plain) == ("success", {"brief": "You said: topic: tea"})
    assert with_file["brief"].startswith("You said: topic: tea\nFiles: ")
    assert gated["brief"].startswith("I could not do that: ")


def test_a_wrong_key_is_an_authentication_error(seen: dict[str, Any]) -> None:
    assert "The API key is missing or wrong." in seen["wrong key"]


def test_the_sdk_knows_every_frame_and_key_that_it_gets(seen: dict[str, Any]) -> None:
    assert seen["warnings"] == []

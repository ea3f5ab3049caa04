"""Every line of a process can be read by the same program, whoever wrote it."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import logging
import structlog
from gateway.logs import set_up_logging

set_up_logging(level={level!r}, style={style!r})
structlog.get_logger("gateway.demo").info("turn.started", turn_id="trn_1")
logging.getLogger("uvicorn.error").info("Started %s", "server")
logging.getLogger("slack_sdk.web").info("Sending %s", "hunter2")
logging.getLogger("httpx").warning("trouble")
try:
    raise ValueError("wrong")
except ValueError:
    logging.getLogger("library").exception("it failed")
"""


def lines(level: str = "INFO", style: str = "") -> list[str]:
    """What a process writes to its standard error, which is no terminal here."""
    program = PROGRAM.format(level=level, style=style)
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    return ended.stderr.splitlines()


def test_away_from_a_terminal_every_line_is_json() -> None:
    events = [json.loads(line) for line in lines()]

    assert [event["event"] for event in events] == ["turn.started", "Started server", "trouble", "it failed"]
    assert [event["level"] for event in events] == ["info", "info", "warning", "error"]
    assert events[0]["turn_id"] == "trn_1"
    assert events[1]["logger"] == "uvicorn.error"
    assert "ValueError: wrong" in events[3]["exception"]
    assert all(event["timestamp"].endswith("Z") for event in events)


def test_libraries_that_log_what_they_carry_are_heard_only_when_they_warn() -> None:
    assert "hunter2" not in "\n".join(lines())


def test_a_level_holds_for_everybody() -> None:
    assert [json.loads(line)["event"] for line in lines(level="ERROR")] == ["it failed"]


def test_people_get_lines_of_their_own() -> None:
    found = "\n".join(lines(style="console"))

    assert "turn.started" in found
    assert "{" not in found.splitlines()[0]

"""The page that says where each promise to approvers is held names tests and screens that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "approvals.md").read_text()


def test_every_test_that_the_page_names_exists() -> None:
    written = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    known = set(re.findall(r"def (test_\w+)", written))

    named = set(re.findall(r"`(test_\w+)`", PAGE))

    assert named
    assert named <= known


def test_every_file_that_the_page_names_exists() -> None:
    screens = ROOT / "tests" / "channels" / "slack" / "cards"

    named = [screens / name for name in re.findall(r"`(\w+\.txt)`", PAGE)]
    named += [ROOT / "docs" / name for name in re.findall(r"\]\((decisions/[^)]+)\)", PAGE)]
    named += [ROOT / name for name in re.findall(r"`(tests/[\w/.]+)`", PAGE)]

    assert [path for path in named if not path.exists()] == []

"""The pages that say what holds each promise name files that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EMAIL = {"F": 33, "P": 20, "R": 15, "T": 25, "L": 11, "B": 10, "O": 20}  # how many lines each subject has
RECORDS = {record.name[:4] for record in (ROOT / "docs/decisions").glob("*.md")}


@pytest.mark.parametrize("page", ["slack.md", "sms.md"])
def test_every_line_is_held_by_a_test_or_a_record(page: str) -> None:
    table = re.findall(r"^\| (\d+)(?:–(\d+))? \|.*\| (.+) \|$", (ROOT / "docs" / page).read_text(), re.MULTILINE)

    numbers = [number for first, last, _ in table for number in range(int(first), int(last or first) + 1)]
    named = [name for *_, held_by in table for name in held_by.replace("`", "").split(", ")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [name for name in named if name not in RECORDS and not (ROOT / "tests" / name).is_file()] == []


def test_every_line_about_email_is_held_by_a_test_or_a_record() -> None:
    table = re.findall(r"^\| ([A-Z]\d+(?:, [A-Z]\d+)*) \|.*\| (.+) \|$", (ROOT / "docs/email.md").read_text(), re.M)

    lines = [line for lines, _ in table for line in lines.split(", ")]
    named = [name for _, held_by in table for name in held_by.replace("`", "").split(", ")]
    assert sorted(lines) == sorted(f"{letter}{n}" for letter, last in EMAIL.items() for n in range(1, last + 1))
    assert [name for name in named if name not in RECORDS and not (ROOT / "tests" / name).is_file()] == []

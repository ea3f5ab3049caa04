"""Bounces, absence notes and mail of people in many forms, written down before the rules were tried on them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.channels.email.corpus import parsed_text

CASES = json.loads((Path(__file__).parent / "more_reports.json").read_text("utf-8"))


def _of(kind: str) -> list[object]:
    return [pytest.param(case, id=case["name"]) for case in CASES if case["kind"] == kind]


@pytest.mark.parametrize("case", _of("bounce"))
def test_a_bounce_names_whom_it_is_about(case: dict[str, str]) -> None:
    bounce = parsed_text(case["mail"]).bounce

    assert bounce is not None
    assert case["recipient"] in [one.address for one in bounce.recipients]


@pytest.mark.parametrize("case", _of("person"))
def test_a_person_is_taken_for_no_program(case: dict[str, str]) -> None:
    mail = parsed_text(case["mail"])

    assert (mail.bounce, mail.automatic) == (None, None)


@pytest.mark.parametrize("case", _of("automatic"))
def test_a_note_of_absence_is_a_programs(case: dict[str, str]) -> None:
    assert parsed_text(case["mail"]).automatic is not None

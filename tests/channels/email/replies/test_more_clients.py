"""Replies in the forms of many more programs and languages, written down before the rules were tried on them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from channels.email.replies.extract import extract

CASES = json.loads((Path(__file__).parent / "more_clients.json").read_text("utf-8"))
FORWARDS = json.loads((Path(__file__).parent / "more_forwards.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_only_the_new_words_are_kept(case: dict[str, str]) -> None:
    found = extract(case.get("text", ""), case.get("html", ""))

    assert found.new.split() == case["reply"].split()


@pytest.mark.parametrize("case", FORWARDS, ids=[case["name"] for case in FORWARDS])
def test_who_wrote_what_is_passed_on_is_known(case: dict[str, str]) -> None:
    found = extract(case["text"], "", subject=case["subject"])

    assert found.forwarded is not None
    assert found.forwarded.from_ is not None
    assert found.forwarded.from_.address == "bob@shop.example"
    assert found.new.strip() == case["text"].partition("\n")[0]

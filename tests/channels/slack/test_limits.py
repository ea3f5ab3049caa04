"""Slack's limits, as our own guard knows them and as the simulated Slack enforces them."""

from __future__ import annotations

from typing import Any

import pytest

from channels.sandbox.slack.rules import UPDATE_TEXT, SlackError, check_message
from channels.slack.desk import blocks as block
from channels.slack.limits import guarded, violations

Json = dict[str, Any]


def section(length: int) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": "x" * length}}


def button(label: int = 5, value: int = 5, action: str = "a") -> Json:
    text = {"type": "plain_text", "text": "x" * label}
    return {"type": "button", "text": text, "value": "v" * value, "action_id": action}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": [*elements]}


TOO_MUCH: dict[str, tuple[str, list[Json]]] = {
    "51 blocks": ("text", [section(5)] * 51),
    "section of 3001": ("text", [section(3001)]),
    "button of 76": ("text", [actions(button(label=76))]),
    "value of 2001": ("text", [actions(button(value=2001))]),
    "26 buttons": ("text", [actions(*[button(action=str(n)) for n in range(26)])]),
    "11 context elements": ("text", [{"type": "context", "elements": [block.text("x")] * 11}]),
    "11 fields": ("text", [{"type": "section", "fields": [block.text("x")] * 11}]),
    "field of 2001": ("text", [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 2001}]}]),
    "header of 151": ("text", [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]),
    "empty section": ("text", [section(0)]),
    "markdown of 12001": ("text", [{"type": "markdown", "text": "x" * 12_001}]),
    "markdown of 12001 together": ("text", [{"type": "markdown", "text": "x" * 6_001}] * 2),
    "13500 in all": ("text", [section(2_700)] * 5),
    "text of 4001": ("x" * 4001, []),
    "no text": ("", []),
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_what_is_too_much_is_seen_by_us_and_refused_by_slack(name: str) -> None:
    text, blocks = TOO_MUCH[name]

    assert violations(text, blocks) != ()
    with pytest.raises(SlackError):
        check_message(text, blocks, longest=UPDATE_TEXT)


@pytest.mark.parametrize("name", [name for name in TOO_MUCH if name != "no text"])
def test_the_guard_makes_of_it_something_that_slack_takes(name: str) -> None:
    text, blocks = guarded(*TOO_MUCH[name])

    assert violations(text, blocks) == ()
    check_message(text, blocks, longest=UPDATE_TEXT)


def test_what_fits_exactly_is_left_alone() -> None:
    blocks = [section(3000), actions(button(75, 2000)), {"type": "markdown", "text": "x" * 7000}]

    assert guarded("x" * 4000, blocks) == ("x" * 4000, blocks)

"""The dialogs of a card: editing the arguments, giving a reason for a denial, reading everything.

Each opens at once as a loading view, since Slack's trigger lives three seconds, and is filled afterwards. Their
private metadata holds ids only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from channels.slack import mrkdwn
from channels.slack.desk import blocks as block
from channels.slack.desk.arguments import all_arguments
from channels.slack.desk.card import sentence
from channels.slack.desk.inputs import argument_inputs
from channels.slack.limits import VIEW_BLOCKS, view_violations
from channels.staff import ApprovalCard, ClickAction

REASON = "reason"
PRESET = "preset"
REASON_CHARS = 300

_PRESETS = (
    "Not covered by our policy",
    "Needs more information from the customer",
    "Wrong amount or wrong target",
    "The customer's identity is not certain",
    "Looks like fraud",
)


@dataclass(frozen=True, slots=True)
class DialogSubject:
    """What a dialog is about, as its private metadata keeps it."""

    approval_id: str
    arguments_hash: str
    slack_channel_id: str

    def encode(self) -> str:
        return orjson.dumps([self.approval_id, self.arguments_hash, self.slack_channel_id]).decode()

    @classmethod
    def decode(cls, private_metadata: str) -> DialogSubject:
        """Raises `ValueError` for anything that we did not write."""
        match orjson.loads(private_metadata):
            case [str() as approval_id, str() as arguments_hash, str() as slack_channel_id]:
                return cls(approval_id, arguments_hash, slack_channel_id)
            case _:
                raise ValueError("the dialog's private metadata is not ours")


def loading(title: str) -> block.Block:
    """What is there within the three seconds."""
    return block.view(title, [block.section(":hourglass_flowing_sand: One moment…")])


def message(title: str, text: str) -> block.Block:
    """A dialog that only says something."""
    return block.view(title, [block.section(mrkdwn.harmless(text))])


def edit(card: ApprovalCard, subject: DialogSubject) -> block.Block:
    """An input for every argument."""
    inputs = [*argument_inputs(card.arguments, card.schema)][: VIEW_BLOCKS - 2]
    introduction = block.section(sentence(card))
    note = block.context("Your change is approved with it, shown on the card, and told to the agent as your decision.")
    if not any(item["type"] == "input" for item in inputs):
        return message("Edit", "None of its arguments can be edited here. Deny it with a reason instead.")
    dialog = block.view(
        "Edit and approve",
        [introduction, *inputs, note],
        callback_id=ClickAction.EDIT,
        submit="Approve edited",
        private_metadata=subject.encode(),
    )
    return message("Edit", "These arguments do not fit a dialog.") if view_violations(dialog) else dialog


def deny(card: ApprovalCard, subject: DialogSubject) -> block.Block:
    """A reason, chosen or written."""
    presets = {"type": "radio_buttons", "options": [block.option(preset, preset) for preset in _PRESETS]}
    written = {
        "type": "plain_text_input",
        "multiline": True,
        "max_length": REASON_CHARS,
        "placeholder": block.plain_text("The agent reads this, and answers the customer accordingly", 150),
    }
    return block.view(
        "Deny",
        [
            block.section(sentence(card)),
            block.field_input(PRESET, "Reason", presets, optional=True),
            block.field_input(REASON, "In your own words", written, optional=True),
        ],
        callback_id=ClickAction.DENY,
        submit="Deny",
        private_metadata=subject.encode(),
    )


def show_all(card: ApprovalCard) -> block.Block:
    """Every argument, whole."""
    return block.view("All arguments", [*all_arguments(card)] or [block.section("It takes no arguments.")])


def reason_given(values: Mapping[str, Any]) -> str:
    """The reason out of a submitted deny dialog: what was chosen, what was written, or both."""
    chosen, written = (str(values.get(name) or "").strip() for name in (PRESET, REASON))
    return f"{chosen}: {written}" if chosen and written else chosen or written

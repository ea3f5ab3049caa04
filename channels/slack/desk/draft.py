"""An answer that the agent proposes in a handoff thread, and the dialog in which staff change it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

import orjson

from channels.slack import mrkdwn
from channels.slack.compose import without_mentions
from channels.slack.desk import blocks as block
from channels.slack.desk.brief import person
from channels.slack.desk.card import CardMessage
from channels.slack.desk.dialogs import message
from channels.slack.limits import INPUT_TEXT, MESSAGE_TEXT
from channels.staff import DraftCard, DraftState, HandoffAction

TEXT = "text"  # the block id of the dialog's input

_SHOWN = 10_000
_TITLE = "Edit the answer"


@dataclass(frozen=True, slots=True)
class DraftSubject:
    """What a dialog is about, as its private metadata keeps it."""

    draft_id: str
    slack_channel_id: str
    thread_ts: str

    def encode(self) -> str:
        return orjson.dumps([self.draft_id, self.slack_channel_id, self.thread_ts]).decode()

    @classmethod
    def decode(cls, private_metadata: str) -> DraftSubject:
        """Raises `ValueError` for anything that we did not write."""
        match orjson.loads(private_metadata):
            case [str() as draft_id, str() as slack_channel_id, str() as thread_ts]:
                return cls(draft_id, slack_channel_id, thread_ts)
            case _:
                raise ValueError("the dialog's private metadata is not ours")


def compose_draft(draft: DraftCard) -> CardMessage:
    """The draft as the customer would read it, and what became of it."""
    words = mrkdwn.escape(mrkdwn.shorten(" ".join(draft.text.split()), 3000))
    text = mrkdwn.shorten(f"{_standing(draft)} “{words}”", MESSAGE_TEXT)
    blocks = [block.section(_standing(draft))]
    if draft.text.strip():
        shown = mrkdwn.shorten(draft.text, _SHOWN)
        blocks.append({"type": "markdown", "text": mrkdwn.shorten(without_mentions(shown), _SHOWN)})
    if draft.state is DraftState.PROPOSED:
        blocks.append(block.actions("draft", _buttons(draft)))
    return CardMessage(text, blocks)


def edit_dialog(draft: DraftCard, subject: DraftSubject) -> block.Block:
    """The draft in an input."""
    if draft.state is not DraftState.PROPOSED:
        return message(_TITLE, _standing(draft))
    if len(draft.text) > INPUT_TEXT:
        return message(_TITLE, "This answer is too long for a dialog. Write your own in the thread, and drop this one.")
    written = {"type": "plain_text_input", "multiline": True, "max_length": INPUT_TEXT, "initial_value": draft.text}
    return block.view(
        _TITLE,
        [block.field_input(TEXT, "The customer gets exactly this", written)],
        callback_id=HandoffAction.EDIT_DRAFT,
        submit="Send",
        private_metadata=subject.encode(),
    )


def _standing(draft: DraftCard) -> str:
    by = f" by {person(draft.decided_by)}" if draft.decided_by else ""
    match draft.state:
        case DraftState.PROPOSED:
            return ":memo: *The agent proposes this answer.* The customer has not seen it."
        case DraftState.SENT:
            return f":white_check_mark: *Sent*{by}."
        case DraftState.DROPPED:
            return f":wastebasket: *Dropped*{by}; the customer has not seen it."
        case _:
            assert_never(draft.state)


def _buttons(draft: DraftCard) -> list[block.Block]:
    return [
        block.button("Send", HandoffAction.SEND_DRAFT, draft.draft_id, style="primary"),
        block.button("Edit", HandoffAction.EDIT_DRAFT, draft.draft_id),
        block.button("Drop", HandoffAction.DROP_DRAFT, draft.draft_id, style="danger"),
    ]

"""The head of a handoff thread: who wants what, what was tried, who has it, and who reads what staff write.

Pure, as the approval card is: a brief goes in, a message comes out. The top-level text alone is enough to decide
whether to take over. All foreign words are escaped, and shortened on their own; a brief too large for Slack loses
what can be read elsewhere first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import assert_never

from channels.message import Assurance, ChannelName
from channels.slack import mrkdwn
from channels.slack.desk import blocks as block
from channels.slack.desk.card import CardMessage
from channels.slack.desk.thread_line import heading
from channels.slack.limits import MESSAGE_TEXT, violations
from channels.staff import HandoffAction, HandoffBrief, HandoffState, ThreadLine

_QUOTE = 900
_REASON = 300
_LINE = 300
_TEXT_QUOTE = 600
_NAME = 80
_MOST_LINES = 8  # of one kind

_CHANNELS = {ChannelName.EMAIL: "email", ChannelName.SMS: "text message", ChannelName.SLACK: "Slack"}
_ASSURANCE = {
    Assurance.PROVEN: "identity proven",
    Assurance.CLAIMED: "identity only claimed",
    Assurance.FAILED: ":warning: identity check failed",
}
_MEMBER = re.compile(r"[UW]0[A-Z0-9]+|[UW][A-Z0-9]{8,}")
_GROUP = re.compile(r"S0[A-Z0-9]+|S[A-Z0-9]{8,}")


def compose_brief(brief: HandoffBrief) -> CardMessage:
    """The brief in its present state, within all of Slack's limits."""
    text = mrkdwn.shorten(_notification(brief), MESSAGE_TEXT)
    whole, short = [*_blocks(brief)], [*_essentials(brief)]
    return CardMessage(text, short if violations(text, whole) else whole)


def person(name: str) -> str:
    """A member or group by id, as Slack shows them; anybody else by name."""
    if _MEMBER.fullmatch(name):
        return mrkdwn.mention(name)
    if _GROUP.fullmatch(name):
        return f"<!subteam^{name}>"
    return mrkdwn.bold(mrkdwn.shorten(name, _NAME))


def _blocks(brief: HandoffBrief) -> Iterator[block.Block]:
    yield block.header(_title(brief))
    yield block.section(f"{_standing(brief)}\n*Why:* {_reason(brief)}")
    if brief.asked.strip():
        yield block.section(f"*The customer wrote:*\n{mrkdwn.quote(mrkdwn.shorten(brief.asked, _QUOTE))}")
    if brief.tried:
        tried = [mrkdwn.plain(mrkdwn.shorten(step, _LINE)) for step in brief.tried]
        yield block.section(f"*What the agent did:*\n{_listed(tried)}")
    if brief.open_approvals:
        asked = [_linked(what, address) for what, address in brief.open_approvals]
        yield block.section(f"*Still to be approved:*\n{_listed(asked)}")
    if brief.last:
        yield block.section("*The last messages:*\n" + "\n".join(_said(line) for line in brief.last[-_MOST_LINES:]))
    yield from _before_you_write(brief)
    yield block.context(*_provenance(brief))
    yield from _buttons(brief)


def _essentials(brief: HandoffBrief) -> Iterator[block.Block]:
    """What a brief can't do without."""
    yield block.header(_title(brief))
    yield block.section(f"{_standing(brief)}\n*Why:* {_reason(brief)}")
    yield block.context("There is more than fits here: read the transcript before you answer.")
    yield from _before_you_write(brief)
    yield block.context(*_provenance(brief))
    yield from _buttons(brief)


def _title(brief: HandoffBrief) -> str:
    return f"{_state(brief.state)}: {brief.customer}"


def _state(state: HandoffState) -> str:
    match state:
        case HandoffState.WAITING:
            return "Waiting for a person"
        case HandoffState.OWNED:
            return "Taken over"
        case HandoffState.RETURNED:
            return "Back with the agent"
        case HandoffState.CLOSED:
            return "Closed"
        case _:
            assert_never(state)


def _standing(brief: HandoffBrief) -> str:
    """Who has it, in one sentence."""
    match brief.state:
        case HandoffState.WAITING:
            given = f" It was given to {person(brief.assigned_to)}." if brief.assigned_to else ""
            return f":raising_hand: Nobody has it yet; the agent is silent.{given}"
        case HandoffState.OWNED:
            return f":technologist: {person(brief.owner)} has it; the agent is silent."
        case HandoffState.RETURNED:
            return f":robot_face: The agent has it again: handed back{_ended(brief)}."
        case HandoffState.CLOSED:
            return f":checkered_flag: It was closed{_ended(brief)}."
        case _:
            assert_never(brief.state)


def _ended(brief: HandoffBrief) -> str:
    by = f" by {person(brief.closed_by)}" if brief.closed_by else ""
    at = f", {mrkdwn.date(brief.closed_at)}" if brief.closed_at else ""
    return by + at


def _reason(brief: HandoffBrief) -> str:
    return mrkdwn.plain(mrkdwn.shorten(brief.reason, _REASON)) or "no reason was given"


def _listed(lines: list[str]) -> str:
    more = len(lines) - _MOST_LINES
    shown = [f"• {line}" for line in lines[:_MOST_LINES]]
    return "\n".join([*shown, f"• …and {more} more"] if more > 0 else shown)


def _linked(what: str, address: str) -> str:
    shown = mrkdwn.shorten(what, _LINE)
    return mrkdwn.link(address, shown) if address.startswith(("https://", "http://")) else mrkdwn.plain(shown)


def _said(line: ThreadLine) -> str:
    files = f" :paperclip: {len(line.attachments)}" if line.attachments else ""
    return f"{heading(line)}{files}\n{mrkdwn.quote(mrkdwn.shorten(line.text, _LINE))}"


def _before_you_write(brief: HandoffBrief) -> Iterator[block.Block]:
    """Who will read it, and what stands in the way, as long as anybody may write."""
    for warning in brief.warnings[:_MOST_LINES]:
        yield block.section(f":warning: {mrkdwn.notice(mrkdwn.shorten(warning, _LINE))}")
    if brief.state in (HandoffState.WAITING, HandoffState.OWNED):
        reach = mrkdwn.bold(mrkdwn.shorten(brief.reach, _LINE)) or "the customer"
        yield block.context(
            f":eyes: What you write in this thread is read by {reach}. "
            "Begin with `note:` or `!` to keep it among yourselves; `!draft` asks the agent for an answer."
        )


def _provenance(brief: HandoffBrief) -> Iterator[str]:
    customer = mrkdwn.plain(mrkdwn.shorten(brief.customer, _NAME))
    yield f"Customer: {customer} · {_CHANNELS[brief.channel]} · {_assurance(brief)}"
    yield f"Since {mrkdwn.date(brief.opened_at)}"
    if brief.transcript_url:
        yield mrkdwn.link(brief.transcript_url, "Transcript")


def _assurance(brief: HandoffBrief) -> str:
    known = brief.assurance in list(Assurance)
    return _ASSURANCE[Assurance(brief.assurance)] if known else mrkdwn.plain(mrkdwn.shorten(brief.assurance, _NAME))


def _buttons(brief: HandoffBrief) -> Iterator[block.Block]:
    match brief.state:
        case HandoffState.WAITING:
            buttons = [("Take over", HandoffAction.TAKE_OVER, "primary")]
        case HandoffState.OWNED:
            buttons = [
                ("Hand back", HandoffAction.HAND_BACK, "primary"),
                ("Release", HandoffAction.RELEASE, ""),
                ("Close", HandoffAction.CLOSE, "danger"),
            ]
        case HandoffState.RETURNED:
            return
        case HandoffState.CLOSED:
            buttons = [("Reopen", HandoffAction.REOPEN, "")]
        case _:
            assert_never(brief.state)
    yield block.actions(
        "handoff", [block.button(label, action, brief.handoff_id, style=style) for label, action, style in buttons]
    )


def _notification(brief: HandoffBrief) -> str:
    """The brief in a few sentences, for those who see nothing else; the customer's words last, as they may be long."""
    customer = mrkdwn.escape(mrkdwn.shorten(brief.customer, _NAME))
    sure = f"{_CHANNELS[brief.channel]}, {_assurance(brief)}"
    said = [f"{_state(brief.state)}: {customer} ({sure}).{_who(brief)} Why: {_reason(brief).rstrip('.')}."]
    said += [f"Note: {mrkdwn.escape(mrkdwn.shorten(warning, _LINE))}" for warning in brief.warnings[:_MOST_LINES]]
    if brief.asked.strip():
        said.append(f"They wrote: “{mrkdwn.escape(mrkdwn.shorten(' '.join(brief.asked.split()), _TEXT_QUOTE))}”")
    return " ".join(said)


def _who(brief: HandoffBrief) -> str:
    match brief.state:
        case HandoffState.WAITING:
            return f" For {person(brief.assigned_to)}." if brief.assigned_to else ""
        case HandoffState.OWNED:
            return f" {person(brief.owner)} has it."
        case _:
            return f" By {person(brief.closed_by)}." if brief.closed_by else ""

"""The approval card: what an approver sees of a request, from the first question to the tool's outcome.

Pure: a card goes in, a message comes out. The top-level text alone carries what the decision needs, since that is all
that a notification and a screen reader have. Everything that came from a customer or a model is escaped here, and
each value shortened on its own, so that a long one cannot hide another; a dialog shows all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from channels.message import Assurance
from channels.slack import mrkdwn
from channels.slack.desk import blocks as block
from channels.slack.desk.arguments import argument_blocks, is_cut
from channels.slack.desk.values import masked, telling, words
from channels.slack.limits import CONFIRM_TEXT, MESSAGE_TEXT, violations
from channels.staff import ApprovalCard, ApprovalState, ButtonValue, ClickAction, Vote

SHOW_ALL = "approval.show"  # our own button, beside those that the interface promises

_QUOTE = 600
_OUTCOME = 1000
_REASON = 300
_TEXT_VALUES = 400

_ASSURANCE = {
    Assurance.PROVEN: "identity proven",
    Assurance.CLAIMED: "identity only claimed",
    Assurance.FAILED: ":warning: identity check failed",
}


@dataclass(frozen=True, slots=True)
class CardMessage:
    """A card as Slack takes it."""

    text: str
    blocks: list[block.Block]


def compose_card(card: ApprovalCard) -> CardMessage:
    """The card in its present state, within all of Slack's limits."""
    text = mrkdwn.shorten(_notification(card), MESSAGE_TEXT)
    blocks = [*_blocks(card)]
    return CardMessage(text, [*_brief_blocks(card)] if violations(text, blocks) else blocks)


def headline(card: ApprovalCard) -> str:
    """The card's title, as plain text."""
    action = words(card.tool_name)
    match card.state:
        case ApprovalState.PENDING:
            return f"Approval needed: {action}"
        case ApprovalState.APPROVED:
            return f"Approved with changes: {action}" if card.edited_from is not None else f"Approved: {action}"
        case ApprovalState.REJECTED:
            return f"Denied: {action}"
        case ApprovalState.EXPIRED:
            return f"Expired: {action}"
        case ApprovalState.WITHDRAWN:
            return f"Withdrawn: {action}"
        case _:
            assert_never(card.state)


def sentence(card: ApprovalCard) -> str:
    """What will happen and for whom, in one sentence of Slack's text format."""
    named = ", ".join(f"{mrkdwn.plain(name)} {mrkdwn.bold(value)}" for name, value in _telling(card))
    what = f"{mrkdwn.bold(words(card.tool_name))}: {named}" if named else mrkdwn.bold(words(card.tool_name))
    asks = "asks" if card.state is ApprovalState.PENDING else "asked"
    return f"The agent {asks} to {what}, for {mrkdwn.bold(card.customer)}."


def _blocks(card: ApprovalCard) -> Iterator[block.Block]:
    yield block.header(headline(card))
    yield block.section(sentence(card))
    yield block.context(_why(card))
    yield from argument_blocks(card)
    if card.quote.strip():
        yield block.section(f"*The customer wrote:*\n{mrkdwn.quote(mrkdwn.shorten(card.quote, _QUOTE))}")
    yield block.context(*_provenance(card))
    if card.customer_wrote_since:
        yield block.context(_wrote_since(card.customer_wrote_since))
    yield from _standing(card)
    if card.state is ApprovalState.PENDING:
        yield block.actions("approval", _buttons(card, show_all=is_cut(card)))


def _brief_blocks(card: ApprovalCard) -> Iterator[block.Block]:
    """The card of a request that is too large for one: it still can be read whole, in the dialog, and decided."""
    yield block.header(headline(card))
    yield block.section(sentence(card))
    yield block.context("Its arguments are too long for a card: press Show all before you decide.")
    for vote in card.votes[-3:]:
        yield block.section(_vote(vote))
    if card.state is ApprovalState.PENDING:
        yield block.actions("approval", _buttons(card, show_all=True))
    elif card.state is ApprovalState.APPROVED:
        yield block.section(_outcome(card))


def _why(card: ApprovalCard) -> str:
    risk = ":warning: *High risk.* " if card.high_risk else ""
    reason = mrkdwn.escape(mrkdwn.shorten(card.reason, _REASON)) or "this tool always needs a person"
    description = mrkdwn.escape(mrkdwn.shorten(" ".join(card.description.split()), _REASON))
    return f"{risk}Why you are asked: {reason}" + (
        f"\n{mrkdwn.code(card.tool_name)}: {description}" if description else ""
    )


def _provenance(card: ApprovalCard) -> Iterator[str]:
    yield f"Customer: {mrkdwn.plain(card.customer)} · {mrkdwn.plain(card.channel)} · {_assurance(card)}"
    yield f"Asked {mrkdwn.date(card.created_at)}"
    if card.state is ApprovalState.PENDING:
        yield f"Decide by {mrkdwn.date(card.expires_at)}"
    if card.transcript_url:
        yield mrkdwn.link(card.transcript_url, "Transcript")


def _assurance(card: ApprovalCard) -> str:
    return _ASSURANCE[Assurance(card.assurance)] if card.assurance in list(Assurance) else mrkdwn.plain(card.assurance)


def _wrote_since(messages: int) -> str:
    what = "a message" if messages == 1 else f"{messages} messages"
    return f":speech_balloon: The customer sent {what} after this was asked. Read the transcript before you decide."


def _standing(card: ApprovalCard) -> Iterator[block.Block]:
    """Who decided what, when and why, and what came of it."""
    if card.required > 1:
        approvals = len({vote.member_id for vote in card.votes if vote.approved})
        yield block.context(f"{approvals} of {card.required} approvals")
    for vote in card.votes:
        yield block.section(_vote(vote))
    match card.state:
        case ApprovalState.PENDING | ApprovalState.REJECTED:
            pass
        case ApprovalState.EXPIRED:
            yield block.section(f"Nobody decided in time{_at(card)}. It was not run.")
        case ApprovalState.WITHDRAWN:
            yield block.section(f"The request was withdrawn{_at(card)}. Nothing will run.{_why_withdrawn(card)}")
        case ApprovalState.APPROVED:
            yield block.section(_outcome(card))
        case _:
            assert_never(card.state)


def _why_withdrawn(card: ApprovalCard) -> str:
    reason = card.withdrawn_because.strip().rstrip(".")
    return f" Why: {mrkdwn.escape(mrkdwn.shorten(reason, _REASON))}." if reason else ""


def _vote(vote: Vote) -> str:
    said = ":white_check_mark: *Approved*" if vote.approved else ":no_entry: *Denied*"
    line = f"{said} by {_voter(vote)}, {mrkdwn.date(vote.decided_at)}"
    return f"{line}\n{mrkdwn.quote(mrkdwn.shorten(vote.reason, _REASON))}" if vote.reason.strip() else line


def _voter(vote: Vote) -> str:
    return mrkdwn.bold(vote.name) if vote.name else mrkdwn.mention(vote.member_id)


def _at(card: ApprovalCard) -> str:
    return f" ({mrkdwn.date(card.decided_at)})" if card.decided_at else ""


def _outcome(card: ApprovalCard) -> str:
    if not card.outcome:
        return ":hourglass_flowing_sand: Running; the result will follow here."
    mark = ":x: *Failed:*" if card.outcome_failed else ":heavy_check_mark: *Done:*"
    return f"{mark}\n{mrkdwn.quote(mrkdwn.shorten(card.outcome, _OUTCOME))}"


def _buttons(card: ApprovalCard, *, show_all: bool) -> list[block.Block]:
    value = ButtonValue(card.approval_id, card.arguments_hash).encode()
    confirm = _confirmation(card) if card.high_risk else None
    buttons = [
        block.button("Approve", ClickAction.APPROVE, value, style="primary", confirm=confirm),
        block.button("Edit", ClickAction.EDIT, value),
        block.button("Deny", ClickAction.DENY, value, style="danger"),
    ]
    if card.can_take_over:
        buttons.append(block.button("Take over", ClickAction.TAKE_OVER, value))
    return [*buttons, block.button("Show all", SHOW_ALL, value)] if show_all else buttons


def _confirmation(card: ApprovalCard) -> Mapping[str, Any]:
    return block.confirmation(
        "Run this now?",
        mrkdwn.shorten(f"{sentence(card)} This can't be undone from here.", CONFIRM_TEXT),
        yes="Yes, approve",
        no="Not yet",
    )


def _telling(card: ApprovalCard) -> list[tuple[str, str]]:
    return [*telling(masked(card.arguments, card.schema))]


def _notification(card: ApprovalCard) -> str:
    """The card in one line, for those who see nothing else."""
    named = ", ".join(f"{name} {value}" for name, value in _telling(card))
    what = mrkdwn.escape(words(card.tool_name) + (f" ({mrkdwn.shorten(named, _TEXT_VALUES)})" if named else ""))
    whom = mrkdwn.escape(card.customer)
    match card.state:
        case ApprovalState.PENDING:
            sure = f"{mrkdwn.escape(card.channel)}, {_assurance(card)}"
            return f"Approve {what} for {whom}? By {sure}. Expires {mrkdwn.utc(card.expires_at)}."
        case ApprovalState.APPROVED | ApprovalState.REJECTED:
            return f"{_decided(card)}: {what} for {whom}.{_by(card)}{_result(card)}"
        case ApprovalState.EXPIRED:
            return f"Expired undecided: {what} for {whom}. It was not run."
        case ApprovalState.WITHDRAWN:
            return f"Withdrawn: {what} for {whom}. Nothing will run.{_why_withdrawn(card)}"
        case _:
            assert_never(card.state)


def _decided(card: ApprovalCard) -> str:
    return headline(card).partition(":")[0]


def _by(card: ApprovalCard) -> str:
    deciders = [vote for vote in card.votes if vote.approved is (card.state is ApprovalState.APPROVED)]
    names = ", ".join(map(_voter, deciders))
    reason = next((vote.reason for vote in deciders if vote.reason.strip()), "")
    because = f": {mrkdwn.escape(mrkdwn.shorten(' '.join(reason.split()), _REASON)).rstrip('.')}" if reason else ""
    return f" By {names}{because}." if names else ""


def _result(card: ApprovalCard) -> str:
    if not card.outcome:
        return ""
    said = "Failed" if card.outcome_failed else "Done"
    return f" {said}: {mrkdwn.escape(mrkdwn.shorten(' '.join(card.outcome.split()), _REASON))}"

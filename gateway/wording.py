"""Our own words: what customers and staff read that no agent wrote. Words for staff are Slack mrkdwn."""

from __future__ import annotations

from datetime import datetime

from channels.staff import ApprovalState
from gateway.domain import Approval

# To customers

CHECKING = "One moment please: a colleague is checking this, and you will hear from us here."
APOLOGY = (
    "Sorry, something went wrong on our side and I could not answer you. A colleague has been told and will look at it."
)

# To staff

EXPIRED = "The request expired: nobody decided in time. That is no refusal; nothing was run."
WITHDRAWN = "The customer took the request back before anybody decided; nothing was run."
CUSTOMER_WROTE = (
    "The customer has written since this card was drawn. Read it in the thread of the card, then decide on the card as"
    " it stands now."
)
REQUEST_GONE = "This request no longer exists."
REQUEST_CHANGED = "The request has changed since you saw it. Please look at the card again."
REASON_NEEDED = "Say why, so that the agent and the customer can go on from there."
APPROVED_BEFORE = "You have already approved this; somebody else has to as well."


def settled(approval: Approval) -> str:
    """What stands, for somebody who came too late."""
    if approval.is_pending or approval.state is ApprovalState.EXPIRED:
        return "This request has expired; nothing was run."
    if approval.state is ApprovalState.WITHDRAWN:
        return "This request was withdrawn; nothing will run."
    who = f" by <@{approval.decided_by}>" if approval.decided_by else ""
    when = f" {_moment(approval.decided_at, 'at {time}')}" if approval.decided_at else ""
    return f"Already {approval.state}{who}{when}."


def above(name: str, limit: float) -> str:
    """Why a call of a tool that may run by itself waits for a person."""
    return f"{name.replace('_', ' ')} is above {limit:g}"


def reminder(approval: Approval) -> str:
    """Half of a request's time is over."""
    where = f" in <#{approval.card.slack_channel_id}>" if approval.card else ""
    expires = _moment(approval.expires_at, "{date_short_pretty} {time}")
    return f"Still waiting for a decision{where}: *{approval.tool_name}*. Without one it expires {expires}."


TOO_MANY_TURNS = "it had more turns in ten minutes than a person asks for; perhaps a robot answers"


def held(customer: str, conversation_id: str, because: str) -> str:
    """A conversation that waits for a person."""
    return (
        f":raised_hand: {_escaped(customer)} wrote, and a person has to look first: {_escaped(because)}.\n"
        f"See `frontdesk conversations show {conversation_id}`; `frontdesk conversations release {conversation_id}` "
        "lets the agent answer."
    )


def customer_wrote(name: str, text: str) -> str:
    """What a customer wrote while people decide. Nothing that they write comes alive."""
    quoted = "\n".join(f"> {line}" for line in text.replace("<", "<\u2060").splitlines()) or "> (no text)"
    return f":speech_balloon: {' '.join(name.split()) or 'The customer'} wrote:\n{quoted}"


def turn_failed(customer: str, conversation_id: str, failure: str) -> str:
    """A conversation that the agent could not go on with."""
    return (
        f":warning: The agent could not answer {_escaped(customer)}: {_escaped(failure)}\n"
        f"See `frontdesk conversations show {conversation_id}`."
    )


def not_delivered(customer: str, conversation_id: str, because: str) -> str:
    """Words of ours did not reach their customer."""
    return (
        f":mailbox_with_no_mail: Not delivered to {_escaped(customer)}: {_escaped(because)}. "
        f"They have not read our answer.\nSee `frontdesk conversations show {conversation_id}`."
    )


def complained(customer: str, conversation_id: str) -> str:
    """A customer's mail program reported us."""
    return (
        f":no_entry: {_escaped(customer)} reported a mail of ours as spam: no more is sent to them.\n"
        f"See `frontdesk conversations show {conversation_id}`."
    )


def told_agent_not_delivered(written_at: datetime, because: str) -> str:
    """What the agent has to know before it says more."""
    return (
        f"Your message of {written_at:%d %b %Y %H:%M} UTC was not delivered: {because}. The customer has not read it, "
        "as far as we know; staff have been told."
    )


TOLD_AGENT_COMPLAINED = (
    "The customer's mail program reported one of your messages as spam. Do not write more than they ask for."
)


def _escaped(text: str) -> str:
    """Slack would read these three as its own marks."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _moment(at: datetime, pattern: str) -> str:
    """A time in the reader's own zone."""
    return f"<!date^{int(at.timestamp())}^{pattern}|{at:%d %b %H:%M} UTC>"

"""Our own words: what customers and staff read that no agent wrote. Words for staff are Slack mrkdwn."""

from __future__ import annotations

import re
from datetime import datetime

from channels.staff import ApprovalState, HandoffState
from gateway.domain import Approval, Handoff
from gateway.handoff.hours import Hours

_MEMBER = re.compile(r"[UWS][A-Z0-9]{2,}")

# To customers

CHECKING = "One moment please: a colleague is checking this, and you will hear from us here."
APOLOGY = (
    "Sorry, something went wrong on our side and I could not answer you. A colleague has been told and will look at it."
)
HANDED_BACK = "You are talking to our assistant again. Just write here if you need anything else."


def handed_over(hours: Hours | None, now: datetime) -> str:
    """A person has the conversation, or will have it; when, where the deployment says."""
    words = "A colleague takes it from here, and will answer you in this conversation."
    if hours is None or hours.is_open(now):
        return words
    return f"{words} We are there {hours.written}."


# To the agent

NOT_ASKED_ANY_MORE = "A colleague has taken the conversation over; nothing was run."
NOTE_MARK = "[Note from the support desk, not from the customer]"


def note_of_return(said: str, words: str, *, is_closed: bool) -> str:
    """What the agent has to know of the time in which a person had the conversation."""
    parts = ["A colleague had this conversation, and you own it again."]
    if said:
        parts.append(
            "Meanwhile was said (it is settled: neither repeat it nor answer it again):\n"
            f"{said}\n(end of what was said)"
        )
    if is_closed:
        parts.append("The colleague closed the matter; the customer writes anew.")
    if words:
        parts.append(f"The colleague's note for you: {words}")
    return "\n".join(parts)


# To staff

EXPIRED = "The request expired: nobody decided in time. That is no refusal; nothing was run."
WITHDRAWN = "The customer took the request back before anybody decided; nothing was run."
NOT_WAITED_FOR = "the agent went on without it"
TURN_FAILED = "the agent's turn failed before anybody decided"
HANDED_OVER = "the conversation was handed over to a person"
TURN_LOST = "the agent was interrupted and began again; what it still wants, it asks anew"
NEVER_RAN = "It was not run: the agent was interrupted and began again. What it still wants, it asks anew."
UNTOLD = "The agent's turn failed before it told what came of this. Look before you repeat it."
CUSTOMER_WROTE = (
    "The customer has written since this card was drawn. Read it in the thread of the card, then decide on the card as"
    " it stands now."
)
REQUEST_GONE = "This request has expired and is not known any more; nothing will run."
REQUEST_CHANGED = "The request has changed since you saw it. Please look at the card again."
REASON_NEEDED = "Say why, so that the agent and the customer can go on from there."
APPROVED_BEFORE = "You have already approved this; somebody else has to as well."


def settled(approval: Approval) -> str:
    """What stands, for somebody who came too late."""
    if approval.is_pending or approval.state is ApprovalState.EXPIRED:
        return "This request has expired; nothing was run."
    if approval.state is ApprovalState.WITHDRAWN:
        return "This request was withdrawn; nothing will run."
    named = decider(approval.decided_by) or f"<@{approval.decided_by}>"
    who = f" by {named}" if approval.decided_by else ""
    when = f" {_moment(approval.decided_at, 'at {time}')}" if approval.decided_at else ""
    return f"Already {approval.state}{who}{when}."


def above(name: str, limit: float) -> str:
    """Why a call of a tool that may run by itself waits for a person."""
    return f"{name.replace('_', ' ')} is above {limit:g}"


def unsure(assurance: str, needed: str) -> str:
    """Why a call of a tool that runs by itself for surer senders waits for a person."""
    how = "could not be verified" if assurance == "failed" else f"is only {assurance}"
    return f"the sender's identity {how}, and this runs by itself only where it is {needed}"


def decider(member_id: str) -> str:
    """Who decided, where it was nobody in Slack: `cli:ada` → `ada (command line)`. "" for a member of Slack."""
    place, colon, name = member_id.partition(":")
    if place not in _PLACES:
        return ""
    return f"{name} ({_PLACES[place]})" if colon and name else f"the {_PLACES[place]}"


_PLACES = {"cli": "command line", "console": "console"}


def reminder(approval: Approval) -> str:
    """Half of a request's time is over."""
    where = f" in <#{approval.card.slack_channel_id}>" if approval.card else ""
    expires = _moment(approval.expires_at, "{date_short_pretty} {time}")
    return f"Still waiting for a decision{where}: *{approval.tool_name}*. Without one it expires {expires}."


TAKEN_BY_STAFF = "a colleague took the conversation over"
NO_CONVERSATION = "I do not know such a conversation."
YOURS_ALREADY = "You have this conversation already."
ALREADY_HANDED_OVER = "This conversation has been handed over anew since; look for its newer thread."
CUSTOMER_ASKED = "the customer asked for a person"
AGENT_ASKED = "the agent asked for a person"


OPTED_OUT = "They opted out of messages from us: nothing that you write will reach them."
OUTSIDE_WINDOW = "Their last message is more than 24 hours old: WhatsApp will probably refuse what you write."
INTERNAL_THREAD_ONLY = "Nothing was sent to the customer."
NOT_STAFF = "I do not know you here, so nothing was sent to the customer."
TAKEN_BACK = "That was taken back before it was sent: the customer will not get it."
CANNOT_BE_UNSENT = (
    "The customer has this message already, and it cannot be unsent. If it was wrong, write them a new one."
)
EDIT_NOT_SENT = (
    "The customer got this message as it was first written; the change was not sent. Write a new message to correct it."
)
UNCHECKED = "I could not check whether you may do this. Please try again in a moment."
NOTHING_TO_SEND = "There is nothing in this message that could be sent."
DECIDED_ALREADY = "Somebody has decided this already."
DRAFT_ASKED = "The agent is writing a draft."
DRAFT_FAILED = "The agent could not write a draft; please write yourself, or try `!draft` again."


def sent_in_parts(parts: int) -> str:
    """A message that its channel cannot carry in one piece."""
    return f"This is long: the customer would get it as {parts} messages. Send it anyway?"


def window_closed() -> str:
    return f"{OUTSIDE_WINDOW} Send it anyway?"


def failed_to_reach(reason: str) -> str:
    """What a person wrote did not get to the customer."""
    return f"This did not reach the customer: {reason}"


def goes_back_at(at: datetime) -> str:
    """Nobody says anything any more."""
    return f"Nothing has been said here for a while: the agent gets this conversation back {_moment(at, 'at {time}')}."


def owner_left(owner: str) -> str:
    return f"{who(owner)} has left: this conversation waits for somebody to take it."


def agent_failed(failure: str) -> str:
    """Why a person has to go on."""
    return f"the agent could not answer: {failure}"


def who(actor: str) -> str:
    """A person in a line for staff: a member of Slack by their id, anybody else by the name that we have."""
    if not is_member(actor):
        return actor
    return f"<!subteam^{actor}>" if actor.startswith("S") else f"<@{actor}>"


def is_member(actor: str) -> bool:
    """Whether this is an id of Slack's, and not a name of ours."""
    return _MEMBER.fullmatch(actor) is not None


def taken(actor: str) -> str:
    return f"{who(actor)} has this conversation now."


def taken_already(owner: str) -> str:
    return f"Already taken by {who(owner)}."


def released(actor: str) -> str:
    return f"{who(actor)} released this conversation: it waits for somebody to take it."


def reopened(actor: str) -> str:
    return f"{who(actor)} reopened this conversation."


def assigned(to: str, actor: str) -> str:
    return f"{who(actor)} gave this conversation to {who(to)}."


def cannot(handoff: Handoff | None, what: str) -> str:
    """Why a handoff does not do what somebody wants of it."""
    if handoff is None:
        return "I do not know such a handoff."
    match handoff.state:
        case HandoffState.RETURNED:
            return "The agent has this conversation again. Take it over to speak in it."
        case HandoffState.CLOSED:
            return "This conversation was closed. Reopen it to speak in it."
        case HandoffState.WAITING:
            return f"Nobody has this conversation yet, so it cannot be {what}."
        case HandoffState.OWNED:
            return f"{who(handoff.owner)} has this conversation, so it cannot be {what}."


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


MAILBOX_TROUBLES = {
    "login_refused": "The mail server refuses our login to {mailbox}: no mail comes in until that is mended. See"
    " `frontdesk doctor`.",
    "renumbered": "The mail server renumbered {mailbox}. Mail since our last look was taken in anew, without repeats;"
    " if the mailbox was restored from a backup, something may be missing there.",
    "unreadable": "A mail to {mailbox} could not be read, and nobody has answered it. See `frontdesk mails list`.",
}


def mailbox_trouble(mailbox: str, trouble: str) -> str:
    """What is wrong with a mailbox; `trouble` is a key of `MAILBOX_TROUBLES`."""
    return f":warning: {MAILBOX_TROUBLES[trouble].format(mailbox=_escaped(mailbox))}"


def told_agent_not_delivered(written_at: datetime, because: str) -> str:
    """What the agent has to know before it says more."""
    return (
        f"The message of {written_at:%d %b %Y %H:%M} UTC to the customer was not delivered: {because}. They have not"
        " read it, as far as we know; staff have been told."
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

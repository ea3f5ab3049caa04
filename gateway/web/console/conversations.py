"""Conversations: the list with its search, one of them as it reads, and its trace."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar, assert_never

from starlette.responses import Response
from starlette.routing import Route

from channels.message import ChannelName
from gateway.domain import Approval, Conversation, ConversationId, Delivery, Holder
from gateway.store import conversations as store
from gateway.store import handoffs
from gateway.store.console import conversations, search, transcript
from gateway.store.console.conversations import Filter, Listed, Progress
from gateway.trace import find_conversations, hops
from gateway.web.console.page import ACTOR, Visit, guarded

PER_PAGE = 40
MOST_NAMED = 20
MOST_HOPS = 400
_MIN_WORDS = 2  # letters; one letter is in every message

Choice = TypeVar("Choice", bound=StrEnum)


async def index(visit: Visit) -> Response:
    """All conversations, or what a search found."""
    words = visit.asked("q")
    if words:
        return await _found(visit, words)
    wanted = Filter(
        channel=one_of(ChannelName, visit.asked("channel")),
        progress=one_of(Progress, visit.asked("state")),
        holder=one_of(Holder, visit.asked("holder")),
    )
    listed = await conversations.page(visit.gateway.db, wanted, after=visit.asked("after"), limit=PER_PAGE + 1)
    more = visit.address_with(after=listed[PER_PAGE - 1].key) if len(listed) > PER_PAGE else ""
    return await visit.show(
        "conversations.html",
        listed=listed[:PER_PAGE],
        more=more,
        is_first=not visit.asked("after"),
        wanted=wanted,
        channels=list(ChannelName),
        states=list(Progress),
        holders=list(Holder),
        words="",
    )


async def show(visit: Visit) -> Response:
    """One conversation as it reads."""
    conversation = await _conversation(visit)
    if conversation is None:
        return await missing(visit, "conversation")
    db = visit.gateway.db
    (listed,) = await conversations.of_ids(db, [conversation.id])
    shown = await transcript.read(db, conversation, before=visit.number("before"))
    return await visit.show(
        "conversation.html",
        conversation=conversation,
        listed=listed,
        transcript=shown,
        entries=[(_kind(entry), entry) for entry in shown.entries],
        handoff=await handoffs.open_of(db, conversation.id),
        pending=await transcript.pending_of(db, conversation.id),
        earlier=visit.address_with(before=shown.earlier) if shown.earlier else "",
        is_newest=not visit.number("before"),
    )


async def trace(visit: Visit) -> Response:
    """Every hop of one conversation."""
    conversation = await _conversation(visit)
    if conversation is None:
        return await missing(visit, "conversation")
    steps = await hops(visit.gateway.db, conversation.id)
    return await visit.show(
        "trace.html",
        conversation=conversation,
        steps=list(reversed(steps[-MOST_HOPS:])),
        left_out=max(len(steps) - MOST_HOPS, 0),
    )


async def take_over(visit: Visit) -> Response:
    """A person has it from now on, and what the agent is doing is stopped."""
    conversation_id = ConversationId(visit.part("conversation_id"))
    taking = visit.gateway.handoffs.take_over(conversation_id, actor=ACTOR)
    return await visit.change(taking, "The agent is stopped; staff have this conversation.")


async def hand_back(visit: Visit) -> Response:
    """The agent goes on, and is told what staff say about it."""
    conversation_id = ConversationId(visit.part("conversation_id"))

    async def step() -> str:
        handoff = await handoffs.open_of(visit.gateway.db, conversation_id)
        if handoff is None:
            return "Nobody has this conversation but the agent."
        return await visit.gateway.handoffs.hand_back(handoff.id, actor=ACTOR, note=visit.form.get("note", ""))

    return await visit.change(step(), "The agent goes on with this conversation.")


routes = [
    Route("/", guarded(index)),
    Route("/conversations", guarded(index)),
    Route("/conversations/{conversation_id}", guarded(show)),
    Route("/conversations/{conversation_id}/trace", guarded(trace)),
    Route("/conversations/{conversation_id}/take-over", guarded(take_over), methods=["POST"]),
    Route("/conversations/{conversation_id}/hand-back", guarded(hand_back), methods=["POST"]),
]


def one_of(choices: type[Choice], value: str) -> Choice | None:
    """The choice of that name; None where there is no such one."""
    return next((choice for choice in choices if choice.value == value), None)


async def missing(visit: Visit, noun: str) -> Response:
    """There is no such thing."""
    return await visit.show("missing.html", 404, noun=noun)


async def nowhere(visit: Visit) -> Response:
    """An address that leads to no page."""
    return await missing(visit, "page")


async def _conversation(visit: Visit) -> Conversation | None:
    return await store.get(visit.gateway.db, ConversationId(visit.part("conversation_id")))


async def _found(visit: Visit, words: str) -> Response:
    """Those that the words name, then those in which they were said."""
    db = visit.gateway.db
    named: list[Listed] = []
    if not visit.asked("from"):
        ids = [*await find_conversations(db, words), *await conversations.by_address(db, words, limit=MOST_NAMED)]
        named = [*await conversations.of_ids(db, list(dict.fromkeys(ids))[:MOST_NAMED])]
    searched = search.Searched((), None, "")
    if len(words) >= _MIN_WORDS:
        searched = await search.search(db, words, after=visit.asked("from"))
    who = {one.conversation.id: one for one in await _of_hits(visit, searched)}
    return await visit.show(
        "found.html",
        words=words,
        named=named,
        hits=[(who[hit.conversation_id], hit) for hit in searched.hits if hit.conversation_id in who],
        until=searched.until,
        more=visit.address_with(**{"from": searched.next_key}) if searched.next_key else "",
        is_first=not visit.asked("from"),
        is_short=len(words) < _MIN_WORDS,
    )


async def _of_hits(visit: Visit, searched: search.Searched) -> list[Listed]:
    ids = list(dict.fromkeys(hit.conversation_id for hit in searched.hits))
    return [*await conversations.of_ids(visit.gateway.db, ids)]


def _kind(entry: transcript.Entry) -> str:
    """Which macro of the template draws it."""
    match entry:
        case transcript.Said():
            return "said"
        case Approval():
            return "approval"
        case Delivery():
            return "delivery"
        case _:
            assert_never(entry)

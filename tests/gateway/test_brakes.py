"""Robots that do not say so are stopped, and people who write a lot are not."""

from __future__ import annotations

from datetime import timedelta
from typing import NoReturn

import pytest

from channels.message import Assurance, ChannelName, InboundMessage, ReplyTarget, Sender
from gateway.brakes import Brakes, Caps, gist
from gateway.domain import ConversationId, DeliveryId, DeliveryKind, new_id
from gateway.inbound import Inbound
from gateway.store import deliveries, threads
from gateway.store.deliveries import NewDelivery
from tests.gateway.world import World, a_text

ADA, BOB = "ada@example.com", "bob@example.com"
LATER = timedelta(minutes=20)


def a_mail(text: str, *, thread: str = "", from_: str = ADA, **details: str) -> InboundMessage:
    """A mail that opens a conversation, or one that goes on in `thread`."""
    own = new_id("mail")
    return a_text(
        text,
        own,
        channel=ChannelName.EMAIL,
        thread_key=thread or own,
        sender=Sender(from_, "", Assurance.PROVEN),
        reply_to=ReplyTarget(ChannelName.EMAIL, from_, thread or own),
        details={"message_id": own, **details},
    )


async def holder(world: World, thread: str) -> str:
    row = await world.row("SELECT holder FROM conversations WHERE thread_key = $1", thread)
    return str(row["holder"])


async def answer(world: World, thread: str) -> None:
    """We answer, now."""
    row = await world.row("SELECT id FROM conversations WHERE thread_key = $1", thread)
    target = ReplyTarget(ChannelName.EMAIL, ADA, thread)
    new = NewDelivery(
        DeliveryId(new_id("dlv")),
        thread,
        DeliveryKind.ANSWER,
        target,
        text="Hello",
        conversation_id=ConversationId(row["id"]),
    )
    await deliveries.add(world.db, new, now=world.clock())
    await deliveries.claim_head(world.db, thread, now=world.clock(), until=world.clock() + LATER)
    await world.db.execute("UPDATE deliveries SET state = 'sent'")


async def test_the_same_words_again_and_again_are_held_for_a_person_once(world: World) -> None:
    for number in range(5):
        await world.inbound.accept(a_mail(f"We got your message.\nTicket #{number}", thread="t"))
        world.clock.advance(LATER)

    assert await holder(world, "t") == "human"
    assert (await world.audited()).count("conversation.held") == 1


async def test_different_words_in_one_conversation_are_not_held(world: World) -> None:
    for word in ("Where is it?", "Thank you", "And the lamp?", "Good", "One more question"):
        await world.inbound.accept(a_mail(word, thread="t"))
        world.clock.advance(LATER)

    assert await holder(world, "t") == "agent"


async def test_answers_within_seconds_of_ours_are_a_robots(world: World) -> None:
    await world.inbound.accept(a_mail("Hello", thread="t"))
    for word in ("One", "Two", "Three"):
        await answer(world, "t")
        world.clock.advance(timedelta(seconds=4))
        await world.inbound.accept(a_mail(word, thread="t"))

    assert await holder(world, "t") == "human"


async def test_answers_after_minutes_are_a_persons(world: World) -> None:
    await world.inbound.accept(a_mail("Hello", thread="t"))
    for word in ("One", "Two", "Three"):
        await answer(world, "t")
        world.clock.advance(timedelta(minutes=2))
        await world.inbound.accept(a_mail(word, thread="t"))

    assert await holder(world, "t") == "agent"


async def test_a_flood_of_one_sender_over_many_conversations_is_held(world: World) -> None:
    inbound = Inbound(world.db, world.wakeups, debounce={}, brakes=Brakes(Caps(per_sender=4)), clock=world.clock)
    for word in ("one", "two", "three", "four"):
        await inbound.accept(a_mail(word, thread=word))
    await inbound.accept(a_mail("five", thread="of-bob", from_=BOB))

    assert [await holder(world, word) for word in ("three", "four", "of-bob")] == ["agent", "human", "agent"]


async def test_a_conversation_has_a_cap_for_a_day_whoever_writes_in_it(world: World) -> None:
    inbound = Inbound(world.db, world.wakeups, debounce={}, brakes=Brakes(Caps(per_conversation=3)), clock=world.clock)
    for word, author in (("one", ADA), ("two", BOB), ("three", ADA)):
        await inbound.accept(a_mail(word, thread="t", from_=author))
        world.clock.advance(LATER * 4)

    assert await holder(world, "t") == "human"


async def test_a_reply_that_reads_like_an_autoresponders_is_held_and_a_first_mail_is_not(world: World) -> None:
    await world.inbound.accept(a_mail("Thank you for contacting us", thread="t", reads_automatic="yes"))
    first = await holder(world, "t")
    await world.inbound.accept(a_mail("Thank you for contacting us", thread="t", reads_automatic="yes"))

    assert (first, await holder(world, "t")) == ("agent", "human")


async def test_mail_without_a_return_address_is_kept_for_a_person(world: World) -> None:
    await world.inbound.accept(a_mail("Hello", thread="t", null_sender="yes"))

    assert await holder(world, "t") == "human"


@pytest.mark.parametrize(
    ("one", "other"), [("Ticket #1\n\nThanks", "ticket #22 thanks"), ("Am 3. Mai 2026 weg", "Am 14. Mai 2027 weg!")]
)
def test_numbers_and_breaks_make_no_other_text(one: str, other: str) -> None:
    assert gist(one) == gist(other)


def test_a_text_of_signs_alone_is_like_no_other() -> None:
    assert gist("?!") == gist("12") == ""


async def test_a_mail_that_cannot_be_counted_is_not_stored(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object, **__: object) -> NoReturn:
        raise LookupError("cannot be counted")

    monkeypatch.setattr(threads, "recent_mails", fail)

    with pytest.raises(LookupError, match="counted"):
        await world.inbound.accept(a_mail("Hello"))

    assert await world.rows("SELECT id FROM messages") == []

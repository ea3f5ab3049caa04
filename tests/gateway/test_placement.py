"""Which conversation a mail belongs to: an id selects one, and only who takes part in it gets in."""

from __future__ import annotations

from typing import Any

import pytest

from channels.message import Assurance, ChannelName, InboundMessage, Reference, ReferenceKind, Sender
from gateway.domain import ConversationId, Holder, new_id
from gateway.errors import NotFound
from gateway.holding import Holding
from gateway.queue import ADVANCE, DELIVER
from gateway.store import conversations
from tests.gateway.world import World, a_text

ADA, BOB, EVE = "ada@example.com", "bob@example.com", "eve@elsewhere.example"
PROVEN, CLAIMED, FAILED = Assurance.PROVEN, Assurance.CLAIMED, Assurance.FAILED
FIRST = "first@mail.example"


def a_mail(
    from_: str, assurance: Assurance, *references: Reference, message_id: str = "", **details: str
) -> InboundMessage:
    """A mail as its channel hands it over: a thread of its own, until somebody finds it another."""
    own = message_id or new_id("mail")
    return a_text(
        "hello",
        own,
        channel=ChannelName.EMAIL,
        thread_key=own,
        sender=Sender(from_, "", assurance),
        references=references,
        details={"message_id": own, **details},
    )


def token(conversation_id: str) -> Reference:
    """An id that we signed."""
    return Reference(ReferenceKind.CONVERSATION, conversation_id)


def header(message_id: str = FIRST) -> Reference:
    """An id that anybody may copy."""
    return Reference(ReferenceKind.PROVIDER, message_id)


async def first_mail(world: World, assurance: Assurance = PROVEN, **details: str) -> ConversationId:
    """Ada writes; the conversation is hers."""
    await world.inbound.accept(a_mail(ADA, assurance, message_id=FIRST, **details))
    return ConversationId((await world.row("SELECT id FROM conversations"))["id"])


async def taken_in(world: World, mail: InboundMessage) -> dict[str, Any]:
    """The conversation into which a mail was put."""
    await world.inbound.accept(mail)
    return await world.row(
        """
        SELECT c.* FROM conversations c JOIN messages m ON m.conversation_id = c.id
        WHERE m.provider_id = $1
        """,
        mail.provider_id,
    )


@pytest.mark.parametrize("named_by", ["token", "header"])
async def test_a_reply_of_its_proven_author_continues_the_conversation(world: World, named_by: str) -> None:
    conversation_id = await first_mail(world)
    reference = token(conversation_id) if named_by == "token" else header()

    found = await taken_in(world, a_mail(ADA, PROVEN, reference))

    assert found["id"] == conversation_id
    assert found["arrived"] == 2


async def test_without_authentication_only_a_signed_id_continues_it(world: World) -> None:
    conversation_id = await first_mail(world, CLAIMED)

    signed = await taken_in(world, a_mail(ADA, CLAIMED, token(conversation_id)))
    copied = await taken_in(world, a_mail(ADA, CLAIMED, header()))

    assert signed["id"] == conversation_id
    assert copied["id"] != conversation_id
    assert copied["related_id"] == conversation_id


async def test_the_best_reference_that_is_known_counts(world: World) -> None:
    conversation_id = await first_mail(world)

    found = await taken_in(world, a_mail(ADA, PROVEN, token("cnv_unknown"), header("nowhere"), header()))

    assert found["id"] == conversation_id


async def test_a_reply_to_a_message_of_ours_continues_its_conversation(world: World) -> None:
    conversation_id = await first_mail(world)
    await world.db.execute(
        """
        INSERT INTO deliveries
            (id, lane, kind, conversation_id, channel, address, target, state, created_at, updated_at)
        VALUES ('dlv_1', $1, 'answer', $1, 'email', $2, '{}', 'sent', 0, 0)
        """,
        conversation_id,
        ADA,
    )

    found = await taken_in(world, a_mail(ADA, PROVEN, Reference(ReferenceKind.OUTBOUND, "dlv_1")))

    assert found["id"] == conversation_id


async def test_whom_a_proven_author_copied_may_reply(world: World) -> None:
    conversation_id = await first_mail(world, others=BOB)

    found = await taken_in(world, a_mail(BOB, PROVEN, header()))

    assert found["id"] == conversation_id


async def test_whom_an_unproven_author_copied_may_not(world: World) -> None:
    conversation_id = await first_mail(world, CLAIMED, others=EVE)

    found = await taken_in(world, a_mail(EVE, PROVEN, header()))

    assert found["id"] != conversation_id


async def test_a_stranger_who_copies_the_thread_gets_a_conversation_of_their_own(world: World) -> None:
    conversation_id = await first_mail(world)

    found = await taken_in(world, a_mail(EVE, PROVEN, header()))

    assert found["related_id"] == conversation_id
    assert (found["holder"], found["arrived"]) == (Holder.AGENT, 1)


async def test_a_stranger_with_a_signed_id_waits_for_a_person(world: World) -> None:
    conversation_id = await first_mail(world)
    world.wakeups.jobs.clear()

    found = await taken_in(world, a_mail(EVE, PROVEN, token(conversation_id)))

    assert found["id"] != conversation_id
    assert (found["holder"], found["related_id"]) == (Holder.HUMAN, conversation_id)
    assert world.wakeups.of(ADVANCE) == []
    assert world.wakeups.of(DELIVER) == [f"handoff:{found['id']}"]
    assert (await world.audited())[-1] == "conversation.held"


@pytest.mark.parametrize("named_by", ["token", "header", "nothing"])
async def test_who_fails_authentication_gets_no_answer_from_the_agent(world: World, named_by: str) -> None:
    conversation_id = await first_mail(world)
    references = {"token": [token(conversation_id)], "header": [header()], "nothing": []}[named_by]

    found = await taken_in(world, a_mail(ADA, FAILED, *references))

    assert found["id"] != conversation_id
    assert found["holder"] == Holder.HUMAN


async def test_a_colleague_who_cannot_be_proven_is_taken_for_an_impostor(world: World) -> None:
    await world.inbound.accept(a_mail("ceo@acme.example", CLAIMED, claims_our_domain="1"))
    await world.deliver_all()

    held = await world.row("SELECT holder, held_because FROM conversations")
    assert held["holder"] == Holder.HUMAN
    assert "impostor" in held["held_because"]
    assert len(world.desk.briefs) == 1
    assert "ceo@acme.example" not in world.desk.brief.customer


async def test_an_id_that_was_forged_into_two_conversations_names_the_older(world: World) -> None:
    conversation_id = await first_mail(world)
    await world.inbound.accept(
        a_text(
            "hello",
            "another",
            channel=ChannelName.EMAIL,
            thread_key="another",
            sender=Sender(EVE, "", PROVEN),
            details={"message_id": FIRST},
        )
    )

    found = await taken_in(world, a_mail(ADA, PROVEN, header()))

    assert found["id"] == conversation_id


async def test_no_turn_starts_while_a_person_holds_it_and_what_waits_is_answered_after(world: World) -> None:
    await world.inbound.accept(a_mail(ADA, FAILED))
    conversation_id = ConversationId((await world.row("SELECT id FROM conversations"))["id"])
    world.wakeups.jobs.clear()
    holding = Holding(world.db, world.wakeups, clock=world.clock)

    await holding.release(conversation_id, actor="cli")
    with pytest.raises(NotFound):
        await holding.release(conversation_id, actor="cli")

    released = await conversations.get(world.db, conversation_id)
    assert released is not None
    assert released.holder is Holder.AGENT
    assert await world.due_at(conversation_id) == world.clock()
    assert world.wakeups.of(ADVANCE) == [conversation_id]
    assert (await world.audited())[-1] == "conversation.released"

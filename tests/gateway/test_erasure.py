"""A customer who asked to be forgotten is found nowhere, and nothing that they wrote comes back by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest

from channels.errors import TemporaryFailure
from channels.message import Assurance, Attachment, ChannelName, Consent, InboundMessage, ReplyTarget, Sender
from channels.staff import ApprovalState, CardRef
from gateway import audit
from gateway.domain import ConversationId, DeliveryId, DeliveryKind
from gateway.erasure import Erasure
from gateway.errors import LeaseLost
from gateway.relay import Paused
from gateway.session import SessionError
from gateway.store import approvals, conversations, deliveries, messages
from gateway.store.database import Database
from gateway.store.deliveries import NewDelivery
from gateway.store.sqlite import SqliteDatabase
from gateway.store.tables import metadata
from tests.gateway.world import ALICE, OURS, World, a_text, asked

WANDA = "+15557771234"
MAIL = "wanda.vex@example.com"
SECRET = "marmalade"  # stands in whatever they write
PERSONAL = re.compile("|".join(map(re.escape, (WANDA, MAIL, "Wanda", "Vex", SECRET, "<w1@mail.example>"))), re.I)


@dataclass
class FakeMemory:
    """A platform that keeps sessions."""

    sessions: set[str] = field(default_factory=lambda: {"ses-wanda"})
    is_away: bool = False

    async def erase_session(self, session_id: str) -> None:
        if self.is_away:
            raise SessionError("the agent platform does not answer")
        self.sessions.discard(session_id)


@dataclass
class FakeBoard:
    """Slack, as far as posts can be taken away there."""

    retracted: list[CardRef] = field(default_factory=list)
    is_away: bool = False

    async def retract(self, ref: CardRef) -> None:
        if self.is_away:
            raise TemporaryFailure("no answer", code="timeout")
        self.retracted.append(ref)


async def a_long_story(world: World) -> ConversationId:
    """Wanda writes with a file, is waited for at an approval, and staff have been told of her."""
    sender = Sender(WANDA, "Wanda Vex", Assurance.CLAIMED)
    file = Attachment(f"{SECRET}.txt", "text/plain", 9, content=SECRET.encode())
    conversation_id = await world.text(
        f"Refund my {SECRET}", "SM-first", from_=WANDA, sender=sender, attachments=(file,), original=f"> {SECRET}"
    )
    claimed, turn = await world.begin(conversation_id)
    await conversations.bind_session(world.db, claimed.lease, "ses-wanda")
    request = asked(arguments={"order_id": "A-1", "amount": 5, "reason": f"Wanda wants {SECRET}"})
    await world.outcomes.conclude(claimed, turn, Paused((request,)), posted=1, tools=())
    target = ReplyTarget(ChannelName.SMS, WANDA, f"{OURS}:{WANDA}")
    alert = NewDelivery(
        id=DeliveryId("alt_1"),
        lane=f"alert:{conversation_id}",
        kind=DeliveryKind.ALERT,
        target=ReplyTarget(ChannelName.SLACK, "desk", "C0HANDOFF"),
        text=f"Wanda says {SECRET}",
        conversation_id=conversation_id,
    )
    answer = NewDelivery(
        id=DeliveryId("dlv_1"),
        lane=conversation_id,
        kind=DeliveryKind.ANSWER,
        target=target,
        text=f"Dear Wanda, your {SECRET} …",
        payload=SECRET.encode(),
        conversation_id=conversation_id,
    )
    async with world.db.transaction() as tx:
        await deliveries.add(tx, alert, now=world.clock())
    await world.deliver_all()
    async with world.db.transaction() as tx:
        await deliveries.add(tx, answer, now=world.clock())
    await world.text(f"And more {SECRET}", "SM-second", from_=WANDA, sender=sender)
    await world.consent(Consent.STOP, "STOP", "SM-stop", from_=WANDA)
    return conversation_id


async def a_handoff(world: World, conversation_id: str) -> None:
    """Staff had the conversation, and wrote of her in all of its tables."""
    words = f"Wanda and her {SECRET}"
    async with world.db.transaction() as tx:
        for sql in (
            "INSERT INTO handoffs (id, conversation_id, reason, opened_at, closed_at) VALUES ('hof_1', $1, $2, 1, 2)",
            """
            INSERT INTO staff_messages
                (id, handoff_id, conversation_id, member_id, text, state, seen, sent_at, stored_at)
            VALUES ('C:1', 'hof_1', $1, 'U0ADA', $2, 'relayed', 1, 1, 1)
            """,
            """
            INSERT INTO drafts (id, handoff_id, conversation_id, asked_by, text, state, created_at)
            VALUES ('drf_1', 'hof_1', $1, 'U0ADA', $2, 'sent', 1)
            """,
            "INSERT INTO notes (key, conversation_id, text, added_at) VALUES ('n1', $1, $2, 1)",
        ):
            await tx.execute(sql, conversation_id, words)
        await tx.execute(
            """
            INSERT INTO staff_files (id, staff_message_id, name, mime_type, content)
            VALUES ('fil_1', 'C:1', $1, 'text/plain', $2)
            """,
            words,
            words.encode(),
        )


async def a_mail(world: World) -> None:
    """Wanda also wrote a mail, which is kept as it came."""
    raw = f"From: Wanda Vex <{MAIL.upper()}>\r\nMessage-ID: <w1@mail.example>\r\n\r\n{SECRET}".encode()
    await world.inbound.accept(_mail())
    async with world.db.transaction() as tx:
        await tx.execute(
            "INSERT INTO raw_mails (digest, raw, stored_at) VALUES ('d1', $1, 1), ('d2', $2, 1)",
            raw,
            b"From: bob@example.com",
        )
        await tx.execute(
            """
            INSERT INTO mail_intakes (mailbox, uidvalidity, uid, state, size, received_at, digest, due_at, updated_at)
            VALUES ('INBOX', 1, 1, 'stored', 9, 1, 'd1', 1, 1)
            """
        )


async def test_nothing_that_is_kept_names_them(world: World) -> None:
    await a_handoff(world, await a_long_story(world))
    await a_mail(world)
    assert PERSONAL.search(await _dump(world.db))

    for address in (WANDA, MAIL):
        await _erasure(world).forget(address, actor="cli")

    assert PERSONAL.findall(await _dump(world.db)) == []
    assert PERSONAL.findall(_files(world.db)) == []
    assert await audit.verify(world.db) == (len(await world.audited()), "")
    assert await world.rows("SELECT digest FROM raw_mails") == [{"digest": "d2"}]
    assert await world.row("SELECT state FROM mail_intakes") == {"state": "skipped"}


async def test_others_keep_everything(world: World) -> None:
    bob = await world.text("My order, please", "SM-bob", from_=ALICE)
    await a_long_story(world)

    erased = await _erasure(world).forget(WANDA, actor="cli")

    assert (erased.conversations, erased.messages) == (1, 2)
    assert (await messages.at(world.db, bob, 1)).text == "My order, please"
    assert await world.due_at(bob) is not None


async def test_what_was_forgotten_is_not_taken_in_again_but_new_messages_are(world: World) -> None:
    forgotten = await a_long_story(world)
    await a_mail(world)
    erasure = _erasure(world)
    for address in (WANDA, MAIL):
        await erasure.forget(address, actor="cli")

    await world.inbound.accept(_mail())
    await _redeliver(world, "SM-first")
    after_repeats = await world.rows("SELECT id FROM messages")
    fresh = await world.text("Hello again", "SM-new", from_=WANDA)

    assert after_repeats == []
    assert fresh != forgotten


async def test_what_is_pending_stops(world: World) -> None:
    conversation_id = await a_long_story(world)
    claimed = await world.claim(conversation_id)
    (approval,) = await approvals.newest(world.db, limit=9)
    sent = list(world.channel.texts)

    await _erasure(world).forget(WANDA, actor="cli")
    await world.deliver_all()
    refused = await world.press(approval)

    assert refused.text
    assert (await world.approval(approval.id)).state is ApprovalState.WITHDRAWN
    assert world.channel.texts == sent
    assert await world.leases.claim(conversation_id) is None
    with pytest.raises(LeaseLost):
        await conversations.let_go(world.db, claimed.lease)


async def test_cards_are_drawn_without_their_words_and_other_posts_are_taken_away(world: World) -> None:
    await a_long_story(world)
    board = FakeBoard()

    await _erasure(world, board=board).forget(WANDA, actor="cli")
    await world.deliver_all()

    (card,) = world.desk.cards.values()
    assert not PERSONAL.search(repr(card))
    assert card.state is ApprovalState.WITHDRAWN
    assert [ref.slack_channel_id for ref in board.retracted] == ["C0HANDOFF"]


async def test_what_could_not_be_reached_is_erased_by_the_next_attempt(world: World) -> None:
    await a_long_story(world)
    memory, board = FakeMemory(is_away=True), FakeBoard(is_away=True)
    first = await _erasure(world, memory, board).forget(WANDA, actor="cli")

    memory.is_away = board.is_away = False
    second = await _erasure(world, memory, board).forget(WANDA, actor="cli")
    third = await _erasure(world, memory, board).forget(WANDA, actor="cli")

    assert len(first.problems) == 2
    assert (second.conversations, second.sessions, second.posts, second.problems) == (0, 1, 1, [])
    assert (third.sessions, third.posts, third.problems) == (0, 0, [])
    assert memory.sessions == set()
    assert (await world.audited()).count("customer.forgotten") == 1


def _erasure(world: World, memory: FakeMemory | None = None, board: FakeBoard | None = None) -> Erasure:
    return Erasure(world.db, memory or FakeMemory(), board or FakeBoard(), world.wakeups, clock=world.clock)


def _mail() -> InboundMessage:
    sender = Sender(MAIL, "Wanda Vex", Assurance.PROVEN)
    return a_text(
        f"A mail about {SECRET}",
        "<w1@mail.example>#1",
        MAIL,
        channel=ChannelName.EMAIL,
        thread_key="<w1@mail.example>#1",
        sender=sender,
        subject=f"About {SECRET}",
        details={"message_id": "<w1@mail.example>", "others": ""},
    )


async def _redeliver(world: World, provider_id: str) -> None:
    await world.inbound.accept(a_text("Refund it", provider_id, WANDA))


async def _dump(db: Database) -> str:
    """Every value of every row, as `SELECT *` shows them."""
    found = [row for table in metadata.sorted_tables for row in await db.fetch(f"SELECT * FROM {table.name}")]  # noqa: S608  # our own names
    return "\n".join(repr(tuple(row)) for row in found)


def _files(db: Database) -> str:
    """Every byte of the database's files, where they are files of ours."""
    if not isinstance(db, SqliteDatabase):
        return ""
    return "".join(file.read_bytes().decode("latin-1") for file in db.path.parent.glob(f"{db.path.name}*"))

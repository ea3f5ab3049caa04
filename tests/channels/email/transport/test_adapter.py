"""The email channel from end to end over a mail provider: what customers write, what they get, what became of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from channels.email.adapter import EmailAdapter
from channels.email.api import SmtpSender
from channels.email.imap import connect
from channels.email.mail import Mail
from channels.email.parse import parse
from channels.email.sent import SentFolder
from channels.email.servers import ImapServer, SmtpServer
from channels.email.support_address import SupportAddress
from channels.email.thread import Thread
from channels.errors import PermanentFailure, TemporaryFailure, UnknownOutcome
from channels.message import (
    Answer,
    Assurance,
    Author,
    ChannelName,
    DeliveryStatus,
    DeliveryUpdate,
    InboundEvent,
    InboundMessage,
    OutboundPart,
    Reference,
    ReferenceKind,
    ReplyTarget,
)
from channels.sandbox.faults import Fault, FaultKind
from channels.sandbox.mail.simulator import AUTHSERV_ID, File, MailSimulator
from tests.channels.email.transport.conftest import KEY, SUPPORT

ADA = "ada@example.com"


class RawMailsByDigest:
    """Raw mails, by the names that the test gave them."""

    def __init__(self) -> None:
        self.raws: dict[str, bytes] = {}

    async def load(self, digest: str) -> bytes | None:
        return self.raws.get(digest)


class Channel:
    """The adapter, and the provider that it talks to."""

    def __init__(self, provider: MailSimulator, adapter: EmailAdapter, raws: RawMailsByDigest) -> None:
        self.provider = provider
        self.adapter = adapter
        self._raws = raws

    async def received(self) -> InboundEvent:
        """The event that the newest mail in the support mailbox is."""
        newest = self.provider.inbox(SUPPORT)[-1]
        self._raws.raws["newest"] = newest.raw
        return await self.adapter.receive(newest.raw, received_at=newest.arrived_at, digest="newest")

    async def received_message(self) -> InboundMessage:
        event = await self.received()
        assert isinstance(event, InboundMessage)
        return event

    def answer(self, message: InboundMessage, text: str, *, key: str = KEY) -> OutboundPart:
        (part,) = self.adapter.compose(Answer(text), message.reply_to, key=key)
        return part


@pytest.fixture
async def channel(provider: MailSimulator, support: SupportAddress) -> AsyncIterator[Channel]:
    imap = ImapServer.parse(provider.imap_url)
    raws = RawMailsByDigest()
    async with SmtpSender(SmtpServer.parse(provider.smtp_url)) as sender:
        adapter = EmailAdapter(
            support, sender, read_mail=_read_mail, raw_mails=raws, sent_mail=SentFolder(lambda: connect(imap))
        )
        yield Channel(provider, adapter, raws)


async def test_a_mail_is_answered_and_the_reply_comes_back_to_it(channel: Channel) -> None:
    await channel.provider.write(ADA, "Order 5", "Where is my order?")
    question = await channel.received_message()

    receipt = await channel.adapter.send(channel.answer(question, "On its way."))
    (got,) = channel.provider.inbox(ADA)
    await channel.provider.write(ADA, "", "Thank you!", reply_to=got)
    reply = await channel.received_message()

    assert question.sender.assurance is Assurance.PROVEN
    assert (got.subject, got.message_id) == ("Re: Order 5", receipt.provider_id)
    assert got.text.startswith("On its way.\n")
    assert "> Where is my order?" in got.text
    assert reply.text.strip() == "Thank you!"
    assert reply.references[0] == Reference(ReferenceKind.OUTBOUND, KEY)


async def test_a_reply_to_the_plain_address_is_known_by_its_references(
    channel: Channel, support: SupportAddress
) -> None:
    await channel.provider.write(ADA, "Order 5", "Where is my order?")
    question = await channel.received_message()
    await channel.adapter.send(channel.answer(question, "On its way."))
    got = replace(channel.provider.inbox(ADA)[0], reply_address=SUPPORT)

    await channel.provider.write(ADA, "", "Thank you!", reply_to=got)
    reply = await channel.received_message()

    assert reply.references[0] == Reference(ReferenceKind.OUTBOUND, KEY)


async def test_a_bounce_comes_back_to_the_answer_that_bounced(channel: Channel) -> None:
    await channel.provider.write(ADA, "Order 5", "Where is my order?")
    receipt = await channel.adapter.send(channel.answer(await channel.received_message(), "On its way."))

    await channel.provider.bounce(channel.provider.inbox(ADA)[0])
    event = await channel.received()

    assert isinstance(event, DeliveryUpdate)
    assert (event.provider_id, event.status) == (receipt.provider_id, DeliveryStatus.FAILED)
    assert event.suppress


async def test_a_file_is_fetched_from_the_mail_that_held_it(channel: Channel) -> None:
    await channel.provider.write(ADA, "Photo", "See there.", files=[File("a.png", "image/png", b"\x89PNG" * 5_000)])
    message = await channel.received_message()

    fetched = await channel.adapter.fetch(message.attachments[0])

    assert (fetched.name, fetched.content) == ("a.png", b"\x89PNG" * 5_000)


@pytest.mark.parametrize("source", ["lost/0", "newest/7", "newest/x", ""])
async def test_a_file_that_is_gone_is_given_up(channel: Channel, source: str) -> None:
    await channel.provider.write(ADA, "Photo", "See there.", files=[File("a.csv", "text/csv", b"1,2")])
    message = await channel.received_message()

    with pytest.raises(PermanentFailure):
        await channel.adapter.fetch(replace(message.attachments[0], source=source))


async def test_a_second_attempt_sends_the_same_bytes(channel: Channel) -> None:
    await channel.provider.write(ADA, "Order 5", "Where is my order?")
    part = channel.answer(await channel.received_message(), "On its way.")

    await channel.adapter.send(part)
    await channel.adapter.send(part)

    first, second = channel.provider.inbox(ADA)
    assert first.message_id == second.message_id
    assert first.raw.endswith(part.payload)
    assert second.raw.endswith(part.payload)


async def test_a_mail_of_unknown_outcome_that_was_taken_is_found(channel: Channel) -> None:
    await channel.provider.write(ADA, "Order 5", "Where is my order?")
    part = channel.answer(await channel.received_message(), "On its way.")
    channel.provider.faults.plan(Fault(FaultKind.DROP_AFTER, "smtp.data"))
    with pytest.raises(UnknownOutcome):
        await channel.adapter.send(part)

    found = await channel.adapter.find(part, attempted_at=_a_while_ago())

    assert found is not None
    assert found.provider_id == channel.provider.inbox(ADA)[0].message_id


async def test_a_mail_of_unknown_outcome_that_was_not_taken_is_not_found(channel: Channel) -> None:
    await channel.provider.write(ADA, "Order 5", "Where is my order?")
    part = channel.answer(await channel.received_message(), "On its way.")
    channel.provider.faults.plan(Fault(FaultKind.DROP_BEFORE, "smtp.data"))
    with pytest.raises(UnknownOutcome):
        await channel.adapter.send(part)

    assert await channel.adapter.find(part, attempted_at=_a_while_ago()) is None


async def test_right_after_the_attempt_it_is_too_early_to_look(channel: Channel) -> None:
    await channel.provider.write(ADA, "Order 5", "Where is my order?")
    part = channel.answer(await channel.received_message(), "On its way.")

    with pytest.raises(TemporaryFailure) as raised:
        await channel.adapter.find(part, attempted_at=datetime.now(UTC))

    assert raised.value.retry_after is not None


async def test_nothing_is_known_while_the_mailbox_cannot_be_asked(channel: Channel) -> None:
    await channel.provider.write(ADA, "Order 5", "Where is my order?")
    part = channel.answer(await channel.received_message(), "On its way.")
    channel.provider.faults.plan(Fault(FaultKind.DROP_BEFORE, "imap.search"))

    with pytest.raises(TemporaryFailure):
        await channel.adapter.find(part, attempted_at=_a_while_ago())


async def test_an_answer_never_goes_to_anybody_but_its_target(channel: Channel) -> None:
    await channel.provider.write(ADA, "Order 5", "Where is my order?")
    part = channel.answer(await channel.received_message(), "Your card number is 4.")
    others = ReplyTarget(ChannelName.EMAIL, "eve@example.com", "t")

    with pytest.raises(PermanentFailure, match="others"):
        await channel.adapter.send(replace(part, target=others))

    assert channel.provider.inbox("eve@example.com") == channel.provider.inbox(ADA) == ()


@pytest.mark.parametrize(
    "header", ["To: eve@evil.example", "Cc: eve@evil.example", "Bcc: eve@evil.example", "Resent-To: eve@evil.example"]
)
async def test_a_mail_that_names_a_stranger_is_not_sent(channel: Channel, header: str) -> None:
    await channel.provider.write(ADA, "Order 5", "Where is my order?")
    part = channel.answer(await channel.received_message(), "On its way.")

    with pytest.raises(PermanentFailure, match="others"):
        await channel.adapter.send(replace(part, payload=header.encode() + b"\r\n" + part.payload))


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("-----BEGIN RSA PRIVATE " + "KEY-----\n\nMIIE", "a private key"),
        ("Use AKIA" + "ABCDEFGHIJKLMNOP for that.", "a secret key"),
        ("The token is xoxb-" + "1" * 24, "a secret key"),
        ("It is sk-" + "a1" * 20 + ".", "a secret key"),
        ("See postgres://app:hunter2@db.acme.example/shop", "an address with a password"),
        ("`<tool_call>`refund`</tool_call>`", "the marks of a call of a tool"),
    ],
)
async def test_what_an_agent_must_not_say_is_not_sent(channel: Channel, words: str, what: str) -> None:
    await channel.provider.write(ADA, "Order 5", "Where is my order?")
    message = await channel.received_message()
    part = channel.answer(message, words)

    with pytest.raises(PermanentFailure, match=what) as failure:
        await channel.adapter.send(part)

    assert failure.value.code == "leak"
    assert channel.provider.inbox(ADA) == ()


async def test_ordinary_words_and_what_people_write_are_sent(channel: Channel) -> None:
    await channel.provider.write(ADA, "Order 5", "Where is my order?")
    message = await channel.received_message()
    harmless = channel.answer(
        message, "Sk-8 shoes: https://acme.example:8080/a@b, mail ada:bob@acme.example", key="one"
    )
    (by_staff,) = channel.adapter.compose(
        Answer("Your new key is xoxb-" + "1" * 24, author=Author.STAFF), message.reply_to, key="two"
    )

    await channel.adapter.send(harmless)
    await channel.adapter.send(by_staff)

    assert len(channel.provider.inbox(ADA)) == 2


async def test_copies_go_to_the_participants_of_the_frozen_target(channel: Channel) -> None:
    thread = Thread(subject="Order", copies=("bob@example.com",))
    target = ReplyTarget(ChannelName.EMAIL, ADA, "t", thread.details())
    (part,) = channel.adapter.compose(Answer("Hello"), target, key=KEY)

    await channel.adapter.send(part)

    assert len(channel.provider.inbox("bob@example.com")) == 1


async def test_a_mail_that_was_composed_for_another_message_is_not_sent(channel: Channel) -> None:
    await channel.provider.write(ADA, "Order 5", "Where is my order?")
    part = channel.answer(await channel.received_message(), "On its way.")

    with pytest.raises(PermanentFailure, match="another message"):
        await channel.adapter.send(replace(part, key="dlv_" + "0" * 32))


async def test_a_part_that_was_never_composed_is_not_sent(channel: Channel) -> None:
    part = OutboundPart(KEY, ReplyTarget(ChannelName.EMAIL, ADA, "t"), "Hello")

    with pytest.raises(PermanentFailure):
        await channel.adapter.send(part)


async def _read_mail(raw: bytes, received_at: datetime) -> Mail:
    return parse(raw, received_at=received_at, trusted_authserv=AUTHSERV_ID)


def _a_while_ago() -> datetime:
    return datetime.now(UTC) - timedelta(minutes=5)

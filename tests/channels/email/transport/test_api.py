"""Sending over SMTP: what became of a mail is told truly, and a doubtful connection is never used again."""

from __future__ import annotations

import asyncio

import pytest

from channels.email.api import Envelope, SmtpSender, Timing
from channels.email.servers import SmtpServer
from channels.errors import ChannelDown, PermanentFailure, SendError, TemporaryFailure, UnknownOutcome
from channels.sandbox.faults import Fault, FaultKind
from channels.sandbox.mail.simulator import MailSimulator

RAW = b"From: support@acme.example\r\nTo: ada@example.com\r\nSubject: Hello\r\n\r\nHello\r\n.\r\n"
ADA = Envelope("support@acme.example", ("ada@example.com",))


async def test_a_mail_arrives_byte_for_byte(provider: MailSimulator) -> None:
    async with _sender(provider) as sender:
        refused = await sender.send(ADA, RAW)

    assert refused == ()
    assert provider.inbox("ada@example.com")[0].raw.endswith(RAW)


async def test_the_connection_is_kept_for_the_next_mail(provider: MailSimulator) -> None:
    async with _sender(provider) as sender:
        await sender.send(ADA, RAW)
        provider.faults.plan(Fault(FaultKind.DROP_BEFORE, "smtp.connect", times=9))
        await sender.send(ADA, RAW)

    assert len(provider.inbox("ada@example.com")) == 2


async def test_a_connection_that_died_while_idle_is_replaced(provider: MailSimulator) -> None:
    async with _sender(provider) as sender:
        await sender.send(ADA, RAW)
        await provider.smtp.drop_connections()
        await sender.send(ADA, RAW)

    assert len(provider.inbox("ada@example.com")) == 2


async def test_a_connection_is_given_up_after_its_share_of_mails(provider: MailSimulator) -> None:
    async with _sender(provider, Timing(mails_per_connection=1)) as sender:
        await sender.send(ADA, RAW)
        provider.faults.plan(Fault(FaultKind.DROP_BEFORE, "smtp.connect"))

        with pytest.raises(TemporaryFailure):
            await sender.send(ADA, RAW)


async def test_many_mails_at_once_share_few_connections(provider: MailSimulator) -> None:
    async with _sender(provider) as sender, asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(sender.send(ADA, RAW))

    assert len(provider.inbox("ada@example.com")) == 20


async def test_silence_after_the_mail_is_an_unknown_outcome(provider: MailSimulator) -> None:
    provider.faults.plan(Fault(FaultKind.SLOW, "smtp.data", seconds=30))

    async with _sender(provider, Timing(data_s=0.3)) as sender:
        with pytest.raises(UnknownOutcome):
            await sender.send(ADA, RAW)


async def test_a_connection_lost_after_the_mail_is_an_unknown_outcome(provider: MailSimulator) -> None:
    provider.faults.plan(Fault(FaultKind.DROP_AFTER, "smtp.data"))

    async with _sender(provider) as sender:
        with pytest.raises(UnknownOutcome):
            await sender.send(ADA, RAW)

    assert len(provider.inbox("ada@example.com")) == 1


async def test_the_next_mail_after_a_timeout_goes_out_on_a_new_connection(provider: MailSimulator) -> None:
    provider.faults.plan(Fault(FaultKind.SLOW, "smtp.data", seconds=30))

    async with _sender(provider, Timing(data_s=0.3)) as sender:
        with pytest.raises(UnknownOutcome):
            await sender.send(ADA, RAW)
        await sender.send(ADA, RAW)

    assert len(provider.inbox("ada@example.com")) == 1


async def test_a_send_that_is_cancelled_spoils_its_connection_only(provider: MailSimulator) -> None:
    provider.faults.plan(Fault(FaultKind.SLOW, "smtp.data", seconds=30))

    async with _sender(provider) as sender:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(sender.send(ADA, RAW), 0.3)
        await sender.send(ADA, RAW)

    assert len(provider.inbox("ada@example.com")) == 1


@pytest.mark.parametrize(
    ("operation", "answer", "error"),
    [
        ("smtp.rcpt", "450 4.2.1 try later", TemporaryFailure("", code="450 4.2.1")),
        ("smtp.rcpt", "421 4.3.2 going down", TemporaryFailure("", code="421 4.3.2")),
        ("smtp.rcpt", "550 5.1.1 no such user", PermanentFailure("", code="550 5.1.1", suppress=True)),
        ("smtp.rcpt", "550 5.7.1 not today", PermanentFailure("", code="550 5.7.1")),
        ("smtp.data", "451 4.3.0 try later", TemporaryFailure("", code="451 4.3.0")),
        ("smtp.data", "554 5.7.1 looks like spam", PermanentFailure("", code="554 5.7.1")),
        ("smtp.data", "552 5.3.4 too large", PermanentFailure("", code="552 5.3.4")),
        ("smtp.data", "550 5.7.60 not allowed to send as this", ChannelDown("", code="550 5.7.60")),
        ("smtp.mail", "553 5.7.1 not your address", ChannelDown("", code="553 5.7.1")),
        ("smtp.mail", "530 5.7.0 log in first", ChannelDown("", code="530 5.7.0")),
    ],
)
async def test_a_refusal_says_what_to_do(
    provider: MailSimulator, operation: str, answer: str, error: SendError
) -> None:
    provider.faults.plan(Fault(FaultKind.REJECT, operation, code=answer))

    async with _sender(provider) as sender:
        with pytest.raises(type(error)) as raised:
            await sender.send(ADA, RAW)

    assert raised.value.code == error.code
    assert getattr(raised.value, "suppress", False) is getattr(error, "suppress", False)
    assert "ada@" not in str(raised.value)
    assert provider.inbox("ada@example.com") == ()


async def test_a_mail_after_a_refused_one_goes_out_alone(provider: MailSimulator) -> None:
    provider.faults.plan(Fault(FaultKind.REJECT, "smtp.data", code="554 5.6.0 no"))

    async with _sender(provider) as sender:
        with pytest.raises(PermanentFailure):
            await sender.send(ADA, RAW)
        await sender.send(Envelope("support@acme.example", ("bob@example.com",)), RAW)

    assert provider.inbox("ada@example.com") == ()
    assert len(provider.inbox("bob@example.com")) == 1


async def test_a_refused_copy_does_not_stop_the_mail_and_is_told(provider: MailSimulator) -> None:
    provider.faults.plan(Fault(FaultKind.SLOW, "smtp.rcpt"))
    provider.faults.plan(Fault(FaultKind.REJECT, "smtp.rcpt", code="550 5.1.1 no such user"))

    async with _sender(provider) as sender:
        refused = await sender.send(Envelope("support@acme.example", ("ada@example.com", "bob@example.com")), RAW)

    assert refused == ("550 bob@example.com",)
    assert len(provider.inbox("ada@example.com")) == 1


async def test_a_server_that_is_away_is_a_temporary_failure(free_port: int) -> None:
    async with SmtpSender(SmtpServer("127.0.0.1", free_port)) as sender:
        with pytest.raises(TemporaryFailure):
            await sender.send(ADA, RAW)


async def test_a_wrong_password_takes_the_channel_down(provider: MailSimulator) -> None:
    server = SmtpServer("127.0.0.1", provider.smtp.port, user="support@acme.example", password="")

    async with SmtpSender(server) as sender:
        with pytest.raises(ChannelDown, match="login"):
            await sender.check()


async def test_a_mail_beyond_the_servers_limit_is_not_even_offered(provider: MailSimulator) -> None:
    async with _sender(provider) as sender:
        with pytest.raises(PermanentFailure) as raised:
            await sender.send(ADA, RAW + b"x" * 30_000_001)

    assert raised.value.code == "too_large"


async def test_an_address_beyond_ascii_goes_out_where_the_server_takes_it(provider: MailSimulator) -> None:
    async with _sender(provider) as sender:
        await sender.send(Envelope("support@acme.example", ("jürgen@example.com",)), RAW)

    assert len(provider.inbox("jürgen@example.com")) == 1


def _sender(provider: MailSimulator, timing: Timing | None = None) -> SmtpSender:
    return SmtpSender(SmtpServer.parse(provider.smtp_url), timing=timing)

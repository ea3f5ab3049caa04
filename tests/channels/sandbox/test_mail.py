"""The simulated mail provider, judged by the standard library's mail clients: what they can do with it, ours can."""

from __future__ import annotations

import asyncio
import imaplib
import smtplib
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.sandbox.faults import Fault, FaultKind
from channels.sandbox.mail.imap_syntax import BadCommand, parse_uids, read_command
from channels.sandbox.mail.simulator import PASSWORD, File, MailSimulator

SUPPORT = "support@acme.example"
ADA = "ada@example.com"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
Answer = TypeVar("Answer")


@pytest.fixture
async def provider() -> AsyncIterator[MailSimulator]:
    async with MailSimulator(SUPPORT) as simulator:
        yield simulator


async def test_a_customers_mail_is_in_the_support_mailbox(provider: MailSimulator) -> None:
    message_id = await provider.write(ADA, "Hello", "Grüße", files=[File("a.txt", "text/plain", b"x")])

    (mail,) = provider.inbox(SUPPORT)
    assert (mail.from_address, mail.subject, mail.text, mail.files) == (ADA, "Hello", "Grüße\n", ("a.txt",))
    assert mail.message_id == message_id
    assert mail.header("Return-Path") == f"<{ADA}>"
    assert mail.header("Delivered-To") == SUPPORT
    assert "dmarc=pass" in mail.header("Authentication-Results")


async def test_a_customer_may_be_an_impostor(provider: MailSimulator) -> None:
    await provider.write(ADA, "Hello", "It is me", dmarc="fail")

    assert "dmarc=fail header.from=example.com" in provider.inbox(SUPPORT)[0].header("Authentication-Results")


async def test_mail_from_nowhere_has_no_verdict(provider: MailSimulator) -> None:
    provider.deliver(ADA, (SUPPORT,), b"From: ada@example.com\r\nSubject: raw\r\n\r\nHello\r\n")

    assert "dmarc=none" in provider.inbox(SUPPORT)[0].header("Authentication-Results")


async def test_plus_addresses_lead_to_the_same_mailbox(provider: MailSimulator) -> None:
    await provider.write(ADA, "Hello", "x", to="support+token@acme.example")

    assert provider.inbox(SUPPORT)[0].header("Delivered-To") == "support+token@acme.example"


async def test_a_reply_names_the_mail_that_it_answers(provider: MailSimulator) -> None:
    answer = (
        b"From: support@acme.example\r\nReply-To: support+t@acme.example\r\nMessage-ID: <2@acme.example>\r\n"
        b"References: <1@example.com>\r\nSubject: Re: Order\r\n\r\nDone\r\n"
    )
    provider.deliver(SUPPORT, (ADA,), answer)

    await provider.write(ADA, "", "Thanks", reply_to=provider.inbox(ADA)[0])

    (reply,) = provider.inbox(SUPPORT)
    assert reply.subject == "Re: Order"
    assert reply.header("Delivered-To") == "support+t@acme.example"
    assert reply.header("In-Reply-To") == "<2@acme.example>"
    assert reply.references == ("1@example.com", "2@acme.example")


async def test_what_support_sends_is_in_its_sent_folder(provider: MailSimulator) -> None:
    await _in_thread(lambda: _submit(provider, SUPPORT, ADA))

    assert [mail.subject for mail in provider.inbox(SUPPORT, "Sent")] == ["Hi"]
    assert [mail.subject for mail in provider.inbox(ADA)] == ["Hi"]


async def test_a_bounce_goes_to_the_envelope_sender(provider: MailSimulator) -> None:
    await _in_thread(lambda: _submit(provider, "support+bounce@acme.example", ADA))

    await provider.bounce(provider.inbox(ADA)[0], status="5.2.2")

    (report,) = provider.inbox(SUPPORT)
    assert report.header("Delivered-To") == "support+bounce@acme.example"
    assert b"Status: 5.2.2" in report.raw
    assert b"Final-Recipient: rfc822; ada@example.com" in report.raw


async def test_mail_and_flags_are_still_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "mail.jsonl"
    async with MailSimulator(SUPPORT, journal=path) as before:
        await before.write(ADA, "one", "1")
        await before.write(ADA, "two", "2")
        before.store.set_flags(SUPPORT, "INBOX", 1, ["\\Seen"])
        before.store.remove(SUPPORT, "INBOX", 2)
        uidvalidity = before.store.folder(SUPPORT).uidvalidity

    async with MailSimulator(SUPPORT, journal=path) as after:
        folder = after.store.folder(SUPPORT)

        assert [mail.subject for mail in after.inbox(SUPPORT)] == ["one"]
        assert folder.mails[1].flags == {"\\Seen"}
        assert (folder.uidvalidity, folder.uidnext) == (uidvalidity, 3)


async def test_a_renumbered_mailbox_is_still_so_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "mail.jsonl"
    async with MailSimulator(SUPPORT, journal=path) as before:
        await before.write(ADA, "one", "1")
        before.store.remove(SUPPORT, "INBOX", 1)
        await before.write(ADA, "two", "2")
        before.store.renumber(SUPPORT)
        uidvalidity = before.store.folder(SUPPORT).uidvalidity

    async with MailSimulator(SUPPORT, journal=path) as after:
        assert after.store.folder(SUPPORT).uidvalidity == uidvalidity
        assert list(after.store.folder(SUPPORT).mails) == [1]


async def test_a_planned_refusal_is_on_the_wire(provider: MailSimulator) -> None:
    provider.faults.plan(Fault(FaultKind.REJECT, "smtp.rcpt", code="550 5.1.1 nobody"))

    with pytest.raises(smtplib.SMTPRecipientsRefused, match="nobody"):
        await _in_thread(lambda: _submit(provider, SUPPORT, ADA))


async def test_another_imap_client_gets_along(provider: MailSimulator) -> None:
    await provider.write(ADA, "one", "1")
    await provider.write("bob@example.com", "two", "2")

    def visit() -> list[object]:
        with imaplib.IMAP4("127.0.0.1", provider.imap.port, timeout=30) as client:
            client.login(SUPPORT, PASSWORD)
            seen: list[object] = [client.select("INBOX")[1]]
            seen.append(client.uid("SEARCH", "UNSEEN")[1])
            seen.append(client.uid("SEARCH", "(HEADER", "From", "bob)")[1])
            seen.append(client.uid("SEARCH", "NOT", "SINCE", "1-Jan-2040", "BEFORE", "1-Jan-2041", "UID", "2:*")[1])
            seen.append(b"Subject: one" in client.uid("FETCH", "1", "(UID FLAGS BODY.PEEK[])")[1][0][1])
            client.uid("STORE", "1", "+FLAGS", "(\\Seen)")
            seen.append(client.uid("SEARCH", "SEEN")[1])
            client.uid("COPY", "1:*", "Junk")
            client.uid("STORE", "2", "+FLAGS", "(\\Deleted)")
            client.uid("EXPUNGE", "2")
            client.append("Junk", "(\\Flagged)", imaplib.Time2Internaldate(NOW), b"X: y\r\n\r\n")
            seen.append(client.select("Junk", readonly=True)[1])
            seen.append(client.select("Nowhere")[0])
            return seen

    seen = await _in_thread(visit)

    assert seen == [[b"2"], [b"1 2"], [b"2"], [b"2"], True, [b"1"], [b"3"], "NO"]
    assert [mail.subject for mail in provider.inbox(SUPPORT)] == ["one"]


@pytest.mark.parametrize(
    "line", [b'a FETCH "1', b"a (b", b"a b)", b"a UID FETCH x (FLAGS)", b"a", b"a SELECT", b"a UID SEARCH KEY", b""]
)
async def test_a_line_that_makes_no_sense_is_answered(provider: MailSimulator, line: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", provider.imap.port)
    await reader.readline()
    writer.write(b'x LOGIN a@b.example "p"\r\nx SELECT INBOX\r\n' + line + b"\r\nz LOGOUT\r\n")

    async with asyncio.timeout(30):
        answer = await reader.read()
    writer.close()

    assert b" BAD " in answer
    assert answer.endswith(b"* BYE\r\nz OK bye\r\n")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_are_a_command_or_a_bad_one(data: bytes) -> None:
    async def read() -> None:
        reader = asyncio.StreamReader()
        reader.feed_data(data + b"\r\n")
        reader.feed_eof()
        with suppress(BadCommand, asyncio.IncompleteReadError):
            await read_command(reader, _Nowhere())  # type: ignore[arg-type]  # only written to

    asyncio.run(read())


def test_a_range_may_stand_either_way_round() -> None:
    assert list(parse_uids("5:3,9:*", highest=7)) == [range(3, 6), range(7, 10)]


class _Nowhere:
    def write(self, data: bytes) -> None:
        """Nobody hears it."""

    async def drain(self) -> None:
        """Nothing to wait for."""


def _submit(provider: MailSimulator, sender: str, recipient: str) -> None:
    with smtplib.SMTP("127.0.0.1", provider.smtp.port, timeout=30) as client:
        client.sendmail(sender, [recipient], f"From: {SUPPORT}\r\nTo: {recipient}\r\nSubject: Hi\r\n\r\nHello\r\n")


async def _in_thread(work: Callable[[], Answer]) -> Answer:
    return await asyncio.to_thread(work)

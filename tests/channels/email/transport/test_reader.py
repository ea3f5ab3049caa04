"""Reading mails in a process of its own: what one mail does there harms no other."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from channels.email.mail import Verdict
from channels.email.reader import MailReader, UnreadableMail

NOW = datetime(2026, 11, 23, tzinfo=UTC)
RAW = (
    b"Authentication-Results: mx.acme.example; dmarc=pass header.from=example.com\r\n"
    b"From: Ada <ada@example.com>\r\nSubject: Hello\r\nMessage-ID: <1@example.com>\r\n\r\nHello there\r\n"
)


async def test_a_mail_comes_back_whole() -> None:
    async with MailReader(trusted_authserv="mx.acme.example") as reader:
        mail = await reader.read(RAW, NOW)

    assert (mail.subject, mail.new_text.strip(), mail.received_at) == ("Hello", "Hello there", NOW)
    assert mail.authentication.dmarc is Verdict.PASS


async def test_many_mails_at_once_are_read_one_after_another() -> None:
    async with MailReader() as reader, asyncio.timeout(90):
        mails = await asyncio.gather(*(reader.read(RAW, NOW) for _ in range(20)))

    assert len(mails) == 20


async def test_a_mail_that_takes_too_long_is_given_up_and_the_next_one_read() -> None:
    async with MailReader(timeout_s=0.0) as reader:
        with pytest.raises(UnreadableMail, match="too long"):
            await reader.read(RAW, NOW)
        reader._timeout_s = 60.0
        mail = await reader.read(RAW, NOW)

    assert mail.subject == "Hello"


async def test_a_mail_that_takes_too_much_memory_is_given_up() -> None:
    async with MailReader(max_memory_bytes=1 << 29) as reader:
        with pytest.raises(UnreadableMail):
            await reader.read(RAW + b"x" * (1 << 28), NOW)


async def test_a_reader_that_was_not_used_ends_too() -> None:
    async with MailReader():
        pass

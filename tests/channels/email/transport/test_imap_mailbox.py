"""A mailbox over IMAP, on Dovecot and on the simulated server: both are asked the same."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from channels.email.imap import CommandRefused, ImapConnection, connect
from channels.email.imap_fetch import read_numbers
from channels.email.imap_mailbox import DoneMark, Watching, open_mailbox
from channels.email.imap_names import mailbox_name
from channels.email.mailbox import LoginRefused, MailboxLost
from channels.email.sent import SentFolder
from channels.email.servers import ImapServer
from tests.channels.email.transport.conftest import Put

RAW = b"From: ada@example.com\r\nSubject: 5* hotel * review (\r\nMessage-ID: <1@example.com>\r\n\r\nHello\r\n"


async def test_mails_are_found_described_and_fetched(imap_server: ImapServer, put: Put) -> None:
    arrived_at = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)
    await put(RAW, at=arrived_at)
    await put(RAW + b"more\r\n")

    async with open_mailbox(imap_server) as mailbox:
        found = await mailbox.search_after(0)
        first, second = await mailbox.describe(found)
        raw = await mailbox.fetch(second.uid)

    assert list(found) == [1, 2]
    assert (first.received_at, first.size) == (arrived_at, len(RAW))
    assert datetime.now(UTC) - second.received_at < timedelta(minutes=10)
    assert raw == RAW + b"more\r\n"
    assert mailbox.uidvalidity > 0


async def test_the_last_mail_is_not_found_again(imap_server: ImapServer, put: Put) -> None:
    await put(RAW)

    async with open_mailbox(imap_server) as mailbox:
        assert list(await mailbox.search_after(1)) == []


async def test_mails_are_found_by_day(imap_server: ImapServer, put: Put) -> None:
    await put(RAW, at=datetime(2026, 3, 1, 12, tzinfo=UTC))
    await put(RAW, at=datetime(2026, 3, 9, 12, tzinfo=UTC))

    async with open_mailbox(imap_server) as mailbox:
        assert list(await mailbox.search_since(datetime(2026, 3, 5, tzinfo=UTC).date())) == [2]


async def test_fetching_leaves_a_mail_unread_and_the_mark_makes_it_read(imap_server: ImapServer, put: Put) -> None:
    await put(RAW)

    async with open_mailbox(imap_server) as mailbox:
        await mailbox.fetch(1)
        unread_before = await _found(imap_server, "UNSEEN")
        was_marked = await mailbox.mark_done(1)
        unread_after = await _found(imap_server, "UNSEEN")

    assert was_marked
    assert (unread_before, unread_after) == ([1], [])


async def test_a_done_mail_can_be_moved(imap_server: ImapServer, put: Put) -> None:
    async with connect(imap_server) as other:
        await _create(other, "Processed")
    await put(RAW)

    async with open_mailbox(imap_server, watching=Watching(done_mark=DoneMark.MOVE, done_name="Processed")) as mailbox:
        was_marked = await mailbox.mark_done(1)
        left = await mailbox.search_after(0)

    assert was_marked
    assert list(left) == []


async def test_a_done_mail_can_get_a_keyword(imap_server: ImapServer, put: Put) -> None:
    await put(RAW)

    async with open_mailbox(imap_server, watching=Watching(done_mark=DoneMark.KEYWORD, done_name="Taken")) as mailbox:
        was_marked = await mailbox.mark_done(1)

    assert was_marked
    assert await _found(imap_server, "KEYWORD", "Taken") == [1]


async def test_a_refused_mark_is_told_and_harms_nothing(imap_server: ImapServer, put: Put) -> None:
    await put(RAW)

    async with open_mailbox(imap_server, watching=Watching(done_mark=DoneMark.MOVE, done_name="Nowhere")) as mailbox:
        was_marked = await mailbox.mark_done(1)
        raw = await mailbox.fetch(1)

    assert not was_marked
    assert raw == RAW


async def test_a_mail_that_is_gone_is_nothing(imap_server: ImapServer) -> None:
    async with open_mailbox(imap_server) as mailbox:
        assert await mailbox.fetch(99) is None
        assert await mailbox.fetch_head(99) is None
        assert list(await mailbox.describe([98, 99])) == []


async def test_only_the_head_of_a_mail_can_be_fetched(imap_server: ImapServer, put: Put) -> None:
    await put(RAW)

    async with open_mailbox(imap_server) as mailbox:
        head = await mailbox.fetch_head(1)

    assert head == RAW.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


async def test_hundreds_of_mails_are_described(imap_server: ImapServer, put: Put) -> None:
    for _ in range(120):
        await put(RAW)

    async with open_mailbox(imap_server) as mailbox:
        headlines = await mailbox.describe(await mailbox.search_after(0))

    assert [headline.uid for headline in headlines] == list(range(1, 121))


async def test_a_large_mail_comes_whole(imap_server: ImapServer, put: Put) -> None:
    raw = RAW + b"".join(b"%070d\r\n" % number for number in range(150_000))
    await put(raw)

    async with open_mailbox(imap_server) as mailbox:
        assert await mailbox.fetch(1) == raw


async def test_an_arriving_mail_ends_the_wait(imap_server: ImapServer, put: Put) -> None:
    async with open_mailbox(imap_server) as mailbox:
        await mailbox.search_after(0)
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            group.create_task(mailbox.wait(600))
            group.create_task(put(RAW))
        found = await mailbox.search_after(0)

    assert list(found) == [1]


async def test_a_mail_that_arrives_between_search_and_wait_is_not_slept_over(imap_server: ImapServer, put: Put) -> None:
    async with open_mailbox(imap_server) as mailbox, asyncio.timeout(60):
        await mailbox.search_after(0)
        await put(RAW)
        await mailbox.mark_done(99)  # the server tells of the mail in this answer, and not again
        await mailbox.wait(600)
        found = await mailbox.search_after(0)

    assert list(found) == [1]


async def test_the_wait_ends_by_itself_and_the_connection_goes_on(imap_server: ImapServer, put: Put) -> None:
    async with open_mailbox(imap_server) as mailbox:
        await mailbox.search_after(0)
        await mailbox.wait(0.2)
        await mailbox.wait(0.2)
        await put(RAW)
        async with asyncio.timeout(60):
            await mailbox.wait(600)
        found = await mailbox.search_after(0)

    assert list(found) == [1]


async def test_a_mailbox_with_a_name_in_any_script_is_found(imap_server: ImapServer, put: Put) -> None:
    name = 'Süpport "A&B" 受信'
    async with connect(imap_server) as other:
        await _create(other, name)
    await put(RAW, mailbox=name)

    named = ImapServer(imap_server.host, imap_server.port, imap_server.user, "secret", name, tls=False)
    async with open_mailbox(named) as mailbox:
        found = await mailbox.search_after(0)

    assert list(found) == [1]


async def test_a_missing_mailbox_is_as_good_as_no_connection(imap_server: ImapServer) -> None:
    missing = ImapServer(imap_server.host, imap_server.port, imap_server.user, "secret", "Nowhere", tls=False)

    with pytest.raises(MailboxLost):
        async with open_mailbox(missing):
            pass


async def test_a_wrong_password_is_told_from_a_lost_connection(imap_server: ImapServer) -> None:
    wrong = ImapServer(imap_server.host, imap_server.port, imap_server.user, "", tls=False)

    with pytest.raises(LoginRefused):
        async with open_mailbox(wrong):
            pass


async def test_a_mail_of_ours_is_found_in_the_sent_folder(imap_server: ImapServer, put: Put) -> None:
    await put(RAW, mailbox="Sent")
    sent = SentFolder(lambda: connect(imap_server))

    assert await sent.has("1@example.com")
    assert not await sent.has("2@example.com")


async def test_a_refused_command_leaves_the_connection_usable(imap_server: ImapServer) -> None:
    async with connect(imap_server) as connection:
        with pytest.raises(CommandRefused):
            await connection.select("Nowhere")
        await connection.select("INBOX")


async def _create(connection: ImapConnection, name: str) -> None:
    await connection.ask(connection._client.create(mailbox_name(name)))


async def _found(server: ImapServer, *criteria: str) -> list[int]:
    async with connect(server) as connection:
        await connection.select("INBOX")
        return read_numbers(await connection.search(*criteria))

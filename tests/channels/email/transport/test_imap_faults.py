"""A connection in bad weather: every fault ends in `MailboxLost` or `LoginRefused` within the time allowed."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

import pytest

from channels.email.imap import ImapTiming, connect
from channels.email.imap_mailbox import ImapMailbox, open_mailbox
from channels.email.mailbox import Headline, LoginRefused, MailboxLost
from channels.email.servers import ImapServer
from tests.channels.email.transport.scripted_imap import Line, ScriptedImap

PATIENCE_S = 60  # far more than any of these takes, far less than for ever
QUICK = ImapTiming(connect_s=1.0, command_s=0.5, fetch_s=1.0, goodbye_s=0.2)
CALM = ImapTiming(goodbye_s=0.2)


async def test_nobody_listening_is_told(free_port: int) -> None:
    with pytest.raises(MailboxLost):
        await _open(free_port)


async def test_a_goodbye_instead_of_a_greeting_is_told() -> None:
    async def behave(line: Line) -> None:
        await line.say("* BYE too many connections")
        await line.silence()

    async with ScriptedImap(behave) as server:
        with pytest.raises(MailboxLost):
            await _open(server.port, CALM)


async def test_a_server_that_never_greets_is_given_up() -> None:
    async def behave(line: Line) -> None:
        await line.silence()

    async with ScriptedImap(behave) as server:
        with pytest.raises(MailboxLost):
            await _open(server.port)


async def test_a_greeting_that_is_no_imap_is_given_up() -> None:
    async def behave(line: Line) -> None:
        await line.say("220 mail.example ESMTP")
        await line.silence()

    async with ScriptedImap(behave) as server:
        with pytest.raises(MailboxLost):
            await _open(server.port)


async def test_silence_after_a_command_ends_the_connection() -> None:
    async def behave(line: Line) -> None:
        await line.log_in()
        await line.silence()

    async with ScriptedImap(behave) as server, asyncio.timeout(PATIENCE_S):
        with pytest.raises(MailboxLost):
            await _open(server.port, ask=lambda mailbox: mailbox.search_after(0))


async def test_a_connection_that_is_cut_during_idle_is_noticed_at_once() -> None:
    async def behave(line: Line) -> None:
        await line.log_in()
        await line.answer("* SEARCH")
        await line.hear()
        await line.say("+ idling")

    async with ScriptedImap(behave) as server, asyncio.timeout(PATIENCE_S):
        with pytest.raises(MailboxLost):
            await _open(server.port, CALM, ask=_idle)


async def test_a_goodbye_during_idle_is_noticed_at_once() -> None:
    async def behave(line: Line) -> None:
        await line.log_in()
        await line.answer("* SEARCH")
        await line.hear()
        await line.say("+ idling", "* BYE going down")
        await line.silence()

    async with ScriptedImap(behave) as server, asyncio.timeout(PATIENCE_S):
        with pytest.raises(MailboxLost):
            await _open(server.port, CALM, ask=_idle)


async def test_a_goodbye_instead_of_idling_is_noticed() -> None:
    async def behave(line: Line) -> None:
        await line.log_in()
        await line.answer("* SEARCH")
        await line.hear()
        await line.say("* BYE no")
        await line.silence()

    async with ScriptedImap(behave) as server, asyncio.timeout(PATIENCE_S):
        with pytest.raises(MailboxLost):
            await _open(server.port, CALM, ask=_idle)


async def test_a_half_open_connection_is_noticed_when_idle_ends() -> None:
    async def behave(line: Line) -> None:
        await line.log_in()
        await line.answer("* SEARCH")
        await line.hear()
        await line.say("+ idling")
        await line.silence()

    async with ScriptedImap(behave) as server, asyncio.timeout(PATIENCE_S):
        with pytest.raises(MailboxLost):
            await _open(server.port, ask=lambda mailbox: _idle(mailbox, 0.1))


async def test_signs_of_life_are_no_mail() -> None:
    async def behave(line: Line) -> None:
        await line.log_in()
        await line.answer("* SEARCH")
        tag, _ = await line.hear()
        await line.say("+ idling", "* OK Still here", "* 3 EXPUNGE", "* 1 FETCH (FLAGS (\\Seen))", "* 1 RECENT")
        await line.hear()
        await line.say(f"{tag} OK done")
        await line.answer("* SEARCH 1")

    async with ScriptedImap(behave) as server, asyncio.timeout(PATIENCE_S):
        await _open(server.port, CALM, ask=lambda mailbox: _idle(mailbox, 0.5))

    assert server.lines[0].heard[-2] == "DONE"


async def test_mail_is_announced_by_its_number_alone() -> None:
    async def behave(line: Line) -> None:
        await line.log_in()
        await line.answer("* SEARCH")
        tag, _ = await line.hear()
        await line.say("+ idling", "* 1 EXISTS")
        await line.hear()
        await line.say(f"{tag} OK done")

    async with ScriptedImap(behave) as server, asyncio.timeout(PATIENCE_S):
        await _open(server.port, CALM, ask=_idle)


async def test_an_announcement_in_another_answer_is_not_lost() -> None:
    async def behave(line: Line) -> None:
        await line.log_in()
        await line.answer("* SEARCH", "* 1 EXISTS")

    async with ScriptedImap(behave) as server, asyncio.timeout(PATIENCE_S):
        await _open(server.port, CALM, ask=_idle)

    assert not any("IDLE" in heard for heard in server.lines[0].heard)


async def test_a_burst_of_thousands_of_lines_is_borne() -> None:
    async def behave(line: Line) -> None:
        await line.log_in()
        await line.answer("* SEARCH")
        tag, _ = await line.hear()
        await line.say("+ idling")
        await line.say("\r\n".join(f"* {number} FETCH (FLAGS (\\Seen))" for number in range(1, 3001)), "* 1 EXISTS")
        await line.hear()
        await line.say(f"{tag} OK done")
        await line.answer("* SEARCH 1")

    found: list[int] = []

    async def ask(mailbox: ImapMailbox) -> None:
        await _idle(mailbox)
        found.extend(await mailbox.search_after(0))

    async with ScriptedImap(behave) as server:
        await _open(server.port, CALM, ask=ask)

    assert found == [1]


async def test_a_refused_search_is_asked_again_with_a_charset() -> None:
    async def behave(line: Line) -> None:
        await line.log_in()
        await line.answer(result="NO [BADCHARSET] say which")
        await line.answer("* SEARCH 4 5")

    found: list[int] = []

    async def ask(mailbox: ImapMailbox) -> None:
        found.extend(await mailbox.search_after(3))

    async with ScriptedImap(behave) as server:
        await _open(server.port, CALM, ask=ask)

    assert found == [4, 5]


async def test_without_idle_the_mailbox_is_polled() -> None:
    async def behave(line: Line) -> None:
        await line.log_in(capability="IMAP4rev1")
        await line.answer("* SEARCH")
        await line.answer("* SEARCH")

    async def ask(mailbox: ImapMailbox) -> None:
        await mailbox.search_after(0)
        await mailbox.wait(0.1)
        await mailbox.search_after(0)

    async with ScriptedImap(behave) as server, asyncio.timeout(PATIENCE_S):
        await _open(server.port, CALM, ask=ask)

    assert not any("IDLE" in heard for heard in server.lines[0].heard)


async def test_another_clients_changes_do_not_get_into_an_answer() -> None:
    async def behave(line: Line) -> None:
        await line.log_in()
        await line.answer(
            "* 9 FETCH (FLAGS (\\Seen))",
            '* 1 FETCH (UID 4 RFC822.SIZE 7 INTERNALDATE "01-Nov-2026 12:00:00 +0100")',
            "* 10 EXISTS",
            '* 2 FETCH (INTERNALDATE "rubbish" RFC822.SIZE 8 UID 5)',
            "* 2 FETCH (UID 99 RFC822.SIZE 1)",
        )

    found: list[Headline] = []

    async def ask(mailbox: ImapMailbox) -> None:
        found.extend(await mailbox.describe([4, 5]))

    async with ScriptedImap(behave) as server:
        await _open(server.port, CALM, ask=ask)

    assert [(each.uid, each.size) for each in found] == [(4, 7), (5, 8)]
    assert found[0].received_at == datetime(2026, 11, 1, 11, tzinfo=UTC)


async def test_an_empty_mail_is_a_mail() -> None:
    async def behave(line: Line) -> None:
        await line.log_in()
        await line.answer("* 1 FETCH (UID 4 BODY[] {0}", ")")

    raws: list[bytes | None] = []

    async def ask(mailbox: ImapMailbox) -> None:
        raws.append(await mailbox.fetch(4))

    async with ScriptedImap(behave) as server:
        await _open(server.port, CALM, ask=ask)

    assert raws == [b""]


async def test_a_mailbox_without_numbers_of_its_own_is_accepted() -> None:
    async def behave(line: Line) -> None:
        await line.say("* PREAUTH welcome")
        await line.answer("* CAPABILITY IMAP4rev1")
        await line.answer("* CAPABILITY IMAP4rev1")
        await line.answer("* 0 EXISTS")

    async with ScriptedImap(behave) as server, open_mailbox(_server(server), timing=CALM) as mailbox:
        assert (mailbox.uidvalidity, mailbox.uidnext) == (0, 0)


async def test_a_refused_oauth_token_is_told_in_time() -> None:
    async def behave(line: Line) -> None:
        await line.say("* OK ready")
        await line.answer("* CAPABILITY IMAP4rev1 AUTH=XOAUTH2")
        tag, _ = await line.hear()
        await line.say("+ eyJzdGF0dXMiOiI0MDEifQ==")
        await line.hear()
        await line.say(f"{tag} NO AUTHENTICATE failed")
        await line.silence()

    async with ScriptedImap(behave) as server, asyncio.timeout(PATIENCE_S):
        with pytest.raises(LoginRefused):
            async with connect(_server(server), timing=CALM, oauth_token=_token):
                pass


async def test_an_oauth_token_lets_us_in() -> None:
    async def behave(line: Line) -> None:
        await line.say("* OK ready")
        await line.answer("* CAPABILITY IMAP4rev1 AUTH=XOAUTH2")
        await line.answer()
        await line.answer("* CAPABILITY IMAP4rev1 IDLE")

    server = ScriptedImap(behave)
    async with server, connect(_server(server), timing=CALM, oauth_token=_token) as connection:
        assert connection.capabilities == {"IMAP4REV1", "IDLE"}

    assert "AUTHENTICATE XOAUTH2" in server.lines[0].heard[1]


async def test_capabilities_are_those_after_the_login() -> None:
    async def behave(line: Line) -> None:
        await line.log_in(capability="IMAP4rev1 IDLE MOVE")

    server = ScriptedImap(behave)
    async with server, connect(_server(server), timing=CALM) as connection:
        assert connection.capabilities == {"IMAP4REV1", "IDLE", "MOVE"}


async def test_no_password_and_no_mail_gets_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def behave(line: Line) -> None:
        await line.log_in()
        await line.answer("* 1 FETCH (UID 4 BODY[] {10}", "my secret)")

    caplog.set_level(logging.DEBUG)

    async with ScriptedImap(behave) as server:
        await _open(server.port, CALM, ask=lambda mailbox: mailbox.fetch(4))

    assert 'pass"word' not in caplog.text
    assert "my secret" not in caplog.text


async def test_a_cancelled_question_leaves_no_connection_behind() -> None:
    async def behave(line: Line) -> None:
        await line.log_in()
        await line.hear()
        await line.silence()

    async def ask(mailbox: ImapMailbox) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(mailbox.search_after(0), 0.2)
        with pytest.raises(MailboxLost):
            await mailbox.search_after(0)

    async with ScriptedImap(behave) as server, asyncio.timeout(PATIENCE_S):
        await _open(server.port, CALM, ask=ask)


def _server(scripted: ScriptedImap) -> ImapServer:
    return _at(scripted.port)


def _at(port: int) -> ImapServer:
    return ImapServer("127.0.0.1", port, "support@acme.example", 'pass"word', tls=False)


async def _open(port: int, timing: ImapTiming = QUICK, ask: object = None) -> None:
    async with asyncio.timeout(PATIENCE_S), open_mailbox(_at(port), timing=timing) as mailbox:
        if callable(ask):
            await ask(mailbox)


async def _idle(mailbox: ImapMailbox, limit_s: float = 600) -> None:
    await mailbox.search_after(0)
    await mailbox.wait(limit_s)


async def _token() -> str:
    return "token"

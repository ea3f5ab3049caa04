"""Logging in by token: asked for every time from a program of the operator's, and never shown."""

from __future__ import annotations

import sys
from base64 import b64decode
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP, AuthResult

from channels.email.api import SmtpSender
from channels.email.imap import connect
from channels.email.imap_mailbox import DoneMark, Watching
from channels.email.mailbox import LoginRefused
from channels.email.oauth import TokenCommand, TokenUnavailable
from channels.email.servers import ImapServer, SmtpServer
from channels.errors import SendError
from channels.sandbox.mail.simulator import MailSimulator

TOKEN = "ya29.secret"


def command(source: str) -> str:
    return f"{sys.executable} -c '{source}'"


class TakesTokens(Sink):
    """A handler that lets in who brings the token."""

    async def auth_XOAUTH2(self, _server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802  # aiosmtpd's name
        said = b64decode(args[1]).decode()
        is_right = said == f"user=support@acme.example\1auth=Bearer {TOKEN}\1\1"
        return AuthResult(success=is_right, handled=False)


async def test_the_first_line_that_the_program_prints_is_the_token() -> None:
    assert await TokenCommand(command(f'print("{TOKEN}"); print("more")'))() == TOKEN


@pytest.mark.parametrize("source", ["", "import sys; sys.exit(3)", "print()", 'print("a" * 20000)'])
async def test_a_program_that_prints_no_token_says_so_without_its_words(source: str) -> None:
    with pytest.raises(TokenUnavailable, match="prints no token"):
        await TokenCommand(command(source))()


async def test_a_program_that_hangs_is_ended(tmp_path: Path) -> None:
    with pytest.raises(TokenUnavailable, match="too long"):
        await TokenCommand(command("import time; time.sleep(600)"), timeout_s=0.2)()


@pytest.mark.parametrize("written", ["/no/such/program", "'unclosed"])
async def test_a_program_that_is_not_there_says_so(written: str) -> None:
    with pytest.raises(TokenUnavailable, match="cannot be started"):
        await TokenCommand(written)()


async def test_the_token_lets_us_send(free_port: int) -> None:
    controller = Controller(TakesTokens(), hostname="127.0.0.1", port=free_port, auth_require_tls=False)
    controller.start()
    server = SmtpServer("127.0.0.1", free_port, "support@acme.example")
    try:
        async with SmtpSender(server, oauth_token=TokenCommand(command(f'print("{TOKEN}")'))) as sender:
            await sender.check()
        async with SmtpSender(server, oauth_token=TokenCommand(command('print("other")'))) as sender:
            with pytest.raises(SendError):
                await sender.check()
    finally:
        controller.stop()


async def test_without_a_token_nobody_logs_in(provider: MailSimulator) -> None:
    token = TokenCommand("/no/such/program")
    smtp = SmtpServer("127.0.0.1", provider.smtp.port, "support@acme.example")
    imap = ImapServer("127.0.0.1", provider.imap.port, "support@acme.example", "", tls=False)

    async with SmtpSender(smtp, oauth_token=token) as sender:
        with pytest.raises(SendError):
            await sender.check()
    with pytest.raises(LoginRefused):
        async with connect(imap, oauth_token=token):
            pass


@pytest.mark.parametrize(
    ("written", "mark", "name"),
    [
        ("seen", DoneMark.SEEN, ""),
        ("none", DoneMark.NONE, ""),
        ("keyword:Frontdesk", DoneMark.KEYWORD, "Frontdesk"),
        ("move: Done/2026", DoneMark.MOVE, "Done/2026"),
    ],
)
def test_how_mail_is_marked_as_done_can_be_said(written: str, mark: DoneMark, name: str) -> None:
    watching = Watching.parse(written)

    assert (watching.done_mark, watching.done_name) == (mark, name)


@pytest.mark.parametrize("written", ["", "deleted", "move", "keyword: ", "seen:x"])
def test_other_words_for_it_are_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Watching.parse(written)

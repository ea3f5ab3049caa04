"""The addresses of mail servers, and talking to them under TLS."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiosmtpd.smtp import SMTP

from channels.email import api, servers
from channels.email.api import Envelope, SmtpSender
from channels.email.imap import ImapTiming
from channels.email.imap_mailbox import open_mailbox
from channels.email.mailbox import MailboxLost
from channels.email.servers import ImapServer, SmtpServer, is_loopback
from channels.errors import ChannelDown
from tests.channels.email.transport.scripted_imap import Line, ScriptedImap

ADA = Envelope("support@acme.example", ("ada@example.com",))
RAW = b"Subject: Hello\r\n\r\nHello\r\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate that nobody vouches for."""
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    request = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=mail.example -keyout {key} -out {cert}"
    subprocess.run(request.split(), check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    return context


class Keeper:
    """An SMTP handler that keeps what it gets, and whether it came encrypted."""

    def __init__(self) -> None:
        self.got: list[tuple[bytes, bool]] = []

    async def handle_DATA(self, server: SMTP, session: object, envelope: object) -> str:  # noqa: N802  # aiosmtpd's name
        assert server.transport is not None
        is_encrypted = server.transport.get_extra_info("sslcontext") is not None
        self.got.append((getattr(envelope, "content", b""), is_encrypted))
        return "250 ok"


def test_an_imap_url_says_everything() -> None:
    server = ImapServer.parse("imaps://me%40acme.example:p%40ss%2F@mail.example/Support%20Inbox")

    assert server == ImapServer("mail.example", 993, "me@acme.example", "p@ss/", "Support Inbox", tls=True)
    assert server.name == "me@acme.example@mail.example/Support Inbox"
    assert "p@ss" not in repr(server)


def test_without_a_mailbox_it_is_the_inbox() -> None:
    assert ImapServer.parse("imap://me:x@127.0.0.1:1143") == ImapServer("127.0.0.1", 1143, "me", "x", tls=False)


def test_an_smtp_url_says_everything() -> None:
    assert SmtpServer.parse("smtps://me:x@mail.example") == SmtpServer("mail.example", 465, "me", "x", tls=True)
    assert SmtpServer.parse("smtp://mail.example") == SmtpServer("mail.example", 587)
    assert "secret" not in repr(SmtpServer.parse("smtp://me:secret@mail.example"))


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("imap://me:secret@mail.example", "in the clear"),
        ("https://me:secret@mail.example", "must begin with"),
        ("imaps://mail.example", "no user"),
        ("imaps://me:secret@", "no host"),
        ("imaps://me:secret@mail.example:port", "cannot be read"),
        ("imaps://me:secret@[mail", "cannot be read"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_its_password(url: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as raised:
        ImapServer.parse(url)

    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("host", "is_here"), [("127.0.0.1", True), ("::1", True), ("LocalHost", True), ("10.0.0.1", False), ("x.y", False)]
)
def test_this_machine_is_known(host: str, is_here: bool) -> None:
    assert is_loopback(host) is is_here


async def test_mail_goes_out_over_tls(certificate: ssl.SSLContext) -> None:
    keeper = Keeper()

    async with _smtp(keeper, tls=certificate) as port, SmtpSender(SmtpServer("127.0.0.1", port, tls=True)) as sender:
        await sender.send(ADA, RAW)

    assert keeper.got == [(RAW, True)]


async def test_starttls_is_used_where_it_is_offered(certificate: ssl.SSLContext) -> None:
    keeper = Keeper()

    async with _smtp(keeper, starttls=certificate) as port, SmtpSender(SmtpServer("127.0.0.1", port)) as sender:
        await sender.send(ADA, RAW)

    assert keeper.got == [(RAW, True)]


async def test_without_starttls_nothing_is_sent_off_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "is_loopback", lambda host: False)
    keeper = Keeper()

    async with _smtp(keeper) as port, SmtpSender(SmtpServer("127.0.0.1", port)) as sender:
        with pytest.raises(ChannelDown) as raised:
            await sender.send(ADA, RAW)

    assert raised.value.code == "no_starttls"
    assert keeper.got == []


async def test_a_certificate_that_nobody_vouches_for_is_refused(
    certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "is_loopback", lambda host: False)
    keeper = Keeper()

    async with _smtp(keeper, tls=certificate) as port, SmtpSender(SmtpServer("127.0.0.1", port, tls=True)) as sender:
        with pytest.raises(ChannelDown) as raised:
            await sender.send(ADA, RAW)

    assert raised.value.code == "certificate"


async def test_a_server_that_takes_no_login_takes_the_channel_down() -> None:
    async with _smtp(Keeper()) as port, SmtpSender(SmtpServer("127.0.0.1", port, "me", "x")) as sender:
        with pytest.raises(ChannelDown) as raised:
            await sender.check()

    assert raised.value.code == "no_auth"


async def test_a_report_is_asked_for_where_the_server_sends_reports() -> None:
    heard: list[str] = []
    has_ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example\r\n")
        answers = {"EHLO": "250-mail.example\r\n250-SIZE 1000\r\n250 DSN", "DATA": "354 go on", "QUIT": "221 bye"}
        while line := (await reader.readline()).decode().strip():
            heard.append(line)
            writer.write(f"{answers.get(line[:4], '250 ok')}\r\n".encode())
            if line == "DATA":
                await reader.readuntil(b"\r\n.\r\n")
                writer.write(b"250 ok\r\n")
        writer.close()
        await writer.wait_closed()
        has_ended.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, asyncio.timeout(60):
        async with SmtpSender(SmtpServer("127.0.0.1", port)) as sender:
            await sender.send(Envelope("support+b1@acme.example", ("ada@example.com",), "token1"), RAW)
        await has_ended.wait()

    assert f"MAIL FROM:<support+b1@acme.example> SIZE={len(RAW)} RET=HDRS ENVID=token1" in heard
    assert "RCPT TO:<ada@example.com> NOTIFY=FAILURE,DELAY" in heard


async def test_a_mailbox_is_listened_to_over_tls_and_its_loss_is_noticed(certificate: ssl.SSLContext) -> None:
    async def behave(line: Line) -> None:
        await line.log_in()
        await line.answer("* SEARCH 1")
        await line.hear()
        await line.say("+ idling")

    found: list[int] = []
    async with ScriptedImap(behave, tls=certificate) as scripted, asyncio.timeout(60):
        server = ImapServer("127.0.0.1", scripted.port, "me", "x", tls=True)
        with pytest.raises(MailboxLost):
            async with open_mailbox(server, timing=ImapTiming(goodbye_s=0.2)) as mailbox:
                found.extend(await mailbox.search_after(0))
                await mailbox.wait(600)

    assert found == [1]


async def test_a_mail_server_with_a_strange_certificate_is_not_listened_to(
    certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "is_loopback", lambda host: False)

    async def behave(line: Line) -> None:
        await line.log_in()

    async with ScriptedImap(behave, tls=certificate) as scripted:
        with pytest.raises(MailboxLost):
            async with open_mailbox(ImapServer("127.0.0.1", scripted.port, "me", "x", tls=True)):
                pass

    assert scripted.lines == []


@asynccontextmanager
async def _smtp(
    keeper: Keeper, *, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """A server's port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(keeper, hostname="mail.example", tls_context=starttls, loop=loop), "127.0.0.1", 0, ssl=tls
    )
    async with server:
        yield int(server.sockets[0].getsockname()[1])

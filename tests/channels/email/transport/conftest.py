"""A mail provider for every test that needs one, and the support address that the tests write to."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import datetime

import pytest

from channels.email.imap import ImapConnection, connect
from channels.email.imap_names import mailbox_name
from channels.email.servers import ImapServer
from channels.email.support_address import SupportAddress
from channels.email.tokens import Signer
from channels.sandbox.mail.simulator import MailSimulator
from tests.channels.email.transport.dovecot import PROGRAM, Dovecot, run_dovecot
from tests.conftest import find_free_port

SUPPORT = "support@acme.example"
KEY = "dlv_0193a5e2b7c4" + "ab" * 10


@pytest.fixture
async def provider() -> AsyncIterator[MailSimulator]:
    """A running mail provider."""
    async with MailSimulator(SUPPORT) as simulator:
        yield simulator


@pytest.fixture
def support() -> SupportAddress:
    """Our own address."""
    return SupportAddress.parse(f"Acme Support <{SUPPORT}>", Signer("a secret"))


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A real IMAP server. Skipped where it is not installed or cannot be run, but never in CI."""
    if PROGRAM is None or os.geteuid() != 0:
        if os.environ.get("CI"):
            pytest.fail("CI must have dovecot, and run as root: apt-get install dovecot-imapd")
        pytest.skip("needs dovecot (apt-get install dovecot-imapd) and root")
    with run_dovecot(find_free_port()) as running:
        yield running


@pytest.fixture(params=["dovecot", "simulator"])
def imap_server(request: pytest.FixtureRequest) -> ImapServer:
    """An empty mailbox on a real server, and on the simulated one, which has to behave alike."""
    user = f"{uuid.uuid4().hex}@acme.example"
    if request.param == "dovecot":
        return ImapServer.parse(request.getfixturevalue("dovecot").url(user))
    provider: MailSimulator = request.getfixturevalue("provider")
    return ImapServer("127.0.0.1", provider.imap.port, user, "secret", tls=False)


@pytest.fixture
async def put(imap_server: ImapServer) -> AsyncIterator[Put]:
    """Puts mails into the mailbox, from another connection."""
    async with connect(imap_server) as connection:
        yield Put(connection)


class Put:
    """Appends mails, as a delivery would."""

    def __init__(self, connection: ImapConnection) -> None:
        self._connection = connection

    async def __call__(self, raw: bytes, *, mailbox: str = "INBOX", at: datetime | None = None) -> None:
        client = self._connection._client
        await self._connection.ask(client.append(raw, mailbox=mailbox_name(mailbox), date=at))

"""A mailbox process killed at every step of its work: the next one takes each mail in, and the inbox has it once."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator

import pytest

from channels.email.servers import ImapServer
from channels.sandbox.mail.simulator import MailSimulator
from gateway.store.database import connect
from gateway.store.mailboxes import MailboxLedger
from tests.workers.mail_doubles import TABLE, StoredInbox, listener, raw_mail

SUPPORT = "support@acme.example"
STEPS = [
    ("open_epoch", "after"),
    ("announce", "after"),
    ("begin", "after"),
    ("fetch", "after"),
    ("store", "before"),
    ("store", "after"),
    ("accept", "before"),
    ("accept", "after"),
    ("finish", "before"),
    ("finish", "after"),
    ("mark_done", "after"),
    ("note_marked", "after"),
]


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.fixture
async def provider() -> AsyncIterator[MailSimulator]:
    async with MailSimulator(SUPPORT) as simulator:
        yield simulator


@pytest.mark.parametrize(("step", "when"), STEPS, ids=["-".join(step) for step in STEPS])
async def test_a_killed_process_loses_no_mail_and_repeats_none(
    provider: MailSimulator, database_url: str, step: str, when: str
) -> None:
    db = await connect(database_url)
    await db.execute(TABLE)
    inbox = StoredInbox(db)
    for number in range(3):
        provider.store.add(SUPPORT, raw_mail(f"{number}"))

    victim = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.workers.mailbox_victim", database_url, provider.imap_url, step, when
    )
    async with asyncio.timeout(90):
        exit_code = await victim.wait()
    survivor = asyncio.create_task(listener(ImapServer.parse(provider.imap_url), MailboxLedger(db), inbox).run())
    await inbox.has(3)
    provider.store.add(SUPPORT, raw_mail("later"))
    await inbox.has(4)
    survivor.cancel()
    await asyncio.wait([survivor])
    await db.close()

    assert exit_code == -signal.SIGKILL

"""The mailbox process against a mail server: every mail is handed over, in order, through all that may happen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from channels.email.imap_mailbox import DoneMark, Watching
from channels.email.intake import IntakeRules
from channels.email.mailbox import Entry, Trouble
from channels.email.servers import ImapServer
from channels.message import InboundEvent
from channels.sandbox.faults import Fault, FaultKind
from channels.sandbox.mail.simulator import MailSimulator
from gateway.store import mailboxes
from gateway.store.database import Database
from gateway.store.mailboxes import MailboxLedger
from tests.workers.mail_doubles import TABLE, HeardAlarm, StoredInbox, eventually, listener, raw_mail, receive_subject
from workers.mailbox import MailboxListener, Pace

SUPPORT = "support@acme.example"
PATIENCE_S = 90


@pytest.fixture
def database_kind() -> str:
    """The ledger has been held to both databases by tests of its own."""
    return "sqlite"


@pytest.fixture
async def provider() -> AsyncIterator[MailSimulator]:
    async with MailSimulator(SUPPORT) as simulator:
        yield simulator


@pytest.fixture
def server(provider: MailSimulator) -> ImapServer:
    return ImapServer.parse(provider.imap_url)


@pytest.fixture
async def inbox(database: Database) -> StoredInbox:
    await database.execute(TABLE)
    return StoredInbox(database)


@pytest.fixture
def ledger(database: Database) -> MailboxLedger:
    return MailboxLedger(database)


async def test_mail_from_before_the_start_and_after_it_is_taken_in(
    provider: MailSimulator, server: ImapServer, ledger: MailboxLedger, inbox: StoredInbox
) -> None:
    provider.store.add(SUPPORT, raw_mail("before"))

    async with _running(listener(server, ledger, inbox)):
        await inbox.has(1)
        provider.store.add(SUPPORT, raw_mail("after"))
        await inbox.has(2)

    assert sorted(await inbox.accepted()) == ["after", "before"]


async def test_mail_older_than_the_horizon_is_left_alone_at_the_first_start(
    provider: MailSimulator, server: ImapServer, ledger: MailboxLedger, inbox: StoredInbox
) -> None:
    provider.store.add(SUPPORT, raw_mail("old"), at=datetime.now(UTC) - timedelta(days=9))
    provider.store.add(SUPPORT, raw_mail("almost"), at=datetime.now(UTC) - timedelta(hours=25))
    provider.store.add(SUPPORT, raw_mail("new"), at=datetime.now(UTC) - timedelta(hours=23))

    async with _running(listener(server, ledger, inbox)):
        await inbox.has(1)
        provider.store.add(SUPPORT, raw_mail("now"))
        await inbox.has(2)

    assert sorted(await inbox.accepted()) == ["new", "now"]


async def test_mail_that_came_while_nobody_listened_is_taken_in_whatever_its_age(
    provider: MailSimulator, server: ImapServer, ledger: MailboxLedger, inbox: StoredInbox
) -> None:
    async with _running(listener(server, ledger, inbox)):
        provider.store.add(SUPPORT, raw_mail("one"))
        await inbox.has(1)
    provider.store.add(SUPPORT, raw_mail("two"), at=datetime.now(UTC))

    async with _running(listener(server, ledger, inbox, rules=IntakeRules(horizon=timedelta(0)))):
        await inbox.has(2)

    assert sorted(await inbox.accepted()) == ["one", "two"]


async def test_five_hundred_mails_at_once_are_taken_in(
    provider: MailSimulator, server: ImapServer, ledger: MailboxLedger, inbox: StoredInbox
) -> None:
    for number in range(500):
        provider.store.add(SUPPORT, raw_mail(f"{number:03}"))

    async with _running(listener(server, ledger, inbox)):
        await inbox.has(500)


async def test_a_mail_that_a_person_has_read_is_taken_in_all_the_same(
    provider: MailSimulator, server: ImapServer, ledger: MailboxLedger, inbox: StoredInbox
) -> None:
    provider.store.add(SUPPORT, raw_mail("read"), flags=["\\Seen"])

    async with _running(listener(server, ledger, inbox)):
        await inbox.has(1)


async def test_mail_is_marked_as_read_once_it_is_handed_over(
    provider: MailSimulator, server: ImapServer, ledger: MailboxLedger, inbox: StoredInbox
) -> None:
    provider.store.add(SUPPORT, raw_mail("one"))

    async with _running(listener(server, ledger, inbox)):
        await _until_flagged(provider, uid=1)

    assert await inbox.accepted() == ["one"]


async def test_a_refused_mark_does_not_stop_the_intake(
    provider: MailSimulator, server: ImapServer, ledger: MailboxLedger, inbox: StoredInbox
) -> None:
    provider.faults.plan(Fault(FaultKind.REJECT, "imap.store", times=99, code="[READ-ONLY] no"))
    provider.store.add(SUPPORT, raw_mail("one"))
    provider.store.add(SUPPORT, raw_mail("two"))

    async with _running(listener(server, ledger, inbox)):
        await inbox.has(2)


async def test_done_mail_is_moved_where_that_is_wished(
    provider: MailSimulator, server: ImapServer, ledger: MailboxLedger, inbox: StoredInbox
) -> None:
    provider.store.folder(SUPPORT, "Processed")
    provider.store.add(SUPPORT, raw_mail("one"))
    watching = Watching(done_mark=DoneMark.MOVE, done_name="Processed")

    async with _running(listener(server, ledger, inbox, watching=watching)):
        await _until(provider, lambda: len(provider.inbox(SUPPORT, "Processed")) == 1, folder="Processed")

    assert provider.inbox(SUPPORT) == ()


async def test_a_poisonous_mail_is_set_aside_and_the_next_one_goes_on(
    provider: MailSimulator, server: ImapServer, ledger: MailboxLedger, inbox: StoredInbox, database: Database
) -> None:
    async def receive(raw: bytes, *, received_at: datetime, digest: str, is_junk: bool = False) -> InboundEvent:
        if b"poison" in raw:
            raise RecursionError("too deep")
        return await receive_subject(raw, received_at=received_at, digest=digest)

    provider.store.add(SUPPORT, raw_mail("poison"))
    provider.store.add(SUPPORT, raw_mail("good"))
    alarm = HeardAlarm()

    async def heard() -> Sequence[Trouble]:
        return alarm.heard

    async with _running(listener(server, ledger, inbox, receive=receive, alarm=alarm)):
        await inbox.has(1)
        quarantined = await _until_quarantined(database)
        told = await eventually(heard)

    assert await inbox.accepted() == ["good"]
    assert [(each.uid, each.tries, each.reason) for each in quarantined] == [(1, 4, "RecursionError")]
    assert told == [Trouble.UNREADABLE]


async def test_a_replayed_mail_is_handed_over_by_the_running_process(
    provider: MailSimulator, server: ImapServer, ledger: MailboxLedger, inbox: StoredInbox, database: Database
) -> None:
    is_cured = asyncio.Event()

    async def receive(raw: bytes, *, received_at: datetime, digest: str, is_junk: bool = False) -> InboundEvent:
        if not is_cured.is_set():
            raise ValueError("ill")
        return await receive_subject(raw, received_at=received_at, digest=digest)

    provider.store.add(SUPPORT, raw_mail("one"))

    async with _running(listener(server, ledger, inbox, receive=receive)):
        (entry,) = await _until_quarantined(database)
        is_cured.set()
        await mailboxes.replay(database, entry, now=datetime.now(UTC))
        provider.store.add(SUPPORT, raw_mail("two"))  # wakes it; it would look by itself after a while
        await inbox.has(2)

    assert sorted(await inbox.accepted()) == ["one", "two"]


async def test_a_mail_that_kills_every_connection_is_set_aside(
    provider: MailSimulator, server: ImapServer, ledger: MailboxLedger, inbox: StoredInbox, database: Database
) -> None:
    provider.faults.plan(Fault(FaultKind.DROP_BEFORE, "imap.fetch", times=1))
    provider.store.add(SUPPORT, raw_mail("one"))
    rules = IntakeRules(first_delay=timedelta(milliseconds=10), max_lost_fetches=1)

    async with _running(listener(server, ledger, inbox, rules=rules)):
        await inbox.has(1)
        # Describing mails is a fetch too: the next loss is that of the second mail's body.
        provider.faults.plan(Fault(FaultKind.SLOW, "imap.fetch"))
        provider.faults.plan(Fault(FaultKind.DROP_BEFORE, "imap.fetch"))
        provider.store.add(SUPPORT, raw_mail("two"))
        quarantined = await _until_quarantined(database)

    assert [each.uid for each in quarantined] == [2]


async def test_a_mail_that_is_too_large_is_told_of_and_not_fetched(
    provider: MailSimulator, server: ImapServer, ledger: MailboxLedger, inbox: StoredInbox
) -> None:
    seen: list[bytes] = []

    async def receive(raw: bytes, *, received_at: datetime, digest: str, is_junk: bool = False) -> InboundEvent:
        seen.append(raw)
        return await receive_subject(raw, received_at=received_at, digest=digest)

    head = b"Subject: large\r\nContent-Type: multipart/mixed;\r\n boundary=x\r\nFrom: ada@example.com\r\n"
    provider.store.add(SUPPORT, head + b"\r\n" + b"x" * 3_000_000)

    rules = IntakeRules(max_mail_bytes=1_000_000)
    async with _running(listener(server, ledger, inbox, receive=receive, rules=rules)):
        await inbox.has(1)

    assert seen == [
        b"Subject: large\r\nFrom: ada@example.com\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        b"[This mail of 3 MB is too large to be read. It was left in the mailbox.]\r\n"
    ]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind, operation)
        for operation in ("imap.login", "imap.select", "imap.search", "imap.fetch", "imap.store", "imap.idle")
        for kind in (FaultKind.DROP_BEFORE, FaultKind.DROP_AFTER, FaultKind.REJECT)
    ],
    ids=lambda fault: f"{fault.operation}-{fault.kind}",
)
async def test_every_fault_of_the_server_is_survived(
    provider: MailSimulator, server: ImapServer, ledger: MailboxLedger, inbox: StoredInbox, fault: Fault
) -> None:
    provider.faults.plan(fault)
    provider.store.add(SUPPORT, raw_mail("one"))

    async with _running(listener(server, ledger, inbox)):
        await inbox.has(1)
        provider.store.add(SUPPORT, raw_mail("two"))
        await inbox.has(2)

    assert sorted(await inbox.accepted()) == ["one", "two"]


async def test_a_server_that_restarts_is_found_again(
    provider: MailSimulator, server: ImapServer, ledger: MailboxLedger, inbox: StoredInbox
) -> None:
    async with _running(listener(server, ledger, inbox)):
        provider.store.add(SUPPORT, raw_mail("one"))
        await inbox.has(1)
        provider.imap.drop_connections()
        provider.store.add(SUPPORT, raw_mail("two"))
        await inbox.has(2)


async def test_a_renumbered_mailbox_brings_nothing_twice_and_loses_nothing(
    provider: MailSimulator, server: ImapServer, ledger: MailboxLedger, inbox: StoredInbox, database: Database
) -> None:
    async with _running(listener(server, ledger, inbox)):
        provider.store.add(SUPPORT, raw_mail("one"))
        await _until_flagged(provider, uid=1)
    provider.store.renumber(SUPPORT)
    provider.store.add(SUPPORT, raw_mail("two"))
    alarm = HeardAlarm()

    async with _running(listener(server, ledger, inbox, alarm=alarm)):
        await inbox.has(2)

    assert await _times(database) == {"one": 1, "two": 1}
    assert alarm.heard == [Trouble.RENUMBERED]


async def test_two_processes_on_one_mailbox_hand_each_mail_over_once(
    provider: MailSimulator, server: ImapServer, ledger: MailboxLedger, inbox: StoredInbox, database: Database
) -> None:
    async with (
        _running(listener(server, ledger, inbox, owner="first")),
        _running(listener(server, ledger, inbox, owner="second")),
    ):
        for number in range(20):
            provider.store.add(SUPPORT, raw_mail(f"{number}"))
        await inbox.has(20)

    assert set((await _times(database)).values()) == {1}


async def test_the_second_process_takes_over_when_the_first_one_ends(
    provider: MailSimulator, server: ImapServer, ledger: MailboxLedger, inbox: StoredInbox
) -> None:
    async with _running(listener(server, ledger, inbox, owner="second")):
        provider.store.add(SUPPORT, raw_mail("one"))
        await inbox.has(1)
    async with _running(listener(server, ledger, inbox, owner="first")):
        provider.store.add(SUPPORT, raw_mail("two"))
        await inbox.has(2)


async def test_a_process_whose_lease_was_taken_stops_and_queues_for_it_again(
    provider: MailSimulator, server: ImapServer, ledger: MailboxLedger, inbox: StoredInbox, database: Database
) -> None:
    pace = Pace(lease_s=0.6, standby_s=0.05, first_backoff_s=0.05)
    async with _running(listener(server, ledger, inbox, pace=pace)):
        provider.store.add(SUPPORT, raw_mail("one"))
        await inbox.has(1)
        # As after a long pause of the process: somebody else has the mailbox now, and then dies.
        await database.execute("UPDATE mailboxes SET fence = fence + 1, lease_until = 0")
        provider.store.add(SUPPORT, raw_mail("two"))
        await inbox.has(2)


async def test_a_refused_login_is_told_and_not_tried_again_at_once(
    provider: MailSimulator, server: ImapServer, ledger: MailboxLedger, inbox: StoredInbox
) -> None:
    provider.faults.plan(Fault(FaultKind.REJECT, "imap.login", times=99))
    alarm = HeardAlarm(fails=True)
    process = listener(server, ledger, inbox, pace=Pace(login_backoff_s=600), alarm=alarm)

    async def refused_logins() -> int:
        return process.intake.metrics.refused_logins

    async with _running(process):
        await eventually(refused_logins)

    assert sum(fault.times for fault in provider.faults.planned()) == 98
    assert alarm.heard == [Trouble.LOGIN_REFUSED]


async def test_a_stored_mail_is_handed_over_while_the_server_is_away(
    provider: MailSimulator, server: ImapServer, ledger: MailboxLedger, inbox: StoredInbox, database: Database
) -> None:
    async def receive(raw: bytes, *, received_at: datetime, digest: str, is_junk: bool = False) -> InboundEvent:
        raise OSError("nothing goes")

    provider.store.add(SUPPORT, raw_mail("one"))
    async with _running(listener(server, ledger, inbox, receive=receive)):
        (entry,) = await _until_quarantined(database)
    await mailboxes.replay(database, entry, now=datetime.now(UTC))
    away = ImapServer(server.host, 1, server.user, "secret", tls=False)

    async with _running(listener(away, ledger, inbox)):
        await inbox.has(1)


async def test_numbers_tell_how_it_goes(
    provider: MailSimulator, server: ImapServer, ledger: MailboxLedger, inbox: StoredInbox
) -> None:
    provider.faults.plan(Fault(FaultKind.DROP_BEFORE, "imap.select"))
    provider.store.add(SUPPORT, raw_mail("one"))
    process = listener(server, ledger, inbox)

    async with _running(process):
        await _until_flagged(provider, uid=1)

    metrics = process.intake.metrics
    assert (metrics.handed_over, metrics.reconnects, metrics.duplicates, metrics.failures) == (1, 1, 0, 0)
    assert metrics.seconds_since_search < PATIENCE_S


@asynccontextmanager
async def _running(process: MailboxListener) -> AsyncIterator[None]:
    task = asyncio.create_task(process.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _until_quarantined(database: Database) -> Sequence[Entry]:
    return await eventually(lambda: mailboxes.quarantined(database))


async def _until_flagged(provider: MailSimulator, *, uid: int) -> None:
    await _until(provider, lambda: "\\Seen" in provider.store.folder(SUPPORT).mails[uid].flags)


async def _until(provider: MailSimulator, is_so: Callable[[], bool], *, folder: str = "INBOX") -> None:
    changed = asyncio.Event()
    provider.store.folder(SUPPORT, folder).watchers.add(changed)
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():
            changed.clear()
            await changed.wait()


async def _times(database: Database) -> dict[str, int]:
    return {row["provider_id"]: row["times"] for row in await database.fetch("SELECT * FROM accepted")}

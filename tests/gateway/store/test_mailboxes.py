"""The ledger of mail intake, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from channels.email.mailbox import Entry, Epoch, Headline, Hold, IntakeState, LeaseLost
from gateway.store import mailboxes
from gateway.store.database import Database
from gateway.store.mailboxes import MailboxLedger

MAILBOX = "support@mail.example/INBOX"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TTL = timedelta(seconds=15)
DAY = timedelta(days=1)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, time: timedelta) -> None:
        self.now += time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(database: Database, clock: Clock) -> MailboxLedger:
    return MailboxLedger(database, clock=clock)


@pytest.fixture
async def hold(ledger: MailboxLedger) -> Hold:
    return await _acquired(ledger, "first")


@pytest.fixture
async def epoch(ledger: MailboxLedger, hold: Hold) -> Epoch:
    return await ledger.open_epoch(hold, 7, horizon=DAY)


async def test_one_process_at_a_time_holds_a_mailbox(ledger: MailboxLedger, hold: Hold) -> None:
    assert await ledger.acquire(MAILBOX, owner="second", ttl=TTL) is None


async def test_a_mailbox_is_free_when_its_lease_ends(ledger: MailboxLedger, hold: Hold, clock: Clock) -> None:
    clock.pass_(TTL)

    second = await ledger.acquire(MAILBOX, owner="second", ttl=TTL)

    assert second is not None
    assert second.fence == hold.fence + 1


async def test_a_renewed_lease_does_not_end(ledger: MailboxLedger, hold: Hold, clock: Clock) -> None:
    clock.pass_(TTL / 2)
    await ledger.renew(hold, ttl=TTL)
    clock.pass_(TTL / 2)

    assert await ledger.acquire(MAILBOX, owner="second", ttl=TTL) is None


async def test_a_released_mailbox_is_free_at_once(ledger: MailboxLedger, hold: Hold) -> None:
    await ledger.release(hold)

    assert await ledger.acquire(MAILBOX, owner="second", ttl=TTL) is not None


async def test_whoever_lost_the_lease_changes_nothing(
    ledger: MailboxLedger, hold: Hold, epoch: Epoch, clock: Clock
) -> None:
    entry = await _announced(ledger, hold, epoch, 1)
    clock.pass_(TTL)
    await _acquired(ledger, "second")

    for write in (
        ledger.renew(hold, ttl=TTL),
        ledger.open_epoch(hold, 8, horizon=DAY),
        ledger.announce(hold, epoch, [Headline(2, 1, NOW)], last_uid=2),
        ledger.begin(hold, entry),
        ledger.store(hold, entry, b"raw"),
        ledger.finish(hold, entry, IntakeState.HANDED_OVER),
    ):
        with pytest.raises(LeaseLost):
            await write

    second = await _acquired_after(ledger, clock)
    assert [each.uid for each in await ledger.pending(second, limit=9)] == [1]


async def test_a_late_release_does_not_free_the_mailbox_of_another(
    ledger: MailboxLedger, hold: Hold, clock: Clock
) -> None:
    clock.pass_(TTL)
    await _acquired(ledger, "second")

    await ledger.release(hold)

    assert await ledger.acquire(MAILBOX, owner="third", ttl=TTL) is None


async def test_mails_are_worked_on_in_the_order_of_their_uids(ledger: MailboxLedger, hold: Hold, epoch: Epoch) -> None:
    await ledger.announce(hold, epoch, [Headline(uid, 10, NOW) for uid in (3, 1, 2)], last_uid=3)

    pending = await ledger.pending(hold, limit=9)

    assert [(each.uid, each.state, each.size) for each in pending] == [
        (1, IntakeState.ANNOUNCED, 10),
        (2, IntakeState.ANNOUNCED, 10),
        (3, IntakeState.ANNOUNCED, 10),
    ]
    assert await ledger.last_uid(hold, 7) == 3


async def test_announcing_a_mail_twice_changes_nothing(ledger: MailboxLedger, hold: Hold, epoch: Epoch) -> None:
    entry = await _announced(ledger, hold, epoch, 1)
    await ledger.finish(hold, entry, IntakeState.HANDED_OVER)

    await ledger.announce(hold, epoch, [Headline(1, 10, NOW)], last_uid=1)

    assert list(await ledger.pending(hold, limit=9)) == []


async def test_the_highest_uid_never_goes_back(ledger: MailboxLedger, hold: Hold, epoch: Epoch) -> None:
    await ledger.announce(hold, epoch, [], last_uid=9)
    await ledger.announce(hold, epoch, [], last_uid=0)

    assert await ledger.last_uid(hold, 7) == 9


async def test_mail_from_before_the_first_start_is_left_alone(ledger: MailboxLedger, hold: Hold, epoch: Epoch) -> None:
    await ledger.announce(hold, epoch, [Headline(1, 10, NOW - 2 * DAY), Headline(2, 10, NOW)], last_uid=2)

    assert [each.uid for each in await ledger.pending(hold, limit=9)] == [2]
    assert list(await ledger.unknown(hold, 7, [1, 2, 3])) == [3]


async def test_a_later_start_keeps_the_horizon_of_the_first(
    ledger: MailboxLedger, hold: Hold, epoch: Epoch, clock: Clock
) -> None:
    clock.pass_(timedelta(seconds=10))

    again = await ledger.open_epoch(hold, 7, horizon=timedelta(seconds=1))

    assert again == Epoch(7, NOW - DAY, is_new=False, is_first=False)


async def test_after_a_renumbering_nothing_since_the_last_search_is_missed(
    ledger: MailboxLedger, hold: Hold, epoch: Epoch, clock: Clock
) -> None:
    clock.pass_(7 * DAY)
    hold = await _acquired(ledger, "first")
    await ledger.announce(hold, epoch, [], last_uid=1)
    clock.pass_(7 * DAY)
    hold = await _acquired(ledger, "first")

    renumbered = await ledger.open_epoch(hold, 8, horizon=DAY)

    assert renumbered == Epoch(8, NOW + 6 * DAY, is_new=True, is_first=False)


async def test_a_renumbering_gives_up_what_can_no_longer_be_fetched(
    ledger: MailboxLedger, hold: Hold, epoch: Epoch
) -> None:
    stored = await _announced(ledger, hold, epoch, 1)
    await ledger.store(hold, stored, b"raw")
    await _announced(ledger, hold, epoch, 2)

    await ledger.open_epoch(hold, 8, horizon=DAY)

    assert [(each.uidvalidity, each.uid) for each in await ledger.pending(hold, limit=9)] == [(7, 1)]


async def test_a_stored_mail_can_be_loaded_by_its_digest(ledger: MailboxLedger, hold: Hold, epoch: Epoch) -> None:
    entry = await _announced(ledger, hold, epoch, 1)

    stored = await ledger.store(hold, entry, b"raw\0\xff")

    assert stored.state is IntakeState.STORED
    assert await ledger.load(stored.digest) == b"raw\0\xff"
    assert await ledger.load("unknown") is None


async def test_the_same_bytes_are_known_once_they_were_handed_over(
    ledger: MailboxLedger, hold: Hold, epoch: Epoch
) -> None:
    first = await ledger.store(hold, await _announced(ledger, hold, epoch, 1), b"raw")
    second = await ledger.store(hold, await _announced(ledger, hold, epoch, 2), b"raw")
    known_before = await ledger.was_handed_over(second.digest)

    await ledger.finish(hold, first, IntakeState.HANDED_OVER)

    assert not known_before
    assert await ledger.was_handed_over(second.digest)


async def test_only_stored_mails_can_be_asked_for(ledger: MailboxLedger, hold: Hold, epoch: Epoch) -> None:
    await _announced(ledger, hold, epoch, 1)
    await ledger.store(hold, await _announced(ledger, hold, epoch, 2), b"raw")

    assert [each.uid for each in await ledger.pending(hold, limit=9, only_stored=True)] == [2]


async def test_a_postponed_mail_comes_back_in_time(
    ledger: MailboxLedger, hold: Hold, epoch: Epoch, clock: Clock
) -> None:
    entry = await ledger.begin(hold, await _announced(ledger, hold, epoch, 1))
    await ledger.postpone(hold, entry, delay=timedelta(seconds=5), reason="it failed")

    now = await ledger.pending(hold, limit=9)
    counts = await ledger.counts(MAILBOX)
    clock.pass_(timedelta(seconds=5))
    later = await ledger.pending(hold, limit=9)

    assert list(now) == []
    assert (counts.waiting, counts.quarantined, counts.next_try_in) == (1, 0, timedelta(seconds=5))
    assert [(each.uid, each.tries, each.reason) for each in later] == [(1, 1, "it failed")]


async def test_a_quarantined_mail_is_shown_and_can_be_replayed(
    ledger: MailboxLedger, database: Database, hold: Hold, epoch: Epoch, clock: Clock
) -> None:
    entry = await ledger.store(hold, await _announced(ledger, hold, epoch, 1), b"raw")
    await ledger.finish(hold, entry, IntakeState.QUARANTINED, reason="poison")

    shown = await mailboxes.quarantined(database)
    replayed = await mailboxes.replay(database, shown[0], now=clock())
    replayed_again = await mailboxes.replay(database, shown[0], now=clock())

    assert [(each.uid, each.reason) for each in shown] == [(1, "poison")]
    assert (replayed, replayed_again) == (True, False)
    assert [(each.uid, each.tries, each.state) for each in await ledger.pending(hold, limit=9)] == [
        (1, 0, IntakeState.STORED)
    ]


async def test_marks_that_are_missing_on_the_server_are_known(ledger: MailboxLedger, hold: Hold, epoch: Epoch) -> None:
    for uid in (1, 2, 3):
        await ledger.finish(hold, await _announced(ledger, hold, epoch, uid), IntakeState.HANDED_OVER)

    await ledger.note_marked(hold, 7, 1)
    await ledger.note_marked(hold, 7, 2, refused=True)

    assert list(await ledger.unmarked(hold, 7)) == [3]


async def test_a_forgotten_raw_mail_is_gone(
    ledger: MailboxLedger, database: Database, hold: Hold, epoch: Epoch
) -> None:
    entry = await ledger.store(hold, await _announced(ledger, hold, epoch, 1), b"raw")

    erased = await mailboxes.forget_raw(database, [entry.digest, "unknown"])

    assert erased == 1
    assert await ledger.load(entry.digest) is None


async def test_an_empty_mailbox_has_nothing_waiting(ledger: MailboxLedger) -> None:
    counts = await ledger.counts(MAILBOX)

    assert (counts.waiting, counts.quarantined, counts.next_try_in) == (0, 0, None)


async def _acquired(ledger: MailboxLedger, owner: str) -> Hold:
    hold = await ledger.acquire(MAILBOX, owner=owner, ttl=TTL)
    assert hold is not None
    return hold


async def _acquired_after(ledger: MailboxLedger, clock: Clock) -> Hold:
    clock.pass_(TTL)
    return await _acquired(ledger, "third")


async def _announced(ledger: MailboxLedger, hold: Hold, epoch: Epoch, uid: int) -> Entry:
    await ledger.announce(hold, epoch, [Headline(uid, 10, NOW)], last_uid=uid)
    return next(each for each in await ledger.pending(hold, limit=99) if each.uid == uid)


async def test_how_intake_stands_is_counted(
    database: Database, ledger: MailboxLedger, hold: Hold, epoch: Epoch, clock: Clock
) -> None:
    nothing = await mailboxes.standings(database)
    clock.pass_(timedelta(minutes=5))
    headlines = [Headline(uid, 100, NOW + timedelta(seconds=uid)) for uid in (1, 2, 3)]
    await ledger.announce(hold, epoch, headlines, last_uid=3)
    entry = (await ledger.pending(hold, limit=1))[0]
    await ledger.finish(hold, entry, IntakeState.QUARANTINED, reason="no mail")

    (before,), (after,) = nothing, await mailboxes.standings(database)

    assert (before.waiting, before.quarantined, before.oldest_waiting_at) == (0, 0, None)
    assert (after.waiting, after.quarantined) == (2, 1)
    assert after.oldest_waiting_at == NOW + timedelta(seconds=2)
    assert (before.searched_at, after.searched_at) == (NOW, NOW + timedelta(minutes=5))

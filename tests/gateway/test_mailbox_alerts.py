"""Trouble with a mailbox is told to staff, once a day for each."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels.email.mailbox import Trouble
from gateway.mailbox_alerts import MailboxAlerts
from gateway.queue import DELIVER
from gateway.wording import MAILBOX_TROUBLES
from tests.gateway.world import World

MAILBOX = "support@imap.example.com/INBOX"


def alerts_of(world: World, alert_channel: str = "C0STAFF") -> MailboxAlerts:
    return MailboxAlerts(world.db, world.wakeups, alert_channel=alert_channel, clock=world.clock)


async def test_staff_are_told_that_the_server_refuses_us(world: World) -> None:
    await alerts_of(world)(MAILBOX, Trouble.LOGIN_REFUSED)

    delivery = await world.row("SELECT kind, lane, text, target FROM deliveries")
    assert delivery["kind"] == "alert"
    assert f"refuses our login to {MAILBOX}" in delivery["text"]
    assert "C0STAFF" in delivery["target"]
    assert world.wakeups.of(DELIVER) == [delivery["lane"]]


async def test_the_same_trouble_is_told_once_a_day(world: World) -> None:
    alerts = alerts_of(world)

    for trouble in (Trouble.LOGIN_REFUSED, Trouble.LOGIN_REFUSED, Trouble.UNREADABLE):
        await alerts(MAILBOX, trouble)
    world.clock.advance(timedelta(days=1))
    await alerts(MAILBOX, Trouble.LOGIN_REFUSED)

    assert len(await world.rows("SELECT id FROM deliveries")) == 3


async def test_without_a_channel_of_staff_nothing_is_queued(world: World) -> None:
    await alerts_of(world, alert_channel="")(MAILBOX, Trouble.RENUMBERED)

    assert await world.rows("SELECT id FROM deliveries") == []


@pytest.mark.parametrize("trouble", list(Trouble))
def test_there_are_words_for_each_trouble(trouble: Trouble) -> None:
    assert trouble in MAILBOX_TROUBLES

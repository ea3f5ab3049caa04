"""Addresses that nothing is sent to: seen, and lifted by a person where it is mail."""

from __future__ import annotations

import json

from channels.message import ChannelName
from gateway.store import opt_outs
from tests.gateway.cli.conftest import Fill, Frontdesk
from tests.gateway.world import ALICE, World


async def two_opt_outs(world: World) -> None:
    await opt_outs.add(world.db, ChannelName.EMAIL, "ada@example.com", source="a bounce", now=world.clock())
    await opt_outs.add(world.db, ChannelName.SMS, ALICE, source="SM1", now=world.clock())


def test_a_mail_address_is_lifted_by_hand_and_a_number_is_not(frontdesk: Frontdesk, fill: Fill[None]) -> None:
    fill(two_opt_outs)

    lifted = frontdesk("opt-outs", "lift", "Ada@example.com")
    again = frontdesk("opt-outs", "lift", "ada@example.com")
    number = frontdesk("opt-outs", "lift", ALICE)
    left = json.loads(frontdesk("opt-outs", "list", "--json").out)

    assert (lifted.code, again.code, number.code) == (0, 1, 1)
    assert [one["address"] for one in left] == [ALICE]


def test_the_table_shows_no_whole_address(frontdesk: Frontdesk, fill: Fill[None]) -> None:
    fill(two_opt_outs)

    shown = frontdesk("opt-outs", "list").out

    assert "a•••@example.com" in shown
    assert ALICE not in shown

"""Who may decide: only people of the approver set, never the customer, and nobody while that cannot be checked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from channels.message import Assurance, ChannelName, Sender
from channels.staff import ClickAction, Member
from gateway.domain import Approval
from gateway.relay import Paused
from gateway.store import approvals
from gateway.store.database import Database
from tests.gateway.fakes import FakeDesk
from tests.gateway.world import ADA, ALICE, GRACE, TEAM, World, asked

STRANGERS = {
    "a guest": replace(ADA, is_guest=True),
    "a bot": replace(ADA, is_bot=True),
    "somebody of another organisation": replace(ADA, is_stranger=True),
    "somebody of another team": replace(ADA, team_id="T0OTHER"),
    "somebody who has left": replace(ADA, is_active=False),
}


@pytest.mark.parametrize("stranger", STRANGERS.values(), ids=STRANGERS.keys())
async def test_people_who_are_not_staff_cannot_decide(world: World, stranger: Member) -> None:
    approval = await world.ask()
    world.desk.members["U0ADA"] = stranger

    reply = await world.press(approval)

    assert reply.text
    assert (await world.approval(approval.id)).is_pending
    assert (await world.audited())[-1] == "approval.refused"


async def test_somebody_outside_the_channel_cannot_decide(world: World) -> None:
    approval = await world.ask()
    world.desk.members["U0EVE"] = Member("U0EVE", TEAM, "Eve")

    reply = await world.press(approval, "U0EVE")

    assert reply.text == "Only members of the approvers channel can decide this."


async def test_somebody_whom_the_desk_does_not_know_cannot_decide(world: World) -> None:
    approval = await world.ask()

    reply = await world.press(approval, "U0NOBODY")

    assert reply.text == "I do not know you, so you cannot decide this."


@pytest.mark.parametrize("way", ["approve", "open edit", "open deny", "submit edit", "submit denial"])
async def test_every_way_of_deciding_is_closed_to_strangers_and_audited(world: World, way: str) -> None:
    approval = await world.ask()
    ways = {
        "approve": lambda: world.press(approval, "U0EVE"),
        "open edit": lambda: world.press(approval, "U0EVE", ClickAction.EDIT),
        "open deny": lambda: world.press(approval, "U0EVE", ClickAction.DENY),
        "submit edit": lambda: world.edit(approval, "U0EVE", amount="5"),
        "submit denial": lambda: world.deny(approval, "U0EVE"),
    }

    reply = await ways[way]()

    assert reply.text
    refusal = await world.row("SELECT actor, subject_id FROM audit_events WHERE name = 'approval.refused'")
    assert (refusal["actor"], refusal["subject_id"]) == ("U0EVE", approval.id)
    assert (await world.approval(approval.id)).arguments == approval.arguments


async def test_while_the_desk_is_away_nobody_can_decide(world: World) -> None:
    approval = await world.ask()
    world.desk.is_away = True

    reply = await world.press(approval)

    assert "try again" in reply.text
    assert (await world.approval(approval.id)).is_pending
    assert (await world.audited())[-1] == "approval.refused"


async def test_without_a_desk_nobody_can_decide(world: World) -> None:
    approval = await world.ask()
    world.approvers.desk = None

    reply = await world.press(approval)

    assert reply.text == "No desk is configured."


async def test_a_refusal_changes_nothing_on_the_card(world: World) -> None:
    approval = await world.ask()
    shown = world.desk.card

    await world.press(approval, "U0EVE")
    await world.deliver_all()

    assert world.desk.card == shown
    assert (await world.approval(approval.id)).revision == approval.revision


# The customer


async def test_a_slack_customer_cannot_decide_their_own_request(world: World) -> None:
    approval = await _asked_by(world, ChannelName.SLACK, "U0ADA")

    reply = await world.press(approval, "U0ADA")
    other = await world.press(approval, "U0GRACE")

    assert reply.text == "You asked for this yourself, so somebody else has to decide."
    assert other.text == ""


async def test_the_customer_of_a_mail_cannot_decide_it_in_slack(world: World) -> None:
    world.desk.members["U0ADA"] = replace(ADA, email="Ada@Example.com")
    approval = await _asked_by(world, ChannelName.EMAIL, "ada@example.com")

    reply = await world.press(approval, "U0ADA")

    assert reply.text == "You asked for this yourself, so somebody else has to decide."


async def test_an_unknown_mail_address_makes_nobody_the_customer(world: World) -> None:
    approval = await _asked_by(world, ChannelName.EMAIL, "")

    reply = await world.press(approval, "U0ADA")

    assert reply.text == ""


@pytest.mark.parametrize("written", ["+15550001", "+1 555-0001", "001 555 0001", "+1 (555) 0001"])
async def test_the_customer_of_a_text_message_cannot_decide_it_in_slack(world: World, written: str) -> None:
    world.desk.members["U0ADA"] = replace(ADA, phone=written)
    approval = await world.ask()

    reply = await world.press(approval, "U0ADA")

    assert reply.text == "You asked for this yourself, so somebody else has to decide."


@pytest.mark.parametrize(
    "linked", [("U0ADA", ALICE), ("Ada@private.example", "+1 555 0001"), ("u0ada", "x@y.z", ALICE)]
)
async def test_nobody_decides_their_own_request_under_another_identity(
    database: Database, linked: tuple[str, ...]
) -> None:
    desk = FakeDesk(replace(ADA, email="ada@private.example"), GRACE, channel=("U0ADA", "U0GRACE"))
    world = World(database, desk=desk, linked=(frozenset({"U0KIM", "kim@acme.example"}), frozenset(linked)))
    approval = await world.ask()

    own = await world.press(approval, "U0ADA")
    other = await world.press(approval, "U0GRACE")

    assert own.text == "You asked for this yourself, so somebody else has to decide."
    assert other.text == ""


# Sets and groups


@pytest.mark.parametrize(("member_id", "may"), [("U0ADA", True), ("U0GRACE", True), ("U0KIM", False)])
async def test_an_approver_set_names_people_and_groups(database: Database, member_id: str, may: bool) -> None:
    kim = Member("U0KIM", TEAM, "Kim")
    desk = FakeDesk(ADA, GRACE, kim, channel=("U0KIM",), groups={"S0SUPPORT": ("U0GRACE",)})
    world = World(database, desk=desk, approver_set=("U0ADA", "S0SUPPORT"))
    approval = await world.ask()

    reply = await world.press(approval, member_id)

    assert (reply.text == "") is may
    assert (await world.approval(approval.id)).is_pending is not may


async def test_a_tools_own_approvers_take_the_place_of_the_deployments(world: World) -> None:
    approval = await world.ask(asked(policy={"approvers": ["U0GRACE"]}))

    ada = await world.press(approval, "U0ADA")
    grace = await world.press(approval, "U0GRACE")

    assert ada.text == "Only <@U0GRACE> can decide this."
    assert grace.text == ""


async def test_a_group_that_cannot_be_read_lets_nobody_in(database: Database) -> None:
    world = World(database, approver_set=("S0GONE",))
    approval = await world.ask()

    reply = await world.press(approval)

    assert "could not check" in reply.text
    assert (await world.approval(approval.id)).is_pending


async def _asked_by(world: World, channel: ChannelName, address: str) -> Approval:
    conversation_id = await world.text("Refund me", channel=channel, sender=Sender(address, "", Assurance.PROVEN))
    claimed, turn = await world.begin(conversation_id)
    await world.outcomes.conclude(claimed, turn, Paused((asked(),)), posted=1, tools=())
    (approval,) = await approvals.of_turn(world.db, turn.id)
    return approval

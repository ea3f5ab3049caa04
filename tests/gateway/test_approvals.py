"""A request is decided once, by people who may, about the arguments that were shown; and time decides it too."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from channels.staff import ApprovalState, ClickAction
from gateway import wording
from gateway.domain import hash_arguments
from gateway.metrics import set_decision_gauges
from gateway.queue import ADVANCE, DELIVER
from gateway.store import approvals
from gateway.store.database import Database
from tests.gateway.fakes import FakeDesk
from tests.gateway.world import ADA, GRACE, TTL, World, asked

KIM = replace(ADA, member_id="U0KIM", name="Kim")
HALF = TTL / 2


@pytest.fixture
def two_needed(database: Database) -> World:
    """A deployment in which two people have to agree."""
    return World(database, desk=FakeDesk(ADA, GRACE, KIM, channel=("U0ADA", "U0GRACE", "U0KIM")), required=2)


async def test_one_approval_settles_the_request_and_wakes_its_conversation(world: World) -> None:
    approval = await world.ask()
    world.wakeups.jobs.clear()

    reply = await world.press(approval)

    settled = await world.approval(approval.id)
    assert reply.text == ""
    assert (settled.state, settled.decided_by) == (ApprovalState.APPROVED, "U0ADA")
    assert world.wakeups.of(ADVANCE) == [approval.conversation_id]
    assert world.wakeups.of(DELIVER) == [f"card:{approval.id}"]
    assert await world.due_at(approval.conversation_id) == world.clock()


async def test_ten_approvals_at_once_count_once(world: World) -> None:
    approval = await world.ask()

    async with asyncio.TaskGroup() as group:
        clicks = [group.create_task(world.press(approval, member)) for member in ("U0ADA", "U0GRACE") * 5]

    decided = await world.approval(approval.id)
    assert sum(click.result().text == "" for click in clicks) == 1
    assert decided.state is ApprovalState.APPROVED
    assert (await world.audited()).count("approval.approved") == 1
    assert len(await world.rows("SELECT id FROM decisions")) == 1


async def test_of_approve_deny_and_expiry_at_once_exactly_one_counts(world: World) -> None:
    approval = await world.ask()
    world.clock.advance(TTL)
    late = world.clock.now
    world.clock.now = late - timedelta(microseconds=1)

    async def expire() -> None:
        world.clock.now = late
        await world.approvals.expire()

    async with asyncio.TaskGroup() as group:
        group.create_task(world.press(approval, "U0ADA"))
        group.create_task(world.deny(approval, "U0GRACE"))
        group.create_task(expire())

    outcomes = [name for name in await world.audited() if name != "approval.requested"]
    assert len(outcomes) == 1
    assert (await world.approval(approval.id)).state == outcomes[0].removeprefix("approval.")


async def test_who_comes_too_late_is_told_what_stands(world: World) -> None:
    approval = await world.ask()
    await world.press(approval, "U0ADA")

    reply = await world.press(approval, "U0GRACE")

    assert reply.text.startswith("Already approved by <@U0ADA>")


async def test_a_second_click_does_not_change_the_decision(world: World) -> None:
    approval = await world.ask()
    await world.press(approval)

    reply = await world.deny(approval)

    assert reply.text.startswith("Already approved")
    assert (await world.approval(approval.id)).state is ApprovalState.APPROVED


async def test_a_denial_needs_a_reason(world: World) -> None:
    approval = await world.ask()

    reply = await world.deny(approval, reason="  ")

    assert reply.field_errors == {"reason": wording.REASON_NEEDED}
    assert (await world.approval(approval.id)).is_pending


async def test_a_denial_keeps_its_reason_for_the_agent(world: World) -> None:
    approval = await world.ask()

    await world.deny(approval, reason=" The order is too old ")

    denied = await world.approval(approval.id)
    assert (denied.state, denied.reason) == (ApprovalState.REJECTED, "The order is too old")


async def test_opening_a_dialog_decides_nothing(world: World) -> None:
    approval = await world.ask()

    edit = await world.press(approval, action=ClickAction.EDIT)
    deny = await world.press(approval, action=ClickAction.DENY)

    assert (edit.text, deny.text) == ("", "")
    assert (await world.approval(approval.id)).is_pending


async def test_a_request_that_never_was_is_said_to_be_gone(world: World) -> None:
    approval = await world.ask()

    reply = await world.press(replace(approval, id=approval.id.__class__("apr_unknown")))

    assert reply.text == wording.REQUEST_GONE


# Several approvers


async def test_the_first_of_two_approvals_shows_on_the_card_and_runs_nothing(two_needed: World) -> None:
    approval = await two_needed.ask()
    two_needed.wakeups.jobs.clear()

    await two_needed.press(approval, "U0ADA")
    await two_needed.deliver_all()

    assert (await two_needed.approval(approval.id)).is_pending
    assert [vote.member_id for vote in two_needed.desk.card.votes] == ["U0ADA"]
    assert two_needed.desk.card.state is ApprovalState.PENDING
    assert await two_needed.due_at(approval.conversation_id) is None


async def test_the_same_person_does_not_count_twice(two_needed: World) -> None:
    approval = await two_needed.ask()
    await two_needed.press(approval, "U0ADA")

    reply = await two_needed.press(approval, "U0ADA")

    assert reply.text == wording.APPROVED_BEFORE
    assert (await two_needed.approval(approval.id)).is_pending


async def test_one_person_under_two_names_counts_once(database: Database) -> None:
    desk = FakeDesk(ADA, GRACE, KIM, channel=("U0ADA", "U0GRACE", "U0KIM"))
    world = World(database, desk=desk, required=2, linked=(frozenset({"U0ADA", "cli:ada", "u0kim"}),))
    approval = await world.ask()
    await world.press(approval, "U0ADA")

    replies = [await world.decide(approval), await world.press(approval, "U0KIM")]
    still_open = (await world.approval(approval.id)).is_pending
    other = await world.press(approval, "U0GRACE")

    assert [reply.text for reply in replies] == [wording.APPROVED_BEFORE] * 2
    assert still_open
    assert other.text == ""
    assert (await world.approval(approval.id)).state is ApprovalState.APPROVED


async def test_arguments_that_are_changed_back_are_shown_as_they_stand(two_needed: World) -> None:
    approval = await two_needed.ask()
    await two_needed.edit(approval, "U0ADA", amount="5")
    await two_needed.edit(await two_needed.approval(approval.id), "U0GRACE", amount="7")

    reply = await two_needed.edit(await two_needed.approval(approval.id), "U0ADA", amount="5")
    await two_needed.deliver_all()

    assert reply.text == wording.APPROVED_BEFORE
    assert two_needed.desk.card.arguments["amount"] == 5
    assert two_needed.desk.card.arguments_hash == (await two_needed.approval(approval.id)).shown


async def test_two_people_approve_at_once(two_needed: World) -> None:
    approval = await two_needed.ask()

    async with asyncio.TaskGroup() as group:
        for member_id in ("U0ADA", "U0GRACE") * 3:
            group.create_task(two_needed.press(approval, member_id))

    assert (await two_needed.approval(approval.id)).state is ApprovalState.APPROVED
    assert (await two_needed.audited()).count("approval.voted") == 1
    assert (await two_needed.audited()).count("approval.approved") == 1


async def test_one_denial_vetoes_what_others_have_approved(two_needed: World) -> None:
    approval = await two_needed.ask()
    await two_needed.press(approval, "U0ADA")

    await two_needed.deny(approval, "U0GRACE")
    reply = await two_needed.press(approval, "U0KIM")

    assert (await two_needed.approval(approval.id)).state is ApprovalState.REJECTED
    assert reply.text.startswith("Already rejected")


async def test_who_approved_may_still_deny(two_needed: World) -> None:
    approval = await two_needed.ask()
    await two_needed.press(approval, "U0ADA")

    reply = await two_needed.deny(approval, "U0ADA", "I looked again")

    assert reply.text == ""
    assert (await two_needed.approval(approval.id)).state is ApprovalState.REJECTED


async def test_a_tool_may_ask_for_more_approvals_than_the_deployment(world: World) -> None:
    approval = await world.ask(asked(policy={"approvals_required": 2, "high_risk": True}))

    await world.press(approval, "U0ADA")

    assert approval.policy.high_risk
    assert (await world.approval(approval.id)).is_pending


# Edits


async def test_an_edit_approves_what_was_typed(world: World) -> None:
    approval = await world.ask()

    reply = await world.edit(approval, amount="12.50")
    await world.deliver_all()

    edited = await world.approval(approval.id)
    assert (reply.text, reply.field_errors) == ("", {})
    assert edited.state is ApprovalState.APPROVED
    assert edited.arguments == {"order_id": "A-1001", "amount": 12.5}
    assert edited.arguments_hash == hash_arguments("refund_order", edited.arguments)
    assert world.desk.card.edited_from == {"order_id": "A-1001", "amount": 25}
    assert await world.audited() == ["approval.requested", "approval.edited", "approval.approved"]


async def test_an_edit_is_audited_without_its_values(world: World) -> None:
    approval = await world.ask()

    await world.edit(approval, order_id="SECRET-ORDER")

    event = await world.row("SELECT data FROM audit_events WHERE name = 'approval.edited'")
    assert '"changed":["order_id"]' in event["data"]
    assert "SECRET-ORDER" not in event["data"]


async def test_an_edit_of_the_wrong_type_is_an_error_of_its_field(world: World) -> None:
    approval = await world.ask()

    reply = await world.edit(approval, amount="a lot")

    assert reply.field_errors == {"amount": "Write a number, such as 25 or 12.50."}
    assert (await world.approval(approval.id)).is_pending
    assert await world.audited() == ["approval.requested"]


async def test_votes_on_other_arguments_do_not_count(two_needed: World) -> None:
    approval = await two_needed.ask()
    await two_needed.press(approval, "U0ADA")

    await two_needed.edit(approval, "U0GRACE", amount="5")
    await two_needed.deliver_all()

    edited = await two_needed.approval(approval.id)
    assert edited.is_pending
    assert [vote.member_id for vote in two_needed.desk.card.votes] == ["U0GRACE"]


async def test_who_approved_before_the_edit_may_approve_the_edit(two_needed: World) -> None:
    approval = await two_needed.ask()
    await two_needed.press(approval, "U0ADA")
    await two_needed.edit(approval, "U0GRACE", amount="5")

    await two_needed.press(await two_needed.approval(approval.id), "U0ADA")

    decided = await two_needed.approval(approval.id)
    assert decided.state is ApprovalState.APPROVED
    assert decided.arguments["amount"] == 5


async def test_a_click_on_arguments_that_have_changed_since_is_refused(two_needed: World) -> None:
    approval = await two_needed.ask()
    await two_needed.edit(approval, "U0GRACE", amount="5")

    reply = await two_needed.press(approval, "U0ADA")

    assert reply.text == wording.REQUEST_CHANGED
    assert (await two_needed.approval(approval.id)).is_pending


async def test_of_two_edits_at_once_one_is_told_to_look_again(two_needed: World) -> None:
    approval = await two_needed.ask()

    async with asyncio.TaskGroup() as group:
        edits = [
            group.create_task(two_needed.edit(approval, "U0ADA", amount="5")),
            group.create_task(two_needed.edit(approval, "U0GRACE", amount="6")),
        ]

    assert sorted(edit.result().text for edit in edits) == ["", wording.REQUEST_CHANGED]
    assert (await two_needed.approval(approval.id)).is_pending


async def test_an_edit_that_changes_nothing_is_an_approval(world: World) -> None:
    approval = await world.ask()

    await world.edit(approval, amount="25", reason=None)

    decided = await world.approval(approval.id)
    assert decided.edited is None
    assert decided.arguments_hash == approval.arguments_hash
    assert "approval.edited" not in await world.audited()


# Time


async def test_an_undecided_request_expires_and_the_agent_is_told(world: World) -> None:
    approval = await world.ask()
    world.clock.advance(TTL)
    world.wakeups.jobs.clear()

    await world.approvals.expire()
    await world.approvals.expire()
    await world.deliver_all()

    expired = await world.approval(approval.id)
    assert (expired.state, expired.reason) == (ApprovalState.EXPIRED, wording.EXPIRED)
    assert world.wakeups.of(ADVANCE) == [approval.conversation_id]
    assert world.desk.card.state is ApprovalState.EXPIRED
    assert (await world.audited()).count("approval.expired") == 1


async def test_a_click_after_its_time_runs_nothing_even_before_the_sweep(world: World) -> None:
    approval = await world.ask()
    world.clock.advance(TTL)

    reply = await world.press(approval)

    assert reply.text == "This request has expired; nothing was run."
    assert (await world.approval(approval.id)).is_pending


async def test_half_the_time_brings_one_reminder(world: World) -> None:
    await world.ask()
    world.clock.advance(HALF)

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(world.approvals.remind())
    await world.deliver_all()
    world.clock.advance(timedelta(hours=1))
    await world.approvals.remind()
    await world.deliver_all()

    (notice,) = world.desk.notices
    assert "refund_order" in notice
    assert {ref.slack_channel_id for key, ref in world.desk.posted.items() if key.startswith("rem_")} == {
        "C0ESCALATION"
    }


async def test_a_decided_request_is_not_reminded_of(world: World) -> None:
    approval = await world.ask()
    await world.press(approval)
    world.clock.advance(HALF)

    await world.approvals.remind()
    await world.deliver_all()

    assert world.desk.notices == []


# Cards


async def test_a_card_that_could_not_be_posted_at_once_shows_what_stands_when_it_is(world: World) -> None:
    world.desk.is_away = True
    approval = await world.ask()
    world.desk.is_away = False
    await world.press(approval)
    world.clock.advance(timedelta(minutes=5))

    await world.deliver_all()

    assert world.desk.card.state is ApprovalState.APPROVED
    assert (await world.approval(approval.id)).card is not None


async def test_a_card_whose_post_was_not_answered_is_found_and_not_posted_again(world: World) -> None:
    world.desk.forgets = 1

    approval = await world.ask()

    assert world.desk.forgets == 0
    assert len(world.desk.cards) == 1
    assert (await world.approval(approval.id)).card is not None


async def test_a_card_that_somebody_deleted_is_posted_anew_and_decides_as_before(two_needed: World) -> None:
    approval = await two_needed.ask()
    two_needed.desk.cards.clear()

    await two_needed.press(approval, "U0ADA")
    await two_needed.deliver_all()
    again = two_needed.desk.card
    reply = await two_needed.press(approval, "U0GRACE")
    await two_needed.deliver_all()

    assert [vote.member_id for vote in again.votes] == ["U0ADA"]
    assert reply.text == ""
    assert two_needed.desk.card.state is ApprovalState.APPROVED
    assert (await two_needed.approval(approval.id)).card != approval.card


async def test_who_decides_at_the_command_line_is_named_on_the_card(world: World) -> None:
    approval = await world.ask()

    await world.decide(approval)
    await world.deliver_all()
    late = await world.press(approval)

    assert [vote.name for vote in world.desk.card.votes] == ["ada (command line)"]
    assert late.text.startswith("Already approved by ada (command line)")


async def test_the_numbers_of_a_day_tell_how_requests_ended(world: World) -> None:
    edited = await world.ask(asked("req-1"), asked("req-2"))
    _, denied = await approvals.of_turn(world.db, edited.turn_id)
    world.clock.advance(timedelta(seconds=90))
    await world.edit(edited, amount="5")
    await world.deny(denied)

    await set_decision_gauges(world.db, since=world.clock() - timedelta(days=1))

    number = REGISTRY.get_sample_value
    assert number("frontdesk_approvals_decided", {"state": "approved"}) == 1
    assert number("frontdesk_approvals_decided", {"state": "rejected"}) == 1
    assert number("frontdesk_approvals_decided", {"state": "expired"}) == 0
    assert number("frontdesk_approvals_edited") == 1
    assert number("frontdesk_approval_decision_seconds", {"quantile": "0.5"}) == pytest.approx(90, abs=5)


async def test_an_edit_may_raise_the_risk(two_needed: World) -> None:
    approval = await two_needed.ask(asked(policy={"high_risk_above": {"amount": 100}, "approvals_required": 2}))
    before = two_needed.desk.card.high_risk

    await two_needed.edit(approval, "U0ADA", amount="250")
    await two_needed.deliver_all()

    assert (before, two_needed.desk.card.high_risk) == (False, True)


async def test_a_card_shows_only_a_masked_address_and_the_customers_own_words(world: World) -> None:
    await world.ask()

    card = world.desk.card
    assert card.customer == "+15•••01"
    assert card.quote == "Please refund my lamp"


async def test_a_decision_is_on_the_card_with_its_author(world: World) -> None:
    approval = await world.ask()

    await world.deny(approval, "U0GRACE", "Too old")
    await world.deliver_all()

    (vote,) = world.desk.card.votes
    assert (vote.member_id, vote.approved, vote.reason) == ("U0GRACE", False, "Too old")
    assert world.desk.card.decided_at == world.clock()


async def test_the_edit_dialog_sees_the_request_as_it_is_now(two_needed: World) -> None:
    approval = await two_needed.ask()
    await two_needed.edit(approval, amount="5")

    card = await two_needed.approvals.card(approval.id)

    assert card is not None
    assert card.arguments["amount"] == 5
    assert await two_needed.approvals.card("apr_unknown") is None

"""What a customer writes while people decide: shown on the card, told in its thread, able to take the request back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from channels.message import ChannelName, ReplyTarget
from channels.staff import ApprovalState, ClickAction
from gateway import wording
from gateway.domain import Approval
from gateway.meanwhile import is_withdrawal
from gateway.relay import Paused
from gateway.store import turns
from gateway.store.database import Database
from tests.gateway.world import ALICE, OURS, TTL, World, asked


async def _write(world: World, approval: Approval, text: str, from_: str = ALICE) -> Approval:
    """The customer writes, a worker takes note, and the desk hears of it."""
    thread = f"{OURS}:{ALICE}"
    await world.text(
        text, from_=from_, thread_key=thread, reply_to=ReplyTarget(ChannelName.SMS, from_, thread, {"from": OURS})
    )
    claimed = await world.claim(approval.conversation_id)
    await world.outcomes.wait_on(claimed, await world.turn(approval.turn_id))
    await world.deliver_all()
    return await world.approval(approval.id)


async def test_new_words_of_the_customer_stand_in_the_thread_and_mark_the_card(world: World) -> None:
    approval = await world.ask()

    marked = await _write(world, approval, "Is <@U0ADA> there?")

    assert marked.customer_wrote_since == 1
    assert world.desk.card.customer_wrote_since == 1
    assert [notice.replace("\u2060", "") for notice in world.desk.notices] == [
        ":speech_balloon: The customer wrote:\n> Is <@U0ADA> there?"
    ]
    assert "<@" not in world.desk.notices[0]


async def test_a_click_on_a_card_from_before_the_customer_wrote_decides_nothing(world: World) -> None:
    seen = await world.ask()
    await _write(world, seen, "Wait, I meant the other order")

    stale = await world.press(seen)
    fresh = await world.press(seen, arguments_hash=world.desk.card.arguments_hash)

    assert stale.text == wording.CUSTOMER_WROTE
    assert fresh.text == ""
    assert (await world.approval(seen.id)).state is ApprovalState.APPROVED


async def test_a_message_that_nobody_has_noted_yet_makes_the_card_stale_already(world: World) -> None:
    seen = await world.ask()
    await world.text("Wait")

    reply = await world.press(seen)

    assert reply.text == wording.CUSTOMER_WROTE
    assert (await world.approval(seen.id)).is_pending


async def test_a_stale_card_is_good_enough_to_deny(world: World) -> None:
    seen = await world.ask()
    await _write(world, seen, "Hello?")

    opened = await world.press(seen, action=ClickAction.DENY)
    denied = await world.deny(seen)

    assert (opened.text, denied.text) == ("", "")
    assert (await world.approval(seen.id)).state is ApprovalState.REJECTED


@pytest.mark.parametrize("words", ["cancel", "Never mind!", " NEVERMIND. "])
async def test_the_customer_may_take_the_request_back(world: World, words: str) -> None:
    approval = await world.ask()

    withdrawn = await _write(world, approval, words)
    late = await world.press(approval)

    assert (withdrawn.state, withdrawn.reason) == (ApprovalState.WITHDRAWN, wording.WITHDRAWN)
    assert late.text == wording.settled(withdrawn)
    assert world.desk.card.state is ApprovalState.WITHDRAWN
    assert "approval.withdrawn" in await world.audited()
    assert await world.due_at(approval.conversation_id) is not None


async def test_only_who_asked_can_take_it_back(world: World) -> None:
    approval = await world.ask()

    other = await _write(world, approval, "cancel", from_="+15550009")

    assert other.is_pending


def test_a_longer_message_takes_nothing_back() -> None:
    assert not is_withdrawal("Please do not cancel it")
    assert not is_withdrawal("")


async def test_a_later_request_of_the_turn_hears_of_what_was_written_before_it(world: World) -> None:
    first = await world.ask()
    await _write(world, first, "Hello?")
    await world.press(first, arguments_hash=world.desk.card.arguments_hash)
    claimed = await world.claim(first.conversation_id)

    step = await world.outcomes.conclude(
        claimed, await world.turn(first.turn_id), Paused((asked("req-2"),)), posted=1, tools=()
    )

    assert step.due_at is not None


async def test_an_expired_request_is_told_apart_from_a_denied_one(world: World) -> None:
    approval = await world.ask()
    world.clock.advance(TTL)

    await world.approvals.expire()

    expired = await world.approval(approval.id)
    assert (expired.state, expired.reason) == (ApprovalState.EXPIRED, wording.EXPIRED)
    assert "expired" in wording.EXPIRED
    assert "no refusal" in wording.EXPIRED


async def test_the_audit_has_the_cards_address_and_what_it_showed(world: World) -> None:
    approval = await world.ask()

    await world.press(approval, member_id="U0STRANGER")
    await world.press(approval)

    events = await world.rows("SELECT name, data FROM audit_events WHERE name LIKE 'approval.%' ORDER BY number")
    told = [event["data"] for event in events if event["name"] in ("approval.refused", "approval.approved")]
    assert len(told) == 2
    assert all("https://acme.slack.example/archives/" in data and approval.arguments_hash in data for data in told)


async def test_an_operator_decides_at_the_command_line_and_the_card_catches_up(world: World) -> None:
    approval = await world.ask()
    world.desk.is_away = True

    unexplained = await world.decide(approval, approved=False, reason=" ")
    denied = await world.decide(approval, approved=False, reason="Slack is away")
    again = await world.decide(approval)
    world.desk.is_away = False
    await world.deliver_all()

    settled = await world.approval(approval.id)
    assert unexplained.text == wording.REASON_NEEDED
    assert denied.text == ""
    assert again.text == wording.settled(settled)
    assert (settled.state, settled.decided_by) == (ApprovalState.REJECTED, "cli:ada")
    assert world.desk.card.state is ApprovalState.REJECTED


async def test_an_operator_decides_on_nothing_but_what_they_were_shown(database: Database) -> None:
    world = World(database, required=2)
    approval = await world.ask()
    await world.edit(approval, amount="5")
    edited = await world.approval(approval.id)
    await _write(world, edited, "One more thing")

    stale = await world.decide(approval)
    stale_denial = await world.decide(approval, approved=False, reason="Too much")
    unread = await world.decide(edited)
    read = await world.decide(await world.approval(approval.id))

    assert (stale.text, stale_denial.text) == (wording.REQUEST_CHANGED, wording.REQUEST_CHANGED)
    assert unread.text == wording.CUSTOMER_WROTE
    assert read.text == ""
    assert (await world.approval(approval.id)).arguments["amount"] == 5


async def test_words_that_had_begun_to_grow_are_completed_by_the_first_part_alone(world: World) -> None:
    conversation_id = await world.text("hello")
    claimed, turn = await world.begin(conversation_id)
    grown = replace(turn.reply_to, details={**turn.reply_to.details, "message_ts": "1.1"})
    await turns.note_begun(world.db, turn.id, claimed.lease, grown)

    await world.outcomes.conclude(claimed, await world.turn(turn.id), Paused((asked(),)), posted=1, tools=())

    said = await world.rows("SELECT target FROM deliveries WHERE kind = 'notice'")
    assert ["message_ts" in row["target"] for row in said] == [True]
    assert (await world.turn(turn.id)).begun is None

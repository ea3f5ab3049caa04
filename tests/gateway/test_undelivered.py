"""What did not reach its customer is told: to staff at once, to the agent at its next turn, each once."""

from __future__ import annotations

import pytest

from channels.errors import PermanentFailure
from channels.message import Assurance, ChannelName, Consent, DeliveryStatus, Sender
from gateway.app import never
from gateway.carriers import carriers
from gateway.domain import DeliveryKind
from gateway.outbound import Outbound
from gateway.store import opt_outs
from tests.gateway.world import World, a_text


async def alerts(world: World) -> list[str]:
    rows = await world.rows("SELECT text FROM deliveries WHERE kind = 'alert' ORDER BY seq")
    return [row["text"] for row in rows]


async def notes(world: World) -> list[str]:
    return [row["text"] for row in await world.rows("SELECT text FROM notes")]


async def test_a_bounce_is_told_to_staff_and_to_the_agent(world: World) -> None:
    conversation_id = await world.queue("Your refund is on its way")
    await world.deliver_all()

    await world.news(DeliveryStatus.FAILED, code="5.1.1", reason="there is no such mailbox")

    (alert,), (note,) = await alerts(world), await notes(world)
    assert "Not delivered to" in alert
    assert "there is no such mailbox (5.1.1)" in alert
    assert conversation_id in alert
    assert "was not delivered: there is no such mailbox (5.1.1)" in note
    assert (await world.row("SELECT notes FROM conversations"))["notes"] == 1


async def test_repeated_news_is_told_once(world: World) -> None:
    await world.queue("hello")
    await world.deliver_all()

    for event_id in ("one", "two", "two"):
        await world.news(DeliveryStatus.FAILED, event_id=event_id, code="30006")

    assert len(await alerts(world)) == len(await notes(world)) == 1


async def test_a_dead_letter_is_told_with_its_reason(world: World) -> None:
    lane = await world.queue("hello")
    world.channel.problems.append(PermanentFailure("not a mobile number", code="21614"))

    await world.outbound.deliver(lane)
    await world.deliver_all()

    assert "not a mobile number (21614)" in (await alerts(world))[0]
    assert len(await notes(world)) == 1
    assert "not a mobile number" in world.desk.notices[-1]


async def test_what_was_kept_from_somebody_who_opted_out_is_told_to_nobody(world: World) -> None:
    await world.consent(Consent.STOP, "STOP")
    await world.queue("hello")

    await world.deliver_all()

    assert (await world.delivery()).code == "opted_out"
    assert await alerts(world) == await notes(world) == []


async def test_an_alert_that_fails_is_not_told_of_by_another(world: World) -> None:
    lane = await world.queue("hello", kind=DeliveryKind.ALERT)
    outbound = Outbound(
        world.db, carriers(world.channels, None, world.cards), world.wakeups, retry_at=never, clock=world.clock
    )

    await outbound.deliver(lane)

    assert (await world.delivery()).code == "desk_off"
    assert len(await alerts(world)) == 1


async def test_a_complaint_stops_further_mail_even_after_delivery(world: World) -> None:
    await world.queue("hello")
    await world.deliver_all()
    await world.news(DeliveryStatus.DELIVERED, event_id="delivered")

    await world.news(DeliveryStatus.DELIVERED, event_id="spam", code="complaint", suppress=True)
    await world.news(DeliveryStatus.DELIVERED, event_id="spam", code="complaint", suppress=True)

    assert len(await world.rows("SELECT address FROM opt_outs")) == 1
    assert "reported a mail of ours as spam" in (await alerts(world))[0]
    assert len(await alerts(world)) == len(await notes(world)) == 1


@pytest.mark.parametrize(
    ("assurance", "still_suppressed"), [(Assurance.PROVEN, False), (Assurance.CLAIMED, True), (Assurance.FAILED, True)]
)
async def test_who_proves_to_write_from_an_address_is_answered_there_again(
    world: World, assurance: Assurance, still_suppressed: bool
) -> None:
    await opt_outs.add(world.db, ChannelName.EMAIL, "ada@example.com", source="a bounce", now=world.clock())

    await world.inbound.accept(
        a_text(
            "Hello again",
            "mail-1",
            channel=ChannelName.EMAIL,
            thread_key="mail-1",
            sender=Sender("ada@example.com", "", assurance),
            details={"message_id": "mail-1"},
        )
    )

    assert bool(await world.rows("SELECT address FROM opt_outs")) is still_suppressed
    assert ("consent.started" in await world.audited()) is not still_suppressed

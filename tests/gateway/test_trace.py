"""A conversation is found by whatever names it, and every hop of it is told in order."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from channels.message import ChannelName, InboundMessage, ReplyTarget, Sender
from channels.staff import CardRef
from gateway.domain import ApprovalId
from gateway.store.database import Database
from gateway.trace import find_conversations, hops
from tests.gateway.world import World

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def a_text(provider_id: str = "SM1") -> InboundMessage:
    target = ReplyTarget(ChannelName.SMS, "+15550001", "+15550001|+15557654321")
    return InboundMessage(ChannelName.SMS, provider_id, target.thread_key, Sender("+15550001"), "Hi", NOW, target)


@pytest.mark.parametrize("name", ["SM1", "+15550001", "+15550001|+15557654321"])
async def test_a_conversation_is_found_by_what_its_provider_calls_it(database: Database, name: str) -> None:
    await World(database).inbound.accept(a_text())

    found = await find_conversations(database, name)

    assert len(found) == 1


async def test_a_slack_link_to_a_card_finds_the_conversation(database: Database) -> None:
    await World(database).inbound.accept(a_text())
    (conversation_id,) = await find_conversations(database, "SM1")
    await _approval_with_card(database, conversation_id, CardRef("C0APPROVERS", "1700000000.000100"))

    found = await find_conversations(database, "https://acme.slack.com/archives/C0APPROVERS/p1700000000000100")

    assert found == [conversation_id]


async def test_hops_come_in_the_order_in_which_they_happened(database: Database) -> None:
    world = World(database)
    await world.inbound.accept(a_text("SM1"))
    await world.inbound.accept(a_text("SM2"))
    (conversation_id,) = await find_conversations(database, "SM2")

    told = await hops(database, conversation_id)

    assert [hop.at for hop in told] == sorted(hop.at for hop in told)
    assert [hop.what for hop in told].count("message.received") == 2
    assert "Hi" not in str(told)


async def test_nothing_is_found_by_an_unknown_name(database: Database) -> None:
    assert await find_conversations(database, "SM404") == []


async def _approval_with_card(database: Database, conversation_id: str, card: CardRef) -> None:
    """The least that a row of an approval needs."""
    async with database.transaction() as tx:
        await tx.execute(
            """
            INSERT INTO turns (id, conversation_id, state, first_position, last_position, cursor, reply_to, started_at,
                deadline_at)
            VALUES ('trn_1', $1, 'paused', 1, 1, 0, '{}', 1, 2)
            """,
            conversation_id,
        )
        await tx.execute(
            """
            INSERT INTO approvals (id, conversation_id, turn_id, request_id, tool_name, arguments, arguments_hash,
                state, created_at, expires_at, card_slack_channel_id, card_ts)
            VALUES ($1, $2, 'trn_1', 'req', 'refund_order', '{}', 'hash', 'pending', 1, 2, $3, $4)
            """,
            ApprovalId("apr_1"),
            conversation_id,
            card.slack_channel_id,
            card.ts,
        )

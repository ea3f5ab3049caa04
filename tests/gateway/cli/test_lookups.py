"""What ops look up: tables for people, one JSON array for programs, exit codes for scripts."""

from __future__ import annotations

import asyncio
import json

import pytest

from channels.errors import PermanentFailure
from gateway.domain import ConversationId
from gateway.store.database import connect
from tests.gateway.cli.conftest import Fill, Frontdesk
from tests.gateway.world import World

HOSTILE = "[/nothing] [bold red]hello[/] \x1b[2J\x1b]0;pwned\x07"


async def a_dead_letter(world: World) -> None:
    lane = await world.queue("Your refund is on its way")
    world.channel.problems.append(PermanentFailure("not a mobile number", code="21614"))
    await world.outbound.deliver(lane)


async def a_story(world: World) -> ConversationId:
    """A request that was approved, and a dead letter."""
    approval = await world.ask()
    await world.press(approval)
    await a_dead_letter(world)
    return approval.conversation_id


@pytest.mark.parametrize("noun", ["conversations", "approvals", "deliveries", "mails"])
def test_a_list_is_one_json_array(frontdesk: Frontdesk, fill: Fill[ConversationId], noun: str) -> None:
    empty = frontdesk(noun, "list", "--json")
    fill(a_story)
    full = frontdesk(noun, "list", "--json")

    assert (empty.code, json.loads(empty.out)) == (0, [])
    assert full.code == 0
    assert isinstance(json.loads(full.out), list)
    assert len(full.out.splitlines()) == 1


def test_lists_say_what_there_is(frontdesk: Frontdesk, fill: Fill[ConversationId]) -> None:
    conversation_id = fill(a_story)

    (conversation,) = json.loads(frontdesk("conversations", "list", "--json").out)
    (approval,) = json.loads(frontdesk("approvals", "list", "--json").out)
    dead = json.loads(frontdesk("deliveries", "list", "--state", "failed", "--json").out)

    assert (conversation["id"], conversation["channel"]) == (conversation_id, "sms")
    assert (approval["tool_name"], approval["state"], approval["decided_by"]) == (
        "refund_order",
        "approved",
        "U0ADA",
    )
    assert [(one["id"], one["code"]) for one in dead] == [("dlv_1", "21614")]


def test_only_what_is_pending_is_listed_on_request(frontdesk: Frontdesk, fill: Fill[ConversationId]) -> None:
    fill(a_story)

    assert json.loads(frontdesk("approvals", "list", "--pending", "--json").out) == []


def test_a_table_shows_no_full_address(frontdesk: Frontdesk, fill: Fill[ConversationId]) -> None:
    conversation_id = fill(a_story)

    shown = frontdesk("conversations", "list")
    sent = frontdesk("deliveries", "list")

    assert conversation_id in shown.out
    assert "+15•••01" in shown.out
    assert "+15550001" not in shown.out + sent.out


@pytest.mark.parametrize("term", ["dumb", "", "xterm"])
def test_no_id_is_cut_on_any_terminal(
    frontdesk: Frontdesk, fill: Fill[ConversationId], monkeypatch: pytest.MonkeyPatch, term: str
) -> None:
    conversation_id = fill(a_story)
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("COLUMNS", "40")

    shown = frontdesk("conversations", "list")

    assert conversation_id in shown.out


def test_a_conversation_is_shown_with_what_was_said(frontdesk: Frontdesk, fill: Fill[ConversationId]) -> None:
    conversation_id = fill(a_story)

    shown = frontdesk("conversations", "show", conversation_id)
    whole = json.loads(frontdesk("conversations", "show", conversation_id, "--json").out)

    assert "Please refund my lamp" in shown.out
    assert "not a mobile number" in shown.out
    assert [message["text"] for message in whole["messages"]] == ["Please refund my lamp", "hello"]


def test_a_customers_words_cannot_play_with_the_terminal(frontdesk: Frontdesk, fill: Fill[ConversationId]) -> None:
    conversation_id = fill(lambda world: world.text(HOSTILE))

    shown = frontdesk("conversations", "show", conversation_id)

    assert shown.code == 0
    assert "[/nothing] [bold red]hello[/]" in shown.out
    assert "\x1b]0;" not in shown.out
    assert "\x1b[2J" not in shown.out


def test_what_nobody_knows_is_one_line(frontdesk: Frontdesk) -> None:
    ended = frontdesk("conversations", "show", "cnv_unknown")

    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "frontdesk: no conversation cnv_unknown\n"


def test_a_whole_audit_chain_is_said_to_be(frontdesk: Frontdesk, fill: Fill[ConversationId]) -> None:
    fill(a_story)

    verified = frontdesk("audit", "verify")
    exported = frontdesk("audit", "export")

    assert (verified.code, verified.out) == (0, "The audit chain is whole: 3 events.\n")
    names = [json.loads(line)["name"] for line in exported.out.splitlines()]
    assert names == ["approval.requested", "approval.approved", "delivery.failed"]


def test_a_broken_audit_chain_is_exit_1(frontdesk: Frontdesk, fill: Fill[ConversationId], database_url: str) -> None:
    fill(a_story)
    asyncio.run(_execute(database_url, "UPDATE audit_events SET actor = 'U0EVE' WHERE number = 2"))

    ended = frontdesk("audit", "verify")

    assert ended.code == 1
    assert ended.err == "The audit chain is broken: event 2 has been changed.\n"


def test_a_dead_letter_is_queued_again_by_hand(
    frontdesk: Frontdesk, fill: Fill[None], redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(a_dead_letter)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("SECRET_KEY", "key")
    monkeypatch.setenv("VECTORSHIFT_API_KEY", "vs-key")

    first = frontdesk("deliveries", "retry", "dlv_1")
    second = frontdesk("deliveries", "retry", "dlv_1")

    assert (first.code, first.out) == (0, "dlv_1 is queued again.\n")
    assert second.code == 1
    assert "no failed delivery dlv_1" in second.err
    states = {one["id"]: one["state"] for one in json.loads(frontdesk("deliveries", "list", "--json").out)}
    assert states["dlv_1"] == "queued"


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("conversations", "show"),
        ("deliveries", "list", "--state", "lost"),
        ("deliveries", "list", "--limit", "many"),
        ("web", "--port", "80"),
    ],
)
def test_wrong_usage_is_exit_2(frontdesk: Frontdesk, words: tuple[str, ...]) -> None:
    ended = frontdesk(*words)

    assert ended.code == 2
    assert ended.out == ""
    assert ended.err


def test_migrating_twice_is_safe(frontdesk: Frontdesk) -> None:
    first, second = frontdesk("migrate"), frontdesk("migrate")

    assert (first.code, second.code) == (0, 0)
    assert second.out == "The database has the newest schema.\n"


def test_a_database_that_was_never_migrated_says_what_to_do(
    frontdesk: Frontdesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///empty.db")

    ended = frontdesk("conversations", "list")

    assert ended.code == 2
    assert "frontdesk migrate" in ended.err
    assert len(ended.err.splitlines()) == 1


async def _execute(url: str, sql: str) -> None:
    db = await connect(url)
    try:
        await db.execute(sql)
    finally:
        await db.close()

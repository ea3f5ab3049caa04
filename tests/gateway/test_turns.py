"""Turns over a platform that knows nothing of our engine's extras: whoever dies wherever, the agent hears everything
once, and the customer hears one answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from channels.message import Attachment
from channels.staff import ApprovalState
from gateway import outcomes, turns, wording
from gateway.attachments import Attachments
from gateway.domain import ConversationId, utcnow
from gateway.leases import LEASE
from gateway.relay import Relay, Replied
from gateway.runner import Runner
from gateway.session import Session
from gateway.sessions import Sessions
from gateway.store import approvals
from gateway.store import turns as turn_rows
from gateway.store.database import Database
from gateway.turns import Turns
from tests.gateway.fakes import Clock
from tests.gateway.plain_platform import AGENT, PlainPlatform, plain_platform
from tests.gateway.session.scripted import KEY
from tests.gateway.world import World

NO_TIME = timedelta()


class Died(BaseException):
    """The process was killed here."""


class RunningClock(Clock):
    """The time of day."""

    def __call__(self) -> datetime:
        return utcnow()


class Desk(World):
    """A world in which turns run."""

    platform: PlainPlatform
    sessions: Sessions

    def worker(self, *, turn_timeout: timedelta = timedelta(minutes=5)) -> Turns:
        """A worker process of its own; they share the sockets' pool, which is emptied when one dies."""
        self.leases = self.leases.__class__(self.db, clock=self.clock)
        attachments = Attachments(self.db, self.channels)
        runner = Runner(self.db, self.sessions, attachments, clock=self.clock)
        return Turns(
            self.db, self.leases, runner, self.outcomes, self.outbound, turn_timeout=turn_timeout, clock=self.clock
        )

    async def advance(self, conversation_id: ConversationId) -> None:
        await asyncio.wait_for(self.worker().advance(conversation_id), 60)

    async def outlive(self, conversation_id: ConversationId) -> None:
        """The lease of a dead worker runs out, and another one goes on."""
        await self.sessions.close()
        self.clock.advance(LEASE)
        await self.advance(conversation_id)

    async def the_approval_id(self) -> str:
        (found,) = await approvals.newest(self.db, limit=2)
        return found.id


async def open_desk(database: Database, platform: PlainPlatform, clock: Clock) -> Desk:
    async def connect(session_id: str | None) -> Session:
        owner_id = "" if session_id else "a-1"
        session = Session(
            owner_type="agent", owner_id=owner_id, session_id=session_id, api_key=KEY, base_url=platform.url
        )
        return await session.connect()

    desk = Desk(database, clock=clock, debounce=NO_TIME)
    desk.platform = platform
    desk.sessions = Sessions(connect)
    return desk


@pytest.fixture
async def platform() -> AsyncIterator[PlainPlatform]:
    async with plain_platform() as running:
        yield running


@pytest.fixture
async def desk(database: Database, platform: PlainPlatform) -> AsyncIterator[Desk]:
    """A clock that stands still."""
    made = await open_desk(database, platform, Clock())
    yield made
    await made.sessions.close()


@pytest.fixture
async def running_desk(database: Database, platform: PlainPlatform) -> AsyncIterator[Desk]:
    """A clock that runs."""
    made = await open_desk(database, platform, RunningClock())
    yield made
    await made.sessions.close()


def die(monkeypatch: pytest.MonkeyPatch, owner: object, name: str, *, after: bool) -> None:
    """Whoever gets there next dies, once."""
    original: Callable[..., Awaitable[Any]] = getattr(owner, name)

    async def dying(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.setattr(owner, name, original)
        if after:
            await original(*args, **kwargs)
        raise Died

    monkeypatch.setattr(owner, name, dying)


DEATHS = {
    "before the post": (Session, "send", False),
    "after the post, before the reply is read": (Relay, "read", False),
    "after the reply, before its commit": (outcomes.Outcomes, "conclude", False),
    "after the commit": (outcomes.Outcomes, "conclude", True),
    "after the turn has begun": (outcomes.Outcomes, "begin", True),
}


@pytest.mark.parametrize(("owner", "name", "after"), DEATHS.values(), ids=DEATHS.keys())
async def test_a_worker_that_dies_anywhere_posts_once_and_answers_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, owner: object, name: str, after: bool
) -> None:
    conversation_id = await desk.text("hello")
    die(monkeypatch, owner, name, after=after)
    with pytest.raises(Died):
        await desk.advance(conversation_id)

    await desk.outlive(conversation_id)
    await desk.deliver_all()

    assert desk.platform.posted() == ["hello"]
    assert desk.channel.texts == ["You said: hello"]


DEATHS_IN_APPROVAL = {
    "before the answer": (Session, "respond_approval", False),
    "after the answer": (Session, "respond_approval", True),
    "after the answer was noted": (approvals, "mark_answered", True),
    "before the commit": (outcomes.Outcomes, "conclude", False),
    "after the turn goes on": (turn_rows, "go_on", True),
}


@pytest.mark.parametrize(("owner", "name", "after"), DEATHS_IN_APPROVAL.values(), ids=DEATHS_IN_APPROVAL.keys())
async def test_a_worker_that_dies_anywhere_gives_a_decision_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, owner: object, name: str, after: bool
) -> None:
    conversation_id = await desk.text("ask")
    await desk.advance(conversation_id)
    await desk.press(await desk.approval(await desk.the_approval_id()))
    die(monkeypatch, owner, name, after=after)
    with pytest.raises(Died):
        await desk.advance(conversation_id)

    await desk.outlive(conversation_id)

    assert desk.platform.answers() == [{"confirm": {}}]
    assert desk.channel.texts == [wording.CHECKING, "Done with {}"]


async def test_the_same_words_again_are_a_message_of_their_own(desk: Desk) -> None:
    conversation_id = await desk.text("hello?")
    await desk.advance(conversation_id)
    await desk.text("hello?")
    await desk.advance(conversation_id)

    assert desk.platform.posted() == ["hello?", "hello?"]
    assert desk.channel.texts == ["You said: hello?", "You said: hello?"]


async def test_the_same_words_again_survive_a_death_before_their_post(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation_id = await desk.text("hello?")
    await desk.advance(conversation_id)
    await desk.text("hello?")
    die(monkeypatch, Session, "send", after=False)
    with pytest.raises(Died):
        await desk.advance(conversation_id)

    await desk.outlive(conversation_id)

    assert desk.platform.posted() == ["hello?", "hello?"]
    assert len(desk.channel.texts) == 2


async def test_what_somebody_else_put_into_the_session_does_not_confuse_a_recovery(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation_id = await desk.text("hello?")
    die(monkeypatch, outcomes.Outcomes, "begin", after=True)
    with pytest.raises(Died):
        await desk.advance(conversation_id)
    await desk.outlive(conversation_id)
    desk.platform.say("a word by hand")
    await desk.text("hello?")
    die(monkeypatch, Relay, "read", after=False)
    with pytest.raises(Died):
        await desk.advance(conversation_id)
    await desk.outlive(conversation_id)
    await desk.text("hello?")
    die(monkeypatch, Session, "send", after=False)
    with pytest.raises(Died):
        await desk.advance(conversation_id)

    await desk.outlive(conversation_id)

    assert desk.platform.posted() == ["hello?", "a word by hand", "hello?", "hello?"]
    assert desk.channel.texts == ["You said: hello?"] * 3


async def test_messages_that_wait_go_into_one_turn_in_order(desk: Desk) -> None:
    for word in ("one", "two", "three"):
        conversation_id = await desk.text(word)

    await desk.advance(conversation_id)

    assert desk.channel.texts == ["You said: one / two / three"]
    assert len(await desk.rows("SELECT id FROM turns")) == 1


async def test_a_conversation_keeps_its_session_for_life(desk: Desk) -> None:
    conversation_id = await desk.text("one")
    await desk.advance(conversation_id)
    await desk.sessions.close()
    await desk.text("two")
    await desk.advance(conversation_id)

    assert list(desk.platform.histories) == ["s-1"]
    assert desk.platform.posted() == ["one", "two"]


async def test_customers_do_not_share_a_session(desk: Desk) -> None:
    for number in range(3):
        await desk.advance(await desk.text(f"number {number}", from_=f"+1555000{number}"))

    assert [len(history) for history in desk.platform.histories.values()] == [2, 2, 2]


async def test_files_come_after_the_words(desk: Desk) -> None:
    desk.channel.files["mms/1"] = b"jpeg"
    conversation_id = await desk.text("look", attachments=(Attachment("lamp.jpg", "image/jpeg", source="mms/1"),))

    await desk.advance(conversation_id)

    assert desk.platform.posted() == ["look", "lamp.jpg"]
    assert (await desk.row("SELECT content FROM attachments"))["content"] == b"jpeg"


async def test_a_file_that_cannot_be_fetched_is_told_to_the_agent(desk: Desk) -> None:
    conversation_id = await desk.text("look", attachments=(Attachment("lamp.jpg", "image/jpeg", source="gone"),))

    await desk.advance(conversation_id)

    assert desk.platform.posted()[1] == "(The file lamp.jpg could not be fetched: the file is gone)"
    assert (await desk.row("SELECT problem FROM attachments"))["problem"] == "the file is gone"


# Approvals


async def test_while_people_decide_no_worker_is_busy_and_messages_wait(desk: Desk) -> None:
    conversation_id = await desk.text("ask")
    await desk.advance(conversation_id)
    await desk.text("are you there?")
    await desk.advance(conversation_id)
    await desk.text("hello?")
    await desk.advance(conversation_id)

    assert desk.channel.texts == [wording.CHECKING]
    assert desk.platform.posted() == ["ask"]
    assert desk.desk.card.customer_wrote_since == 2
    assert await desk.due_at(conversation_id) is None


async def test_after_the_decision_what_was_kept_becomes_the_next_turn(desk: Desk) -> None:
    conversation_id = await desk.text("ask")
    await desk.advance(conversation_id)
    await desk.text("are you there?")
    await desk.advance(conversation_id)
    await desk.press(await desk.approval(await desk.the_approval_id()))

    await desk.advance(conversation_id)

    assert desk.platform.posted() == ["ask", "are you there?"]
    assert desk.channel.texts[1:] == ["Done with {}", "You said: are you there?"]


async def test_a_denial_reaches_the_agent_with_its_reason(desk: Desk) -> None:
    conversation_id = await desk.text("ask")
    await desk.advance(conversation_id)
    await desk.deny(await desk.approval(await desk.the_approval_id()), reason="Too old")

    await desk.advance(conversation_id)

    assert desk.platform.answers() == [{"deny": "Too old"}]


async def test_of_two_requests_each_is_answered_when_it_is_decided(desk: Desk) -> None:
    conversation_id = await desk.text("ask twice")
    await desk.advance(conversation_id)
    second, first = await approvals.newest(desk.db, limit=3)

    await desk.deny(second, reason="Once is enough")
    await desk.advance(conversation_id)
    after_one = desk.platform.answers()
    open_still = await desk.approval(first.id)
    await desk.press(first)
    await desk.advance(conversation_id)

    assert after_one == [{"deny": "Once is enough"}]
    assert open_still.is_pending
    assert desk.platform.answers() == [{"deny": "Once is enough"}, {"confirm": {}}]
    assert desk.channel.texts == [wording.CHECKING, "Done with {}"]


async def test_a_request_that_the_agent_no_longer_waits_for_is_withdrawn(desk: Desk) -> None:
    conversation_id = await desk.text("ask either")
    await desk.advance(conversation_id)
    second, first = await approvals.newest(desk.db, limit=3)

    await desk.press(first)
    await desk.advance(conversation_id)
    await desk.deliver_all()

    assert desk.channel.texts[-1] == "Done with {}"
    assert (await desk.approval(second.id)).state is ApprovalState.WITHDRAWN
    assert {card.state for card in desk.desk.cards.values()} == {ApprovalState.APPROVED, ApprovalState.WITHDRAWN}


async def test_requests_of_a_turn_that_was_lost_are_withdrawn_before_it_begins_again(desk: Desk) -> None:
    conversation_id = await desk.text("ask twice")
    await desk.advance(conversation_id)
    second, first = await approvals.newest(desk.db, limit=2)
    await desk.press(first)
    lose_turn(desk, code="interrupted", tools_started=False)

    await desk.advance(conversation_id)
    await desk.deliver_all()
    late = await desk.press(second)

    withdrawn, never_ran = await desk.approval(second.id), await desk.approval(first.id)
    assert (withdrawn.state, withdrawn.reason) == (ApprovalState.WITHDRAWN, wording.TURN_LOST)
    assert (never_ran.state, never_ran.outcome) == (ApprovalState.APPROVED, wording.NEVER_RAN)
    assert late.text == wording.settled(withdrawn)
    assert desk.platform.posted() == ["ask twice", "ask twice"]
    assert desk.platform.answers() == []
    assert [one.is_pending for one in await approvals.newest(desk.db, limit=4)] == [True, True, False, False]
    assert [card.withdrawn_because for card in desk.desk.cards.values() if card.state is ApprovalState.WITHDRAWN] == [
        wording.TURN_LOST
    ]
    assert (await desk.audited()).count("approval.withdrawn") == 1


async def test_when_a_turn_fails_no_card_waits_or_seems_to_run_any_more(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation_id = await desk.text("ask twice")
    await desk.advance(conversation_id)
    second, first = await approvals.newest(desk.db, limit=2)
    await desk.press(first)
    die(monkeypatch, Session, "respond_approval", after=True)
    with pytest.raises(Died):
        await desk.advance(conversation_id)
    lose_turn(desk, code="interrupted", tools_started=True)

    await desk.outlive(conversation_id)
    await desk.deliver_all()

    shown = {card.approval_id: card for card in desk.desk.cards.values()}
    assert (shown[second.id].state, shown[second.id].withdrawn_because) == (
        ApprovalState.WITHDRAWN,
        wording.TURN_FAILED,
    )
    assert (shown[first.id].outcome, shown[first.id].outcome_failed) == (wording.UNTOLD, True)


async def test_what_a_tool_returned_while_nobody_listened_is_shown_on_its_card(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation_id = await desk.text("ask")
    await desk.advance(conversation_id)
    approval = await desk.approval(await desk.the_approval_id())
    await desk.press(approval)
    die(monkeypatch, outcomes.Outcomes, "conclude", after=False)
    with pytest.raises(Died):
        await desk.advance(conversation_id)
    told = {"type": "tool_result", "tool_call_id": approval.tool_call_id, "result": "Refunded 25.00"}
    desk.platform.history.insert(-1, {"id": "m-told", "sender": AGENT, "content": told})

    await desk.outlive(conversation_id)
    await desk.deliver_all()

    assert (desk.desk.card.outcome, desk.desk.card.outcome_failed) == ("Refunded 25.00", False)


def lose_turn(desk: Desk, **error: object) -> None:
    """The platform restarted, and says so in the session's history."""
    content = {"type": "error_message", "error": "restarted", **error}
    desk.platform.history.append({"id": "m-lost", "sender": AGENT, "content": content})


async def test_an_expired_request_is_denied_to_the_agent(desk: Desk) -> None:
    conversation_id = await desk.text("ask")
    await desk.advance(conversation_id)
    desk.clock.advance(timedelta(days=2))
    await desk.approvals.expire()

    await desk.advance(conversation_id)

    assert desk.platform.answers() == [{"deny": wording.EXPIRED}]


# Failures


async def test_a_failed_turn_is_an_honest_word_and_a_conversation_for_staff(desk: Desk) -> None:
    conversation_id = await desk.text("break")

    await desk.advance(conversation_id)

    assert desk.channel.texts == [wording.APOLOGY]
    assert "no quota" in desk.desk.brief.reason
    assert (await desk.row("SELECT state, failure FROM turns")) == {"state": "failed", "failure": "no quota"}
    assert await desk.audited() == ["turn.failed", "handoff.opened"]


async def test_after_a_failed_turn_a_person_goes_on_or_lets_the_agent_try_again(desk: Desk) -> None:
    conversation_id = await desk.text("break")
    await desk.advance(conversation_id)
    await desk.text("hello")
    await desk.advance(conversation_id)
    await desk.handoffs.hand_back(desk.desk.brief.handoff_id, actor="U0ADA")
    await desk.advance(conversation_id)

    assert desk.desk.shown == ["hello"]
    assert desk.channel.texts[1] == wording.HANDED_BACK
    assert desk.channel.texts[2].startswith("You said: [Note from the support desk")
    assert desk.channel.texts[2].endswith("/ break / hello")


async def test_a_failed_turn_stays_with_the_agent_where_there_is_nobody_else(desk: Desk) -> None:
    desk.outcomes = outcomes.Outcomes(
        desk.db,
        desk.channels,
        rules=outcomes.ApprovalRules(1, timedelta(hours=1)),
        alert_channel="",
        clock=desk.clock,
    )
    conversation_id = await desk.text("break")
    await desk.advance(conversation_id)
    await desk.text("hello")
    await desk.advance(conversation_id)

    assert desk.channel.texts == [wording.APOLOGY, "You said: hello"]


async def test_an_agent_that_takes_too_long_is_stopped_and_said_to_have(running_desk: Desk) -> None:
    conversation_id = await running_desk.text("hang")

    await asyncio.wait_for(running_desk.worker(turn_timeout=timedelta(seconds=1)).advance(conversation_id), 60)

    assert running_desk.channel.texts == [wording.APOLOGY]
    assert running_desk.platform.wire.count("terminate_session") == 1
    assert list(running_desk.platform.histories) == ["s-1"]
    assert (await running_desk.row("SELECT failure FROM turns"))["failure"] == turns.TOO_LONG


async def test_a_platform_that_is_away_for_a_moment_is_tried_again(
    running_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PLATFORM_BACKOFF", timedelta(milliseconds=50))
    refused = running_desk.platform.wire.rules.pop("connect_session")
    running_desk.platform.wire.rules["connect_session"] = lambda frame: [
        {**frame, "success": False, "error": "starting"}
    ]
    conversation_id = await running_desk.text("hello")
    job = asyncio.create_task(running_desk.advance(conversation_id))
    await running_desk.platform.wire.received("connect_session", 2)

    running_desk.platform.wire.rules["connect_session"] = refused
    await job

    assert running_desk.channel.texts == ["You said: hello"]


async def test_a_worker_that_is_asked_to_stop_hands_over_at_once(running_desk: Desk) -> None:
    conversation_id = await running_desk.text("hang")
    job = asyncio.create_task(running_desk.worker().advance(conversation_id))
    await running_desk.platform.wire.received("post_message")

    job.cancel()
    await asyncio.wait([job])

    assert job.cancelled()
    due_at = await running_desk.due_at(conversation_id)
    assert due_at is not None
    assert due_at <= utcnow()
    assert (await running_desk.row("SELECT lease_until FROM conversations"))["lease_until"] == 0


async def test_a_worker_that_lost_its_lease_leaves_the_answer_to_the_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation_id = await desk.text("hello")
    read = Relay.read

    async def slow_read(self: Relay, events: Any) -> Any:
        monkeypatch.setattr(Relay, "read", read)
        await desk.outlive(conversation_id)
        return Replied("too late")

    monkeypatch.setattr(Relay, "read", slow_read)

    await desk.advance(conversation_id)

    assert desk.platform.posted() == ["hello"]
    assert desk.channel.texts == ["You said: hello"]

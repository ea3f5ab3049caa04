"""What a customer sees while a turn runs, and that the answer is whole whatever became of the display."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from channels.base import Activity
from channels.message import Answer, ReplyTarget
from channels.sandbox.faults import Fault, FaultKind
from channels.slack.progress import StreamStarts
from tests.channels.slack.harness import Deployment, deploy

SUPPORT = "C0SUPPORT"
LONG = "The order has left our warehouse this morning and should arrive within two days. "


@dataclass
class Begun:
    """Where the gateway keeps the target of an answer that was begun."""

    targets: list[ReplyTarget] = field(default_factory=list)
    known: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, target: ReplyTarget) -> None:
        self.targets.append(target)
        self.known.set()


async def until(condition: Callable[[], object]) -> None:
    """Wait for something that the app does in its own time."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 (what stands in Slack sets no event)
            await asyncio.sleep(0.01)


async def asked(deployment: Deployment) -> ReplyTarget:
    await deployment.says("U0CARLA", SUPPORT, "<@U0FRONTDESK> where is my order?")
    return deployment.inbox.messages[-1].reply_to


def answers(deployment: Deployment, target: ReplyTarget) -> list[str]:
    """The texts of the app in the thread."""
    thread = deployment.slack.messages(SUPPORT, target.details["thread_ts"])
    return [message["blocks"][0]["text"] if message.get("blocks") else message["text"] for message in thread[1:]]


async def finish(deployment: Deployment, target: ReplyTarget, text: str) -> None:
    """Send the complete answer, as the outbox does."""
    (part,) = deployment.app.channel.compose(Answer(text), target, key="out_1")
    await deployment.app.channel.send(part)


async def test_a_status_stands_while_the_agent_works_and_goes_with_it(deployment: Deployment) -> None:
    target = await asked(deployment)
    statuses = deployment.slack.agent.statuses

    async with deployment.app.channel.progress(target, begun=Begun()) as progress:
        await until(lambda: list(statuses.values()) == ["is thinking…"])
        progress.show("Looking up the order", Activity.RUNNING, call_id="c1")
        await until(lambda: list(statuses.values()) == ["Looking up the order…"])

    assert statuses == {}


async def test_the_status_is_kept_alive(deployment: Deployment) -> None:
    target = await asked(deployment)

    async with deployment.app.channel.progress(target, begun=Begun()):
        await until(lambda: [m for m, _ in deployment.slack.calls_made].count("assistant.threads.setStatus") >= 3)

    assert deployment.slack.agent.statuses == {}


async def test_an_answer_grows_and_is_completed_in_the_same_message(deployment: Deployment) -> None:
    target = await asked(deployment)
    begun = Begun()

    async with deployment.app.channel.progress(target, begun=begun) as progress:
        progress.write(LONG)
        await until(lambda: answers(deployment, target) == [LONG])
        progress.show("Looking it up", Activity.DONE, call_id="c1")
        progress.write("Anything else?")
        await until(lambda: answers(deployment, target) == [f"{LONG}Anything else?"])
    await finish(deployment, begun.targets[0], f"{LONG}**Anything** else?")

    assert answers(deployment, target) == [f"{LONG}**Anything** else?"]


async def test_a_short_answer_comes_in_one_piece(deployment: Deployment) -> None:
    target = await asked(deployment)
    begun = Begun()

    async with deployment.app.channel.progress(target, begun=begun) as progress:
        progress.write("Yes.")
    await finish(deployment, target, "Yes.")

    assert begun.targets == []
    assert answers(deployment, target) == ["Yes."]


async def test_a_stream_that_slack_ended_loses_and_doubles_nothing() -> None:
    async with deploy(stream_lifetime=timedelta()) as deployment:
        target = await asked(deployment)
        begun = Begun()

        async with deployment.app.channel.progress(target, begun=begun) as progress:
            progress.write(LONG)
            await begun.known.wait()
        await finish(deployment, begun.targets[0], LONG * 2)

        assert answers(deployment, target) == [LONG * 2]


async def test_a_crash_in_the_middle_goes_on_in_the_same_message(deployment: Deployment) -> None:
    target = await asked(deployment)
    begun = Begun()
    async with deployment.app.channel.progress(target, begun=begun) as progress:
        progress.write(LONG)
        await begun.known.wait()
    kept = begun.targets[0]

    async with deployment.app.channel.progress(kept, begun=begun) as progress:
        progress.write(LONG)
        await until(lambda: deployment.slack.agent.statuses)
    await finish(deployment, kept, LONG)

    assert answers(deployment, target) == [LONG]
    assert len(begun.targets) == 1


async def test_completing_twice_is_completing_once(deployment: Deployment) -> None:
    target = await asked(deployment)
    begun = Begun()
    async with deployment.app.channel.progress(target, begun=begun) as progress:
        progress.write(LONG)
        await begun.known.wait()

    await finish(deployment, begun.targets[0], LONG)
    await finish(deployment, begun.targets[0], LONG)

    assert answers(deployment, target) == [LONG]


async def test_a_begun_message_that_is_gone_is_posted_anew(deployment: Deployment) -> None:
    target = await asked(deployment)
    begun = Begun()
    async with deployment.app.channel.progress(target, begun=begun) as progress:
        progress.write(LONG)
        await begun.known.wait()
    deployment.slack.delete(SUPPORT, begun.targets[0].details["message_ts"])

    await finish(deployment, begun.targets[0], LONG)

    assert answers(deployment, target) == [LONG]


async def test_what_was_begun_before_a_long_pause_gives_way_to_the_answer(deployment: Deployment) -> None:
    target = await asked(deployment)
    begun = Begun()
    async with deployment.app.channel.progress(target, begun=begun) as progress:
        progress.write(LONG)
        await begun.known.wait()
    deployment.app.channel._now = lambda: datetime.now(UTC) + timedelta(hours=2)
    await deployment.app.desk.notify("A colleague is checking", key="n1", slack_channel_id=SUPPORT)

    await finish(deployment, begun.targets[0], LONG * 2)

    assert answers(deployment, target) == [LONG * 2]
    newest = deployment.slack.messages(SUPPORT, target.details["thread_ts"])[-1]
    assert float(newest["ts"]) > float(begun.targets[0].details["message_ts"])


async def test_a_completed_answer_is_found_by_its_key(deployment: Deployment) -> None:
    target = await asked(deployment)
    begun = Begun()
    async with deployment.app.channel.progress(target, begun=begun) as progress:
        progress.write(LONG)
        await begun.known.wait()
    (part,) = deployment.app.channel.compose(Answer(LONG), begun.targets[0], key="out_1")
    receipt = await deployment.app.channel.send(part)

    assert await deployment.app.channel.find(part, attempted_at=datetime.now(UTC)) == receipt


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.REJECT, "chat.startStream", code="method_not_supported_for_channel_type"),
        Fault(FaultKind.DROP_BEFORE, "chat.startStream"),
        Fault(FaultKind.SERVER_ERROR, "assistant.threads.setStatus", times=99),
        Fault(FaultKind.REJECT, "assistant.threads.setStatus", times=99, code="token_revoked"),
    ],
    ids=lambda fault: f"{fault.operation}-{fault.kind}",
)
async def test_a_display_that_fails_does_not_touch_the_answer(deployment: Deployment, fault: Fault) -> None:
    target = await asked(deployment)
    begun = Begun()
    deployment.slack.faults.plan(fault)

    async with deployment.app.channel.progress(target, begun=begun) as progress:
        progress.write(LONG)
        await until(lambda: "assistant.threads.setStatus" in dict(deployment.slack.calls_made))
    await finish(deployment, begun.targets[-1] if begun.targets else target, LONG)

    assert answers(deployment, target) == [LONG]


async def test_a_gateway_that_cannot_store_what_was_begun_does_not_fail_the_turn(deployment: Deployment) -> None:
    target = await asked(deployment)

    async def broken(_target: ReplyTarget) -> None:
        raise ConnectionError("the store is away")

    async with deployment.app.channel.progress(target, begun=broken) as progress:
        progress.write(LONG)
        await until(lambda: "chat.startStream" in dict(deployment.slack.calls_made))

    # Nothing was written before it could be stored, so an answer posted anew doubles no word.
    await finish(deployment, target, LONG)
    assert [text for text in answers(deployment, target) if text] == [LONG]


async def test_nothing_in_a_stream_calls_anybody(deployment: Deployment) -> None:
    target = await asked(deployment)

    async with deployment.app.channel.progress(target, begun=Begun()) as progress:
        progress.write(f"{LONG}<")
        await until(lambda: answers(deployment, target) == [LONG])
        progress.write("!channel> hello")
        await until(lambda: answers(deployment, target) == [f"{LONG}&lt;!channel> hello"])


def test_no_more_streams_begin_than_slack_allows_in_a_minute() -> None:
    time = [datetime(2026, 5, 4, tzinfo=UTC)]
    starts = StreamStarts(lambda: time[0], per_minute=2)

    first = [starts.take("T1"), starts.take("T1"), starts.take("T1"), starts.take("T2")]
    time[0] += timedelta(seconds=61)

    assert first == [True, True, False, True]
    assert starts.take("T1")


async def test_without_leave_to_stream_the_answer_is_posted_whole(deployment: Deployment) -> None:
    target = await asked(deployment)
    deployment.app.channel._starts = StreamStarts(lambda: datetime.now(UTC), per_minute=0)
    begun = Begun()

    async with deployment.app.channel.progress(target, begun=begun) as progress:
        progress.write(LONG)
        await until(lambda: "assistant.threads.setStatus" in dict(deployment.slack.calls_made))
    await finish(deployment, target, LONG)

    assert answers(deployment, target) == [LONG]
    assert "chat.startStream" not in dict(deployment.slack.calls_made)

"""An answer that grows in Slack while the agent speaks: one message, which the delivery completes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from channels.sandbox.faults import Fault, FaultKind
from tests.conftest import find_free_port
from tests.flows.deployment import WORKER, Deployment, deployed, eventually
from tests.flows.slack_customer import MENTION, SUPPORT, answer, said, write
from tests.flows.stories import is_at_rest

LONG = " ".join(f"word{number}" for number in range(30))
SLOWLY = "0.4"  # seconds between two pieces of an answer


@pytest.fixture
async def slow(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Deployment]:
    """A deployment whose model takes its time."""
    async with deployed(database_url, redis_url, tmp_path, find_free_port, SLOW_MODEL=SLOWLY) as running:
        yield running


async def test_the_answer_is_completed_in_the_message_in_which_it_grew(slow: Deployment) -> None:
    root = write(slow, f"{MENTION} {LONG}")
    await eventually(lambda: said(slow, root), "the beginning of an answer")
    growing = slow.sandbox.slack.messages(SUPPORT, root)[-1]["ts"]
    heard = await answer(slow, root)
    await eventually(lambda: is_at_rest(slow), "rest")

    assert heard.endswith("word29")
    assert [message["ts"] for message in slow.sandbox.slack.messages(SUPPORT, root)] == [root, growing]
    assert "chat.startStream" in [method for method, _ in slow.sandbox.slack.calls_made]
    assert not slow.sandbox.slack.agent.is_streaming(SUPPORT, growing)


async def test_a_worker_that_dies_while_the_answer_grows_leaves_one_message(slow: Deployment) -> None:
    await slow.kill(WORKER)
    await slow.start(WORKER, die_at="after:gateway.store.turns.note_begun")
    root = write(slow, f"{MENTION} {LONG}")
    await slow.has_died(WORKER)
    await slow.start(WORKER)
    heard = await answer(slow, root)
    await eventually(lambda: is_at_rest(slow), "rest")

    assert heard.endswith("word29")
    assert len(said(slow, root)) == 1


async def test_an_answer_that_cannot_grow_is_posted_in_one_piece(slow: Deployment) -> None:
    slow.sandbox.slack.faults.plan(Fault(FaultKind.REJECT, "chat.startStream", code="method_not_supported"))
    root = write(slow, f"{MENTION} {LONG}")
    heard = await answer(slow, root)
    await eventually(lambda: is_at_rest(slow), "rest")

    assert heard.endswith("word29")
    assert len(said(slow, root)) == 1

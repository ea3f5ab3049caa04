"""Turns: one run of the agent at a time for each conversation, safe to be killed at any point.

`advance` is the only entry. It leases a conversation, does what its rows say is next (start a turn, answer a decided
approval, pick up a turn that somebody dropped), commits the outcome together with letting go, and sends it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from gateway import wording
from gateway.domain import ConversationId, Holder, Turn, TurnId, TurnState, new_id, utcnow
from gateway.errors import LeaseLost
from gateway.leases import Leases
from gateway.outbound import Outbound
from gateway.outcomes import Outcomes, Step
from gateway.relay import Failed
from gateway.runner import Runner
from gateway.session import SessionError
from gateway.store import approvals, conversations, handoffs, turns
from gateway.store.conversations import Claimed
from gateway.store.database import Database

log = structlog.get_logger(__name__)

# The end of a burst is waited for in the job that was woken for it; anything later gets a job of its own.
LONGEST_WAIT = timedelta(seconds=30)
# More turns than a person would ask for in ten minutes: perhaps two robots answer each other.
MAX_TURNS_IN_BURST = 30
# How soon a platform that could not be reached is tried again.
PLATFORM_BACKOFF = timedelta(seconds=2)
TOO_LONG = "it took too long"


class Turns:
    """Moves conversations on. One for each worker process."""

    def __init__(
        self,
        db: Database,
        leases: Leases,
        runner: Runner,
        outcomes: Outcomes,
        outbound: Outbound,
        *,
        turn_timeout: timedelta,
        clock: Callable[[], datetime] = utcnow,
    ) -> None:
        self._db = db
        self._leases = leases
        self._runner = runner
        self._outcomes = outcomes
        self._outbound = outbound
        self._turn_timeout = turn_timeout
        self._clock = clock

    async def advance(self, conversation_id: ConversationId) -> None:
        """Do what is to be done in a conversation, until nothing is or somebody else does it."""
        while True:
            claimed = await self._leases.claim(conversation_id)
            if claimed is None:
                if not await self._becomes_due(conversation_id):
                    return
                continue
            try:
                async with self._leases.held(claimed.lease):
                    step = await self._next_step(claimed)
            except LeaseLost:
                log.warning("lease.lost", conversation_id=conversation_id, fence=claimed.lease.fence)
                return
            except asyncio.CancelledError:
                # The process is being stopped: somebody else can go on at once.
                await asyncio.shield(self._outcomes.leave(claimed, look_again_at=self._clock()))
                raise
            await self._outbound.deliver_from(step.head)
            for lane in step.lanes:
                await self._outbound.deliver(lane)
            if step.due_at is None:
                return

    async def _becomes_due(self, conversation_id: ConversationId) -> bool:
        """Wait until the conversation is due; False where it is not going to be, or somebody is at it."""
        due_at = await conversations.due_time(self._db, conversation_id)
        if due_at is None or due_at - self._clock() > LONGEST_WAIT:
            return False
        await asyncio.sleep(max(0.0, (due_at - self._clock()).total_seconds()))
        return True

    async def _next_step(self, claimed: Claimed) -> Step:
        if claimed.open_turn_id is None:
            return await self._start(claimed)
        turn = await turns.get(self._db, claimed.open_turn_id)
        assert turn is not None  # noqa: S101  # rows of turns are never removed
        if turn.state is TurnState.PAUSED:
            asked = await approvals.of_turn(self._db, turn.id)
            has_news = any(not approval.is_pending and approval.answered_at is None for approval in asked)
            if not has_news and any(approval.is_pending for approval in asked):
                return await self._outcomes.wait_on(claimed, turn)
            turn = replace(turn, deadline_at=self._clock() + self._turn_timeout)
            await turns.go_on(self._db, turn.id, claimed.lease, deadline_at=turn.deadline_at)
        return await self._run(claimed, turn)

    async def _start(self, claimed: Claimed) -> Step:
        """A new turn over everything that waits."""
        conversation = claimed.conversation
        if conversation.holder is Holder.HUMAN:
            return await self._show_to_person(claimed)
        if claimed.is_suppressed or conversation.arrived == conversation.taken:
            return await self._outcomes.leave(claimed)
        now = self._clock()
        if conversation.burst_turns >= MAX_TURNS_IN_BURST and conversation.burst_since > now - conversations.BURST:
            return await self._outcomes.hold(claimed, wording.TOO_MANY_TURNS)
        assert claimed.reply_to is not None  # noqa: S101  # what has arrived is stored
        turn = Turn(
            id=TurnId(new_id("trn")),
            conversation_id=conversation.id,
            state=TurnState.RUNNING,
            first_position=conversation.taken + 1,
            last_position=conversation.arrived,
            cursor=conversation.posted,
            reply_to=claimed.reply_to,
            started_at=now,
            deadline_at=now + self._turn_timeout,
        )
        turn = await self._outcomes.begin(claimed, turn)
        return await self._run(claimed, turn, is_new=True)

    async def _show_to_person(self, claimed: Claimed) -> Step:
        """A person has the conversation: they see what is new, and a turn that they took over is stopped."""
        handoff = await handoffs.open_of(self._db, claimed.conversation.id)
        if handoff is not None and handoff.stopping:
            await self._runner.stop(claimed.conversation.session_id)
            await handoffs.stopped(self._db, handoff.id, handoff.stopping)
        return await self._outcomes.show(claimed)

    async def _run(self, claimed: Claimed, turn: Turn, *, is_new: bool = False) -> Step:
        """Run or pick up a turn, and commit what comes of it. An unreachable platform is tried until the deadline."""
        run = self._runner.prepare(claimed, turn)
        left = turn.deadline_at - self._clock()
        try:
            async with asyncio.timeout(max(0.0, left.total_seconds())), run.shown():
                ending = await (run.from_its_beginning() if is_new else run.from_where_it_was())
        except SessionError as error:
            log.warning("platform.unreachable", conversation_id=turn.conversation_id, turn_id=turn.id, code=error.code)
            return await self._outcomes.leave(claimed, look_again_at=self._clock() + PLATFORM_BACKOFF)
        except TimeoutError:
            await run.abandon()
            ending = Failed(TOO_LONG)
        return await self._outcomes.conclude(claimed, run.turn, ending, posted=run.posted, tools=run.tool_outcomes)

"""The sweep: finds what no wake-up told of. Everything in it may run on several workers at once.

Each query reads an index of what is not done, so that its cost does not grow with what is.
"""

from __future__ import annotations

from typing import Any

import structlog

from gateway.app import Gateway
from gateway.domain import utcnow
from gateway.store import conversations, deliveries
from workers.context import gateway_of

log = structlog.get_logger(__name__)

BATCH = 200


async def sweep(ctx: dict[str, Any]) -> None:
    """Wake conversations and lanes that wait, ask about unknown outcomes, and let time pass for requests."""
    gateway = gateway_of(ctx)
    await _wake_conversations(gateway)
    await _wake_lanes(gateway)
    await _reconcile(gateway)
    await gateway.inbound.apply_early_news()
    await gateway.approvals.expire()
    await gateway.approvals.remind()
    await gateway.upkeep.run()
    await gateway.sessions.close_idle()


async def _wake_conversations(gateway: Gateway) -> None:
    due = await conversations.due(gateway.db, now=utcnow(), limit=BATCH)
    for conversation_id in due:
        await gateway.wakeups.advance(conversation_id)
    if due:
        log.info("sweep.conversations", count=len(due))


async def _wake_lanes(gateway: Gateway) -> None:
    lanes = await deliveries.due_lanes(gateway.db, now=utcnow(), limit=BATCH)
    for lane in lanes:
        await gateway.wakeups.deliver(lane)
    if lanes:
        log.info("sweep.lanes", count=len(lanes))


async def _reconcile(gateway: Gateway) -> None:
    for delivery_id in await deliveries.due_unknown(gateway.db, now=utcnow(), limit=BATCH):
        await gateway.wakeups.reconcile(delivery_id)

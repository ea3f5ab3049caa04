"""The jobs of the outbox: send what waits in a lane, and find out about a send whose answer was lost."""

from __future__ import annotations

from typing import Any

from gateway.domain import DeliveryId
from workers.context import gateway_of


async def deliver(ctx: dict[str, Any], lane: str) -> None:
    await gateway_of(ctx).outbound.deliver(lane)


async def reconcile(ctx: dict[str, Any], delivery_id: str) -> None:
    await gateway_of(ctx).outbound.reconcile(DeliveryId(delivery_id))

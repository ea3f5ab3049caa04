"""Deliveries and dead letters: what is sent, what could not be and why, and what is to become of it."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from channels.message import ChannelName
from gateway.domain import DeliveryId, DeliveryState
from gateway.store.console.lists import deliveries_page
from gateway.web.console.conversations import one_of
from gateway.web.console.page import ACTOR, Visit, guarded

PER_PAGE = 40


async def index(visit: Visit) -> Response:
    """The newest first; `state=failed` are the dead letters."""
    state, channel = one_of(DeliveryState, visit.asked("state")), one_of(ChannelName, visit.asked("channel"))
    listed = await deliveries_page(
        visit.gateway.db, state=state, channel=channel, before=visit.number("before"), limit=PER_PAGE + 1
    )
    more = visit.address_with(before=listed[PER_PAGE - 1].delivery.seq) if len(listed) > PER_PAGE else ""
    return await visit.show(
        "deliveries.html",
        listed=listed[:PER_PAGE],
        state=state,
        channel=channel,
        states=list(DeliveryState),
        channels=list(ChannelName),
        more=more,
    )


async def retry(visit: Visit) -> Response:
    """Try a dead letter again."""

    async def step() -> str:
        await visit.gateway.outbound.retry(DeliveryId(visit.part("delivery_id")), actor=ACTOR)
        return ""

    return await visit.change(step(), "It is queued again.")


async def drop(visit: Visit) -> Response:
    """Let it rest."""

    async def step() -> str:
        await visit.gateway.outbound.drop(DeliveryId(visit.part("delivery_id")), actor=ACTOR)
        return ""

    return await visit.change(step(), "It is dropped and will not be sent.")


routes = [
    Route("/deliveries", guarded(index)),
    Route("/deliveries/{delivery_id}/retry", guarded(retry), methods=["POST"]),
    Route("/deliveries/{delivery_id}/drop", guarded(drop), methods=["POST"]),
]

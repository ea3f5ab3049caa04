"""Approval requests: what waits for a decision, what was decided, and deciding."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from gateway.store import approvals as store
from gateway.store.console.lists import approvals_page
from gateway.web.console.conversations import missing
from gateway.web.console.page import ACTOR, Visit, guarded

PER_PAGE = 40


async def index(visit: Visit) -> Response:
    """What waits for a decision, longest first; with `show=decided`, what has been decided."""
    pending = visit.asked("show") != "decided"
    listed = await approvals_page(visit.gateway.db, pending=pending, after=visit.asked("after"), limit=PER_PAGE + 1)
    more = visit.address_with(after=listed[PER_PAGE - 1].approval.id) if len(listed) > PER_PAGE else ""
    return await visit.show("approvals.html", listed=listed[:PER_PAGE], pending=pending, more=more)


async def decide(visit: Visit) -> Response:
    """Somebody approved or denied what this page showed them."""
    approval_id = visit.part("approval_id")
    approved = visit.form.get("decision") == "approve"
    approval = await store.get(visit.gateway.db, approval_id)
    if approval is None:
        return await missing(visit, "approval request")

    async def step() -> str:
        reply = await visit.gateway.approvals.decide_for(
            ACTOR,
            approval_id,
            approved=approved,
            reason=visit.form.get("reason", ""),
            shown=visit.form.get("shown", ""),
        )
        return reply.text

    return await visit.change(step(), f"{'Approved' if approved else 'Denied'}: {approval.tool_name}.")


routes = [
    Route("/approvals", guarded(index)),
    Route("/approvals/{approval_id}", guarded(decide), methods=["POST"]),
]

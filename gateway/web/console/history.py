"""The audit chain: who did what, and whether the chain is whole."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from gateway import audit
from gateway.store.console.lists import audit_page
from gateway.web.console.page import Visit, guarded

PER_PAGE = 60


async def index(visit: Visit) -> Response:
    """The newest first, of everything or of one conversation."""
    about = visit.asked("about")
    listed = await audit_page(visit.gateway.db, before=visit.number("before"), about=about, limit=PER_PAGE + 1)
    more = visit.address_with(before=listed[PER_PAGE - 1].number) if len(listed) > PER_PAGE else ""
    return await visit.show("audit.html", listed=listed[:PER_PAGE], about=about, more=more)


async def verify(visit: Visit) -> Response:
    """Check every link. It reads the whole chain, so it is asked for, and not part of the page."""
    count, broken = await audit.verify(visit.gateway.db)
    problem = f"The audit chain is broken after {count} events: {broken}." if broken else ""
    return visit.go_back(problem, f"The audit chain is whole: {count} events.")


routes = [
    Route("/audit", guarded(index)),
    Route("/audit/verify", guarded(verify), methods=["POST"]),
]

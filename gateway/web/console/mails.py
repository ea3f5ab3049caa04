"""Mails in quarantine, and another try for them."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from gateway.quarantine import Quarantine
from gateway.store import mailboxes
from gateway.web.console.page import ACTOR, Visit, guarded


async def index(visit: Visit) -> Response:
    """Mails that could not be read, newest first."""
    found = await mailboxes.quarantined(visit.gateway.db)
    return await visit.show("mails.html", listed=[(mailboxes.name_of(entry), entry) for entry in found])


async def replay(visit: Visit) -> Response:
    """Try one of them again."""

    async def step() -> str:
        await Quarantine(visit.gateway.db).replay(visit.form.get("name", ""), actor=ACTOR)
        return ""

    return await visit.change(step(), "The mail is tried again.")


routes = [
    Route("/mails", guarded(index)),
    Route("/mails/replay", guarded(replay), methods=["POST"]),
]

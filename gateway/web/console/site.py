"""All routes of the console under one path."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from gateway.app import Gateway
from gateway.links import CONSOLE
from gateway.web.console import approvals, conversations, deliveries, health, history, live, login, mails, numbers
from gateway.web.console.access import Access
from gateway.web.console.live import News
from gateway.web.console.page import HEADERS, Console, closed, console_of, guarded, read_asset, refused, templates
from gateway.web.console.throttle import Throttle

_ASSETS = {"console.css": "text/css", "console.js": "text/javascript", "icon.svg": "image/svg+xml"}
_KEEP = "public, max-age=31536000, immutable"  # their address changes with them


def routes() -> list[BaseRoute]:
    """The console's routes; `furnish` gives the application what they need."""
    pages = [
        *login.routes,
        *conversations.routes,
        *approvals.routes,
        *deliveries.routes,
        *mails.routes,
        *history.routes,
        *health.routes,
        *numbers.routes,
        *live.routes,
        Route("/static/{name}", static),
        Route("/{path:path}", guarded(conversations.nowhere)),
    ]
    return [Route(CONSOLE, guarded(conversations.index)), Mount(CONSOLE, routes=pages)]


def furnish(app: Starlette, gateway: Gateway) -> None:
    """Put into the application's state what the routes look for."""
    app.state.console = Console(gateway, Access(gateway.settings), Throttle(), templates())
    app.state.news = News(gateway.db)


async def static(request: Request) -> Response:
    """The style sheet, the script, the icon: no secret, so the login page may have them."""
    if not console_of(request).access.is_open:
        return closed()
    name = request.path_params["name"]
    if name not in _ASSETS:
        return refused("There is no such file.", 404)
    return Response(read_asset(name), headers={**HEADERS, "Cache-Control": _KEEP}, media_type=_ASSETS[name])

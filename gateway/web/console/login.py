"""In and out of the console."""

from __future__ import annotations

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from gateway import audit
from gateway.links import CONSOLE
from gateway.web.console.page import ACTOR, HEADERS, Console, Visit, closed, console_of, guarded, read_form, refused

log = structlog.get_logger(__name__)


async def ask(request: Request) -> Response:
    """The form that asks for the token."""
    console = console_of(request)
    if not console.access.is_open:
        return closed()
    if console.access.session_of(request):
        return RedirectResponse(CONSOLE, 303, HEADERS)
    return _form(console, _inside(request.query_params.get("next", "")))


async def enter(request: Request) -> Response:
    """The token came. Wrong ones are counted before anything else is looked at."""
    console = console_of(request)
    if not console.access.is_open:
        return closed()
    form = await read_form(request)
    if form is None:
        return refused("The form is too large.", 413)
    if not console.access.is_same_origin(request):
        return refused("This form was not sent from our own page.", 403)
    client = request.client.host if request.client else ""
    wanted = _inside(form.get("next", ""))
    wait_s = console.throttle.wait_s(client)
    if wait_s:
        log.warning("console.login_throttled")
        problem = f"Too many wrong tokens. Try again in {max(wait_s // 60, 1)} min."
        return _form(console, wanted, problem, status=429, headers={"Retry-After": str(wait_s)})
    if not console.access.is_token(form.get("token", "")):
        console.throttle.note_failure(client)
        log.warning("console.login_refused")
        return _form(console, wanted, "That is not the token.", status=403)
    await _note(console, "console.entered")
    response = RedirectResponse(wanted, 303, HEADERS)
    console.access.start_session(response)
    return response


async def leave(visit: Visit) -> Response:
    """Forget this browser."""
    await _note(visit.console, "console.left")
    response = RedirectResponse(f"{CONSOLE}/login", 303, HEADERS)
    visit.console.access.end_session(response)
    return response


routes = [
    Route("/login", ask, methods=["GET"]),
    Route("/login", enter, methods=["POST"]),
    Route("/logout", guarded(leave), methods=["POST"]),
]


def _form(
    console: Console, wanted: str, problem: str = "", *, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    html = console.templates.get_template("login.html").render(next=wanted, problem=problem)
    return HTMLResponse(html, status, {**HEADERS, **(headers or {})})


def _inside(path: str) -> str:
    """A page of the console, never another site: an address that begins with two slashes would be one."""
    is_ours = path.startswith(f"{CONSOLE}/") and "//" not in path.partition("?")[0] and "\\" not in path
    return path if is_ours else CONSOLE


async def _note(console: Console, name: str) -> None:
    async with console.gateway.db.transaction() as tx:
        await audit.record(tx, name, now=console.clock(), actor=ACTOR)

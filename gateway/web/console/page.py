"""A page of the console: its template, the headers that say what it may load, and the forms that come back."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import parse_qsl, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from gateway.app import Gateway
from gateway.cards import describe_customer, mask
from gateway.domain import utcnow
from gateway.errors import GatewayError
from gateway.links import CONSOLE
from gateway.store.console.pulse import pulse
from gateway.web.console import words
from gateway.web.console.access import Access
from gateway.web.console.throttle import Throttle

ACTOR = "console"
MAX_FORM_BYTES = 64_000
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
# What a change came to, shown once on the page that follows it.
_NOTE, _PROBLEM = "done", "problem"


@dataclass(frozen=True, slots=True)
class Console:
    """What the pages share: the gateway, the lock, the templates."""

    gateway: Gateway
    access: Access
    throttle: Throttle
    templates: Environment
    clock: Callable[[], datetime] = utcnow


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of somebody who is signed in."""

    console: Console
    request: Request
    session: str
    form: Mapping[str, str]

    @property
    def gateway(self) -> Gateway:
        return self.console.gateway

    def asked(self, name: str) -> str:
        """A parameter of the address, "" where it is missing."""
        return _clean(self.request.query_params.get(name, "").strip())

    def number(self, name: str) -> int:
        """A counting parameter of the address; 0 where it is missing or none."""
        value = self.asked(name)
        return int(value) if value.isdecimal() and value.isascii() and len(value) < 19 else 0

    def part(self, name: str) -> str:
        """A part of the path."""
        return _clean(str(self.request.path_params[name]))

    def address_with(self, **changes: str | int) -> str:
        """This page with other parameters; empty ones are left out."""
        kept = {name: value for name, value in self.request.query_params.items() if name not in changes}
        query = urlencode({name: value for name, value in {**kept, **changes}.items() if value})
        return f"{self.request.url.path}?{query}" if query else self.request.url.path

    async def show(self, template: str, status: int = 200, **values: Any) -> Response:
        """Render a page."""
        now = self.console.clock()
        said = self.console.access.said(self.request)
        html = self.console.templates.get_template(template).render(
            visit=self,
            now=now,
            pulse=await pulse(self.gateway.db),
            form_token=self.console.access.form_token(self.session),
            note=said.get(_NOTE, ""),
            problem=said.get(_PROBLEM, ""),
            here=self.request.url.path,
            back=self.address_with(),
            **values,
        )
        response = HTMLResponse(html, status, HEADERS)
        if said:
            self.console.access.was_said(response)
        return response

    async def change(self, step: Awaitable[str], done: str) -> Response:
        """Do something and go back to where it was asked for. `step` returns what stands in its way, or ""."""
        try:
            problem = await step
        except GatewayError as error:
            problem = str(error)
        return self.go_back(problem, done)

    def go_back(self, problem: str, done: str) -> Response:
        """To the page that the form stood on, with what came of it."""
        said = {_PROBLEM: words.from_slack(problem)} if problem else {_NOTE: done}
        response = RedirectResponse(self._way_back(), 303, HEADERS)
        self.console.access.say(response, said)
        return response

    def _way_back(self) -> str:
        """The page that the form stood on: a path of the console, and no other place."""
        back = self.form.get("back", "")
        is_ours = back == CONSOLE or back.startswith((f"{CONSOLE}/", f"{CONSOLE}?"))
        return back if is_ours and "\\" not in back and "//" not in back.partition("?")[0] else CONSOLE


Page = Callable[[Visit], Awaitable[Response]]


def templates() -> Environment:
    """The templates with the console's words. Everything that is put into them is escaped."""
    environment = Environment(
        loader=PackageLoader("gateway.web.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "ago": words.ago,
        "span": words.span,
        "clock": words.clock,
        "size": words.size,
        "plain": words.plain,
        "marked": words.marked,
        "thousands": words.thousands,
        "mask": mask,
        "customer": describe_customer,
    }
    environment.globals |= {"console": CONSOLE, "asset": asset}
    return environment


@cache
def asset(name: str) -> str:
    """The address of a static file; it changes with the file, so that browsers may keep it."""
    digest = hashlib.sha256(read_asset(name)).hexdigest()[:12]
    return f"{CONSOLE}/static/{name}?v={digest}"


@cache
def read_asset(name: str) -> bytes:
    return resources.files("gateway.web.console").joinpath("static", name).read_bytes()


def guarded(page: Page) -> Callable[[Request], Awaitable[Response]]:
    """A route for those who are signed in; others are sent to the login, and come back here."""

    async def route(request: Request) -> Response:
        console = console_of(request)
        if not console.access.is_open:
            return closed()
        session = console.access.session_of(request)
        if not session:
            return _to_login(request)
        form: Mapping[str, str] = {}
        if request.method == "POST":
            read = await read_form(request)
            if read is None:
                return refused("The form is too large.", 413)
            form = read
            is_ours = console.access.is_same_origin(request)
            if not is_ours or not console.access.is_form_token(session, form.get("form_token", "")):
                return refused("This form was not sent from a page of this session. Go back, reload, try again.", 403)
        return await page(Visit(console, request, session, form))

    return route


async def read_form(request: Request) -> Mapping[str, str] | None:
    """The fields of a form; None where it is larger than any of ours."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            return None
    return {
        _clean(name): _clean(value)
        for name, value in parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    }


def _clean(text: str) -> str:
    """Without NUL, which no text in a database may have."""
    return text.replace("\x00", "")


def console_of(request: Request) -> Console:
    console: Console = request.app.state.console
    return console


def closed() -> Response:
    return refused("The console is off: set CONSOLE_TOKEN to switch it on.", 404)


def refused(why: str, status: int) -> Response:
    return PlainTextResponse(f"{why}\n", status, HEADERS)


def _to_login(request: Request) -> Response:
    """A page that was asked for is remembered; a form is not, since its token died with the session."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    query = f"?{urlencode({'next': wanted})}" if request.method == "GET" and wanted != CONSOLE else ""
    return RedirectResponse(f"{CONSOLE}/login{query}", 303, HEADERS)

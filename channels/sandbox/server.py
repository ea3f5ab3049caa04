"""The sandbox on one port: the simulators as providers, a small API by which a person plays, and the page for it.

`/2010-04-01/…` answers as Twilio, `/api/…` as Slack. `/sandbox/…` is for the player: the page, `frontdesk sandbox`
and the tests speak it. It listens on loopback only, and knows nothing of the gateway but the address of its webhooks;
whoever runs it may show more on the page by an `Extension`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from channels.sandbox.faults import Faults
from channels.sandbox.happenings import Happenings
from channels.sandbox.journal import Journal
from channels.sandbox.live import Live, Scene
from channels.sandbox.mail.simulator import MailSimulator
from channels.sandbox.player import ROUTES, SANDBOX
from channels.sandbox.scene import scene
from channels.sandbox.slack.simulator import SlackSimulator
from channels.sandbox.twilio.simulator import TwilioSimulator
from channels.sandbox.twilio.webhooks import Retries
from channels.sandbox.world import OUR_NUMBER, SandboxConfig

# Providers try again once or twice; here the processes are killed on purpose, and come back.
PATIENT = Retries(on_connect=60, on_server_error=10)
PATIENT_SLACK = [timedelta(seconds=seconds) for seconds in (0, 0.5, 1, 2, 4, 8, 15, 30)]

PAGE = Path(__file__).parent / "page"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_LOOK: web.AppKey[Callable[[web.Request], Awaitable[Scene]]] = web.AppKey("look")
_LIVE: web.AppKey[Live] = web.AppKey("live")


@dataclass(frozen=True, slots=True)
class Extension:
    """What else the page can do and show. `look` gets the page's query and gives more parts of the scene."""

    routes: Sequence[web.RouteDef]
    look: Callable[[Mapping[str, str]], Awaitable[Scene]]


class Sandbox:
    """The simulators of one deployment, and what a person can do in them."""

    def __init__(
        self,
        config: SandboxConfig,
        twilio: TwilioSimulator,
        slack: SlackSimulator,
        mail: MailSimulator,
        faults: Mapping[str, Faults],
        happenings: Happenings,
    ) -> None:
        self.config = config
        self.twilio = twilio
        self.slack = slack
        self.mail = mail
        self.faults = faults
        self.happenings = happenings

    @classmethod
    @asynccontextmanager
    async def open(cls, config: SandboxConfig) -> AsyncIterator[Sandbox]:
        """The simulators with their memory under `config.data`."""
        happenings = Happenings(Journal(config.data / "happenings.jsonl"))
        faults = {name: Faults(happenings.of_provider(name)) for name in ("twilio", "slack", "mail")}
        async with AsyncExitStack() as stack:
            twilio = TwilioSimulator(
                config.twilio_account_sid,
                config.twilio_auth_token,
                [OUR_NUMBER],
                Journal(config.data / "twilio.jsonl"),
                faults["twilio"],
                f"{config.web_url}/twilio/messages",
                public_url=config.url,
                retries=PATIENT,
            )
            slack = SlackSimulator(
                bot_token=config.slack_bot_token,
                signing_secret=config.slack_signing_secret,
                app_token=config.slack_app_token,
                app_url="" if config.slack_app_token else f"{config.web_url}/slack/events",
                journal=Journal(config.data / "slack.jsonl"),
                faults=faults["slack"],
                retries=PATIENT_SLACK,
                public_url=config.url,
            )
            await stack.enter_async_context(twilio)
            await stack.enter_async_context(slack)
            mail = await stack.enter_async_context(
                MailSimulator(
                    config.support_address,
                    journal=config.data / "mail.jsonl",
                    faults=faults["mail"],
                    smtp_port=config.smtp_port,
                    imap_port=config.imap_port,
                )
            )
            yield cls(config, twilio, slack, mail, faults, happenings)

    def scene(self) -> Scene:
        """What the page shows of the simulators."""
        return scene(self.twilio, self.slack, self.mail, self.faults, self.happenings)


@asynccontextmanager
async def serving(
    config: SandboxConfig, extension: Callable[[Sandbox], Extension] | None = None
) -> AsyncIterator[Sandbox]:
    """The sandbox, listening while the block runs."""
    async with Sandbox.open(config) as sandbox:
        runner = web.AppRunner(_build_app(sandbox, extension(sandbox) if extension else None), shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, config.host, config.port).start()
            yield sandbox
        finally:
            await runner.cleanup()


def _build_app(sandbox: Sandbox, extension: Extension | None) -> web.Application:
    live = Live()

    async def look(request: web.Request) -> Scene:
        return {**sandbox.scene(), **(await extension.look(request.query) if extension else {})}

    @web.middleware
    async def tell(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        finally:
            live.touch()

    async def end_streams(_app: web.Application) -> None:
        live.close()

    app = web.Application(client_max_size=64 * 1024 * 1024, middlewares=[_refuse_foreign_pages, tell])
    app[SANDBOX], app[_LIVE], app[_LOOK] = sandbox, live, look
    app.add_routes(
        [*sandbox.twilio.routes(), *sandbox.slack.routes(), *ROUTES, *(extension.routes if extension else ())]
    )
    app.add_routes([web.get("/", _page), web.static("/page", PAGE), web.get("/sandbox/live", _stream)])
    app.on_response_prepare.append(_harden)
    app.on_shutdown.append(end_streams)
    return app


async def _page(_request: web.Request) -> web.FileResponse:
    return web.FileResponse(PAGE / "index.html")


async def _stream(request: web.Request) -> web.StreamResponse:
    look = request.app[_LOOK]
    return await request.app[_LIVE].stream(request, lambda: look(request))


@web.middleware
async def _refuse_foreign_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A page from elsewhere, open in the same browser, may lead here, but can neither play nor listen."""
    is_foreign = request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
    if (is_foreign and request.path != "/") or not _is_local(request.host):
        raise web.HTTPForbidden(text="the sandbox is for this machine and its own page")
    return await handler(request)


def _is_local(host: str) -> bool:
    name = host.rpartition(":")[0].strip("[]") if host.rpartition(":")[2].isdecimal() else host
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


async def _harden(request: web.Request, response: web.StreamResponse) -> None:
    """The page loads and runs what lies beside it, and nothing else."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if request.path == "/" or request.path.startswith("/page/"):
        response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        response.headers.setdefault("Cache-Control", "no-cache")
        response.headers.setdefault("Referrer-Policy", "no-referrer")

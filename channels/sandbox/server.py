"""The sandbox as one process: the simulators on one port, and a small API by which a person plays their parts.

`/2010-04-01/…` answers as Twilio, `/api/…` as Slack. `/sandbox/…` is for the player: `frontdesk sandbox` and the
tests speak it. It listens on loopback only, and knows nothing of the gateway but the address of its webhooks.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict

from aiohttp import web

from channels.sandbox.faults import Fault, FaultKind, Faults
from channels.sandbox.journal import Journal
from channels.sandbox.mail.simulator import MailSimulator
from channels.sandbox.slack.simulator import SlackSimulator
from channels.sandbox.slack.workspace import BOT_USER
from channels.sandbox.twilio.simulator import TwilioSimulator
from channels.sandbox.twilio.webhooks import Retries
from channels.sandbox.views import answers, find_button, mails, phone, rooms
from channels.sandbox.world import OUR_NUMBER, SandboxConfig

# Twilio itself tries once more; here the processes are killed on purpose, and come back.
PATIENT = Retries(on_connect=60, on_server_error=10)

SANDBOX: web.AppKey[Sandbox] = web.AppKey("sandbox")


class Sandbox:
    """The simulators of one deployment, and what a person can do in them."""

    def __init__(
        self, twilio: TwilioSimulator, slack: SlackSimulator, mail: MailSimulator, faults: Mapping[str, Faults]
    ) -> None:
        self.twilio = twilio
        self.slack = slack
        self.mail = mail
        self.faults = faults

    @classmethod
    @asynccontextmanager
    async def open(cls, config: SandboxConfig) -> AsyncIterator[Sandbox]:
        """The simulators with their memory under `config.data`."""
        faults = {"twilio": Faults(), "slack": Faults()}
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
            )
            await stack.enter_async_context(twilio)
            await stack.enter_async_context(slack)
            mail = await stack.enter_async_context(
                MailSimulator(
                    config.support_address,
                    journal=config.data / "mail.jsonl",
                    smtp_port=config.smtp_port,
                    imap_port=config.imap_port,
                )
            )
            yield cls(twilio, slack, mail, {**faults, "mail": mail.faults})


@asynccontextmanager
async def serving(config: SandboxConfig) -> AsyncIterator[Sandbox]:
    """The sandbox, listening while the block runs."""
    async with Sandbox.open(config) as sandbox:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app[SANDBOX] = sandbox
        app.add_routes([*sandbox.twilio.routes(), *sandbox.slack.routes(), *PLAYER_ROUTES])
        runner = web.AppRunner(app, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, config.host, config.port).start()
            yield sandbox
        finally:
            await runner.cleanup()


async def serve(config: SandboxConfig, stop: asyncio.Event) -> None:
    """Listen until told to stop."""
    async with serving(config):
        await stop.wait()


async def _health(_request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def _send_sms(request: web.Request) -> web.Response:
    body = await request.json()
    sid = await request.app[SANDBOX].twilio.receive_sms(body["from"], body.get("to") or OUR_NUMBER, body["text"])
    return web.json_response({"sid": sid})


async def _show_phone(request: web.Request) -> web.Response:
    return web.json_response(phone(request.app[SANDBOX].twilio, request.query.get("address", "")))


async def _send_mail(request: web.Request) -> web.Response:
    body = await request.json()
    mail = request.app[SANDBOX].mail
    received = mail.inbox(body["from"])
    is_reply = body.get("reply") and received
    message_id = await mail.write(
        body["from"],
        body.get("subject", ""),
        body["text"],
        reply_to=received[-1] if is_reply else None,
        dmarc=body.get("dmarc") or "pass",
    )
    return web.json_response({"message_id": message_id})


async def _show_mail(request: web.Request) -> web.Response:
    return web.json_response(mails(request.app[SANDBOX].mail, request.query["address"]))


async def _show_slack(request: web.Request) -> web.Response:
    return web.json_response(rooms(request.app[SANDBOX].slack))


async def _write_slack(request: web.Request) -> web.Response:
    body = await request.json()
    slack = request.app[SANDBOX].slack
    text = body["text"].replace("@frontdesk", f"<@{BOT_USER}>")
    message = slack.write(body["user"], body["channel"], text, body.get("thread") or None)
    return web.json_response({"ts": message["ts"]})


async def _show_answers(request: web.Request) -> web.Response:
    return web.json_response(answers(request.app[SANDBOX].slack, after=request.query["after"]))


async def _click(request: web.Request) -> web.Response:
    """Press the newest button of an action; with `values`, fill and submit the dialog that it opens."""
    body = await request.json()
    slack = request.app[SANDBOX].slack
    user = body["user"]
    found = find_button(slack, body["action"])
    if found is None:
        return web.json_response({"error": f"no message has a button {body['action']}"}, status=404)
    channel, message = found
    whispered = len(slack.ephemerals(user))
    heard = await slack.click(user, body["action"], message, channel)
    errors: Mapping[str, str] = {}
    if body.get("values") is not None:
        await _dialog_is_filled(slack, user)
        errors = await slack.submit(user, body["values"])
    whispers = [asdict(whisper) for whisper in slack.ephemerals(user)[whispered:]]
    return web.json_response({"status": heard.status, "errors": errors, "whispers": whispers})


async def _dialog_is_filled(slack: SlackSimulator, user: str) -> None:
    """The app opens a dialog empty and fills it a moment later."""
    for _ in range(100):
        stack = slack.open_views(user)
        if stack and stack[-1].get("callback_id"):
            return
        await asyncio.sleep(0.05)


async def _plan_fault(request: web.Request) -> web.Response:
    body = await request.json()
    fault = Fault(
        FaultKind(body["kind"]),
        body.get("operation") or "*",
        int(body.get("times") or 1),
        float(body.get("seconds") or 0),
        str(body.get("code") or ""),
    )
    request.app[SANDBOX].faults[body["provider"]].plan(fault)
    return web.json_response({"planned": asdict(fault)})


async def _clear_faults(request: web.Request) -> web.Response:
    for faults in request.app[SANDBOX].faults.values():
        faults.clear()
    return web.json_response({"planned": []})


PLAYER_ROUTES: list[web.RouteDef] = [
    web.get("/sandbox/health", _health),
    web.post("/sandbox/sms", _send_sms),
    web.get("/sandbox/sms", _show_phone),
    web.post("/sandbox/mail", _send_mail),
    web.get("/sandbox/mail", _show_mail),
    web.get("/sandbox/slack", _show_slack),
    web.post("/sandbox/slack", _write_slack),
    web.get("/sandbox/slack/answers", _show_answers),
    web.post("/sandbox/click", _click),
    web.post("/sandbox/faults", _plan_fault),
    web.delete("/sandbox/faults", _clear_faults),
]

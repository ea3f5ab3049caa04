"""The routes by which a person plays: what `frontdesk sandbox`, the tests and the page call. JSON in, JSON out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from aiohttp import web

from channels.sandbox import forgeries
from channels.sandbox.attachments import find_attachment, read_attachments, shown
from channels.sandbox.faults import Fault, FaultKind
from channels.sandbox.mail.simulator import File
from channels.sandbox.scene import find_mail
from channels.sandbox.slack.simulator import SlackSimulator
from channels.sandbox.slack.workspace import BOT_USER
from channels.sandbox.views import answers, find_button, mails, phone, rooms
from channels.sandbox.world import OUR_NUMBER

if TYPE_CHECKING:
    from channels.sandbox.server import Sandbox

SANDBOX: web.AppKey[Sandbox] = web.AppKey("sandbox")

# A mail is shown as it is, but nothing in it runs, loads or leads anywhere.
MAIL_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


async def _health(_request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def _send_sms(request: web.Request) -> web.Response:
    body = await request.json()
    media = [(file.content, file.mime_type) for file in read_attachments(body.get("files"))]
    twilio = request.app[SANDBOX].twilio
    sid = await twilio.receive_sms(body["from"], body.get("to") or OUR_NUMBER, body["text"], media)
    return web.json_response({"sid": sid})


async def _show_phone(request: web.Request) -> web.Response:
    return web.json_response(phone(request.app[SANDBOX].twilio, request.query.get("address", "")))


async def _send_mail(request: web.Request) -> web.Response:
    """Write a mail; `reply` answers the newest one, `reply_to` one with this id."""
    body = await request.json()
    mail = request.app[SANDBOX].mail
    received = mail.inbox(body["from"])
    named = find_mail(mail, body["from"], body["reply_to"]) if body.get("reply_to") else None
    newest = received[-1] if body.get("reply") and received else None
    message_id = await mail.write(
        body["from"],
        body.get("subject", ""),
        body["text"],
        reply_to=named or newest,
        dmarc=body.get("dmarc") or "pass",
        files=[File(file.name, file.mime_type, file.content) for file in read_attachments(body.get("files"))],
    )
    return web.json_response({"message_id": message_id})


async def _show_mail(request: web.Request) -> web.Response:
    return web.json_response(mails(request.app[SANDBOX].mail, request.query["address"]))


async def _show_html(request: web.Request) -> web.Response:
    """A mail's HTML, as its sender made it."""
    found = find_mail(request.app[SANDBOX].mail, request.query["address"], request.query["id"])
    if found is None:
        raise web.HTTPNotFound
    return web.Response(text=found.html, content_type="text/html", headers={"Content-Security-Policy": MAIL_POLICY})


async def _show_slack(request: web.Request) -> web.Response:
    return web.json_response(rooms(request.app[SANDBOX].slack))


async def _write_slack(request: web.Request) -> web.Response:
    body = await request.json()
    slack = request.app[SANDBOX].slack
    text = body["text"].replace("@frontdesk", f"<@{BOT_USER}>")
    files = [(file.name, file.mime_type, file.content) for file in read_attachments(body.get("files"))]
    message = slack.write(body["user"], body["channel"], text, body.get("thread") or None, files=files)
    return web.json_response({"ts": message["ts"]})


async def _show_file(request: web.Request) -> web.Response:
    """What stands in a text message or in Slack, as the page shows it."""
    sandbox, place = request.app[SANDBOX], request.match_info
    file = find_attachment(place["provider"], place["id"], sandbox.twilio, sandbox.slack)
    if file is None:
        raise web.HTTPNotFound
    return shown(file)


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


async def _press(request: web.Request) -> web.Response:
    """Press a button of one message. `status` is what the app answered, 0 where it did not."""
    body = await request.json()
    slack = request.app[SANDBOX].slack
    try:
        message = slack.workspace.message(body["channel"], body["ts"])
        heard = await slack.click(body["user"], body["action"], message, body["channel"])
    except LookupError as error:
        return web.json_response({"error": str(error)}, status=404)
    return web.json_response({"status": heard.status})


async def _submit(request: web.Request) -> web.Response:
    """Submit the topmost dialog of a person."""
    body = await request.json()
    try:
        errors = await request.app[SANDBOX].slack.submit(body["user"], body["values"])
    except LookupError as error:
        return web.json_response({"error": str(error)}, status=404)
    except ConnectionError as error:
        return web.json_response({"error": str(error)}, status=502)
    return web.json_response({"errors": errors})


async def _dismiss(request: web.Request) -> web.Response:
    """Close the topmost dialog of a person, and tell nobody."""
    user = (await request.json())["user"]
    slack = request.app[SANDBOX].slack
    for view in slack.open_views(user)[-1:]:
        slack.views.answer(view, user, None)
    return web.json_response({"open": len(slack.open_views(user))})


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
    """Plan nothing any more; or, where a fault is named, this one."""
    plans = request.app[SANDBOX].faults
    body = await request.json() if request.can_read_body else {}
    if body.get("provider"):
        plans[body["provider"]].call_off(FaultKind(body["kind"]), body["operation"])
    else:
        for plan in plans.values():
            plan.clear()
    return web.json_response({"planned": [asdict(fault) for plan in plans.values() for fault in plan.planned()]})


async def _forge(request: web.Request) -> web.Response:
    """Try something that must not work: `sms` and `slack` with a wrong signature, `mail` in another's name."""
    body = await request.json()
    sandbox = request.app[SANDBOX]
    match body["what"]:
        case "sms":
            status = await forgeries.forge_sms(sandbox.config, body["victim"], body["text"])
            sandbox.happenings.note("forgery", _judged("a text message", status), "twilio")
        case "slack":
            status = await forgeries.forge_slack(sandbox.config, body["victim"], body["text"])
            sandbox.happenings.note("forgery", _judged("a Slack event", status), "slack")
        case "mail":
            status = 200
            await forgeries.spoof_mail(sandbox.mail, body["victim"], body["text"])
            sandbox.happenings.note(
                "forgery",
                f"A stranger wrote as {body['victim']}; the provider marked it dmarc=fail. It must not enter the"
                " conversation of the real one.",
                "mail",
            )
        case _:
            raise web.HTTPBadRequest
    return web.json_response({"status": status})


def _judged(what: str, status: int) -> str:
    if status in (401, 403):
        return f"Somebody posted {what} with a forged signature: web answered {status}, nothing was stored."
    return f"Somebody posted {what} with a forged signature: web answered {status or 'nothing'}."


ROUTES: list[web.RouteDef] = [
    web.get("/sandbox/health", _health),
    web.post("/sandbox/sms", _send_sms),
    web.get("/sandbox/sms", _show_phone),
    web.post("/sandbox/mail", _send_mail),
    web.get("/sandbox/mail", _show_mail),
    web.get("/sandbox/mail/html", _show_html),
    web.get("/sandbox/slack", _show_slack),
    web.post("/sandbox/slack", _write_slack),
    web.get("/sandbox/slack/answers", _show_answers),
    web.get("/sandbox/files/{provider:twilio|slack}/{id}", _show_file),
    web.post("/sandbox/slack/press", _press),
    web.post("/sandbox/slack/submit", _submit),
    web.post("/sandbox/slack/dismiss", _dismiss),
    web.post("/sandbox/click", _click),
    web.post("/sandbox/faults", _plan_fault),
    web.delete("/sandbox/faults", _clear_faults),
    web.post("/sandbox/forge", _forge),
]

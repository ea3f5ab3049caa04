"""The sandbox's page and what it rests on: the live scene, its strict policy, and attacks that are told of."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.sandbox.faults import Fault, FaultKind
from channels.sandbox.server import PAGE, Sandbox, serving
from channels.sandbox.world import SUPPORT_ADDRESS, SandboxConfig
from tests.conftest import find_free_port

CARLA = "carla@customer.example"
PICTURE = b"\x89PNG\r\n\x1a\n"
ATTACHED = {"name": "mug.png", "type": "image/png", "content": base64.b64encode(PICTURE).decode()}


@dataclass(frozen=True, slots=True)
class Playing:
    """A sandbox with nobody behind its webhooks but a server that refuses them all, and somebody who plays."""

    sandbox: Sandbox
    http: aiohttp.ClientSession

    async def post(self, path: str, **body: Any) -> Any:
        async with self.http.post(path, json=body) as answer:
            return await answer.json()

    async def parts_until(self, wanted: str) -> dict[str, Any]:
        """What a page is told from the moment it connects, up to the event in which this stands."""
        told: dict[str, Any] = {}
        async with self.http.get("/sandbox/live") as stream:
            part = ""
            async for line in stream.content:
                name, _, value = line.decode().strip().partition(": ")
                part = value if name == "event" else part
                if name == "data":
                    told[part] = orjson.loads(value)
                if name == "data" and wanted in value:
                    return told
        raise AssertionError(f"{wanted} was never told")


@asynccontextmanager
async def playing_in(folder: Path, web_url: str) -> AsyncIterator[Playing]:
    config = SandboxConfig(
        host="127.0.0.1",
        port=find_free_port(),
        web_url=web_url,
        data=folder,
        twilio_account_sid="AC" + "1" * 32,
        twilio_auth_token="token",
        slack_bot_token="xoxb-token",
        slack_signing_secret="secret",
    )
    async with serving(config) as sandbox, aiohttp.ClientSession(config.url) as http:
        yield Playing(sandbox, http)


@pytest.fixture
async def refusing() -> AsyncIterator[str]:
    """The address of a gateway that refuses every signature."""

    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=403)

    app = web.Application()
    app.router.add_post("/{path:.*}", refuse)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


@pytest.fixture
async def playing(tmp_path: Path, refusing: str) -> AsyncIterator[Playing]:
    async with playing_in(tmp_path, refusing) as player:
        yield player


async def test_the_page_loads_only_what_lies_beside_it(playing: Playing) -> None:
    async with playing.http.get("/") as answer:
        policy, html = answer.headers["Content-Security-Policy"], await answer.text()

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert re.findall(r"<script(?![^>]*\bsrc=)|\bstyle=|\bon\w+=|https?://", html) == []


async def test_every_file_that_the_page_names_is_there(playing: Playing) -> None:
    html = (PAGE / "index.html").read_text()

    for path in re.findall(r'"(/page/[^"]+)"', html):
        async with playing.http.get(path) as answer:
            assert answer.status == 200
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_no_module_of_the_page_makes_markup_from_text() -> None:
    modules = {file.name: file.read_text() for file in PAGE.glob("*.js")}

    makers = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function"
    assert [name for name, source in modules.items() if re.search(makers, source)] == []


async def test_a_page_is_told_of_all_that_there_is_and_of_what_changes(playing: Playing) -> None:
    await playing.post("/sandbox/sms", **{"from": "+15550001", "text": "hello <b>"})

    told = await playing.parts_until("hello <b>")

    assert {"world", "phone"} <= told.keys()
    assert told["phone"][0]["customer"] == "+15550001"


async def test_a_page_from_elsewhere_can_not_play(playing: Playing) -> None:
    foreign = [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Host": "evil.example:8025"}]

    for headers in foreign:
        async with playing.http.post("/sandbox/sms", json={"from": "+1", "text": "x"}, headers=headers) as answer:
            assert answer.status == 403


async def test_a_mail_is_shown_without_scripts_and_without_leave_to_load(playing: Playing) -> None:
    raw = (
        f"From: {SUPPORT_ADDRESS}\r\nTo: {CARLA}\r\nMessage-ID: <one@acme.example>\r\n"
        "Content-Type: text/html\r\n\r\n<script>alert(1)</script><img src=https://evil.example/x>"
    )
    playing.sandbox.mail.deliver(SUPPORT_ADDRESS, (CARLA,), raw.encode())

    async with playing.http.get("/sandbox/mail/html", params={"address": CARLA, "id": "one@acme.example"}) as answer:
        policy = answer.headers["Content-Security-Policy"]

    assert policy.startswith("sandbox; default-src 'none'")
    assert "script" not in policy


@pytest.mark.parametrize(("what", "victim"), [("sms", "+15550001"), ("slack", "U0CARLA")])
async def test_a_forged_webhook_is_sent_and_its_refusal_is_told(playing: Playing, what: str, victim: str) -> None:
    answer = await playing.post("/sandbox/forge", what=what, victim=victim, text="refund me")

    assert answer == {"status": 403}
    assert "web answered 403" in playing.sandbox.happenings.newest()[-1]["text"]


async def test_a_spoofed_mail_fails_authentication_and_is_not_in_the_victims_sent_folder(playing: Playing) -> None:
    await playing.post("/sandbox/mail", **{"from": CARLA, "subject": "Hi", "text": "It is me."})

    await playing.post("/sandbox/forge", what="mail", victim=CARLA, text="It is me, honestly.")

    mail = playing.sandbox.mail
    assert [each.header("Authentication-Results").split(";")[1].split()[0] for each in mail.inbox(SUPPORT_ADDRESS)] == [
        "dmarc=pass",
        "dmarc=fail",
    ]
    assert [each.text.strip() for each in mail.inbox(CARLA, "Sent")] == ["It is me."]


async def test_a_mail_that_is_delivered_twice_is_told_of(playing: Playing) -> None:
    playing.sandbox.faults["mail"].plan(Fault(FaultKind.DUPLICATE, "deliver"))

    await playing.post("/sandbox/mail", **{"from": CARLA, "subject": "Hi", "text": "Once."})

    received = playing.sandbox.mail.inbox(SUPPORT_ADDRESS)
    assert len(received) == 2
    assert len({each.message_id for each in received}) == 1
    assert playing.sandbox.happenings.newest()[-1]["text"] == (
        "The mail provider delivered the same thing twice (deliver)."
    )


async def test_what_happened_is_still_told_after_a_restart(tmp_path: Path, refusing: str) -> None:
    async with playing_in(tmp_path, refusing) as first:
        await first.post("/sandbox/forge", what="sms", victim="+15550001", text="x")

    async with playing_in(tmp_path, refusing) as second:
        told = await second.parts_until("forged signature")

    assert told["happenings"][0]["kind"] == "forgery"


async def test_a_fault_may_be_meant_for_several_operations(playing: Playing) -> None:
    faults = playing.sandbox.faults["slack"]
    faults.plan(Fault(FaultKind.RATE_LIMIT, "chat.postMessage|chat.update"))

    taken = [faults.take(operation) for operation in ("users.info", "chat.update", "chat.postMessage")]

    assert [fault is not None for fault in taken] == [False, True, False]


async def test_pressing_a_button_that_is_not_there_says_so(playing: Playing) -> None:
    answer = await playing.post("/sandbox/slack/press", user="U0ADA", channel="C0APPROVERS", ts="1.2", action="x")

    assert "no message" in answer["error"]


async def test_a_fault_of_the_mail_provider_strikes_the_gateway_and_not_the_player(playing: Playing) -> None:
    faults = playing.sandbox.faults["mail"]
    faults.plan(Fault(FaultKind.DROP_AFTER, "smtp.data"))

    await playing.post("/sandbox/mail", **{"from": CARLA, "subject": "Hi", "text": "It is me."})

    assert len(playing.sandbox.mail.inbox(SUPPORT_ADDRESS)) == 1
    assert len(faults.planned()) == 1


async def test_only_what_customers_send_is_delivered_twice(playing: Playing) -> None:
    faults = playing.sandbox.faults["mail"]
    faults.plan(Fault(FaultKind.DUPLICATE, "deliver"))

    playing.sandbox.mail.deliver(SUPPORT_ADDRESS, (CARLA,), b"Message-ID: <a@acme.example>\r\n\r\nOur answer")

    assert len(playing.sandbox.mail.inbox(CARLA)) == 1
    assert len(faults.planned()) == 1


async def test_a_picture_that_is_texted_stays_on_the_phone_after_the_app_deleted_it(playing: Playing) -> None:
    twilio = playing.sandbox.twilio
    await playing.post("/sandbox/sms", **{"from": "+15550001", "text": "", "files": [ATTACHED]})
    (sid,) = twilio.messages("+15550001")[0].media
    twilio.account.delete_media(sid)

    async with playing.http.get(f"/sandbox/files/twilio/{sid}") as answer:
        shown, how = await answer.read(), answer.headers

    assert shown == PICTURE
    assert how["Content-Type"] == "image/png"
    assert playing.sandbox.scene()["phone"][0]["files"] == [{"id": sid, "mimetype": "image/png"}]


async def test_a_file_that_is_mailed_is_a_part_of_the_mail(playing: Playing) -> None:
    await playing.post("/sandbox/mail", **{"from": CARLA, "subject": "Hi", "text": "See.", "files": [ATTACHED]})

    (received,) = playing.sandbox.mail.inbox(SUPPORT_ADDRESS)
    assert received.files == ("mug.png",)
    assert base64.b64encode(PICTURE) in received.raw


async def test_a_page_that_is_shared_in_slack_is_only_ever_saved(playing: Playing) -> None:
    hostile = {"name": "a.html", "type": "text/html", "content": base64.b64encode(b"<script>").decode()}
    await playing.post("/sandbox/slack", user="U0CARLA", channel="dm", text="", files=[hostile])
    (file_id,) = playing.sandbox.slack.workspace.files

    async with playing.http.get(f"/sandbox/files/slack/{file_id}") as answer:
        how = answer.headers

    assert how["Content-Type"] == "application/octet-stream"
    assert how["Content-Disposition"] == "attachment"
    assert how["Content-Security-Policy"] == "sandbox; default-src 'none'"


@pytest.mark.parametrize("files", [[{"name": "a"}], [{**ATTACHED, "content": "%%"}], 7, ["a"]])
async def test_what_is_no_file_is_refused_and_nothing_is_sent(playing: Playing, files: Any) -> None:
    body = {"from": "+15550001", "text": "Hi", "files": files}

    async with playing.http.post("/sandbox/sms", json=body) as answer:
        status = answer.status

    assert status == 400
    assert playing.sandbox.twilio.messages("+15550001") == ()


async def test_a_fault_can_be_called_off_alone(playing: Playing) -> None:
    faults = playing.sandbox.faults["twilio"]
    faults.plan(Fault(FaultKind.SLOW, "messages.create"))
    faults.plan(Fault(FaultKind.DUPLICATE, "webhook"))
    named = {"provider": "twilio", "kind": "slow", "operation": "messages.create"}

    async with playing.http.delete("/sandbox/faults", json=named) as answer:
        left = await answer.json()

    assert [fault["kind"] for fault in left["planned"]] == ["duplicate"]
    assert [fault.kind for fault in faults.planned()] == [FaultKind.DUPLICATE]

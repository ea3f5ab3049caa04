"""A whole day of every channel, with faults and forgeries, leaves no word, address or secret in any process's log."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from channels.sandbox.faults import Fault, FaultKind
from channels.sandbox.world import APPROVER
from tests.conftest import find_free_port
from tests.flows.deployment import MAILBOX, Deployment, deployed, eventually
from tests.flows.slack_customer import MENTION, answer, write
from tests.flows.stories import is_at_rest

# Each is told somewhere in the day. Nothing of them may be in a log, at any level, in any spelling.
MARKER = "zanzibar-7731"
PHONE, OTHER_PHONE = "+15558675309", "+15558675310"
MAIL_USER = "ada.lovelace"
UNSAYABLE = (MARKER, "zanzibar", PHONE[1:], OTHER_PHONE[1:], MAIL_USER)


@pytest.fixture
async def talkative(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Deployment]:
    """A deployment that logs all it can."""
    async with deployed(database_url, redis_url, tmp_path, find_free_port, LOG_LEVEL="DEBUG") as running:
        await running.start(MAILBOX)
        yield running


async def test_no_log_holds_a_word_an_address_or_a_secret(talkative: Deployment) -> None:
    await _texts_with_faults(talkative)
    await _a_denied_refund(talkative)
    await _slack_and_mail(talkative)
    await _forgeries(talkative)
    await eventually(lambda: is_at_rest(talkative), "rest")
    await talkative.stop(*talkative.processes)

    logs = {path.name: path.read_text() for path in talkative.folder.glob("*.log")}
    assert set(logs) == {"engine.log", "mailbox.log", "web.log", "worker.log"}
    assert "bad_signature" in logs["web.log"]
    assert "delivery.failed" in logs["worker.log"]
    state = talkative.state
    secrets = (
        state.secret_key,
        state.engine_key,
        state.twilio_auth_token,
        state.slack_bot_token,
        state.slack_signing_secret,
        talkative.env["IMAP_URL"],
        talkative.env["SMTP_URL"],
    )
    told = [
        (name, word) for name, log in logs.items() for word in (*UNSAYABLE, *secrets) if word.lower() in log.lower()
    ]
    assert told == []


async def test_every_line_of_every_process_is_json_with_an_event(talkative: Deployment) -> None:
    await talkative.text("hello", from_=PHONE)
    await talkative.answer(1, address=PHONE)
    await talkative.stop(*talkative.processes)

    lines = [line for path in talkative.folder.glob("*.log") for line in path.read_text().splitlines()]
    events = [json.loads(line) for line in lines]
    assert {"message.stored", "turn.started", "turn.done"} <= {event["event"] for event in events}
    assert all({"event", "level", "timestamp"} <= set(event) for event in events)


async def _texts_with_faults(deployment: Deployment) -> None:
    """Sends that are cut, refused for ever, and answered late."""
    faults = deployment.sandbox.faults["twilio"]
    faults.plan(Fault(FaultKind.DROP_AFTER, "messages.create"))
    await deployment.text(f"My name is {MARKER}", from_=PHONE)
    await deployment.answer(1, address=PHONE)
    faults.plan(Fault(FaultKind.REJECT, "messages.create", code="21610"))
    await deployment.text(f"Do you know {MARKER}?", from_=OTHER_PHONE)
    await eventually(lambda: deployment.rows("SELECT id FROM deliveries WHERE state = 'failed'"), "a dead letter")


async def _a_denied_refund(deployment: Deployment) -> None:
    arguments = json.dumps({"order_id": "A-1001", "amount": 25, "reason": MARKER})
    await deployment.text(f"call refund_order {arguments}", from_=PHONE)
    card = await deployment.card()
    await deployment.click("approval.deny", card)
    slack = deployment.sandbox.slack
    await eventually(
        lambda: [view for view in slack.open_views(APPROVER) if view.get("callback_id") == "approval.deny"],
        "the form",
    )
    await slack.submit(APPROVER, {"reason": f"Not for {MARKER}"})
    await deployment.answer(3, address=PHONE)


async def _slack_and_mail(deployment: Deployment) -> None:
    deployment.sandbox.faults["slack"].plan(Fault(FaultKind.SERVER_ERROR, "chat.postMessage"))
    root = write(deployment, f"{MENTION} I come from {MARKER}")
    await answer(deployment, root)
    mail = deployment.sandbox.mail
    await mail.write(f"{MAIL_USER}@example.com", f"About {MARKER}", f"Where is {MARKER}?")
    await eventually(lambda: mail.inbox(f"{MAIL_USER}@example.com"), "an answer by mail")


async def _forgeries(deployment: Deployment) -> None:
    """Requests that are refused carry words as well, in every place."""
    form = urlencode({"From": PHONE, "Body": MARKER, "MessageSid": MARKER})
    headers = {"X-Twilio-Signature": MARKER, "Content-Type": "application/x-www-form-urlencoded"}
    slack = {"X-Slack-Signature": MARKER, "X-Slack-Request-Timestamp": MARKER}
    async with httpx.AsyncClient(base_url=deployment.state.web_url, trust_env=False) as http:
        await http.post(f"/twilio/messages?{MARKER}={MARKER}", content=form, headers=headers)
        await http.post("/slack/events", content=json.dumps({"text": MARKER}), headers=slack)
        await http.post(f"/twilio/{MARKER}")

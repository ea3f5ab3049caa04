"""What may come in at `POST /slack/events`, and what is said to it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.base import WebhookRequest
from channels.sandbox.faults import Fault, FaultKind
from channels.sandbox.slack.delivery import signed
from channels.slack.app import MAX_BODY
from tests.channels.slack.deciding import refund
from tests.channels.slack.harness import APPROVERS, SECRET, Deployment

JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


def request(body: bytes, *, secret: str = SECRET, age: int = 0, **headers: str) -> WebhookRequest:
    """A signed request, `age` seconds old, with headers changed as asked."""
    signature = {name.lower(): value for name, value in signed(secret, body, int(time.time()) - age).items()}
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    return WebhookRequest("POST", "/slack/events", "", {**JSON, **signature, **changed}, body)


def event(inner: Mapping[str, object]) -> bytes:
    return json.dumps({"type": "event_callback", "team_id": "T0FRONT", "event_id": "Ev1", "event": inner}).encode()


async def test_url_verification_is_answered_with_its_challenge(deployment: Deployment) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c-123"}).encode()

    reply = await deployment.app.receive(request(body))

    assert reply.status == 200
    assert b"c-123" in reply.body


@pytest.mark.parametrize("secret", [SECRET, "the-next-secret"])
async def test_while_a_secret_is_changed_both_are_accepted(deployment: Deployment, secret: str) -> None:
    reply = await deployment.app.receive(request(event({"type": "app_home_opened"}), secret=secret))

    assert reply.status == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "somebody-else's"},
        {"age": 301},
        {"age": -900},
        {"x_slack_signature": "v0=00"},
        {"x_slack_signature": ""},
        {"x_slack_signature": "v0=é"},
        {"x_slack_request_timestamp": "abc"},
        {"x_slack_request_timestamp": "²"},
        {"x_slack_request_timestamp": "9" * 5000},
        {"x_slack_request_timestamp": ""},
    ],
    ids=lambda wrong: str(wrong)[:60],
)
async def test_what_slack_did_not_sign_is_refused(deployment: Deployment, wrong: dict[str, Any]) -> None:
    reply = await deployment.app.receive(request(event({"type": "message"}), **wrong))

    assert reply.status == 401


@pytest.mark.parametrize(("headers", "body"), [(JSON, b'{"garbage'), (FORM, b"ssl_check=1&token=x")])
async def test_what_nobody_signed_is_refused_unread(
    deployment: Deployment, headers: Mapping[str, str], body: bytes
) -> None:
    reply = await deployment.app.receive(WebhookRequest("POST", "/slack/events", "", headers, body))

    assert reply.status == 401


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b'{"garbage', JSON),
        (b"[1, 2]", JSON),
        (b'"text"', JSON),
        (b"null", JSON),
        (b"", JSON),
        (b"\xff\xfe", JSON),
        (b"[" * 100_000, JSON),
        (b"payload=%7Bgarbage", FORM),
        (urlencode({"payload": "[]"}).encode(), FORM),
        (urlencode({"payload": json.dumps({"type": "block_actions", "actions": [{}]})}).encode(), FORM),
        (urlencode({"payload": json.dumps({"type": "block_actions", "actions": [None]})}).encode(), FORM),
    ],
)
async def test_what_is_signed_but_senseless_is_refused_without_a_trace(
    deployment: Deployment, body: bytes, headers: Mapping[str, str]
) -> None:
    signature = {name.lower(): value for name, value in signed(SECRET, body, int(time.time())).items()}

    reply = await deployment.app.receive(WebhookRequest("POST", "/slack/events", "", {**headers, **signature}, body))

    assert reply.status in (200, 400)
    assert b"Traceback" not in reply.body


async def test_an_oversized_body_is_refused_before_anything_is_computed(deployment: Deployment) -> None:
    reply = await deployment.app.receive(request(b" " * (MAX_BODY + 1)))

    assert reply.status == 413


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "event_callback", "event_id": "Ev1", "event": {"type": "something_new"}},
        {"type": "event_callback", "event_id": "Ev1", "event": {}},
        {"type": "event_callback", "event_id": "Ev1"},
        {"type": "app_rate_limited", "team_id": "T0FRONT", "minute_rate_limited": 1},
        {"type": "something_new"},
        {"type": "message_action", "callback_id": "x"},
        {"type": "shortcut", "callback_id": "x"},
        {"type": "view_closed", "view": {"callback_id": "x", "type": "modal"}},
        {"type": "view_submission", "view": {"callback_id": "x", "type": "modal"}},
        {"type": "block_actions", "actions": [{"action_id": "x", "type": "button"}]},
        {"type": "block_actions", "actions": []},
        {"type": "block_suggestion", "action_id": "x"},
    ],
    ids=lambda payload: f"{payload['type']}-{len(str(payload))}",
)
async def test_genuine_but_unknown_is_acknowledged(deployment: Deployment, payload: Mapping[str, object]) -> None:
    reply = await deployment.app.receive(request(json.dumps(payload).encode()))

    assert reply.status == 200


async def test_a_click_delivered_twice_is_one_gesture(deployment: Deployment) -> None:
    ref = await deployment.ask(refund())
    deployment.slack.faults.plan(Fault(FaultKind.DUPLICATE, "interactivity"))

    await deployment.press("U0ADA", "approval.approve", ref)

    assert [vote.member_id for vote in deployment.gateway.cards["apr_1"].votes] == ["U0ADA"]


async def test_a_click_on_a_card_that_nobody_knows_any_more_is_answered_privately(deployment: Deployment) -> None:
    ref = await deployment.ask(refund())
    deployment.gateway.cards.clear()

    status = await deployment.press("U0ADA", "approval.approve", ref)

    assert status == 200
    assert deployment.slack.ephemerals("U0ADA")[0].text == "This request is not known any more."


async def test_a_proxy_in_the_environment_is_not_taken(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-of-somebody-else")

    ref = await deployment.ask(refund())
    status = await deployment.press("U0GUS", "approval.approve", ref)

    assert status == 200
    assert len(deployment.slack.messages(APPROVERS)) == 1
    assert len(deployment.slack.ephemerals("U0GUS")) == 1


async def test_secrets_do_not_show_in_the_configuration(deployment: Deployment) -> None:
    shown = repr(deployment.app._config)

    assert "xoxb" not in shown
    assert SECRET not in shown


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=200),
    timestamp=st.text(max_size=20),
    signature=st.text(max_size=80),
    is_signed=st.booleans(),
)
async def test_any_request_gets_an_answer(
    deployment: Deployment, body: bytes, timestamp: str, signature: str, is_signed: bool
) -> None:
    odd = {"x-slack-request-timestamp": timestamp, "x-slack-signature": signature, **JSON}
    incoming = request(body) if is_signed else WebhookRequest("POST", "/slack/events", "", odd, body)

    reply = await deployment.app.receive(incoming, now=datetime.now(UTC))

    assert reply.status in (200, 400, 401)

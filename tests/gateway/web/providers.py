"""Requests as the providers sign them, and as forgers would."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from urllib.parse import urlencode

import httpx
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # the SDK ships no types here

ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "an-auth-token"
OURS = "+15550009999"
ALICE = "+15550001111"
PUBLIC_URL = "https://desk.example"
SIGNING_SECRET = "a-signing-secret"
FORM = "application/x-www-form-urlencoded"


def a_text(**changes: str) -> dict[str, str]:
    """The form of an inbound text message."""
    return {
        "MessageSid": "SM" + "1" * 32,
        "AccountSid": ACCOUNT_SID,
        "From": ALICE,
        "To": OURS,
        "Body": "hello",
        "NumMedia": "0",
        **changes,
    }


async def post_as_twilio(
    http: httpx.AsyncClient, form: Mapping[str, str], *, path: str = "/twilio/messages", token: str = AUTH_TOKEN
) -> httpx.Response:
    """Post a form with the signature that Twilio would give it."""
    headers = {"Content-Type": FORM, "X-Twilio-Signature": twilio_signature(form, path, token)}
    return await http.post(path, content=urlencode(form), headers=headers)


def twilio_signature(form: Mapping[str, str], path: str = "/twilio/messages", token: str = AUTH_TOKEN) -> str:
    return str(RequestValidator(token).compute_signature(f"{PUBLIC_URL}{path}", dict(form)))


async def post_as_slack(
    http: httpx.AsyncClient, body: bytes, *, secret: str = SIGNING_SECRET, age_s: int = 0
) -> httpx.Response:
    """Post a JSON body with the signature that Slack would give it, so many seconds ago."""
    timestamp = str(int(time.time()) - age_s)
    signed = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": f"v0={signed}",
    }
    return await http.post("/slack/events", content=body, headers=headers)

"""Is this request from Slack? Decided over the raw bytes, before anything of the body is read.

Bolt has this check too, but parses the body first and answers 500 to odd headers; so ours runs in front of it.
See https://docs.slack.dev/authentication/verifying-requests-from-slack/
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from slack_sdk.signature import Clock, SignatureVerifier

from channels.base import WebhookRequest
from channels.errors import BadSignature, MalformedPayload


def verify(request: WebhookRequest, signing_secrets: Sequence[str], *, now: datetime) -> str:
    """The body as text, when one of the secrets signed it within the last five minutes.

    Raises `BadSignature`, or `MalformedPayload` where a signed body cannot be text.
    """
    timestamp = request.headers.get("x-slack-request-timestamp", "")
    signature = request.headers.get("x-slack-signature", "")
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        raise BadSignature("the request timestamp is missing or not a number")
    if not signature or not signature.isascii():
        raise BadSignature("the signature is missing or not text")
    body = _decoded(request.body)
    clock = _FixedClock(now)
    if not any(SignatureVerifier(secret, clock).is_valid(body, timestamp, signature) for secret in signing_secrets):
        raise BadSignature("no signing secret fits the request")
    return body


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedPayload("the body is not UTF-8") from error


class _FixedClock(Clock):
    def __init__(self, now: datetime) -> None:
        self._now = now.timestamp()

    def now(self) -> float:
        return self._now

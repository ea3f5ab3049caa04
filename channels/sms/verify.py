"""Tells Twilio's requests from forged ones, and gives back the fields that the signature covers.

What is verified is what is parsed: nobody behind this module reads the body a second time. The signed URL is built
from our own public address, never from what a proxy or the request claims about it.
https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

import orjson
from multidict import MultiDict
from twilio.request_validator import (  # type: ignore[import-untyped]  # ships no types
    HMAC_SHA1,
    HMAC_SHA256,
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
)

from channels.base import WebhookRequest
from channels.errors import BadSignature, MalformedPayload

Fields = MultiDict[str]

_SIGNATURE_HEADER = SIGNATURE_HEADER.lower()
_SETTINGS_HEADER = SIGNATURE_SETTINGS_HEADER.lower()
_MAX_FIELDS = 1000


def verify(
    request: WebhookRequest,
    *,
    public_url: str,
    auth_tokens: Sequence[str],
    account_sid: str,
    shared_keys: Mapping[str, str] | None = None,
) -> Fields:
    """The fields of a request that Twilio signed for this account. Raises `BadSignature` or `MalformedPayload`.

    `auth_tokens` may be several while a token is rotated. `shared_keys` maps the ids of Twilio's webhook keys to
    their secrets; the header that names one is the sender's claim, so it selects among ours and nothing else.
    """
    if request.method != "POST":
        raise BadSignature("only POST requests are signed over their fields")
    try:
        content: str | Fields = request.body.decode() if _is_json(request) else _form_fields(request.body)
    except ValueError as error:
        raise BadSignature("the body cannot be read, so nobody signed it") from error
    if not _is_signed(request, content, public_url, auth_tokens, shared_keys or {}):
        raise BadSignature("the signature does not match")
    fields = _json_fields(content) if isinstance(content, str) else content
    if fields.get("AccountSid") != account_sid:
        raise BadSignature("the request is for another account")
    return fields


def _is_signed(
    request: WebhookRequest,
    content: str | Fields,
    public_url: str,
    auth_tokens: Sequence[str],
    shared_keys: Mapping[str, str],
) -> bool:
    settings = request.headers.get(_SETTINGS_HEADER, "").strip()
    if settings:
        key_id, algorithm = _signature_settings(settings)
        secrets: Sequence[str] = [shared_keys[key_id]] if key_id in shared_keys and algorithm == HMAC_SHA256 else []
    else:
        secrets, algorithm = auth_tokens, HMAC_SHA1
    url = public_url.rstrip("/") + request.path + (f"?{request.query}" if request.query else "")
    signature = request.headers.get(_SIGNATURE_HEADER, "")
    try:
        return any(
            RequestValidator(secret).validate(url, content, signature, algorithm) for secret in secrets if secret
        )
    except Exception:  # noqa: BLE001  # the validator raises whatever a hostile header or body makes it trip over
        return False


def _signature_settings(header: str) -> tuple[str, str]:
    pairs = (part.partition("=") for part in header.split(","))
    settings = {name.strip(): value.strip() for name, _, value in pairs}
    return settings.get("key", ""), settings.get("algorithm", "").upper()


def _is_json(request: WebhookRequest) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _form_fields(body: bytes) -> Fields:
    # Blank values and repeated names are signed too.
    return MultiDict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS))


def _json_fields(body: str) -> Fields:
    try:
        content: Any = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedPayload("the body is not JSON") from error
    if not isinstance(content, dict):
        raise MalformedPayload("the body is not a JSON object")
    return MultiDict((name, str(value)) for name, value in content.items() if isinstance(value, str | int))

"""Only what Twilio signed, for our account and our address, gets in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.base import WebhookRequest
from channels.errors import BadSignature, MalformedPayload, Refused
from channels.sms.verify import Fields, verify
from tests.channels.sms.harness import ACCOUNT_SID, AUTH_TOKEN, PUBLIC_URL, inbound_fields, signed_form

JSON_BODY = json.dumps({"AccountSid": ACCOUNT_SID, "MessageSid": "SM1"}).encode()


def check(
    request: WebhookRequest,
    *,
    public_url: str = PUBLIC_URL,
    auth_tokens: tuple[str, ...] = (AUTH_TOKEN,),
    shared_keys: Mapping[str, str] | None = None,
) -> Fields:
    return verify(
        request, public_url=public_url, auth_tokens=auth_tokens, account_sid=ACCOUNT_SID, shared_keys=shared_keys
    )


def sign(signed: str, *, secret: str = AUTH_TOKEN, algorithm: str = "sha1") -> str:
    return base64.b64encode(hmac.digest(secret.encode(), signed.encode(), algorithm)).decode()


def with_header(request: WebhookRequest, **headers: str) -> WebhookRequest:
    return replace(request, headers={**request.headers, **{k.replace("_", "-"): v for k, v in headers.items()}})


def signed_json(body: bytes = JSON_BODY, *, digest: str = "") -> WebhookRequest:
    query = f"bodySHA256={digest or hashlib.sha256(body).hexdigest()}"
    url = f"{PUBLIC_URL}/twilio/messages?{query}"
    headers = {"content-type": "application/json", "x-twilio-signature": sign(url)}
    return WebhookRequest("POST", "/twilio/messages", query, headers, body)


def signed_with_shared_key(settings_header: str, secret: str) -> WebhookRequest:
    fields = inbound_fields()
    url = PUBLIC_URL + "/twilio/messages"
    signed = url + "".join(name + fields[name] for name in sorted(fields))
    signature = sign(signed, secret=secret, algorithm="sha256")
    request = with_header(signed_form(fields), x_twilio_signature=signature)
    return with_header(request, x_twilio_webhooks_signature_settings=settings_header)


def test_a_form_signed_by_twilio_is_given_back_as_fields() -> None:
    fields = check(signed_form(inbound_fields()))

    assert dict(fields) == inbound_fields()


def test_the_query_of_the_webhook_address_is_signed_too() -> None:
    request = signed_form(inbound_fields(), query="tenant=a%20b&x=1")

    assert check(request)["MessageSid"] == inbound_fields()["MessageSid"]
    with pytest.raises(BadSignature):
        check(replace(request, query="tenant=a%20b&x=2"))


def test_a_public_address_with_a_port_or_a_path_is_honoured() -> None:
    fields = inbound_fields()
    url = "http://127.0.0.1:8000/desk/twilio/messages"
    signed = sign(url + "".join(name + fields[name] for name in sorted(fields)))

    request = with_header(signed_form(fields), x_twilio_signature=signed)

    assert check(request, public_url="http://127.0.0.1:8000/desk/")["From"] == fields["From"]


@pytest.mark.parametrize(
    "public_url",
    ["http://desk.example.com", "https://other.example.com", "https://desk.example.com/prefix", "https://x:99999"],
    ids=["scheme", "host", "path", "impossible port"],
)
def test_a_signature_for_another_address_is_refused(public_url: str) -> None:
    with pytest.raises(BadSignature):
        check(signed_form(inbound_fields()), public_url=public_url)


@pytest.mark.parametrize(
    "headers",
    [
        {"x_twilio_signature": ""},
        {"x_twilio_signature": "bm90IGl0"},
        {"x_twilio_signature": "süß ☃"},
        {"content_type": "application/json"},
        {"content_type": "text/plain"},
    ],
    ids=["empty", "wrong", "not ASCII", "read as JSON", "read as text"],
)
def test_a_wrong_header_is_refused_without_an_accident(headers: dict[str, str]) -> None:
    request = with_header(signed_form({**inbound_fields(), "Body": "changed"}), **headers)

    with pytest.raises(BadSignature):
        check(replace(request, body=request.body.replace(b"changed", b"forged")))


def test_a_missing_signature_is_refused() -> None:
    request = signed_form(inbound_fields())

    with pytest.raises(BadSignature):
        check(replace(request, headers={"content-type": request.headers["content-type"]}))


def test_a_body_that_lost_its_white_space_or_a_field_is_refused() -> None:
    request = signed_form(inbound_fields(Body="hi "))

    with pytest.raises(BadSignature):
        check(replace(request, body=request.body.replace(b"hi+", b"hi")))
    with pytest.raises(BadSignature):
        check(replace(request, body=request.body.replace(b"&FromCity=", b"")))


def test_an_address_claimed_by_a_proxy_header_means_nothing() -> None:
    fields = inbound_fields()
    evil = "https://evil.example.com/twilio/messages"
    forged = sign(evil + "".join(name + fields[name] for name in sorted(fields)))
    claims = {"host": "evil.example.com", "x_forwarded_host": "evil.example.com", "x_forwarded_proto": "http"}

    genuine = with_header(signed_form(fields), **claims)

    assert check(genuine)["From"] == fields["From"]
    with pytest.raises(BadSignature):
        check(with_header(genuine, x_twilio_signature=forged))


def test_blank_values_unknown_names_and_odd_characters_are_signed_like_all_others() -> None:
    fields = inbound_fields(Body=" +1 & = % 😀\n", FromCity="", SomethingNew="näh", ChannelMetadata='{"a": "b"}')

    assert dict(check(signed_form(fields))) == fields


def test_repeated_names_are_signed_with_each_of_their_values() -> None:
    url = PUBLIC_URL + "/twilio/messages"
    signature = sign(url + f"AccountSid{ACCOUNT_SID}" + "MediaUrla" + "MediaUrlb" + "MessageSidSM1")
    body = f"MediaUrl=b&MessageSid=SM1&MediaUrl=a&AccountSid={ACCOUNT_SID}".encode()
    headers = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature}

    fields = check(WebhookRequest("POST", "/twilio/messages", "", headers, body))

    assert fields.getall("MediaUrl") == ["b", "a"]


def test_while_a_token_is_rotated_the_old_and_the_new_one_count() -> None:
    old, new = signed_form(inbound_fields(), auth_token="old"), signed_form(inbound_fields(), auth_token="new")

    assert check(old, auth_tokens=("new", "old"))
    assert check(new, auth_tokens=("new", "old"))
    with pytest.raises(BadSignature):
        check(old, auth_tokens=("new",))


def test_an_empty_token_never_counts() -> None:
    with pytest.raises(BadSignature):
        check(signed_form(inbound_fields(), auth_token=""), auth_tokens=("", AUTH_TOKEN))


@pytest.mark.parametrize("account_sid", ["AC" + "f" * 32, ""])
def test_a_request_for_another_account_is_refused(account_sid: str) -> None:
    with pytest.raises(BadSignature, match="another account"):
        check(signed_form(inbound_fields(AccountSid=account_sid)))


def test_only_posts_are_taken() -> None:
    with pytest.raises(BadSignature):
        check(replace(signed_form(inbound_fields()), method="GET"))


def test_json_is_taken_where_its_hash_is_part_of_the_signed_address() -> None:
    assert check(signed_json())["MessageSid"] == "SM1"


def test_json_that_was_changed_or_whose_hash_is_missing_is_refused() -> None:
    unhashed = replace(signed_json(), query="")
    url = f"{PUBLIC_URL}/twilio/messages"

    with pytest.raises(BadSignature):
        check(replace(signed_json(), body=JSON_BODY + b" "))
    with pytest.raises(BadSignature):
        check(with_header(unhashed, x_twilio_signature=sign(url)))


def test_the_hash_of_json_is_compared_as_twilio_writes_it_in_lower_case() -> None:
    with pytest.raises(BadSignature):
        check(signed_json(digest=hashlib.sha256(JSON_BODY).hexdigest().upper()))


@pytest.mark.parametrize("body", [b"[1, 2]", b"{", b'"text"'])
def test_signed_json_that_is_no_object_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedPayload):
        check(signed_json(body))


def test_a_shared_key_is_taken_and_rolled_over() -> None:
    keys = {"key_old": "secret one", "key_new": "secret two"}

    assert check(signed_with_shared_key("key=key_old,algorithm=HMAC_SHA256", "secret one"), shared_keys=keys)
    assert check(signed_with_shared_key("key=key_new, algorithm=HMAC_SHA256", "secret two"), shared_keys=keys)


@pytest.mark.parametrize(
    ("header", "secret"),
    [
        ("key=unknown,algorithm=HMAC_SHA256", "secret"),
        ("key=known,algorithm=HMAC_SHA512", "secret"),
        ("key=known,algorithm=HMAC_SHA1", "secret"),
        ("key=known", "secret"),
        ("algorithm=HMAC_SHA256", AUTH_TOKEN),
        ("key=known,algorithm=HMAC_SHA256", "guessed"),
        (",,=,", "secret"),
    ],
)
def test_a_header_naming_an_unknown_key_or_algorithm_is_refused(header: str, secret: str) -> None:
    with pytest.raises(BadSignature):
        check(signed_with_shared_key(header, secret), shared_keys={"known": "secret"})


@settings(max_examples=60, deadline=None)
@given(
    body=st.binary(max_size=200),
    headers=st.dictionaries(
        st.sampled_from(["content-type", "x-twilio-signature", "x-twilio-webhooks-signature-settings"]),
        st.one_of(st.text(max_size=60), st.sampled_from(["application/json", "key=known,algorithm=HMAC_SHA256"])),
    ),
    query=st.text(max_size=40),
)
def test_whatever_comes_unsigned_is_refused_and_nothing_worse(body: bytes, headers: dict[str, str], query: str) -> None:
    with pytest.raises(Refused):
        check(WebhookRequest("POST", "/twilio/messages", query, headers, body), shared_keys={"known": "secret"})


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
        max_size=8,
    )
)
def test_whatever_twilio_signs_comes_back_as_it_was(fields: dict[str, str]) -> None:
    whole = {**fields, "AccountSid": ACCOUNT_SID}

    assert dict(check(signed_form(whole))) == whole

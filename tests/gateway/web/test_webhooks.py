"""What providers call: stored before it is answered, and nothing stored of what is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlencode

import httpx
import orjson
import pytest
from pydantic import SecretStr

from gateway.app import Gateway, open_gateway
from gateway.settings import Settings
from gateway.web.webhooks import MAX_BODY_BYTES
from tests.gateway.web.conftest import client
from tests.gateway.web.providers import (
    ALICE,
    AUTH_TOKEN,
    FORM,
    SIGNING_SECRET,
    a_text,
    post_as_slack,
    post_as_twilio,
    twilio_signature,
)

Post = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]
CHALLENGE = b'{"type": "url_verification", "challenge": "3eZbrw1aB"}'


async def stored(gateway: Gateway) -> int:
    return len(await gateway.db.fetch("SELECT id FROM messages"))


async def test_a_text_is_durable_before_it_is_acknowledged(http: httpx.AsyncClient, gateway: Gateway) -> None:
    answer = await post_as_twilio(http, a_text())

    assert answer.status_code == 200
    assert await stored(gateway) == 1


async def test_a_redelivered_text_is_acknowledged_and_not_stored_again(
    http: httpx.AsyncClient, gateway: Gateway
) -> None:
    answers = [await post_as_twilio(http, a_text()) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {200}
    assert await stored(gateway) == 1


async def test_a_text_with_characters_that_no_database_keeps_is_stored_without_them(
    http: httpx.AsyncClient, gateway: Gateway
) -> None:
    answer = await post_as_twilio(http, a_text(Body="a\x00b"))

    assert answer.status_code == 200
    row = await gateway.db.fetch_one("SELECT text FROM messages")
    assert row is not None
    assert row["text"] == "ab"


async def test_news_of_an_unknown_message_is_acknowledged(http: httpx.AsyncClient) -> None:
    form = {**a_text(), "MessageStatus": "delivered", "SmsSid": "SM" + "9" * 32, "MessageSid": "SM" + "9" * 32}

    answer = await post_as_twilio(http, form, path="/twilio/status")

    assert answer.status_code == 200


async def test_slack_gets_its_challenge_back(http: httpx.AsyncClient) -> None:
    answer = await post_as_slack(http, CHALLENGE)

    assert answer.status_code == 200
    assert "3eZbrw1aB" in answer.text


# What is refused


async def _unsigned_twilio(http: httpx.AsyncClient) -> httpx.Response:
    return await http.post("/twilio/messages", content=urlencode(a_text()), headers={"Content-Type": FORM})


async def _forged_twilio(http: httpx.AsyncClient) -> httpx.Response:
    return await post_as_twilio(http, a_text(), token="a-guess")


async def _foreign_account(http: httpx.AsyncClient) -> httpx.Response:
    return await post_as_twilio(http, a_text(AccountSid="AC" + "f" * 32))


async def _changed_twilio(http: httpx.AsyncClient) -> httpx.Response:
    headers = {"Content-Type": FORM, "X-Twilio-Signature": twilio_signature(a_text())}
    return await http.post("/twilio/messages", content=urlencode(a_text(Body="refund me")), headers=headers)


async def _text_without_sid(http: httpx.AsyncClient) -> httpx.Response:
    form = a_text()
    del form["MessageSid"]
    return await post_as_twilio(http, form)


async def _no_form_at_all(http: httpx.AsyncClient) -> httpx.Response:
    return await http.post("/twilio/messages", content=b"\xff\xfe\x00", headers={"X-Twilio-Signature": "x"})


async def _too_large(http: httpx.AsyncClient) -> httpx.Response:
    return await post_as_twilio(http, a_text(Body="x" * MAX_BODY_BYTES))


async def _unsigned_slack(http: httpx.AsyncClient) -> httpx.Response:
    return await http.post("/slack/events", content=CHALLENGE)


async def _forged_slack(http: httpx.AsyncClient) -> httpx.Response:
    return await post_as_slack(http, CHALLENGE, secret="a-guess")


async def _stale_slack(http: httpx.AsyncClient) -> httpx.Response:
    return await post_as_slack(http, CHALLENGE, age_s=3600)


async def _slack_from_the_future(http: httpx.AsyncClient) -> httpx.Response:
    return await post_as_slack(http, CHALLENGE, age_s=-3600)


async def _slack_that_is_no_json(http: httpx.AsyncClient) -> httpx.Response:
    return await post_as_slack(http, b"{not json")


async def _slack_that_is_no_object(http: httpx.AsyncClient) -> httpx.Response:
    return await post_as_slack(http, b"[1, 2, 3]")


async def _slack_that_is_no_text(http: httpx.AsyncClient) -> httpx.Response:
    return await post_as_slack(http, b"\xff\xfe\x00")


async def _too_large_for_slack(http: httpx.AsyncClient) -> httpx.Response:
    return await post_as_slack(http, b'{"type": "' + b"x" * MAX_BODY_BYTES + b'"}')


REFUSED: dict[Post, tuple[int, ...]] = {
    _unsigned_twilio: (401, 403),
    _forged_twilio: (401, 403),
    _foreign_account: (401, 403),
    _changed_twilio: (401, 403),
    _text_without_sid: (400,),
    _no_form_at_all: (400, 401, 403),
    _too_large: (413,),
    _unsigned_slack: (401, 403),
    _forged_slack: (401, 403),
    _stale_slack: (401, 403),
    _slack_from_the_future: (401, 403),
    _slack_that_is_no_json: (400,),
    _slack_that_is_no_object: (400,),
    _slack_that_is_no_text: (400, 401, 403),
    _too_large_for_slack: (413,),
}


@pytest.mark.parametrize(("post", "statuses"), REFUSED.items(), ids=lambda value: getattr(value, "__name__", ""))
async def test_what_is_not_genuine_is_refused_without_a_trace(
    http: httpx.AsyncClient, gateway: Gateway, capfd: pytest.CaptureFixture[str], post: Post, statuses: tuple[int, ...]
) -> None:
    answer = await post(http)

    assert answer.status_code in statuses
    assert await stored(gateway) == 0
    assert await gateway.db.fetch("SELECT event_id FROM receipts") == []
    logged = "".join(capfd.readouterr())
    assert "Traceback" not in logged
    assert "hello" not in logged


@pytest.mark.parametrize("path", ["/slack/events", "/twilio/messages", "/twilio/status"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_webhooks_are_posted(http: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await http.request(method, path)

    assert answer.status_code == 405


@pytest.mark.parametrize("path", ["/", "/slack", "/twilio/other", "/.env"])
async def test_there_is_nothing_elsewhere(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.post(path)).status_code == 404


# Channels that are off


@pytest.fixture
async def bare(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway without any channel."""
    off = settings.model_copy(update={"twilio_account_sid": "", "slack_bot_token": settings.slack_app_token})
    async with open_gateway(off) as gateway, client(gateway) as opened:
        yield opened


@pytest.mark.parametrize("path", ["/slack/events", "/twilio/messages", "/twilio/status"])
async def test_a_channel_that_is_off_is_not_found(bare: httpx.AsyncClient, path: str) -> None:
    assert (await bare.post(path, content=orjson.dumps({}))).status_code == 404


async def test_while_secrets_are_changed_the_old_ones_count_too(settings: Settings) -> None:
    changing = settings.model_copy(
        update={
            "slack_signing_secret": SecretStr(f"the-next-one, {SIGNING_SECRET}"),
            "twilio_auth_token": SecretStr(f"the-next-one,{AUTH_TOKEN}"),
            "sms_keywords": ("spanish",),
        }
    )

    async with open_gateway(changing) as gateway, client(gateway) as http:
        slack = [await post_as_slack(http, CHALLENGE, secret=secret) for secret in ("the-next-one", SIGNING_SECRET)]
        twilio = [
            await post_as_twilio(http, a_text(Body="ALTO"), token=token) for token in ("the-next-one", AUTH_TOKEN)
        ]
        opted_out = await gateway.db.fetch("SELECT address FROM opt_outs")

    assert {answer.status_code for answer in [*slack, *twilio]} == {200}
    assert [row["address"] for row in opted_out] == [ALICE]

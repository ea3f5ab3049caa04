"""Customers' files come from Twilio, whole, or not at all; our credentials go to Twilio alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.errors import PermanentFailure, TemporaryFailure
from channels.message import InboundMessage
from channels.sandbox.faults import Fault, FaultKind
from channels.sms.adapter import SmsAdapter
from channels.sms.media import File, TwilioMedia
from tests.channels.sms.harness import ACCOUNT_SID, AUTH_TOKEN, CUSTOMER, OURS, Deployment, sms_config

PATH = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/MM1/Media/ME1"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def media_from(handler: Handler, *, max_bytes: int = 1000) -> AsyncIterator[tuple[TwilioMedia, str]]:
    """A client, and the address of the server behind it, which answers everything with `handler`."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        base = str(server.make_url("")).rstrip("/")
        client = TwilioMedia(session, account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, api_url=base, max_bytes=max_bytes)
        yield client, base


def answering(status: int = 200, body: bytes = b"bytes", **headers: str) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return answer


async def test_a_file_is_read_with_its_type() -> None:
    async with media_from(answering(body=b"GIF89a", Content_Type="image/gif")) as (media, base):
        assert await media.fetch(base + PATH) == File(b"GIF89a", "image/gif")


async def test_the_storage_that_twilio_points_to_never_sees_our_credentials() -> None:
    seen: list[tuple[str, bool]] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append((request.path, "Authorization" in request.headers))
        if request.path == PATH:
            return web.Response(status=307, headers={"Location": "/storage/1"})
        return web.Response(body=b"file")

    async with media_from(answer) as (media, base):
        await media.fetch(base + PATH)

    assert seen == [(PATH, True), ("/storage/1", False)]


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example.com/a",
        "http://api.twilio.com/2010-04-01/Accounts/a",
        "http://169.254.169.254/latest/meta-data",
        "https://api.twilio.com.evil.example.com/a",
        "https://api.twilio.com@evil.example.com/a",
        "file:///etc/passwd",
        "/relative",
        "",
        "https://[half",
    ],
)
async def test_no_other_host_is_ever_asked(address: str) -> None:
    async with media_from(answering()) as (media, _):
        with pytest.raises(PermanentFailure):
            await media.fetch(address)


async def test_a_redirect_to_another_host_is_not_followed() -> None:
    async with media_from(answering(307, Location="http://169.254.169.254/")) as (media, base):
        with pytest.raises(PermanentFailure, match="does not lie at Twilio"):
            await media.fetch(base + PATH)


async def test_redirects_without_end_are_given_up() -> None:
    async with media_from(answering(302, Location=PATH)) as (media, base):
        with pytest.raises(PermanentFailure, match="without end"):
            await media.fetch(base + PATH)


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_file_that_is_too_large_is_not_read_to_its_end(chunked: bool) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = None if chunked else 2000
        await response.prepare(request)
        await response.write(b"x" * 2000)
        return response

    async with media_from(answer, max_bytes=1000) as (media, base):
        with pytest.raises(PermanentFailure) as caught:
            await media.fetch(base + PATH)

    assert caught.value.code == "too_large"


@pytest.mark.parametrize(
    "handler",
    [
        answering(body=b"\n <!DOCTYPE html><p>Sign in</p>", Content_Type="image/jpeg"),
        answering(body=b"Sign in", Content_Type="text/html; charset=utf-8"),
    ],
    ids=["by its first words", "by its type"],
)
async def test_a_web_page_is_not_taken_for_a_file(handler: Handler) -> None:
    async with media_from(handler) as (media, base):
        with pytest.raises(PermanentFailure, match="web page"):
            await media.fetch(base + PATH)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_a_file_that_we_may_not_have_or_that_is_gone_is_given_up(status: int) -> None:
    async with media_from(answering(status)) as (media, base):
        with pytest.raises(PermanentFailure) as caught:
            await media.fetch(base + PATH)

    assert caught.value.code == str(status)


async def test_a_busy_server_is_asked_again_when_it_says() -> None:
    async with media_from(answering(429, Retry_After="9")) as (media, base):
        with pytest.raises(TemporaryFailure) as caught:
            await media.fetch(base + PATH)

    assert caught.value.retry_after == timedelta(seconds=9)


async def test_removing_a_file_that_is_gone_already_is_fine() -> None:
    async with media_from(answering(404)) as (media, base):
        await media.delete(base + PATH)


async def test_only_twilio_is_asked_to_remove_a_file() -> None:
    async with media_from(answering()) as (media, _):
        with pytest.raises(PermanentFailure):
            await media.delete("https://mms.twiliocdn.com/a")


async def test_a_cut_connection_is_tried_again_later(deployment: Deployment) -> None:
    await deployment.twilio.receive_sms(CUSTOMER, OURS, "", [(b"file", "image/png")])
    [event] = await deployment.inbox.until(1)
    assert isinstance(event, InboundMessage)
    # An aiohttp client may repeat a GET on a connection that was cut.
    deployment.faults.plan(Fault(FaultKind.DROP_BEFORE, "media", times=5))

    with pytest.raises(TemporaryFailure):
        await deployment.adapter.fetch(event.attachments[0])


async def test_wrong_credentials_give_no_file(deployment: Deployment) -> None:
    await deployment.twilio.receive_sms(CUSTOMER, OURS, "", [(b"file", "image/png")])
    [event] = await deployment.inbox.until(1)
    assert isinstance(event, InboundMessage)

    async with SmsAdapter.open(sms_config(api_url=deployment.api_url, auth_token="wrong")) as adapter:
        with pytest.raises(PermanentFailure, match="does not give us"):
            await adapter.fetch(event.attachments[0])

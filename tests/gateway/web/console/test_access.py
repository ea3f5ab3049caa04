"""Who gets into the console, and whose forms it believes."""

from __future__ import annotations

import time
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr

from gateway.app import Gateway, open_gateway
from gateway.settings import Settings
from gateway.web.console.throttle import OF_ALL, OF_ONE, WITHIN, Throttle
from tests.gateway.fakes import Clock
from tests.gateway.web.console.conftest import TOKEN, Browser, unsigned
from tests.gateway.web.console.scene import Known

PATHS = ("/console", "/console/approvals", "/console/login", "/console/static/console.css", "/console/live")


@pytest.fixture
def database_kind() -> str:
    """Nothing here depends on the database."""
    return "sqlite"


async def test_without_a_token_there_is_no_console(settings: Settings) -> None:
    closed = settings.model_copy(update={"console_token": SecretStr("")})

    async with open_gateway(closed) as gateway, unsigned(gateway) as http:
        answers = [await http.get(path) for path in PATHS]

    assert {answer.status_code for answer in answers} == {404}
    assert all("CONSOLE_TOKEN" in answer.text for answer in answers)


async def test_who_is_not_signed_in_is_asked_for_the_token_and_comes_back(gateway: Gateway) -> None:
    async with unsigned(gateway) as http:
        sent_away = await http.get("/console/approvals?show=decided")
        door = await http.get(sent_away.headers["location"])
        inside = await http.post("/console/login", data={"token": TOKEN, "next": "/console/approvals?show=decided"})

    assert sent_away.status_code == 303
    assert 'value="/console/approvals?show=decided"' in door.text
    assert inside.headers["location"] == "/console/approvals?show=decided"


async def test_a_session_is_a_signed_cookie_for_this_site_only(gateway: Gateway) -> None:
    async with unsigned(gateway) as http:
        answer = await http.post("/console/login", data={"token": TOKEN})

    cookie = answer.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=lax", "secure", "path=/console", "max-age=43200"))


async def test_a_cookie_that_we_did_not_sign_opens_nothing(gateway: Gateway) -> None:
    cookies = [f"frontdesk_console={forged}" for forged in ("", "x", "InNlcyI.aaaa.bbbb", "null")]

    async with unsigned(gateway) as http:
        answers = [await http.get("/console", headers={"Cookie": cookie}) for cookie in cookies]

    assert {answer.status_code for answer in answers} == {303}


async def test_a_session_ends_after_half_a_day(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    signer = "itsdangerous.timed.TimestampSigner.get_timestamp"
    later = int(time.time()) + 13 * 3600
    monkeypatch.setattr(signer, lambda _self: later)

    answer = await browser.http.get("/console")

    assert answer.status_code == 303


async def test_changing_the_token_ends_every_session(browser: Browser, settings: Settings) -> None:
    changed = settings.model_copy(update={"console_token": SecretStr("another")})

    async with open_gateway(changed) as gateway, unsigned(gateway) as http:
        answer = await http.get("/console", headers={"Cookie": f"frontdesk_console={cookie_of(browser)}"})

    assert answer.status_code == 303


async def test_signing_out_forgets_the_session(browser: Browser) -> None:
    await browser.press("/console/logout")

    assert (await browser.http.get("/console")).status_code == 303


async def test_a_form_without_this_sessions_token_changes_nothing(browser: Browser, known: Known) -> None:
    path = f"/console/deliveries/{known.dead[0]}/drop"

    bare = await browser.http.post(path, data={})
    wrong = await browser.http.post(path, data={"form_token": "0" * 64})
    odd = await browser.http.post(path, data={"form_token": "é"})

    assert [bare.status_code, wrong.status_code, odd.status_code] == [403, 403, 403]
    assert known.dead[0] in await browser.read("/console/deliveries?state=failed")


async def test_a_form_of_another_site_is_refused(gateway: Gateway) -> None:
    senders = ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"})

    async with unsigned(gateway) as http:
        answers = [await http.post("/console/login", data={"token": TOKEN}, headers=headers) for headers in senders]

    assert {answer.status_code for answer in answers} == {403}
    assert not any("set-cookie" in answer.headers for answer in answers)


async def test_the_login_sends_nobody_to_another_site(gateway: Gateway) -> None:
    elsewhere = ("//evil.example", "https://evil.example", "/console//evil", "/console/\\evil", "/")

    async with unsigned(gateway) as http:
        answers = [await http.post("/console/login", data={"token": TOKEN, "next": wanted}) for wanted in elsewhere]

    assert {answer.headers["location"] for answer in answers} == {"/console"}


async def test_a_form_may_not_be_huge(gateway: Gateway) -> None:
    async with unsigned(gateway) as http:
        answer = await http.post("/console/login", data={"token": "x" * 100_000})

    assert answer.status_code == 413


async def test_guessing_is_slow(gateway: Gateway) -> None:
    async with unsigned(gateway) as http:
        guesses = [await http.post("/console/login", data={"token": f"guess {number}"}) for number in range(OF_ONE)]
        stopped = await http.post("/console/login", data={"token": TOKEN})

    assert {guess.status_code for guess in guesses} == {403}
    assert stopped.status_code == 429
    assert int(stopped.headers["retry-after"]) > 0
    assert "set-cookie" not in stopped.headers


def test_others_may_go_on_when_one_has_guessed_too_often() -> None:
    throttle = Throttle(clock=(clock := Clock()))
    for _ in range(OF_ONE):
        throttle.note_failure("2001:db8::1")

    assert throttle.wait_s("2001:db8::2") > 0  # the same household
    assert throttle.wait_s("2001:db8:1::1") == 0
    clock.advance(WITHIN + timedelta(seconds=1))
    assert throttle.wait_s("2001:db8::1") == 0


def test_many_who_guess_are_stopped_together() -> None:
    throttle = Throttle(clock=Clock())
    for number in range(OF_ALL):
        throttle.note_failure(f"192.0.2.{number}")

    assert throttle.wait_s("198.51.100.1") > 0


async def test_every_answer_says_what_it_may_load(browser: Browser) -> None:
    paths = ("/console/login", "/console", "/console/nowhere", "/console/static/console.js")

    answers = [await browser.http.get(path) for path in paths]

    policies = {answer.headers["content-security-policy"] for answer in answers}
    assert all("default-src 'none'" in policy and "unsafe" not in policy for policy in policies)
    assert {answer.headers["x-content-type-options"] for answer in answers} == {"nosniff"}
    assert {answer.headers["referrer-policy"] for answer in answers} == {"same-origin"}


def cookie_of(browser: Browser) -> str:
    value = httpx.Cookies(browser.http.cookies).get("frontdesk_console")
    assert value is not None
    return value

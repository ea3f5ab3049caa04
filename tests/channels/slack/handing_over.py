"""Handoffs for the tests of the desk, and how a reviewer reads them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from channels.message import Attachment, ChannelName
from channels.staff import DraftCard, HandoffBrief, Speaker, ThreadLine

OPENED = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
HOSTILE = "<!channel> <@U0ADA> <!subteam^S1> <https://evil.example|your bank> *bold* & `code`"
PHOTO = Attachment("lamp.png", "image/png", 4, content=b"\x89PNG")


def said(text: str = "My lamp arrived broken.", **changes: object) -> ThreadLine:
    """A line of the customer."""
    line = ThreadLine(Speaker.CUSTOMER, text, OPENED + timedelta(minutes=1), "Carla")
    return replace(line, **changes)  # type: ignore[arg-type] # the tests name fields of the line


def handoff(**changes: object) -> HandoffBrief:
    """A brief that waits for somebody."""
    brief = HandoffBrief(
        handoff_id="hnd_1",
        customer="Carla (+15•••01)",
        channel=ChannelName.SMS,
        assurance="claimed",
        reason="the customer asked for a person",
        asked="My lamp arrived broken.\nCan I talk to somebody <!here>?",
        tried=("Looked up order A-1001: sent on 2 May", "Asked to refund 25.00: still to be approved"),
        open_approvals=(("refund order A-1001, 25.00", "https://acme.slack.com/archives/C0APPROVERS/p1"),),
        last=(
            said("Hello?"),
            ThreadLine(Speaker.AGENT, "Hello Carla, how can I help?", OPENED + timedelta(minutes=2)),
            said("My lamp arrived broken.", attachments=(PHOTO,)),
        ),
        reach="Carla by text message, +15•••01",
        opened_at=OPENED,
        transcript_url="http://127.0.0.1:8000/console/conversations/cnv_1",
    )
    return replace(brief, **changes)  # type: ignore[arg-type] # the tests name fields of the brief


def proposed(**changes: object) -> DraftCard:
    """A draft that nobody has looked at."""
    draft = DraftCard("drf_1", "Hello Carla,\n\nwe send you a **new lamp** today.")
    return replace(draft, **changes)  # type: ignore[arg-type] # the tests name fields of the draft

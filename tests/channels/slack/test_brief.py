"""What staff see of a handoff. The screens are files in `handoffs/`, to be read by people."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.message import Attachment, ChannelName
from channels.slack.desk.blocks import Block
from channels.slack.desk.brief import compose_brief
from channels.slack.desk.card import CardMessage
from channels.slack.desk.draft import DraftSubject, compose_draft, edit_dialog
from channels.slack.desk.thread_line import compose_line, with_whole_text
from channels.slack.limits import view_violations, violations
from channels.slack.thread_files import upload_name
from channels.staff import DraftState, HandoffState, Speaker, ThreadLine
from tests.channels.slack.handing_over import HOSTILE, OPENED, PHOTO, handoff, proposed, said
from tests.channels.slack.rendering import rendered

SCREENS_DIR = Path(__file__).parent / "handoffs"
LATER = OPENED + timedelta(minutes=30)
OPTED_OUT = ("This number has opted out: nothing that you write will be sent.",)

SCREENS = {
    "waiting": compose_brief(handoff()),
    "waiting_for_a_group": compose_brief(handoff(assigned_to="S0BILLING")),
    "waiting_with_warnings": compose_brief(handoff(warnings=OPTED_OUT, assurance="failed", channel=ChannelName.EMAIL)),
    "waiting_with_little": compose_brief(
        handoff(asked="", tried=(), open_approvals=(), last=(), reason="", transcript_url="")
    ),
    "owned": compose_brief(handoff(state=HandoffState.OWNED, owner="U0STAN")),
    "owned_in_the_console": compose_brief(handoff(state=HandoffState.OWNED, owner="Stan (console)")),
    "returned": compose_brief(handoff(state=HandoffState.RETURNED, closed_by="U0STAN", closed_at=LATER)),
    "closed": compose_brief(handoff(state=HandoffState.CLOSED, closed_by="U0STAN", closed_at=LATER)),
    "line_of_the_customer": compose_line(said(f"One\n\n{HOSTILE}", attachments=(PHOTO,))),
    "line_of_the_agent": compose_line(ThreadLine(Speaker.AGENT, "Your order is on its way.", OPENED)),
    "line_of_staff": compose_line(ThreadLine(Speaker.STAFF, "Hello, this is Stan.", OPENED, "Stan (console)")),
    "line_with_a_lost_file": compose_line(said("", attachments=(PHOTO,)), lost=(PHOTO,)),
    "notice": compose_line(ThreadLine(Speaker.NOTICE, "<@U0STAN> has it now. <!channel>", OPENED)),
    "warning": compose_line(ThreadLine(Speaker.NOTICE, f"They refused it: {HOSTILE}", OPENED, is_warning=True)),
    "warning_that_asks": compose_line(
        ThreadLine(Speaker.NOTICE, "This is 9 text messages long.", OPENED, is_warning=True, asks="stm_1")
    ),
    "draft": compose_draft(proposed(text=f"We send a **new lamp** today. {HOSTILE}")),
    "draft_sent": compose_draft(proposed(state=DraftState.SENT, decided_by="U0STAN")),
    "draft_dropped": compose_draft(proposed(state=DraftState.DROPPED, decided_by="Stan (console)")),
}


@pytest.mark.parametrize("name", SCREENS)
def test_each_state_reads_as_its_screen(name: str) -> None:
    assert rendered(SCREENS[name]) == (SCREENS_DIR / f"{name}.txt").read_text()


def test_what_others_wrote_cannot_call_anybody() -> None:
    hostile = said(HOSTILE, name=HOSTILE, attachments=(replace(PHOTO, name=HOSTILE),))
    foreign = dict.fromkeys(("customer", "reason", "asked", "reach", "owner", "assurance"), HOSTILE)
    brief = handoff(
        state=HandoffState.OWNED,
        tried=(HOSTILE,),
        open_approvals=((HOSTILE, "javascript:alert(1)"), (HOSTILE, f"https://ok.example/{HOSTILE}")),
        last=(hostile,),
        warnings=(HOSTILE,),
        **foreign,
    )

    messages = [compose_brief(brief), compose_line(hostile), compose_draft(proposed(text=HOSTILE, decided_by=HOSTILE))]

    sent = json.dumps([(message.text, _but_headers(message)) for message in messages])
    for alive in ("<!channel", "<@U0ADA", "<!subteam"):
        assert alive not in sent


def test_what_a_customer_wrote_makes_no_link() -> None:
    line = said("<https://evil.example|your bank>")

    sent = json.dumps([compose_line(line).blocks, compose_brief(handoff(asked=line.text, last=(line,))).blocks])

    assert "<https://evil" not in sent


def test_the_notification_alone_says_who_waits_why_and_what_for() -> None:
    text = compose_brief(handoff(warnings=OPTED_OUT)).text

    assert text.startswith("Waiting for a person: Carla (+15•••01) (text message, identity only claimed).")
    assert "the customer asked for a person" in text
    assert "opted out" in text
    assert "My lamp arrived broken." in text


def test_a_text_too_long_for_a_message_comes_as_a_file_too() -> None:
    long = said("& word\n" * 4000)

    line = with_whole_text(long)

    (file,) = line.attachments
    assert (file.name, file.content) == ("message.txt", long.text.encode())
    assert violations(compose_line(line).text, compose_line(line).blocks) == ()


def test_a_draft_that_no_dialog_holds_says_so_instead_of_losing_some_of_it() -> None:
    dialog = edit_dialog(proposed(text="x" * 3001), DraftSubject("drf_1", "C1", "1.0"))

    assert "too long for a dialog" in dialog["blocks"][0]["text"]["text"]
    assert "submit" not in dialog


@pytest.mark.parametrize("name", ["lamp.png", "", ".bashrc", "a/b\\c", "x" * 400 + "." + "y" * 400, "ä\x00.jpeg"])
def test_an_uploaded_file_has_a_name_of_its_own_for_each_line(name: str) -> None:
    first, second = upload_name("line_1.0", name), upload_name("line_2.0", name)

    assert first != second
    assert len(first) < 255
    assert first == upload_name("line_1.0", name)


words = st.text(max_size=4000)
lines = st.builds(
    ThreadLine,
    speaker=st.sampled_from(Speaker),
    text=st.text(alphabet="&<a\n ", max_size=6000) | words,
    at=st.just(OPENED),
    name=words,
    attachments=st.lists(st.builds(Attachment, name=words, mime_type=st.just("x/y")), max_size=30).map(tuple),
    is_warning=st.booleans(),
    asks=st.sampled_from(["", "stm_1"]),
)


@settings(max_examples=60, deadline=None)
@given(line=lines)
def test_any_line_fits_slack_s_limits(line: ThreadLine) -> None:
    assert _problems(compose_line(with_whole_text(line))) == ()


@settings(max_examples=60, deadline=None)
@given(
    texts=st.fixed_dictionaries(dict.fromkeys(("customer", "reason", "asked", "reach", "owner", "closed_by"), words)),
    lists=st.fixed_dictionaries(dict.fromkeys(("tried", "warnings"), st.lists(words, max_size=30).map(tuple))),
    approvals=st.lists(st.tuples(words, words.map("https://ok.example/{}".format)), max_size=20).map(tuple),
    last=st.lists(lines, max_size=12).map(tuple),
    state=st.sampled_from(HandoffState),
)
def test_any_brief_fits_slack_s_limits_and_keeps_its_buttons(
    texts: dict[str, str],
    lists: dict[str, tuple[str, ...]],
    approvals: tuple[tuple[str, str], ...],
    last: tuple[ThreadLine, ...],
    state: HandoffState,
) -> None:
    message = compose_brief(handoff(state=state, open_approvals=approvals, last=last, **texts, **lists))

    assert _problems(message) == ()
    assert (message.blocks[-1]["type"] == "actions") is (state is not HandoffState.RETURNED)


@settings(max_examples=60, deadline=None)
@given(text=words | st.text(alphabet="&<`@a\n", max_size=15_000), state=st.sampled_from(DraftState))
def test_any_draft_fits_slack_s_limits(text: str, state: DraftState) -> None:
    draft = proposed(text=text, state=state)

    assert _problems(compose_draft(draft)) == ()
    assert view_violations(edit_dialog(draft, DraftSubject("drf_1", "C1", "1.0"))) == ()


def _but_headers(message: CardMessage) -> list[Block]:
    """A header is plain text: nothing comes alive in it, and it is not escaped."""
    return [block for block in message.blocks if block["type"] != "header"]


def _problems(message: CardMessage) -> tuple[str, ...]:
    return violations(message.text, message.blocks)

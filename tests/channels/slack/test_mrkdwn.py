"""Text that Slack would interpret, and text that it must not."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.slack import mrkdwn


@settings(max_examples=100, deadline=None)
@given(text=st.text())
def test_nothing_escaped_comes_alive_and_nothing_is_lost(text: str) -> None:
    escaped = mrkdwn.escape(text)

    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", escaped)
    assert escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == text


@settings(max_examples=100, deadline=None)
@given(text=st.text(alphabet="<>@U!dateS^|0A&channel "))
def test_a_private_text_can_only_name_members_and_dates(text: str) -> None:
    shown = mrkdwn.harmless(text)

    assert all(re.fullmatch(r"<(@[UW][A-Z0-9]+|!date\^.+)>", tag) for tag in re.findall(r"<[^>]*>", shown))


def test_a_member_and_a_date_come_alive_in_a_private_text() -> None:
    said = f"Approved by <@U0ADA>, {mrkdwn.date(datetime(2026, 5, 4, 9, 30, tzinfo=UTC))}; <!channel>"

    shown = mrkdwn.harmless(said)

    assert "<@U0ADA>" in shown
    assert "<!date^1777887000^{date_short_pretty} {time}|2026-05-04 09:30 UTC>" in shown
    assert "&lt;!channel&gt;" in shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A_10_01", "A_10_01"),
        ("a*b", "a\u2060*\u2060b"),
        ("_it_", "\u2060_\u2060it\u2060_\u2060"),
        ("1 < 2", "1 &lt; 2"),
    ],
)
def test_marks_are_taken_out_of_play_but_ids_stay(text: str, expected: str) -> None:
    assert mrkdwn.plain(text) == expected


def test_every_line_of_a_quotation_is_marked() -> None:
    assert mrkdwn.quote("one\n\n<two>") == "> one\n> \n> &lt;two&gt;"
    assert html.unescape(mrkdwn.quote("")) == "> "


def test_a_notice_shows_where_its_links_lead_and_calls_nobody() -> None:
    text = "*Late* in <#C0SUPPORT>: <https://ours.example/c/1|Open it> <@U0ADA> <!here> a & b"

    shown = mrkdwn.notice(text)

    assert shown == "*Late* in <#C0SUPPORT>: Open it: https://ours.example/c/1 &lt;@U0ADA&gt; &lt;!here&gt; a &amp; b"


def test_our_own_words_call_whom_they_name_and_nobody_else() -> None:
    shown = mrkdwn.calling("<@U0ADA> gave it to <!subteam^S0FIRST>. <!channel> <script>")

    assert shown == "<@U0ADA> gave it to <!subteam^S0FIRST>. &lt;!channel&gt; &lt;script&gt;"

"""What staff write in Slack, as Markdown; the plain text of a text message tells what became of it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.slack.desk.staff_text import mentions, signs_in, staff_markdown
from channels.slack.mrkdwn import escape
from channels.sms.plain import plain_text

NAMES = {"U0ADA": "Ada *Approver*"}


@pytest.mark.parametrize(
    ("said", "markdown"),
    [
        ("*bold* and _it_ and ~gone~", "**bold** and _it_ and ~~gone~~"),
        ("(*bold*), *two words*!", "(**bold**), **two words**!"),
        ("*_both_*", "**_both_**"),
        ("2 * 3 * 4, a*b*c, snake_case_name", r"2 * 3 * 4, a\*b\*c, snake_case_name"),
        ("<https://acme.example/a_b|your order>", "[your order](https://acme.example/a_b)"),
        ("<https://acme.example/a_b>", "https://acme.example/a_b"),
        ("<http://acme.example|acme.example>", "http://acme.example"),
        ("<https://a.example/x(1)|[a]>", r"[\[a\]](https://a.example/x%281%29)"),
        ("<mailto:ada@acme.example|ada@acme.example>", "ada@acme.example"),
        ("ask <@U0ADA> or <@U0NEW>", r"ask @Ada \*Approver\* or @U0NEW"),
        ("<!here> <!subteam^S1|@team> <#C1|support>", "@here @team #support"),
        ("<!date^1777887000^{date}|4 May>", "4 May"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
        ("&lt;b&gt; &amp;amp;", r"\<b> \&amp;"),
        ("well done :tada: :+1::skin-tone-2: :flag-de: :our_own:", "well done 🎉 👍🏻 🇩🇪 :our_own:"),
        ("at 12:30:45, a:b:c", "at 12:30:45, a:b:c"),
        ("use `*x* &lt;y&gt;` now", "use `*x* <y>` now"),
        ("so:```\na = 1\n*b*\n```thanks", "so:\n```\na = 1\n*b*\n```\nthanks"),
        ("&gt; you said *this*\nYes.", "> you said **this**\n\nYes."),
        ("• one\n• two\n    ◦ three\nThat is all", "- one\n- two\n  - three\n\nThat is all"),
        ("* one", "\\* one"),
        ("# 5 is next\n---\nStan", "\\# 5 is next\n\\---\nStan"),
        ("    indented", "indented"),
        ("<@U0BOT> note: look at this", "note: look at this"),
        ("!draft make it short", "!draft make it short"),
    ],
)
def test_each_notation_of_slack_becomes_markdown(said: str, markdown: str) -> None:
    assert staff_markdown(said, bot_user_id="U0BOT", name_of=lambda member_id: NAMES.get(member_id, "")) == markdown


def test_where_slack_tells_which_emoji_a_message_has_those_alone_are_taken_for_some() -> None:
    emoji = [{"type": "emoji", "name": "simple_smile", "unicode": "1f642"}]
    emoji.append({"type": "emoji", "name": "wave::skin-tone-2", "unicode": "1f44b-1f3fb"})
    emoji.append({"type": "emoji", "name": "our_own"})
    emoji.append({"type": "emoji", "name": "tada", "unicode": "not a number"})
    blocks = [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": emoji}]}]

    said = staff_markdown("a:b:c :tada: :simple_smile: :wave::skin-tone-2: :our_own:", signs=signs_in(blocks))

    assert said == "a:b:c :tada: 🙂 👋🏻 :our_own:"


def test_people_and_groups_are_named_once_in_order() -> None:
    assert mentions("<@U2> and <!subteam^S1|@team> and <@U1|ada> and <@U2> <!here> <#C1>") == ("U2", "S1", "U1")


@settings(max_examples=150, deadline=None)
@given(text=st.text(alphabet="ab 1.*_~`#>-+=|[](){}<>&;!\\\n", max_size=60))
def test_nothing_that_was_typed_is_lost_but_marks(text: str) -> None:
    shown = plain_text(staff_markdown(escape(text)))

    assert re.sub(r"[^ab1]", "", shown) == re.sub(r"[^ab1]", "", text)


@settings(max_examples=150, deadline=None)
@given(text=st.text(alphabet=st.sampled_from("éü .,!?()\\[]#<>&:;|{}=+-\n"), max_size=60))
def test_a_text_without_slack_s_marks_reads_as_it_was_typed(text: str) -> None:
    shown = plain_text(staff_markdown(escape(text)))

    assert _signs(shown) == _signs(text)


@settings(max_examples=200, deadline=None)
@given(text=st.text(alphabet="<>@U0!#CS^|subteamhere:/`*\x00\x04 1", max_size=80))
def test_no_mention_of_slack_s_is_left_in_it(text: str) -> None:
    markdown = staff_markdown(text)

    assert not re.search(r"<[@#!][^<>]*>", markdown)
    assert not re.search(r"[\x00-\x08]", markdown)


def _signs(text: str) -> str:
    """All but space, and the marks of quotations and lists, which channels draw in their own way."""
    return re.sub(r"[\s>-]", "", text)

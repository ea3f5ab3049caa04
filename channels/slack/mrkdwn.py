"""Slack's own text format: what of a text Slack would interpret, and how it writes mentions, links and dates.

See https://docs.slack.dev/messaging/formatting-message-text/
"""

from __future__ import annotations

import re
from datetime import datetime

ELLIPSIS = "…"

# An underscore inside a word is no mark, and must stay as it is: people copy ids.
_STYLE = re.compile(r"([*~`]|(?<![^\W_])_|_(?![^\W_]))")
_HARMLESS = re.compile(r"&lt;(@[UW][A-Z0-9]+|!date\^\d+\^[^|<>&^]+\|[^|<>&]+)&gt;")
_NOTICE = re.compile(r"&lt;(#C[A-Z0-9]+|!date\^\d+\^[^|<>&^]+\|[^|<>&]+)&gt;")
_CALLING = re.compile(r"&lt;(@[UW][A-Z0-9]+|!subteam\^S[A-Z0-9]+|#C[A-Z0-9]+|!date\^\d+\^[^|<>&^]+\|[^|<>&]+)&gt;")
_LINK = re.compile(r"&lt;(https?://[^|<>\s]+?)\|([^|<>&]+)&gt;")
_WORD_JOINER = "\u2060"  # invisible, and enough to keep a mark from pairing with another


def escape(text: str) -> str:
    """Text that Slack shows as it is: no mention, link or channel of the writer's making comes alive."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def harmless(text: str) -> str:
    """Like `escape`, but members and dates come alive. For what one person alone is shown: it can call nobody."""
    return _HARMLESS.sub(r"<\1>", escape(text))


def notice(text: str) -> str:
    """Our own words to staff, as Slack shows them: dates and channels come alive, members are not called.

    A link shows its address, so that text of others inside the words can't pass one off as ours.
    """
    return _LINK.sub(r"\2: \1", _NOTICE.sub(r"<\1>", escape(text)))


def calling(text: str) -> str:
    """Our own words in a thread of staff: whom they name is called. Not for words with anything of others in them."""
    return _CALLING.sub(r"<\1>", escape(text))


def plain(text: str) -> str:
    """Like `escape`, and without bold, italic or code: for values that stand inside our own formatting."""
    return _STYLE.sub(rf"{_WORD_JOINER}\1{_WORD_JOINER}", escape(" ".join(text.split())))


def code(text: str) -> str:
    """One line exactly as it is, in a code span; a text with backticks can only be shown plainly."""
    return f"`{escape(text)}`" if text.strip() and "`" not in text else plain(text)


def quote(text: str) -> str:
    """Somebody's words, escaped, every line marked as a quotation."""
    return "\n".join(f"> {escape(line)}" for line in text.splitlines() or [""])


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, an ellipsis for the rest."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + ELLIPSIS


def bold(text: str) -> str:
    """One bold phrase of arbitrary text."""
    return f"*{plain(text)}*" if text.strip() else ""


def link(url: str, label: str) -> str:
    """A link of our own making."""
    return f"<{escape(url).replace('|', '%7C')}|{plain(label)}>"


def mention(member_id: str) -> str:
    """A mention of one member."""
    return f"<@{member_id}>"


def date(moment: datetime) -> str:
    """A moment in the reader's own time zone."""
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} {{time}}|{utc(moment)}>"


def utc(moment: datetime) -> str:
    """A moment as plain text."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"

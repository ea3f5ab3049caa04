"""The customer's last mail, quoted under our answer: in the markup that mail programs fold away, capped, and marked.

The mark (`data-frontdesk="quote"`) lets us cut our own quote from the next reply whatever the mail program in between
makes of the rest: ids and classes get renamed, data attributes stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from html import escape

MAX_QUOTE_CHARS = 4_000
MARK = "quote"
_BAR = "margin:0 0 0 .8ex;padding-left:1ex;border-left:1px solid rgba(128,128,128,.45)"


@dataclass(frozen=True, slots=True)
class Quote:
    """What is quoted: words that the addressee wrote, and nothing else."""

    text: str
    name: str
    written_at: datetime


def cap(text: str) -> str:
    """As much of a text as a quote may hold, cut at the end of a line."""
    if len(text) <= MAX_QUOTE_CHARS:
        return text
    return text[:MAX_QUOTE_CHARS].rpartition("\n")[0] + "\n[…]"


def quote_as_text(quote: Quote) -> str:
    """For the plain part: `On …, Ada wrote:` and every line behind a `>`."""
    lines = (f"> {line}".rstrip() for line in cap(quote.text).split("\n"))
    return "\n".join((_attribution(quote), *lines))


def quote_as_html(quote: Quote) -> str:
    """For the HTML part. The text is escaped: a mail that is quoted brings no markup of its own."""
    text = escape(cap(quote.text)).replace("\n", "<br>\n")
    return (
        f'<div class="gmail_quote" data-frontdesk="{MARK}">\n'
        f'<div dir="ltr" class="gmail_attr">{escape(_attribution(quote))}<br></div>\n'
        f'<blockquote class="gmail_quote" type="cite" style="{_BAR}" dir="auto">\n{text}\n</blockquote>\n</div>'
    )


def _attribution(quote: Quote) -> str:
    return f"On {quote.written_at:%a, %-d %b %Y at %H:%M} UTC, {quote.name} wrote:"

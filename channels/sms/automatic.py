"""Tells a phone's automatic answer from a customer's words, so that two machines do not talk to each other.

Phones do not mark these as mail does, so the wording is all there is. It only matches what phones and autoresponders
send word for word: a missed one costs one needless answer, a wrong hit would cost a customer theirs.
"""

from __future__ import annotations

import re

_AUTOMATIC = re.compile(
    r"""
      ^\W*(?:auto[ -]?(?:reply|response|responder|matic\ (?:reply|response)))\b
    | \bthis\ is\ an?\ (?:automated|automatic|auto[ -]?)\ ?(?:reply|response|message)\b
    | \bdo\ not\ disturb\ while\ driving\b
    | \bi(?:['’]m|\ am)\ driving\ with\b
    | ^\W*i(?:['’]m|\ am)\ (?:currently\ )?driving\b.{0,80}$
    | ^\W*sorry,?\ i(?:['’]m|\ am)\ driving\b
    | \bi(?:['’]m|\ am)\ not\ receiving\ notifications\b
    | \b(?:i(?:['’]m|\ am)|we(?:['’]re|\ are))\ (?:currently\ )?out\ of\ (?:the\ )?office\b
    | \bthis\ (?:number|mailbox|inbox)\ is\ not\ monitored\b
    | \bplease\ do\ not\ reply\ to\ this\ (?:message|text|number)\b
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


def looks_automatic(text: str) -> bool:
    """Whether nobody typed this."""
    return _AUTOMATIC.search(text) is not None

"""The last look at the words of a mail: what no agent may say to a customer, whoever talked it into that.

Only what cannot be mistaken is looked for: credentials of a known shape, and the marks in which models call tools.
"""

from __future__ import annotations

import re

from channels.errors import PermanentFailure
from channels.message import OutboundPart

_LEAKS = {
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]{2,10} ){0,2}PRIVATE KEY-----"),
    "a secret key": re.compile(
        r"\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}|xox[abeoprs]-[\w-]{10,200}|xapp-[\w-]{20,200}|gh[pousr]_[A-Za-z0-9]{36,100}"
        r"|github_pat_\w{22,100}|[sr]k_live_\w{16,200}|sk-(?:[a-z]{2,10}-)?[\w-]{32,200}|AIza[\w-]{35})(?![\w-])"
    ),
    "an address with a password": re.compile(r"\b[a-z][a-z0-9+]{1,20}://[^\s/:@<>]{1,100}:[^\s/@<>]{1,200}@[^\s<>]"),
    "the marks of a call of a tool": re.compile(r"<\|im_(?:start|end)\|>|</?(?:tool_call|tool_use|function_calls)>"),
}
_BY_AGENT = b"\r\nAuto-Submitted: auto-replied\r\n"


def leak_in(text: str) -> str:
    """What `text` must not say, named without being repeated; "" where all is well."""
    return next((what for what, pattern in _LEAKS.items() if pattern.search(text)), "")


def hold_back_leaks(part: OutboundPart) -> None:
    """Raises `PermanentFailure` for an agent's mail that leaks something. What people write is their own affair."""
    head = part.payload.partition(b"\r\n\r\n")[0]
    leak = leak_in(part.text) if _BY_AGENT in head + b"\r\n" else ""
    if leak:
        raise PermanentFailure(f"the answer holds what looks like {leak}", code="leak")

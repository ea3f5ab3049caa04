"""What an SMTP server's refusal means for us (RFC 5321 reply codes, RFC 3463 enhanced status codes)."""

from __future__ import annotations

import re
from enum import StrEnum

from channels.errors import ChannelDown, PermanentFailure, SendError, TemporaryFailure

_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
# The address itself is dead. Many other 5xx codes say something about us, the content or the day.
_DEAD_ADDRESS = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"}
# We may not send at all: not logged in, wrong credentials, not allowed to use this sender (the last two: Exchange).
_NOT_ALLOWED_CODES = {530, 534, 535, 538}
_NOT_ALLOWED = {"5.7.8", "5.7.9", "5.7.14", "5.7.57", "5.7.60", "5.2.252"}
_TOO_LARGE = {"5.2.3", "5.3.4"}


class Stage(StrEnum):
    """What the server was asked for when it refused."""

    CONNECT = "connect"
    LOGIN = "login"
    SENDER = "sender"
    RECIPIENT = "recipient"
    CONTENT = "content"


_ABOUT_US = {Stage.CONNECT, Stage.LOGIN, Stage.SENDER}


def refusal(stage: Stage, code: int, message: str) -> SendError:
    """The error for a refusal at `stage`. The server's words are not repeated: they may hold addresses."""
    enhanced = enhanced_status(message)
    shown = f"{code} {enhanced}".strip()
    if code < 500:
        return TemporaryFailure(f"the mail server put us off at {stage}", code=shown)
    if enhanced in _TOO_LARGE or (code == 552 and not enhanced):
        return PermanentFailure("the mail is too large for the server", code=shown)
    if code in _NOT_ALLOWED_CODES or enhanced in _NOT_ALLOWED or stage in _ABOUT_US:
        return ChannelDown(f"the mail server refuses us at {stage}", code=shown)
    suppress = stage is Stage.RECIPIENT and enhanced in _DEAD_ADDRESS
    return PermanentFailure(f"the mail server refused the {stage}", code=shown, suppress=suppress)


def enhanced_status(message: str) -> str:
    """The enhanced status code in a server's words, such as `5.1.1`; empty where there is none."""
    found = _ENHANCED.search(message)
    return found[0] if found else ""

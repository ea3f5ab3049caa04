"""Ids that sort by the time of their making and cannot be guessed."""

from __future__ import annotations

import secrets
import time


def new_id() -> str:
    """28 hex digits: milliseconds since 1970, then 64 random bits."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(8)}"

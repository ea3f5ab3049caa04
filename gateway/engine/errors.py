"""What can go wrong in the engine, by what the caller should do now.

EngineError
├── Refused       tell the client that asked: a code for programs and a sentence for people; nothing has changed
├── TurnFailed    end the turn as an error message of this code and text
└── TurnTaken     somebody else has the session now: stop at once and write nothing
"""

from __future__ import annotations

from typing import Literal

ErrorCode = Literal[
    "not_found",
    "not_attached",
    "bad_frame",
    "bad_content",
    "not_pending",
    "model_error",
    "too_large",
    "interrupted",
    "terminated",
    "unavailable",
    "internal",
]


class EngineError(Exception):
    """Root of everything the engine raises on purpose."""


class Refused(EngineError):
    """The request cannot be done; nothing has changed."""

    def __init__(self, code: ErrorCode, text: str) -> None:
        super().__init__(text)
        self.code: ErrorCode = code
        self.text = text


class TurnFailed(EngineError):
    """The turn cannot go on."""

    def __init__(self, code: ErrorCode, text: str) -> None:
        super().__init__(text)
        self.code: ErrorCode = code
        self.text = text


class TurnTaken(EngineError):
    """The session was claimed by somebody else since this turn started."""

"""What can go wrong with a session, by what the caller should do now.

SessionError                      the platform refused, or could not be reached; `code` says why where it is known
├── SessionTimeoutError           no answer in time: the request may have been carried out; look at the history
└── SessionDisconnectedError      the connection is gone; open a new Session with the same id
"""

from __future__ import annotations


class SessionError(Exception):
    """A session operation failed.

    `code` is the platform's word (`not_found`, `not_pending`, `bad_content`, …), `http_401` and the like when the
    handshake was refused, `unreachable` when there was nobody to shake hands with, else None.
    """

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class SessionTimeoutError(SessionError, TimeoutError):
    """The platform did not answer in time. What was asked may have happened."""


class SessionDisconnectedError(SessionError):
    """The session is not connected, or the connection was lost. What was sent but not acknowledged may have arrived."""


def again(error: SessionDisconnectedError) -> SessionDisconnectedError:
    """A fresh copy for each who is told: one exception object must not be raised in several places."""
    copy = SessionDisconnectedError(error.message, code=error.code)
    copy.__cause__ = error.__cause__
    return copy

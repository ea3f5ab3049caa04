"""The client of the session protocol, named as in the guide. With `gateway.events` it can be used on its own."""

from __future__ import annotations

from gateway.session.client import Ack, Session
from gateway.session.compose import ApprovalResponse, SendManyItem, UserSessionMessage
from gateway.session.errors import SessionDisconnectedError, SessionError, SessionTimeoutError
from gateway.session.subscription import Subscription

__all__ = [
    "Session",
    "SessionError",
    "SessionDisconnectedError",
    "SessionTimeoutError",
    "UserSessionMessage",
    "SendManyItem",
    "ApprovalResponse",
    "Ack",
    "Subscription",
]

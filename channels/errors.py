"""What can go wrong at a provider's border, by what the caller should do now.

ChannelError
├── Refused                the request is not to be trusted or understood; nothing was stored
│   ├── BadSignature       answer 401 or 403
│   └── MalformedPayload   answer 400
└── SendError              a message of ours did not go out, or may not have
    ├── TemporaryFailure   certainly not sent; try again after `retry_after`
    ├── PermanentFailure   certainly not sent, and never will be; `code` is the provider's word for why
    ├── ChannelDown        certainly not sent; the whole channel is refused (credentials, suspended account)
    └── UnknownOutcome     may have been sent; ask the provider before sending again
"""

from __future__ import annotations

from datetime import timedelta


class ChannelError(Exception):
    """Root of everything a channel raises on purpose."""


class Refused(ChannelError):
    """An inbound request that is not taken in."""


class BadSignature(Refused):
    """The request was not signed by the provider, or is too old."""


class MalformedPayload(Refused):
    """The request is signed but cannot be read."""


class SendError(ChannelError):
    """An outbound message that is not known to be sent. `reason` never holds message text or a full address."""

    def __init__(self, reason: str, *, code: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class TemporaryFailure(SendError):
    """Certainly not sent. `retry_after` is the provider's wish, None where it has none.

    `lane` names what else must wait that long (Slack: method and team; Twilio: sender); empty means this message only.
    """

    def __init__(self, reason: str, *, code: str = "", retry_after: timedelta | None = None, lane: str = "") -> None:
        super().__init__(reason, code=code)
        self.retry_after = retry_after
        self.lane = lane


class PermanentFailure(SendError):
    """Certainly not sent, and trying again is pointless. `suppress` says the address must not be written to again."""

    def __init__(self, reason: str, *, code: str = "", suppress: bool = False) -> None:
        super().__init__(reason, code=code)
        self.suppress = suppress


class ChannelDown(SendError):
    """Certainly not sent: the provider refuses us, not the message."""


class UnknownOutcome(SendError):
    """The provider may or may not have taken the message."""

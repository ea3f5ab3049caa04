"""What the simulated Twilio keeps, and how it shows it over its REST API.

https://www.twilio.com/docs/messaging/api/message-resource
"""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

API_VERSION = "2010-04-01"


@dataclass(frozen=True, slots=True)
class Media:
    """A file of a message. Anyone who knows `token` may read it, as with the signed links of a storage host."""

    sid: str
    message_sid: str
    mime_type: str
    content: bytes
    token: str

    def to_fact(self) -> dict[str, Any]:
        """The form in which a journal keeps it."""
        return {**asdict(self), "content": base64.b64encode(self.content).decode()}

    @classmethod
    def from_fact(cls, fact: dict[str, Any]) -> Media:
        """The way back."""
        return cls(**{**fact, "content": base64.b64decode(fact["content"])})


@dataclass(frozen=True, slots=True)
class Message:
    """A message of either direction, as it stands now."""

    sid: str
    direction: str  # inbound, outbound-api, outbound-reply
    sender: str  # empty until a messaging service has chosen one
    to: str
    body: str
    status: str
    segments: int
    created_at: datetime
    updated_at: datetime
    sent_at: datetime | None = None
    error_code: str = ""
    service_sid: str = ""
    status_callback: str = ""
    media: tuple[str, ...] = ()

    @property
    def is_inbound(self) -> bool:
        return self.direction == "inbound"

    def to_fact(self) -> dict[str, Any]:
        """The form in which a journal keeps it."""
        times = {"created_at": self.created_at, "updated_at": self.updated_at, "sent_at": self.sent_at}
        return {**asdict(self), **{name: time.isoformat() if time else None for name, time in times.items()}}

    @classmethod
    def from_fact(cls, fact: dict[str, Any]) -> Message:
        """The way back."""
        times = {name: fact[name] and datetime.fromisoformat(fact[name]) for name in _TIMES}
        return cls(**{**fact, **times, "media": tuple(fact["media"])})

    def resource(self, account_sid: str) -> dict[str, Any]:
        """The message as the REST API shows it."""
        uri = f"/{API_VERSION}/Accounts/{account_sid}/Messages/{self.sid}"
        return {
            "sid": self.sid,
            "account_sid": account_sid,
            "messaging_service_sid": self.service_sid or None,
            "from": self.sender or None,
            "to": self.to,
            "body": self.body,
            "direction": self.direction,
            "status": self.status,
            "num_segments": str(self.segments if self.sender else 0),
            "num_media": str(len(self.media)),
            "error_code": int(self.error_code) if self.error_code else None,
            "error_message": None,
            "price": None,
            "price_unit": "USD",
            "api_version": API_VERSION,
            "date_created": format_datetime(self.created_at),
            "date_updated": format_datetime(self.updated_at),
            "date_sent": format_datetime(self.sent_at) if self.sent_at else None,
            "uri": f"{uri}.json",
            "subresource_uris": {"media": f"{uri}/Media.json"},
        }


_TIMES = ("created_at", "updated_at", "sent_at")

"""Where the platform is and who we are: arguments first, then the environment, read when a session connects."""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

DEFAULT_BASE_URL = "https://api.vectorshift.ai/v1"


@dataclass(frozen=True, slots=True)
class Address:
    """What a caller said about the platform; what they left out comes from `VECTORSHIFT_…`."""

    api_key: str | None = None
    base_url: str | None = None
    ws_url: str | None = None

    def headers(self) -> dict[str, str]:
        """Who we are; without a key the platform will say that one is missing."""
        key = self.api_key or os.environ.get("VECTORSHIFT_API_KEY")
        return {"Authorization": f"Bearer {key}"} if key else {}

    def rest(self) -> str:
        """The base of REST calls, without a slash at the end."""
        return (self.base_url or os.environ.get("VECTORSHIFT_BASE_URL") or DEFAULT_BASE_URL).rstrip("/")

    def socket(self) -> str:
        """The address of the session WebSocket."""
        from_environment = None if self.base_url else os.environ.get("VECTORSHIFT_WS_URL")
        base = self.ws_url or from_environment or self._rest_as_socket()
        return f"{base.rstrip('/')}/ws/session"

    def _rest_as_socket(self) -> str:
        return self.rest().replace("https://", "wss://", 1).replace("http://", "ws://", 1)


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine, where proxies have no business."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")

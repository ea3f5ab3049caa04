"""What the sandbox's two sides agree on: addresses, credentials, and who presses buttons where nobody is named."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

APPROVERS_CHANNEL = "C0APPROVERS"
APPROVER = "U0ADA"
SUPPORT_ADDRESS = "support@acme.example"
OUR_NUMBER = "+15557654321"


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer whom the page can play, on every channel."""

    name: str
    number: str
    address: str
    slack_user_id: str


@dataclass(frozen=True, slots=True)
class Role:
    """Somebody whom the page can be in Slack, and what they do there."""

    slack_user_id: str
    does: str


CUSTOMERS = (
    Customer("Carla", "+15550001", "carla@customer.example", "U0CARLA"),
    Customer("Carl", "+15550002", "carl@customer.example", "U0CARL"),
)
ROLES = (
    Role("U0CARLA", "customer"),
    Role("U0CARL", "customer"),
    Role("U0ADA", "approver"),
    Role("U0GRACE", "approver"),
    Role("U0STAN", "staff"),
)


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """One sandbox: where it listens, where `web` is, and the credentials that both sides share."""

    host: str
    port: int
    web_url: str
    data: Path
    twilio_account_sid: str
    twilio_auth_token: str
    slack_bot_token: str
    slack_signing_secret: str
    slack_app_token: str = ""
    support_address: str = SUPPORT_ADDRESS
    smtp_port: int = 0
    imap_port: int = 0

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"
